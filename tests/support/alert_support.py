"""Contacts, a clock, and a sender that is not the network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from companion.config import AlertSettings
from companion.safety.alerts.channel import Outcome
from companion.safety.alerts.messages import Message
from companion.safety.alerts.news import News
from companion.safety.alerts.policy import Rules
from companion.safety.alerts.service import AlertService
from companion.storage import people
from companion.storage.database import Database
from companion.storage.keys import Key

KEY = Key(bytes(range(32)))
NOON = 720.0
FAST = Rules(backoff_s=(0.05, 0.1), lease_s=0.5, poll_s=0.05, send_s=5.0)


@dataclass
class Clock:
    """Time that stands still until told."""

    t: float = 1_800_000_000.0
    minute_of_day: float = NOON

    def __call__(self) -> float:
        return self.t

    def minute(self, _: float) -> float:
        return self.minute_of_day


@dataclass
class FakeSender:
    """Notes what is sent; channels in ``broken`` fail, those in ``slow`` never answer in time."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    during: Callable[[str], None] = lambda channel: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, channel: str, message: Message) -> Outcome:
        with self._lock:
            self.sent.append((channel, message))
        self.during(channel)
        if channel in self.slow:
            return Outcome(False, "no answer in time", unsure=True)
        return Outcome(False, "broken") if channel in self.broken else Outcome(True)

    def check(self, channel: str) -> None:
        pass

    def warm(self) -> None:
        pass

    @property
    def told(self) -> list[str]:
        return [channel for channel, _ in self.sent]

    def take(self) -> list[str]:
        """Return the channels since the last call, in alphabetical order."""
        with self._lock:
            found = sorted(self.told)
            self.sent.clear()
        return found


@dataclass
class House:
    """A service with everything around it."""

    database: Database
    clock: Clock
    sender: FakeSender
    news: list[News] = field(default_factory=list)

    def contact(self, name: str, channel: str = "", role: str = "friend", **more: Any) -> str:
        with self.database.begin() as conn:
            person = people.find_person(conn, name) or people.add_person(
                conn, name, role, at=self.clock.t
            )
            made = people.add_contact(
                conn, person.id, channel or name.lower(), at=self.clock.t, **more
            )
        return made.id

    def service(self, **more: Any) -> AlertService:
        settings = more.pop("settings", AlertSettings())
        options: dict[str, Any] = {
            "now": self.clock,
            "minute": self.clock.minute,
            "sender": self.sender,
            "owner_name": "Margaret",
            "on_news": self.news.append,
        }
        return AlertService(self.database, KEY, settings, **(options | more))

    def kinds(self) -> list[str]:
        found = [one.kind for one in self.news]
        self.news.clear()
        return found
