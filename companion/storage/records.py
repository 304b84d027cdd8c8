"""What happened: events in the database, and the diary that a running talk writes."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, insert, select

from companion.errors import StorageError
from companion.storage.tables import events as events_table
from companion.storage.trouble import RecordError

if TYPE_CHECKING:
    from companion.storage.database import Database

DAY_S: Final = 86_400.0
_CAPACITY: Final = 2_000
"""Notes held while they cannot be written; after that the oldest goes."""
_BATCH: Final = 100
_RETRY_S: Final = 60.0
_LAST_WORDS_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    id: int
    at: float
    """Seconds since 1970."""
    kind: str
    """``transcript``, ``mood``, ``summary``, ``safety``, ``notice`` ..."""
    person_id: str | None
    data: Mapping[str, object]
    expires_at: float | None
    """None is never."""


def add_event(
    connection: Connection,
    *,
    at: float,
    kind: str,
    data: Mapping[str, object],
    person_id: str | None = None,
    expires_at: float | None = None,
) -> int:
    """Add an event; return its id.

    Raises:
        RecordError: there is no such person, or ``data`` is not JSON (both by way of
            ``Database.begin``).
    """
    added = connection.execute(
        insert(events_table)
        .values(at=at, kind=kind, person_id=person_id, data=dict(data), expires_at=expires_at)
        .returning(events_table.c.id)
    )
    return int(added.scalar_one())


def events(
    connection: Connection,
    kind: str | None = None,
    since: float | None = None,
    until: float | None = None,
    person_id: str | None = None,
) -> tuple[Event, ...]:
    """Return events, oldest first.

    Args:
        connection: of ``Database.read()`` or ``begin()``.
        kind: only these; None is all.
        since: seconds since 1970, included.
        until: seconds since 1970, not included.
        person_id: only about this person.
    """
    query = select(events_table).order_by(events_table.c.at, events_table.c.id)
    if kind is not None:
        query = query.where(events_table.c.kind == kind)
    if since is not None:
        query = query.where(events_table.c.at >= since)
    if until is not None:
        query = query.where(events_table.c.at < until)
    if person_id is not None:
        query = query.where(events_table.c.person_id == person_id)
    return tuple(
        Event(row.id, row.at, row.kind, row.person_id, row.data, row.expires_at)
        for row in connection.execute(query)
    )


@dataclass(frozen=True, slots=True)
class _Note:
    at: float
    kind: str
    person_id: str | None
    text: str
    """The data as JSON, taken when it was noted."""
    expires_at: float | None


class Diary:
    """Writes what a talk notes, on a thread of its own; the talk never waits and never fails.

    When nothing can be written (full or read-only disk, wrong key, damaged file) it says so once,
    holds the newest notes in memory and tries again later. Notes not yet written when the process
    dies are lost; ``flush`` waits for those that must not be.
    """

    def __init__(
        self,
        open: Callable[[], Database],
        on_trouble: Callable[[str], None],
        *,
        days: Mapping[str, float] | None = None,
        retry_s: float = _RETRY_S,
        capacity: int = _CAPACITY,
    ) -> None:
        """Start the thread; the database is opened with the first note.

        Args:
            open: opens the database; called on the diary's thread, again after each trouble. The
                diary closes what it opened.
            on_trouble: told one plain line, once for each kind of trouble; any thread.
            days: kind -> days it is kept; 0 is not at all, a kind that is missing is kept until
                it is erased.
            retry_s: seconds between tries while in trouble.
            capacity: notes held in memory.
        """
        self._open = open
        self._on_trouble = on_trouble
        self._days = dict(days or {})
        self._retry_s = retry_s
        self._capacity = capacity
        self._changed = Condition()
        self._waiting: deque[_Note] = deque()
        self._writing = 0
        self._failures = 0
        self._not_before = 0.0
        self._closing = False
        self._told: str | None = None
        self._database: Database | None = None
        self._thread = Thread(target=self._run, name="diary", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why nothing can be written just now; empty when all is well."""
        return self._told or ""

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread.is_alive()

    def note(
        self, kind: str, data: Mapping[str, object], at: float, person_id: str | None = None
    ) -> None:
        """Note something to be written soon; never blocks, never raises.

        Args:
            kind: as in ``Event``.
            data: must be JSON; it is copied.
            at: seconds since 1970.
            person_id: whom it is about.
        """
        days = self._days.get(kind)
        if days is not None and days <= 0:
            return
        try:
            text = json.dumps(dict(data), allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            self._tell(f"a note of kind {kind} could not be kept: unusable data")
            return
        expires_at = None if days is None else at + days * DAY_S
        with self._changed:
            if self._closing:
                return
            self._waiting.append(_Note(at, kind, person_id, text, expires_at))
            if len(self._waiting) > self._capacity:
                self._waiting.popleft()
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until all that was noted is on disk.

        Args:
            timeout: seconds.

        Returns:
            False when it could not be written, or not in time.
        """
        with self._changed:
            self._not_before = 0.0
            failures = self._failures
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._pending or self._failures > failures, timeout)
            return not self._pending

    def close(self) -> None:
        """Write what is left, if it can be written within seconds, and end the thread."""
        with self._changed:
            self._closing = True
            self._not_before = 0.0
            self._changed.notify_all()
        self._thread.join(_LAST_WORDS_S)

    @property
    def _pending(self) -> int:
        return len(self._waiting) + self._writing

    def _run(self) -> None:
        while batch := self._next_batch():
            left = self._store(batch)
            with self._changed:
                self._writing = 0
                if left:
                    self._waiting.extendleft(reversed(left))
                    while len(self._waiting) > self._capacity:
                        self._waiting.popleft()
                    self._failures += 1
                    self._not_before = time.monotonic() + self._retry_s
                    if self._closing:
                        self._waiting.clear()
                self._changed.notify_all()
        self._drop_database()

    def _next_batch(self) -> tuple[_Note, ...]:
        """Wait for notes that may be written now; nothing means the end."""
        with self._changed:
            while True:
                pause = self._not_before - time.monotonic()
                if self._waiting and pause <= 0:
                    batch = tuple(islice(self._waiting, _BATCH))
                    for _ in batch:
                        self._waiting.popleft()
                    self._writing = len(batch)
                    return batch
                if self._closing:
                    return ()
                self._changed.wait(pause if self._waiting else None)

    def _store(self, batch: tuple[_Note, ...]) -> tuple[_Note, ...]:
        """Write notes; return those that could not be written."""
        for attempt in (1, 2):
            was_open = self._database is not None
            try:
                self._write(batch)
            except RecordError as error:
                if len(batch) > 1:
                    return tuple(note for one in batch for note in self._store((one,)))
                self._tell(f"one note was not kept: {error}")
                return ()
            except Exception as error:
                self._drop_database()
                # The file may have been erased and begun anew by another program: look once more.
                if attempt == 1 and was_open:
                    continue
                known = isinstance(error, StorageError)
                reason = str(error) if known else f"notes cannot be kept: {type(error).__name__}"
                self._tell(f"{reason} (the talk goes on without notes)")
                return batch
            self._told = None
            return ()
        return batch

    def _write(self, batch: tuple[_Note, ...]) -> None:
        if self._database is None:
            self._database = self._open()
        with self._database.begin() as connection:
            for note in batch:
                add_event(
                    connection,
                    at=note.at,
                    kind=note.kind,
                    data=json.loads(note.text),
                    person_id=note.person_id,
                    expires_at=note.expires_at,
                )

    def _drop_database(self) -> None:
        if self._database is not None:
            with suppress(Exception):
                self._database.close()
            self._database = None

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            with suppress(Exception):
                self._on_trouble(text)
