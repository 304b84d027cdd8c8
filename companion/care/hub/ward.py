"""The ward at a glance: what the messages say, put together for one who may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from companion.care.hub.accounts import Session
from companion.care.hub.store import OPEN, Device, Store, note_read
from companion.care.hub.tables import alerts, commands, devices, messages

SILENT_S: Final = 15 * 60.0
"""A device that says nothing so long is flagged; it says how it is every five minutes."""
_MOOD_DAYS: Final = 14
_SUMMARIES: Final = 7


@dataclass(frozen=True, slots=True)
class WardAlert:
    """An alert that is open."""

    id: str
    device: str
    label: str
    tier: int
    category: str
    raised_at: float
    unreached: bool
    """Nobody the device told has answered."""
    answered_by: str
    """Whose answer is on its way to the device; empty when nobody's is."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How somebody seemed on one day."""

    day: str
    valence: float
    """-1 low to 1 high."""
    sure: float
    """0-1."""


@dataclass(frozen=True, slots=True)
class Page:
    """A summary as the device sent it."""

    day: str
    short: str
    lines: Sequence[str]
    safety: Sequence[str]


@dataclass(frozen=True, slots=True)
class Resident:
    """One device, and what may be seen of whoever lives with it."""

    device: str
    label: str
    heard_at: float | None
    silent: bool
    """Not connected, or not heard for ``SILENT_S``."""
    health: Mapping[str, Any]
    missing: int
    """Messages that were numbered but never came."""
    alerts: tuple[WardAlert, ...] = ()
    moods: tuple[Mood, ...] = ()
    pages: tuple[Page, ...] = ()


def ward(store: Store, who: Session, now: float) -> tuple[Resident, ...]:
    """Return all residents: open alerts first, then silent devices, then by label.

    Args:
        store: the hub's database.
        who: looks; what their role may not see is left out.
        now: seconds since 1970.
    """
    missing = store.missing() if who.may("devices") else {}
    known = store.devices()
    with store.begin() as connection:
        note_read(connection, who.login, "ward", None, now)
        found = _residents(connection, known, who, now, missing, pages=1)
    return tuple(sorted(found, key=_urgency))


def resident(store: Store, who: Session, device: str, now: float) -> Resident | None:
    """Return one resident with the last week's summaries; None when there is none."""
    known = {name: one for name, one in store.devices().items() if name == device}
    if not known:
        return None
    with store.begin() as connection:
        note_read(connection, who.login, "resident", device, now)
        return _residents(connection, known, who, now, {}, pages=_SUMMARIES)[0]


def _residents(
    connection: Connection,
    known: Mapping[str, Device],
    who: Session,
    now: float,
    missing: Mapping[str, int],
    *,
    pages: int,
) -> list[Resident]:
    names = list(known)
    concerns = _alerts(connection, names) if who.may("alerts") else {}
    moods = _bodies(connection, names, "mood", _MOOD_DAYS) if who.may("mood") else {}
    summaries = _bodies(connection, names, "summary", pages) if who.may("summary") else {}
    return [
        Resident(
            one.id,
            one.label,
            one.heard_at,
            not one.online or one.heard_at is None or now - one.heard_at > SILENT_S,
            one.health if who.may("devices") else {},
            missing.get(one.id, 0),
            tuple(concerns.get(one.id, ())),
            tuple(sorted((_mood(b) for b in moods.get(one.id, ())), key=lambda m: m.day)),
            tuple(_page(b) for b in summaries.get(one.id, ())),
        )
        for one in known.values()
    ]


def _alerts(connection: Connection, names: Collection[str]) -> dict[str, list[WardAlert]]:
    answers = {
        (row.device_id, row.alert_id, row.tier): row.by
        for row in connection.execute(select(commands).where(commands.c.done_at.is_(None)))
    }
    rows = connection.execute(
        select(alerts, devices.c.label)
        .join(devices, devices.c.id == alerts.c.device_id)
        .where(alerts.c.state.in_(OPEN), alerts.c.device_id.in_(names))
        .order_by(alerts.c.tier.desc(), alerts.c.raised_at)
    )
    found: dict[str, list[WardAlert]] = {}
    for row in rows:
        by = answers.get((row.device_id, row.id, row.tier), "")
        one = WardAlert(
            row.id,
            row.device_id,
            row.label,
            row.tier,
            row.category,
            row.raised_at,
            row.state == "unreached",
            by,
        )
        found.setdefault(row.device_id, []).append(one)
    return found


def _bodies(
    connection: Connection, names: Collection[str], kind: str, most: int
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the newest bodies of a kind by device, newest first, one for each day."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name in names:
        rows = connection.scalars(
            select(messages.c.body)
            .where(messages.c.device_id == name, messages.c.kind == kind)
            .order_by(messages.c.id.desc())
            .limit(most * 2)
        )
        for body in rows:
            days = found.setdefault(name, {})
            if len(days) < most:
                days.setdefault(str(body.get("day", "")), body)
    return {name: [days[day] for day in sorted(days, reverse=True)] for name, days in found.items()}


def _mood(body: Mapping[str, Any]) -> Mood:
    return Mood(str(body.get("day")), _number(body.get("valence")), _number(body.get("sure")))


def _page(body: Mapping[str, Any]) -> Page:
    return Page(
        str(body.get("day", "")),
        str(body.get("short", "")),
        [str(line) for line in body.get("lines", ())],
        [str(line) for line in body.get("safety", ())],
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _urgency(one: Resident) -> tuple[int, int, str]:
    graver = max((alert.tier for alert in one.alerts), default=0)
    return -graver, 0 if one.silent else 1, one.label
