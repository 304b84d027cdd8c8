"""A day in words: the summary, as far as it is shared with whoever asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from starlette.responses import Response

from companion.care.readings import Day, Summary
from companion.care.web.pages.alerts import accusing, visible
from companion.care.web.pages.reminders import next_ones
from companion.care.web.visit import Visit


def show_today(visit: Visit) -> Response:
    """The day that was asked for; today if none was."""
    today = datetime.fromtimestamp(visit.now).astimezone().date()
    day = min(_day(visit.request.query_params.get("day", ""), today), today)
    readings = visit.house.readings
    accused = _accused_on(visit, day)
    summary = _shown(visit, readings.summary(day), accused) if readings else None
    found = readings.series(day, day) if readings else ()
    alerts = [one for one in visible(visit) if one.state not in ("acknowledged", "cancelled")]
    return visit.show(
        "today",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
        available=readings is not None,
        summary=summary,
        numbers=found[0] if found else Day(day),
        alerts=alerts if day == today else [],
        reminders=next_ones(visit, today) if day == today else [],
    )


def _shown(visit: Visit, summary: Summary | None, accused: bool) -> Summary | None:
    """Leave out what is not shared with them, and anything on safety that may be about them."""
    if summary is None:
        return None
    sentences = tuple(
        one
        for one in summary.sentences
        if visit.may(one.about) and not (accused and one.about == "safety")
    )
    return Summary(summary.day, sentences, summary.not_heard, summary.language, summary.made_at)


def _accused_on(visit: Visit, day: date) -> bool:
    return any(datetime.fromtimestamp(one.at).astimezone().date() == day for one in accusing(visit))


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
