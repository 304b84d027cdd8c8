"""Charts as SVG, drawn on the server.

Our own, because what matters here no kept library gives together: a band of uncertainty that breaks
where nothing was heard, looks from the style sheet only (a strict CSP forbids the inline styles of
pygal and Matplotlib), and some kilobytes in a millisecond on a small machine. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup, escape

from companion.care.readings import Estimate

WIDTH: Final = 360.0
"""Units of the picture; about the pixels of a phone, so that its letters stay readable there."""
HEIGHT: Final = 190.0
_LEFT: Final = 66.0
"""Room for nine letters or so, such as the German "gedrückt"; translators keep to that."""
_RIGHT: Final = 10.0
_TOP: Final = 12.0
_BOTTOM: Final = 30.0
_PLOT_W: Final = WIDTH - _LEFT - _RIGHT
_PLOT_H: Final = HEIGHT - _TOP - _BOTTOM
_DOTS_UP_TO: Final = 31


def band(
    points: Sequence[Estimate | None],
    beside: Mapping[float, str],
    below: Mapping[int, str],
    *,
    title: str,
    words: str,
) -> Markup:
    """Draw a line with its band of uncertainty; None is a gap.

    Args:
        points: from left to right.
        beside: value -> label at the left; the lowest and highest are the ends of the scale.
        below: index -> label at the bottom.
        title: what it shows.
        words: the same in words, for whoever cannot see it.
    """
    low, high = min(beside), max(beside)

    def up(value: float) -> float:
        inside = min(max(value, low), high)
        return _TOP + _PLOT_H * (high - inside) / (high - low)

    parts = [_grid(beside, up), _below(below, len(points))]
    for run in _runs(points):
        upper = [(_across(n, len(points)), up(one.high)) for n, one in run]
        lower = [(_across(n, len(points)), up(one.low)) for n, one in run]
        middle = [(_across(n, len(points)), up(one.value)) for n, one in run]
        if len(run) == 1:
            # One day between gaps has no width: its band is an upright bar.
            (x, top), (_, bottom) = upper[0], lower[0]
            shape = [(x - 3, top), (x + 3, top), (x + 3, bottom), (x - 3, bottom)]
            parts.append(f'<path class="band" d="M{_path(shape)}Z"/>')
        else:
            parts.append(f'<path class="band" d="M{_path([*upper, *reversed(lower)])}Z"/>')
            parts.append(f'<path class="line" d="M{_path(middle)}"/>')
        if len(points) <= _DOTS_UP_TO or len(run) == 1:
            parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in middle]
    return _picture(parts, title, words)


def bars(
    counts: Sequence[float | None],
    below: Mapping[int, str],
    *,
    title: str,
    words: str,
    number: Callable[[float], str],
) -> Markup:
    """Draw one bar for each count; None leaves the place empty, 0 is a thin line.

    Args:
        counts: from left to right, none below 0.
        below: index -> label at the bottom.
        title: what it shows.
        words: the same in words.
        number: writes a number for the scale.
    """
    top = _round_up(max((one for one in counts if one is not None), default=0.0))

    def up(value: float) -> float:
        return _TOP + _PLOT_H * (1 - value / top)

    wide = _PLOT_W / max(1, len(counts))
    parts = [_grid({0.0: number(0), top / 2: number(top / 2), top: number(top)}, up)]
    parts.append(_below(below, len(counts)))
    for place, value in enumerate(counts):
        if value is None:
            continue
        x, y = _LEFT + place * wide + wide * 0.15, min(up(value), _TOP + _PLOT_H - 1.5)
        size = f'width="{wide * 0.7:.1f}" height="{_TOP + _PLOT_H - y:.1f}"'
        parts.append(f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" {size}/>')
    return _picture(parts, title, words)


def _picture(parts: Sequence[str], title: str, words: str) -> Markup:
    label = escape(f"{title}. {words}")
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img"'
        f' aria-label="{label}">{"".join(parts)}</svg>'
    )


def _grid(beside: Mapping[float, str], up: Callable[[float], float]) -> str:
    found = []
    for value, label in beside.items():
        y = up(value)
        found.append(
            f'<path class="grid" d="M{_LEFT:.0f} {y:.1f}H{WIDTH - _RIGHT:.0f}"/>'
            f'<text class="tick" x="{_LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(label)}</text>"
        )
    return "".join(found)


def _below(below: Mapping[int, str], count: int) -> str:
    y = HEIGHT - 8
    found = []
    for place, label in below.items():
        x = _across(place, count)
        # A label must not run out of the picture.
        anchor = "start" if x < _LEFT + 20 else "end" if x > WIDTH - _RIGHT - 20 else "middle"
        found.append(
            f'<text class="tick" x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">'
            f"{escape(label)}</text>"
        )
    return "".join(found)


def _runs(points: Sequence[Estimate | None]) -> Iterator[list[tuple[int, Estimate]]]:
    run: list[tuple[int, Estimate]] = []
    for place, one in enumerate(points):
        if one is not None:
            run.append((place, one))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _across(place: int, count: int) -> float:
    return _LEFT + _PLOT_W * (place + 0.5) / max(1, count)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _round_up(value: float) -> float:
    """Return the end of a scale: 2, 4, 6, 10 or 20, 40, 60 ... so that its half is whole."""
    end = 2.0
    while True:
        for factor in (1.0, 2.0, 3.0):
            if value <= end * factor:
                return end * factor
        end *= 10.0
