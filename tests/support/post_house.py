"""A house that sends summaries and messages to a real server on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from support.alert_servers import Ntfy

from companion.care.evening import Evening
from companion.care.letters import load_letters
from companion.care.messenger import Messenger
from companion.care.postman import Postman, PostRules
from companion.safety.alerts.channel import AppriseSender, Sender
from companion.safety.alerts.messages import load_words
from companion.storage import consents, people
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.records import add_event

KEY = Key(bytes(range(32)))
EVENING = 1_795_456_800.0
DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Page:
    day: date = DAY
    short: str = "A quiet day, in better spirits than last week."
    lines: tuple[str, ...] = ("Slept badly, as told twice.", "Spoke of a daughter.")
    safety: tuple[str, ...] = ("Said at 10:12 that she had fallen.",)


@dataclass
class Shelf:
    """Stored summaries by event."""

    pages: dict[int, Page] = field(default_factory=dict)

    def of_event(self, event_id: int) -> Page | None:
        return self.pages.get(event_id)

    def of_day(self, day: date) -> tuple[int, Page] | None:
        return next(((i, page) for i, page in self.pages.items() if page.day == day), None)


class PostHouse:
    def __init__(self, path: Path, ntfy: Ntfy, sender: Sender | None = None) -> None:
        self.path = path
        self.ntfy = ntfy
        self.time = EVENING
        self.local_minute = 19 * 60.0
        self.database: Database = open_database(path, KEY)
        self.shelf = Shelf()
        with self.database.begin() as connection:
            self.owner = people.owner(connection, at=1.0, name="Rose")
        self.postman = self.new_postman(sender)
        self.evening = Evening(self.postman)
        self.messenger = Messenger(self.postman)

    def new_postman(
        self, sender: Sender | None = None, link: str | None = "https://rose.example/"
    ) -> Postman:
        return Postman(
            self.database,
            sender or AppriseSender("Molly", timeout_s=5.0),
            load_letters("en", "Molly", "Rose", link),
            load_words("en", "Molly", "Rose").kin,
            self.shelf,
            now=lambda: self.time,
            minute=lambda _: self.local_minute,
            rules=PostRules(),
        )

    def add(
        self, name: str, role: str, *says: str, quiet: tuple[str, str] | None = None
    ) -> people.Person:
        with self.database.begin() as connection:
            person = people.add_person(connection, name, role, at=1.0)
            people.add_contact(
                connection, person.id, self.ntfy.url(name.lower()), at=1.0, quiet=quiet
            )
        for subject in says:
            self.say(person.id, subject)
        return person

    def say(self, person_id: str, subject: str, *, yes: bool = True) -> None:
        word = consents.give if yes else consents.withdraw
        with self.database.begin() as connection:
            word(connection, person_id=person_id, subject=subject, how="typed", version="1", at=1.0)

    def summary(self, page: Page | None = None) -> int:
        with self.database.begin() as connection:
            event = add_event(
                connection, at=self.time, kind="summary", data={"day": DAY.isoformat()}
            )
        self.shelf.pages[event] = page or Page()
        return event

    def offer(self) -> int:
        event = self.summary()
        self.evening.offer(self.shelf.pages[event], event)
        return event
