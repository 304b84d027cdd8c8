"""A talk with the spoken skills alone: real templates, a drawer of reminders, a writing post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from companion.errors import StorageFullError
from companion.mind.exchanges import Exchanges
from companion.mind.skills.chat import Chat
from companion.mind.skills.clock import Clock
from companion.mind.skills.medicines import Medicines
from companion.mind.skills.messages import Addressee, Messages
from companion.mind.skills.reminders import Reminders
from companion.mind.skills.room import SpokenSkills
from companion.mind.skills.sentences import Sentences, load_sentences
from companion.mind.skills.timers import Timers
from companion.mind.skills.when import load_times
from companion.storage.reminders import Reminder
from companion.wellbeing.replies import load_ear

LONDON = ZoneInfo("Europe/London")
TUESDAY = datetime(2026, 3, 10, 10, tzinfo=LONDON)
EVERY_DAY = tuple(range(7))


@dataclass
class Drawer:
    """A ``Shelf``."""

    kept: dict[str, Reminder] = field(default_factory=dict)
    due: list[Reminder] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    last: tuple[str, datetime] | None = None
    broken: bool = False

    def listed(self) -> Sequence[Reminder]:
        self._read()
        return tuple(self.kept.values())

    def add(self, reminder: Reminder) -> Reminder | None:
        if self.broken:
            return None
        made = replace(reminder, id=f"id{len(self.kept) + 1}")
        self.kept[made.id] = made
        return made

    def change(self, reminder: Reminder) -> None:
        if reminder.id in self.kept:
            self.kept[reminder.id] = reminder

    def remove(self, ids: Sequence[str]) -> None:
        for one in ids:
            self.kept.pop(one, None)

    def due_medicines(self, now: datetime) -> Sequence[Reminder]:
        self._read()
        return self.due

    def taken(self, ids: Sequence[str], now: datetime) -> None:
        self.noted += ids

    def last_taken(self, now: datetime) -> tuple[str, datetime] | None:
        self._read()
        return self.last

    def _read(self) -> None:
        if self.broken:
            raise StorageFullError("the disk is full")


@dataclass
class PostBox:
    """A ``Post``."""

    known: list[Addressee] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    quiet_until: datetime | None = None
    broken: bool = False

    def people(self) -> Sequence[Addressee]:
        if self.broken:
            raise StorageFullError("the disk is full")
        return self.known

    def send(self, person_ids: Sequence[str], words: str) -> None:
        self.sent += [(one, words) for one in person_ids]

    def waits_until(self, person_id: str, now: datetime) -> datetime | None:
        return self.quiet_until


class Talk:
    """What somebody says, and what is answered; each turn is committed, unless it is a draft."""

    def __init__(self, *people: Addressee, now: datetime = TUESDAY) -> None:
        self.now = now
        self.drawer = Drawer()
        self.post = PostBox(list(people))
        self.sentences: Sentences = load_sentences("en", "Rose", "Molly")
        self.times = load_times()
        reminders = Reminders(self.sentences, self.drawer, load_ear().agreed)
        self.skills = SpokenSkills(
            self.sentences,
            (
                Clock(self.sentences),
                Timers(self.sentences, self.drawer, reminders.alarm),
                reminders,
                Medicines(self.sentences, self.drawer),
                Messages(self.sentences, self.post, load_ear().agreed),
                Chat(self.sentences),
            ),
            LONDON,
            lambda: [each for one in self.post.people() for each in (one.name, one.role)],
        )
        self._exchanges = Exchanges((self.skills,), lambda: self.now)

    def draft(self, text: str) -> str:
        return " ".join(part.text for part in self._exchanges.answer(text))

    def say(self, text: str) -> str:
        """Return what is answered; empty when it is left to the language model."""
        answer = self.draft(text)
        self._exchanges.commit(text)
        return answer

    def silence(self) -> str:
        return " ".join(part.text for part in self._exchanges.unheard())

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def kept(self) -> list[Reminder]:
        return list(self.drawer.kept.values())

    @property
    def only(self) -> Reminder:
        (one,) = self.kept
        return one

    def has(self, *some: Reminder) -> None:
        for one in some:
            self.drawer.kept[one.id] = one
