"""Weeks and months: charts with how sure they are, and the same as tables."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from companion.care.periods import SPANS, Period, Span, gather, spread
from companion.care.web import charts, labels
from companion.care.web.visit import Visit


def show_trends(visit: Visit) -> Response:
    """The span that was asked for; a month if none was."""
    span = SPANS.get(visit.request.query_params.get("span", ""), SPANS["month"])
    today = datetime.fromtimestamp(visit.now).astimezone().date()
    first = today - timedelta(days=span.days - 1)
    readings = visit.house.readings
    days = readings.series(first, today) if readings else ()
    periods = gather(days, first, today, span)
    topics: Counter[str] = Counter()
    for day in days:
        topics.update(day.topics)
    return visit.show(
        "trends",
        span=span,
        spans=SPANS,
        available=readings is not None,
        heard=any(day.turns for day in days),
        periods=periods,
        drawn=_draw(visit, periods, span),
        topics=topics.most_common() if visit.may("topics") else [],
        name_period=lambda one: _name(visit, one, span),
    )


_CHARTS: Final = (
    ("mood", "mood", labels.N_("Mood")),
    ("energy", "mood", labels.N_("Energy")),
    ("minutes", "summary", labels.N_("Minutes of talk")),
    ("contacts", "topics", labels.N_("Contact with people")),
    ("missed", "medicines", labels.N_("Reminders missed")),
)
"""Name, the subject it belongs to, title."""

_SCALE: Final = {
    "mood": (labels.N_("low"), labels.N_("even"), labels.N_("bright")),
    "energy": (labels.N_("quiet"), labels.N_("usual"), labels.N_("lively")),
}


def _draw(
    visit: Visit, periods: tuple[Period, ...], span: Span
) -> list[tuple[str, str, str, Markup]]:
    """Return name, title, words and picture of each chart somebody may see."""
    text = visit.language.text
    step = {"week": 1, "month": 7, "year": 13}[span.name]
    form = "EEE" if span.name == "week" else "d MMM" if span.name == "month" else "MMM yy"
    below = {n: visit.language.date(p.first, form) for n, p in enumerate(periods) if not n % step}
    found = []
    for name, subject, title in _CHARTS:
        if not visit.may(subject):
            continue
        words = _words(visit, name, periods)
        if name in _SCALE:
            points = [one.mood if name == "mood" else one.energy for one in periods]
            beside = dict(zip((-1.0, 0.0, 1.0), map(text, _SCALE[name]), strict=True))
            picture = charts.band(points, beside, below, title=text(title), words=words)
        else:
            counts = [getattr(one, name) if one.days else None for one in periods]
            picture = charts.bars(
                counts, below, title=text(title), words=words, number=visit.language.number
            )
        found.append((name, text(title), words, picture))
    return found


def _words(visit: Visit, name: str, periods: tuple[Period, ...]) -> str:
    """Say what a chart shows, for whoever does not see it; only what the numbers say."""
    number, text = visit.language.number, visit.language.text
    if name in _SCALE:
        points = [one.mood if name == "mood" else one.energy for one in periods]
        known = [one for one in points if one is not None]
        if not known:
            return text("Too little was heard to say.")
        whole = spread(known)
        low, even, high = map(text, _SCALE[name])
        at = low if whole.value < -1 / 3 else high if whole.value > 1 / 3 else even
        return text(
            "On average %(at)s: %(value)s, likely between %(low)s and %(high)s,"
            " on a scale from -1 (%(worst)s) to 1 (%(best)s)."
        ) % {
            "at": at,
            "value": number(whole.value, 2),
            "low": number(whole.low, 2),
            "high": number(whole.high, 2),
            "worst": low,
            "best": high,
        }
    heard = [one for one in periods if one.days]
    if not heard:
        return text("Nothing was heard in this time.")
    days = sum(one.days for one in heard)
    total = sum(getattr(one, name) for one in heard)
    return text("%(total)s in all, %(mean)s a day on the %(days)s days something was heard.") % {
        "total": number(total),
        "mean": number(total / days, 1 if total >= days / 10 else 2),
        "days": number(days),
    }


def _name(visit: Visit, one: Period, span: Span) -> str:
    if span.step == 1:
        return visit.language.date(one.first, "EEE d MMM")
    form = "d MMM y"
    last: date = one.last
    return f"{visit.language.date(one.first, form)} – {visit.language.date(last, form)}"
