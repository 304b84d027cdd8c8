"""The worker: finds what is due, carries it, and keeps going when the database fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from companion.errors import CompanionError
from companion.safety.alerts.delivery import BoxLostError, Courier
from companion.safety.alerts.news import News, NewsDesk
from companion.safety.alerts.policy import Rules, eligible
from companion.safety.alerts.spare import SpareBox
from companion.storage.alert import OPEN, Alert, Contact
from companion.storage.outbox import Outbox
from companion.storage.trouble import RecordError

_ADOPT_AFTER: Final = 2
"""Looks in a row at a database that fails, after which its alerts are sent from memory."""
_IDLE: Final = 3.0
"""With nothing open, one looks this many times more seldom."""
_SHORTEST_S: Final = 0.02


class Worker:
    """Delivers from the database, and from memory while that fails; a thread for each alert."""

    def __init__(
        self,
        outbox: Outbox | None,
        spare: SpareBox,
        courier: Courier,
        rules: Rules,
        tell: Callable[[Sequence[News]], None],
        *,
        hand_over: bool = False,
    ) -> None:
        """Prepare.

        Args:
            outbox: the database's; None when there is none.
            spare: memory's.
            courier: tells contacts.
            rules: times of delivery.
            tell: takes news for the owner, on the worker's threads.
            hand_over: another program sends what is in the database; only what cannot be written
                there is tried here.
        """
        self._hand_over = hand_over
        self.outbox = outbox
        self.spare = spare
        self.contacts: Sequence[Contact] = ()
        """As last read; good while the database fails."""
        self.trouble = ""
        """Why the database fails; empty when it does not."""
        self._courier = courier
        self._rules = rules
        self._tell = tell
        kin = courier.words.kin
        self._desk = NewsDesk(courier.words, lambda a: bool(eligible(a, self.contacts, kin)))
        self._known: Sequence[Alert] = ()
        self._failures = 0
        self._busy: dict[str, threading.Thread] = {}
        self._lock = threading.RLock()
        self._looking = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        if self._thread is None:
            with suppress(Exception):
                self._desk.prime(self.outbox.open() if self.outbox else ())
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Stop; what is being sent gets a moment, the rest stays due."""
        self._stopping = True
        self._wake.set()
        with self._lock:
            threads = [*self._busy.values(), *([self._thread] if self._thread else [])]
        for thread in threads:
            thread.join(timeout_s / len(threads))
        self._thread = None

    def wake(self, row: Alert | None = None) -> None:
        """Look at once; a new row is remembered in case it cannot be read again."""
        if row is not None:
            self._known = [*(a for a in self._known if a.id != row.id), row]
        self._wake.set()

    def look(self) -> list[str]:
        """Start what is due, move what memory holds into the database, tell the news.

        Returns:
            The ids of the alerts that were started.
        """
        with self._looking:
            now = self._courier.now()
            # Memory first: it needs no database that may be slow to fail.
            started = [a.id for a in self.spare.all() if _due(a, now) and self._start(a.id)]
            due = self._read(now)
            for alert in () if self._hand_over else due:
                if alert.id not in self.spare and self._start(alert.id):
                    started.append(alert.id)
            rows = {a.id: a for a in self._known} | {a.id: a for a in self.spare.all()}
            names = {c.id: c.name for c in self.contacts}
            news = self._desk.compare(rows.values(), names)
        self._tell(news)
        return started

    def wait_for(self, ids: Sequence[str]) -> None:
        """Wait until these are carried."""
        with self._lock:
            threads = [self._busy[i] for i in ids if i in self._busy]
        for thread in threads:
            thread.join()

    def failed(self, error: BaseException | None) -> None:
        """Remember that the database failed, and say so once."""
        known = isinstance(error, CompanionError)
        text = str(error) if known else f"the outbox failed: {type(error).__name__}"
        if text != self.trouble:
            self.trouble = text
            self._tell([News("trouble", self._courier.words.news("trouble", ""))])

    def _run(self) -> None:
        with suppress(Exception):
            self._courier.sender.warm()
        while not self._stopping:
            self._wake.clear()
            try:
                self.look()
            except Exception as error:
                # The worker must outlive whatever happens: nobody else sends.
                self.failed(error)
            self._wake.wait(self._pause())

    def _read(self, now: float) -> Sequence[Alert]:
        """Return what is due in the database; take it over when that keeps failing."""
        if self.outbox is None:
            return ()
        try:
            self._catch_up(self.outbox)
            self.contacts = self.outbox.contacts()
            self._known = self.outbox.open(self._desk.watched)
            due = self.outbox.due(now)
        except Exception as error:
            self.failed(error)
            self._failures += 1
            if self._failures >= _ADOPT_AFTER:
                for alert in self._known:
                    if alert.state in OPEN and alert.id not in self._busy:
                        self.spare.adopt(alert)
            return ()
        self._failures = 0
        if not self.spare.all():
            self.trouble = ""
        return due

    def _catch_up(self, outbox: Outbox) -> None:
        for alert in self.spare.all():
            if alert.id not in self._busy:
                try:
                    outbox.store(alert)
                except RecordError:
                    # The owner's row was erased meanwhile; the alert matters all the same.
                    outbox.store(replace(alert, person_id=None))
                self.spare.drop(alert)

    def _start(self, alert_id: str) -> bool:
        with self._lock:
            if alert_id in self._busy:
                return False
            thread = threading.Thread(
                target=self._carry, args=(alert_id,), name="alert", daemon=True
            )
            self._busy[alert_id] = thread
            thread.start()
        return True

    def _carry(self, alert_id: str) -> None:
        box = self.spare if alert_id in self.spare else self.outbox
        try:
            if box is not None:
                self._courier.carry(box, alert_id, self.contacts)
        except BoxLostError as lost:
            self.failed(lost.__cause__)
            if lost.alert is not None:
                self.spare.adopt(lost.alert)
            elif known := next((a for a in self._known if a.id == alert_id), None):
                self.spare.adopt(replace(known, due_at=self._courier.now()))
        finally:
            with self._lock:
                self._busy.pop(alert_id, None)
            self._wake.set()

    def _pause(self) -> float:
        """Return the seconds until something is due, or another process is looked at."""
        now = self._courier.now()
        rows = [*self._known, *self.spare.all()]
        waits = [a.due_at - now for a in rows if a.state in OPEN and a.id not in self._busy]
        poll = self._rules.poll_s * (1.0 if waits else _IDLE)
        return min(poll, max(min(waits, default=poll), _SHORTEST_S))


def _due(alert: Alert, now: float) -> bool:
    return alert.state in OPEN and alert.due_at <= now
