"""Alerts from end to end: raise, tell, take the answer, and let the owner know."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from companion.config import AlertSettings
from companion.errors import AlertError, StorageError
from companion.safety.alerts.ack_server import AckServer, Answer
from companion.safety.alerts.answers import Answers
from companion.safety.alerts.channel import AppriseSender, Outcome, Sender
from companion.safety.alerts.delivery import Courier
from companion.safety.alerts.links import PURPOSE, Links
from companion.safety.alerts.messages import load_words
from companion.safety.alerts.news import News, NewsDesk
from companion.safety.alerts.policy import Rules
from companion.safety.alerts.spare import SpareBox
from companion.safety.alerts.worker import Worker
from companion.storage import consents
from companion.storage.alert import OPEN, Alert, Contact, new_code, new_id
from companion.storage.keys import Key, derive
from companion.storage.outbox import Outbox

if TYPE_CHECKING:
    from companion.storage.database import Database

_STOP_S: Final = 3.0
_LOOKS: Final = 10
"""Rounds of one delivery: an alert may be raised again while it is being sent."""
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test message."""

    contact: str
    kind: str
    """Of the channel, such as ``mailto``; its address stays secret."""
    outcome: Outcome


def _no_news(news: News) -> None:
    pass


class AlertService:
    """Raises and delivers alerts; every method may be called from any thread."""

    def __init__(
        self,
        database: Database | None,
        key: Key,
        settings: AlertSettings,
        *,
        minute: Callable[[float], float],
        now: Callable[[], float] = time.time,
        sender: Sender | None = None,
        owner_name: str | None = None,
        on_news: Callable[[News], None] = _no_news,
        companion_name: str = "Molly",
        language: str = "en",
        person_id: str | None = None,
        keep_days: float = 365.0,
        rules: Rules | None = None,
        hand_over: bool = False,
    ) -> None:
        """Prepare; nothing is sent before ``start`` or ``deliver_due``.

        Args:
            database: None when it cannot be opened; alerts then live in memory, and there are no
                contacts to tell.
            key: of the database; the links' key is derived from it.
            settings: how contacts are reached.
            minute: turns seconds since 1970 into the minute (0-1440) of the local day.
            now: seconds since 1970.
            sender: the way out; apprise by default.
            owner_name: what messages call the owner.
            on_news: told, on a worker thread, what the owner should hear.
            companion_name: what messages call the companion.
            language: of the texts.
            person_id: the owner's row, with which alerts are erased.
            keep_days: days a closed alert is kept.
            rules: times of delivery; by default the built-in ones.
            hand_over: another program sends and takes answers; this one raises alerts and tells
                the owner what became of them.

        Raises:
            SafetyError: the texts have a mistake.
        """
        rules = replace(rules or Rules(), acknowledge_within_s=settings.acknowledge_within_s)
        self._settings = settings
        self._now = now
        self._on_news = on_news
        self._person_id = person_id
        self._keep_s = keep_days * _DAY_S
        self._language = language
        self._words = load_words(language, companion_name, owner_name, details=settings.details)
        base = settings.link_base or (f"http://{settings.listen}" if settings.listen else None)
        links = Links(derive(key, PURPOSE), base)
        self._sender = sender or AppriseSender(companion_name, rules.send_s)
        courier = Courier(self._sender, self._words, links, rules, now, minute)
        self._database = database
        self._outbox = Outbox(database) if database is not None else None
        self._spare = SpareBox()
        self._worker = Worker(
            self._outbox, self._spare, courier, rules, self._tell, hand_over=hand_over
        )
        self._hand_over = hand_over
        self._answers = Answers(self._outbox, self._spare, links, now, self._names)
        self._server: AckServer | None = None
        self._no_server = ""

    @property
    def trouble(self) -> str:
        """Why alerts cannot be written down or answered just now; empty when all is well."""
        return self._worker.trouble or self._no_server

    @property
    def running(self) -> bool:
        """Whether somebody looks after what is due."""
        return self._worker.running

    def raise_alert(
        self,
        tier: int,
        category: str,
        topic: str,
        accused: frozenset[str] = frozenset(),
        countdown_s: float = 0.0,
    ) -> str:
        """Make an alert; it is committed, or in memory when the disk fails, before this returns.

        Args:
            tier: 1-4.
            category: of ``Danger``.
            topic: within the category; never sent.
            accused: names or relations that must not be told, such as ``grandson``.
            countdown_s: seconds in which ``cancel_countdowns`` still stops it.

        Returns:
            Its id; an open alert's when it was added to that.
        """
        now = self._now()
        state = "countdown" if countdown_s > 0 else "waiting"
        allowed = self.allowed()
        new = Alert(
            id=new_id(),
            at=now,
            tier=tier,
            category=str(category),
            topic=str(topic)[:64],
            due_at=now + max(countdown_s, 0.0),
            code=new_code(),
            accused=frozenset(who.strip().lower() for who in accused if who.strip()),
            person_id=self._person_id,
            # Nobody may be told: kept for the record, and the owner hears the truth.
            state=state if allowed else "unreached",
            expires_at=now + self._keep_s,
        )
        row = self._write(new, now)
        if not allowed:
            self._tell(NewsDesk(self._words, lambda _: False).compare([row], {}))
        self._worker.wake(row)
        return row.id

    def allowed(self) -> bool:
        """Whether anybody may be told: the settings say so and the owner did not withdraw it.

        A database that cannot be read does not stop a call for help.
        """
        if not self._settings.enabled:
            return False
        if self._database is None or self._person_id is None:
            return True
        try:
            with self._database.read() as connection:
                word = consents.current(connection, self._person_id, "alerts")
        except StorageError:
            return True
        return word is None or word.granted

    def first_told(self, accused: frozenset[str] = frozenset()) -> str | None:
        """Return the name of who is told first, or None when nobody may be told.

        Args:
            accused: names or relations that must not be told.
        """
        if not self.allowed():
            return None
        kin = self._words.kin
        contacts = sorted(self._worker.contacts, key=lambda c: c.position)
        told = (
            c.name
            for c in contacts
            if c.role.lower() != "owner" and not kin.accuses(accused, c.name, c.role)
        )
        return next(told, None)

    def cancel(self, alert_id: str) -> bool:
        """Stop an alert, also one that was sent; False when it is not open.

        Raises:
            StorageError: the database cannot be written.
        """
        return self._cancel(alert_id, OPEN)

    def cancel_countdowns(self) -> int:
        """Stop all alerts whose countdown is running; return how many.

        Raises:
            StorageError: the database cannot be written.
        """
        rows = self._open()
        return sum(self._cancel(row.id, ("countdown",)) for row in rows if row.state == "countdown")

    def acknowledge(self, word: str) -> Answer:
        """Take an answer: a link or its token, or a reply code.

        Returns:
            ``done``; ``already`` when it was answered before; ``bad`` when the word is worth
            nothing, or too many wrong codes were given within the hour.

        Raises:
            StorageError: the database cannot be written.
        """
        answer = self._answers.take(word)
        self._worker.wake()
        return answer

    def alerts(self, limit: int = 50) -> list[Alert]:
        """Return the newest alerts, newest first.

        Raises:
            StorageError: the database cannot be read.
        """
        rows = {row.id: row for row in (self._outbox.newest(limit) if self._outbox else ())}
        rows |= {row.id: row for row in self._spare.all()}
        return sorted(rows.values(), key=lambda row: -row.at)[:limit]

    def waiting(self) -> int:
        """Return how many alerts nobody has answered yet.

        Raises:
            StorageError: the database cannot be read.
        """
        return len(self._open())

    def contacts(self) -> list[Contact]:
        """Return everybody who can be told, first to last.

        Raises:
            StorageError: the database cannot be read.
        """
        return self._outbox.contacts() if self._outbox else []

    def test(self, name: str | None = None) -> list[Tested]:
        """Send a message that says it is a test, to one contact or all.

        Raises:
            AlertError: there is no such contact, or none at all.
            StorageError: the database cannot be read.
        """
        contacts = self.contacts()
        if not contacts:
            raise AlertError("there are no contacts yet: add somebody who can be told first")
        if name is not None:
            known = ", ".join(dict.fromkeys(c.name for c in contacts))
            contacts = [c for c in contacts if name.casefold() in (c.name.casefold(), c.id)]
            if not contacts:
                raise AlertError(f"there is no contact '{name}'; known: {known}")
        return [
            Tested(
                c.name,
                c.channel.partition("://")[0],
                self._sender.send(c.channel, self._words.test()),
            )
            for c in contacts
        ]

    def deliver_due(self) -> list[Alert]:
        """Carry all that is due once, and wait for it.

        Returns:
            The alerts that were due, as they are now.

        Raises:
            StorageError: the database cannot be read.
        """
        if self._outbox is not None:
            self._outbox.contacts()
        ids: dict[str, None] = {}
        for _ in range(_LOOKS):
            started = self._worker.look()
            if not started:
                break
            self._worker.wait_for(started)
            ids |= dict.fromkeys(started)
        found = (self._get(i) for i in ids)
        return [row for row in found if row is not None]

    def start(self) -> None:
        """Start the worker, and the answering server if one is configured."""
        if self._settings.listen and self._server is None and not self._hand_over:
            try:
                self._server = AckServer(
                    self._settings.listen,
                    self._words.page,
                    self._answers.look,
                    self.acknowledge,
                    language=self._language,
                )
                self._server.start()
            except AlertError as error:
                self._no_server = str(error)
        with suppress(StorageError):
            self._worker.contacts = self.contacts()
        self._worker.start()

    def stop(self) -> None:
        """Stop; what is being sent gets a moment, the rest stays due."""
        self._worker.stop(_STOP_S)
        if self._server is not None:
            self._server.close()
            self._server = None

    def _write(self, new: Alert, now: float) -> Alert:
        if self._outbox is not None:
            for row in (new, replace(new, person_id=None)):
                try:
                    return self._outbox.add(row, now, per_hour=self._settings.per_hour)
                except Exception as error:
                    # Whatever it is, the alert must go out.
                    failure = error
            self._worker.failed(failure)
        return self._spare.add(new, now)

    def _cancel(self, alert_id: str, states: Sequence[str]) -> bool:
        now = self._now()
        done = self._spare.cancel(alert_id, now, states=states)
        if self._outbox is not None and alert_id not in self._spare:
            done = self._outbox.cancel(alert_id, now, states=states) or done
        self._worker.wake()
        return done

    def _get(self, alert_id: str) -> Alert | None:
        return self._spare.get(alert_id) or (self._outbox.get(alert_id) if self._outbox else None)

    def _open(self) -> list[Alert]:
        rows = self._spare.all()
        return [*rows, *(self._outbox.open() if self._outbox else ())]

    def _names(self) -> dict[str, str]:
        try:
            rows: Sequence[Contact] = self._outbox.contacts() if self._outbox else ()
        except StorageError:
            rows = self._worker.contacts
        return {c.id: c.name for c in rows}

    def _tell(self, news: Sequence[News]) -> None:
        for one in news:
            with suppress(Exception):
                self._on_news(one)
