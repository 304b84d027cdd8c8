"""Fills in the templates; every value is escaped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from companion.care.hub.ward import Mood

_HERE: Final = Path(__file__).parent
STYLE: Final = (_HERE / "static" / "style.css").read_text(encoding="utf-8")

_WIDTH, _HEIGHT = 120, 32
_TIERS: Final = {4: "Now", 3: "Today", 2: "Soon", 1: "Soon"}


def render(template: str, code: int = 200, **values: Any) -> HTMLResponse:
    """Return a page."""
    defaults = {"refresh": 0, "who": None, "trouble": "", "wait": False}
    return HTMLResponse(_pages.get_template(template).render(**(defaults | values)), code)


def ago(at: float | None, now: float) -> str:
    """Return how long ago something was, in plain words."""
    if at is None:
        return "never"
    gone = max(now - at, 0.0)
    if gone < 90:
        return "just now"
    if gone < 5400:
        return f"{gone / 60:.0f} minutes ago"
    if gone < 129_600:
        return f"{gone / 3600:.0f} hours ago"
    return f"{gone / 86_400:.0f} days ago"


def clock(at: float) -> str:
    """Return local date and time."""
    return time.strftime("%d %b, %H:%M", time.localtime(at))


def tier_word(tier: int) -> str:
    """Return how soon somebody should look in."""
    return _TIERS.get(tier, "Soon")


def trend(moods: Sequence[Mood]) -> Markup:
    """Return a small drawing of the moods, and the same in words for whoever cannot see it.

    A dot is a day; it is filled when the device was sure.
    """
    if not moods:
        return Markup("")
    step = (_WIDTH - 8) / max(len(moods) - 1, 1)
    points = [
        (4 + index * step, _HEIGHT / 2 - max(min(mood.valence, 1.0), -1.0) * (_HEIGHT / 2 - 4))
        for index, mood in enumerate(moods)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" '
        f'class="{"sure" if mood.sure >= 0.5 else "unsure"}"/>'
        for (x, y), mood in zip(points, moods, strict=True)
    )
    return Markup(
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{{}}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT / 2}" y2="{_HEIGHT / 2}" class="middle"/>'
        f'<polyline points="{line}"/>{dots}</svg>'
    ).format(mood_words(moods))


def mood_words(moods: Sequence[Mood]) -> str:
    """Return the trend in words: the last three days against those before."""
    if not moods:
        return "No mood shared yet"
    last = sum(mood.valence for mood in moods[-3:]) / len(moods[-3:])
    word = "bright" if last > 0.25 else "low" if last < -0.25 else "even"
    said = f"Mood: {word} in the last days"
    if len(moods) < 7:
        return f"{said}; too few days for a trend"
    before = sum(mood.valence for mood in moods[:-3]) / len(moods[:-3])
    if abs(last - before) < 0.2:
        return f"{said}, as before"
    return f"{said}, {'lower' if last < before else 'brighter'} than before"


_pages: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.globals.update(ago=ago, clock=clock, tier_word=tier_word, trend=trend, mood_words=mood_words)
