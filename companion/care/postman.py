"""Carries what family is sent: claims, asks once more whether it may go, sends, writes down.

Before each try it is written down, after it the result. A process killed in between leaves a try
without an end: the next one says that it may be a repeat, as no channel can be asked whether the
first arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from sqlalchemy import Connection

from companion.care.allowed import (
    is_accused,
    is_simulated,
    may_get_summary,
    may_read_in_full,
    the_owner,
)
from companion.care.letters import DailySummary, Letters
from companion.errors import StorageError
from companion.safety.alerts.channel import Outcome, Sender
from companion.safety.alerts.messages import Message
from companion.safety.alerts.names import Kin
from companion.safety.alerts.policy import quiet_s
from companion.storage import outgoing
from companion.storage.alert import Contact
from companion.storage.database import Database
from companion.storage.outgoing import CONTACT, Outgoing
from companion.storage.people import contacts, list_people
from companion.storage.records import DAY_S, add_event

_IDLE_S: Final = 60.0


class Summaries(Protocol):
    """Where stored summaries are found."""

    def of_event(self, event_id: int) -> DailySummary | None:
        """Return the summary of an event of kind ``summary``; None when it may not be sent."""
        ...

    def of_day(self, day: date) -> tuple[int, DailySummary] | None:
        """Return the newest summary of a day, and the id of its event; None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class PostRules:
    """Times of delivery, in seconds."""

    backoff_s: tuple[float, ...] = (60.0, 300.0, 900.0, 1800.0, 3600.0)
    """Waits after the first, second ... failure; the last one repeats."""
    summary_good_s: float = 36 * 3600.0
    """After this a summary is old news, and is no longer tried."""
    message_good_s: float = 24 * 3600.0
    lease_s: float = 60.0
    """How long a row is held; more than a channel may take."""
    keep_days: float = 365.0
    """How long it is kept that something was sent."""

    def good_s(self, kind: str) -> float:
        """Return the seconds after which something of a kind is no longer tried."""
        return self.message_good_s if kind == "message" else self.summary_good_s


@dataclass(frozen=True, slots=True)
class _Try:
    row: Outgoing
    contact: Contact
    message: Message
    full: bool


class Postman:
    """Delivers what lies in the lane of contacts; every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        letters: Letters,
        kin: Kin,
        summaries: Summaries,
        *,
        now: Callable[[], float],
        minute: Callable[[float], float],
        rules: PostRules | None = None,
    ) -> None:
        """Prepare.

        Args:
            database: an open one.
            sender: the way out.
            letters: the texts.
            kin: words for relations, to know whoever is accused.
            summaries: finds the text of a stored summary.
            now: seconds since 1970.
            minute: turns these into the minute of the local day.
            rules: times of delivery.
        """
        self.database = database
        self.rules = rules or PostRules()
        self.letters = letters
        self.kin = kin
        self.now = now
        self.minute = minute
        self._sender = sender
        self._summaries = summaries
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver on a thread of its own."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Stop; what is not delivered stays due."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def deliver_due(self) -> tuple[Outgoing, ...]:
        """Try everything that is due, once.

        Returns:
            The rows as they are after it.

        Raises:
            StorageError: the database cannot be used; what was not tried stays due.
        """
        with self.database.read() as connection:
            if is_simulated(connection):
                return ()
            rows = outgoing.due(connection, CONTACT, self.now())
        for row in rows:
            self._carry(row)
        with self.database.read() as connection:
            found = [outgoing.get(connection, row.id) for row in rows]
        return tuple(row for row in found if row is not None)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            pause = _IDLE_S
            try:
                self.deliver_due()
                with self.database.read() as connection:
                    due = outgoing.next_due(connection, CONTACT)
                if due is not None:
                    pause = min(max(due - self.now(), 0.05), _IDLE_S)
            except StorageError:
                # The diary tells of a failing disk; here it is only tried again.
                pause = _IDLE_S
            self._wake.wait(pause)

    def _carry(self, row: Outgoing) -> None:
        now = self.now()
        with self.database.begin() as connection:
            todo = self._prepare(connection, row, now)
        if todo is None:
            return
        outcome = self._send(todo)
        with self.database.begin() as connection:
            self._settle(connection, todo, outcome)

    def _prepare(self, connection: Connection, row: Outgoing, now: float) -> _Try | None:
        """Take the row and write the letter, or say why it does not go (now)."""
        until = now + self.rules.lease_s
        if not outgoing.hold(connection, row, until):
            return None
        held = replace(row, due_at=until, attempts=row.attempts + 1)
        person = next((p for p in list_people(connection) if p.id == row.person_id), None)
        ways = contacts(connection, row.person_id) if person else ()
        if person is None or not ways:
            self._close(connection, held, "failed", "there is no way to reach them")
            return None
        if now - row.at >= self.rules.good_s(row.kind):
            self._close(connection, held, "failed", row.error or "it came too late")
            return None
        message, full, why = self._letter(connection, held)
        if message is None:
            self._close(connection, held, "cancelled", why)
            return None
        way, wait = choose(ways, self.minute(now), held.attempts - 1)
        if way is None:
            again = {"due_at": now + wait, "attempts": row.attempts}
            outgoing.settle(connection, held, **again)
            return None
        if not outgoing.begin(connection, held, now, way.id):
            return None
        return _Try(replace(held, began_at=now), way, message, full)

    def _letter(self, connection: Connection, row: Outgoing) -> tuple[Message | None, bool, str]:
        person = next(p for p in list_people(connection) if p.id == row.person_id)
        repeat = row.began_at is not None
        if row.kind == "message":
            words = outgoing.content(connection, row.id)
            if words is None:
                return None, False, "its words are gone"
            if is_accused(connection, person, self.kin):
                return None, False, "an alert may be about them"
            return self.letters.message(str(words["text"]), repeat=repeat), True, ""
        if not may_get_summary(connection, person, self.kin):
            return None, False, "it is no longer agreed to"
        day = day_of(row.mark)
        # The event may have been replaced since: the person struck a line.
        found = self._summaries.of_day(day) if day else None
        summary = found[1] if found else None
        if summary is not None and may_read_in_full(connection, person, self.kin):
            return self.letters.full(summary, repeat=repeat), True, ""
        return self.letters.ready(repeat=repeat), False, ""

    def _send(self, todo: _Try) -> Outcome:
        try:
            return self._sender.send(todo.contact.channel, todo.message)
        except Exception as error:
            # Whatever a channel throws is only its own failure; its text may hold the address.
            return Outcome(False, f"the channel failed ({type(error).__name__})", unsure=True)

    def _settle(self, connection: Connection, todo: _Try, outcome: Outcome) -> None:
        now, row = self.now(), todo.row
        if outcome.ok:
            done = outgoing.settle(
                connection,
                row,
                state="sent",
                sent_at=now,
                began_at=None,
                full=todo.full,
                digest=outgoing.digest(todo.message.title, todo.message.body),
                error=None,
            )
            if done:
                self._note(connection, row, "sent", full=todo.full)
            return
        steps = self.rules.backoff_s
        outgoing.settle(
            connection,
            row,
            due_at=now + steps[min(row.attempts - 1, len(steps) - 1)],
            # Only a clear no makes sure that it did not arrive.
            began_at=row.began_at if outcome.unsure else None,
            error=outcome.error,
        )

    def _close(self, connection: Connection, row: Outgoing, state: str, why: str) -> None:
        if outgoing.settle(connection, row, state=state, error=why):
            self._note(connection, row, state)

    def _note(
        self, connection: Connection, row: Outgoing, state: str, *, full: bool = False
    ) -> None:
        """Write what the person is told when they ask who was told what."""
        role = next((p.role for p in list_people(connection) if p.id == row.person_id), "")
        now, owner, day = self.now(), the_owner(connection), day_of(row.mark)
        data: dict[str, object] = {"to": role, "state": state}
        if day is not None:
            if state == "cancelled":
                return
            data |= {"day": day.isoformat(), "full": full}
        add_event(
            connection,
            at=now,
            kind="told" if day else "message",
            data=data,
            person_id=owner.id if owner else None,
            expires_at=now + self.rules.keep_days * DAY_S,
        )


def choose(ways: Sequence[Contact], minute: float, failures: int) -> tuple[Contact | None, float]:
    """Return the way to take now, or None and the seconds until the first one wakes. Pure.

    Args:
        ways: of one person, in order.
        minute: of the local day, 0-1440.
        failures: earlier tries; each passes on to the next way.
    """
    asleep = {way.id: quiet_s(way, minute) for way in ways}
    awake = [way for way in ways if asleep[way.id] is None]
    if awake:
        return awake[failures % len(awake)], 0.0
    return None, min(wait for wait in asleep.values() if wait is not None)


def day_mark(day: date, person_id: str) -> str:
    """Return the mark by which one person is told of one day once."""
    return f"summary:{day.isoformat()}:{person_id}"


def day_of(mark: str) -> date | None:
    """Return the day a mark is about; None for a message."""
    kind, _, rest = mark.partition(":")
    return date.fromisoformat(rest.partition(":")[0]) if kind == "summary" else None
