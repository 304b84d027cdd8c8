"""Reminders: see, add, change, remove."""

from __future__ import annotations

from datetime import date, datetime

from starlette.responses import Response

from companion.care.reminding import Reminder, mistakes
from companion.care.web.visit import Visit


def show_reminders(visit: Visit) -> Response:
    """All reminders they may see."""
    return _page(visit)


def show_edit(visit: Visit) -> Response:
    """The form for one reminder."""
    found = _find(visit, visit.request.path_params["reminder"])
    if found is None or not visit.may_edit(_subject(found.kind)):
        return visit.show("error", 404, title_key="missing", detail="")
    return visit.show("reminder", one=found, problems={})


def save(visit: Visit) -> Response:
    """Add a reminder, or change one."""
    store = visit.house.reminders
    one = _typed(visit)
    if store is None or not visit.may_edit(_subject(one.kind)):
        return visit.show("error", 403, title_key="not_shared", detail="")
    if one.id:
        old = _find(visit, one.id)
        if old is None or not visit.may_edit(_subject(old.kind)):
            return visit.show("error", 404, title_key="missing", detail="")
    if problems := mistakes(one, _today(visit)):
        if one.id:
            return visit.show("reminder", 400, one=one, problems=problems)
        return _page(visit, one=one, problems=problems, status=400)
    kept = store.save(one)
    with visit.house.store.database.begin() as connection:
        visit.write_down(connection, "reminder saved", {"reminder": kept, "kind": one.kind})
    return visit.go("/reminders", "saved")


def remove(visit: Visit) -> Response:
    """Remove a reminder."""
    store = visit.house.reminders
    old = _find(visit, visit.request.path_params["reminder"])
    if store is None or old is None or not visit.may_edit(_subject(old.kind)):
        return visit.show("error", 404, title_key="missing", detail="")
    store.remove(old.id)
    with visit.house.store.database.begin() as connection:
        visit.write_down(connection, "reminder removed", {"reminder": old.id, "kind": old.kind})
    return visit.go("/reminders", "removed")


def next_ones(visit: Visit, today: date) -> list[Reminder]:
    """Return what is still to come today."""
    clock = datetime.fromtimestamp(visit.now).astimezone().strftime("%H:%M")
    return [
        one
        for one in _visible(visit)
        if (one.day == today or (one.day is None and today.weekday() in one.weekdays))
        and one.clock >= clock
    ]


def _page(
    visit: Visit,
    *,
    one: Reminder | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    kinds = [
        kind for kind in ("medicine", "appointment", "other") if visit.may_edit(_subject(kind))
    ]
    return visit.show(
        "reminders",
        status,
        available=visit.house.reminders is not None,
        reminders=[(each, visit.may_edit(_subject(each.kind))) for each in _visible(visit)],
        kinds=kinds,
        one=one or Reminder("", kinds[0] if kinds else "other", "", "", None, tuple(range(7))),
        problems=problems or {},
    )


def _typed(visit: Visit) -> Reminder:
    try:
        day = date.fromisoformat(visit.field("day")) if visit.field("day") else None
    except ValueError:
        day = None
    weekdays = {int(number) for number in visit.fields("weekday") if number in tuple("0123456")}
    return Reminder(
        id=visit.request.path_params.get("reminder", ""),
        kind=visit.field("kind"),
        text=" ".join(visit.field("text").split()),
        clock=visit.field("clock")[:5],
        day=day,
        weekdays=() if day else tuple(sorted(weekdays)),
    )


def _visible(visit: Visit) -> list[Reminder]:
    store = visit.house.reminders
    return [one for one in store.list() if visit.may(_subject(one.kind))] if store else []


def _find(visit: Visit, reminder_id: str) -> Reminder | None:
    return next((one for one in _visible(visit) if one.id == reminder_id), None)


def _subject(kind: str) -> str:
    return "medicines" if kind == "medicine" else "reminders"


def _today(visit: Visit) -> date:
    return datetime.fromtimestamp(visit.now).astimezone().date()
