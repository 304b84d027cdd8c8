"""How long things are kept, and the sweeper that removes what is over its time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, not_, or_, select

from companion.errors import StorageError
from companion.storage import audit, consents
from companion.storage.alert import OPEN
from companion.storage.database import Database
from companion.storage.memories import forget_unagreed
from companion.storage.tables import alerts, deliveries, events, outgoing, people, sessions
from companion.storage.voiceprints import forget_withdrawn

DAY_S: Final = 86_400.0

CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "transcripts": ("transcript",),
    "mood": ("mood", "turn", "listening"),
    "summaries": ("summary", "told", "reminder", "checkin", "scale", "message"),
    "safety": ("safety", "notice"),
}
"""Class -> kinds of events in it. Other kinds go by their own ``expires_at`` only."""

OTHER: Final = "other"

CONSENTED: Final[Mapping[str, tuple[str, ...]]] = {
    "transcripts": ("transcript",),
    "mood": ("mood", "turn"),
    "summary": ("summary",),
}
"""Subject of a consent -> kinds of events that go when it is withdrawn."""

ONLY_WITH_CONSENT: Final = frozenset({"transcripts"})
"""Subjects whose events go when nobody ever agreed, too."""

_OPEN_ALERT_DAYS: Final = 30.0
"""An alert that nobody answered is kept at least this long, whatever the settings say."""
_BATCH: Final = 500
_FREE_PAGES: Final = 256
"""1 MiB of free pages that are also a quarter of the file: then it is worth rewriting."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days each class is kept; 0 is not at all."""

    transcripts: float = 7.0
    """Words, and only of those who agreed."""
    mood: float = 90.0
    summaries: float = 365.0
    safety: float = 365.0
    """Safety events, alerts and what became of them."""
    audit: float = 365.0

    def days(self, name: str) -> float | None:
        """Return the days of a class; None is until it is erased."""
        value = getattr(self, name, None)
        return float(value) if isinstance(value, (int, float)) else None

    def by_kind(self) -> dict[str, float]:
        """Return kind of event -> days, as ``Diary`` takes it."""
        return {
            kind: days
            for name, kinds in CLASSES.items()
            for kind in kinds
            if (days := self.days(name)) is not None
        }


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by class, and ``alerts``, ``deliveries``, ``audit``, ``withdrawn``; zeros left out."""
    trouble: str | None = None
    """What could not be done, in one line; all else was."""

    @property
    def total(self) -> int:
        """All rows together."""
        return sum(self.counts.values())


def sweep(database: Database, now: float, retention: Retention) -> Swept:
    """Remove what is over its time, and what somebody no longer agrees to.

    Small batches, so that a talk never waits long; stopped at any moment it has done a part, and
    the next sweep does the rest. What is removed is overwritten in the file (``secure_delete``),
    and the WAL is emptied, so the bytes go as well.

    Args:
        database: an open one.
        now: seconds since 1970.
        retention: the present settings; rows that were written under longer ones go too.

    Raises:
        StorageError: it cannot be written; what was removed before stays removed.
    """
    counts: dict[str, int] = {}
    for name, kinds in CLASSES.items():
        days = retention.days(name)
        over = _is_over(events, now, days)
        counts[name] = _delete(database, events, and_(events.c.kind.in_(kinds), over))
    known = [kind for kinds in CLASSES.values() for kind in kinds]
    rest = and_(not_(events.c.kind.in_(known)), events.c.expires_at <= now)
    counts[OTHER] = _delete(database, events, rest)
    counts["sessions"] = _delete(database, sessions, sessions.c.expires_at <= now)
    counts["withdrawn"] = sweep_withdrawn(database)
    counts["alerts"], counts["deliveries"] = _sweep_alerts(database, now, retention)
    counts["outgoing"] = _delete(database, outgoing, outgoing.c.expires_at <= now)
    trouble = _sweep_audit(database, now, retention, counts)
    counts = {name: count for name, count in counts.items() if count}
    if counts:
        trouble = _release(database) or trouble
    return Swept(counts, trouble)


def sweep_withdrawn(database: Database) -> int:
    """Remove events, voiceprints and memories of people who withdrew, or never gave, their consent.

    An event about nobody in particular is the owner's.

    Returns:
        How many rows went.
    """
    with database.read() as connection:
        unwanted = _unwanted(connection)
    gone = sum(_delete(database, events, one) for one in unwanted)
    with database.begin() as connection:
        return gone + forget_withdrawn(connection) + forget_unagreed(connection)


def _unwanted(connection: Connection) -> list[ColumnElement[bool]]:
    everybody = connection.execute(select(people.c.id, people.c.role)).all()
    found: list[ColumnElement[bool]] = []
    for subject, kinds in CONSENTED.items():
        owner_agreed = subject not in ONLY_WITH_CONSENT
        for person in everybody:
            word = consents.current(connection, person.id, subject)
            agreed = word.granted if word else subject not in ONLY_WITH_CONSENT
            if person.role == "owner":
                owner_agreed = agreed
            if not agreed:
                found.append(and_(events.c.kind.in_(kinds), events.c.person_id == person.id))
        if not owner_agreed:
            found.append(and_(events.c.kind.in_(kinds), events.c.person_id.is_(None)))
    return found


def _is_over(table: Table, now: float, days: float | None) -> ColumnElement[bool]:
    over: ColumnElement[bool] = table.c.expires_at <= now
    return over if days is None else or_(over, table.c.at <= now - days * DAY_S)


def _sweep_alerts(database: Database, now: float, retention: Retention) -> tuple[int, int]:
    is_open = alerts.c.state.in_(OPEN)
    long = max(retention.safety, _OPEN_ALERT_DAYS)
    over = or_(
        and_(not_(is_open), _is_over(alerts, now, retention.safety)),
        and_(is_open, alerts.c.at <= now - long * DAY_S),
    )
    with database.read() as connection:
        tries = select(func.count()).select_from(deliveries).join(alerts).where(over)
        told = connection.scalar(tries) or 0
    # Deliveries leave with their alert.
    gone = _delete(database, alerts, over)
    return gone, told if gone else 0


def _sweep_audit(
    database: Database, now: float, retention: Retention, counts: dict[str, int]
) -> str | None:
    counts["audit"] = 0
    try:
        with database.begin() as connection:
            gone = audit.drop_before(connection, now - retention.audit * DAY_S)
            found = {name: count for name, count in {**counts, "audit": gone}.items() if count}
            if found:
                audit.append(connection, now, "sweeper", "sweep", found)
    except StorageError as error:
        return str(error)
    counts["audit"] = gone
    return None


def _delete(database: Database, table: Table, where: ColumnElement[bool]) -> int:
    total = 0
    while True:
        batch = select(table.c.id).where(where).limit(_BATCH)
        with database.begin() as connection:
            gone = connection.execute(delete(table).where(table.c.id.in_(batch))).rowcount
        total += gone
        if gone < _BATCH:
            return total


def _release(database: Database) -> str | None:
    """Let the bytes go: out of the WAL, and out of the file when much of it is free."""
    if not database.is_sqlite:
        with suppress(StorageError):  # a server vacuums by itself
            database.vacuum()
        return None
    with database.read() as connection:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    try:
        roomy = free > _FREE_PAGES and free * 4 > pages
        emptied = database.vacuum() if roomy else database.checkpoint()
    except StorageError as error:
        return str(error)
    return None if emptied else f"{database.where} is in use: its journal is emptied next time"
