"""Builds the spoken skills: clock, reminders, messages, small talk; and who says reminders."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.app.guarding import embedding_dir
from companion.app.sending import new_messenger
from companion.app.zones import zone_of
from companion.care.reminding import Reminder as Shown
from companion.config import Config
from companion.domain import Exchange, Initiative, JsonObject, Tone
from companion.errors import CompanionError, MindError, StorageError

if TYPE_CHECKING:
    from companion.care.postman import Postman
    from companion.mind.skills.messages import Addressee
    from companion.mind.skills.near import Near, Vectors
    from companion.mind.skills.room import SpokenSkills
    from companion.storage.database import Database
    from companion.storage.reminders import Reminder
    from companion.wellbeing.rounds import Rounds

_TRIES: Final = "reminders"
"""Under this kind it is kept how often a reminder was said."""
_HALF_DAY_S: Final = 43_200.0
_SORRY_S: Final = 600.0
"""Later nobody would know what the apology is about."""

Note = Callable[[str, JsonObject, float], None]


@dataclass(frozen=True, slots=True)
class KeptReminders:
    """Reminders of one person in the database; as ``Shelf``, but for medicines, and as ``Store``.

    Every method raises ``StorageError`` when the database fails.
    """

    database: Database
    person_id: str

    def listed(self) -> tuple[Reminder, ...]:
        """Return all, in the order of the clock."""
        from companion.storage import reminders

        with self.database.read() as connection:
            return reminders.listed(connection, self.person_id)

    def add(self, reminder: Reminder) -> Reminder | None:
        """Keep a new one."""
        from companion.storage import reminders

        with self.database.begin() as connection:
            return reminders.add(connection, self.person_id, reminder)

    def change(self, reminder: Reminder) -> None:
        """Write one anew."""
        from companion.storage import reminders

        with self.database.begin() as connection:
            reminders.change(connection, reminder)

    def remove(self, ids: Sequence[str]) -> None:
        """Delete some."""
        from companion.storage import reminders

        with self.database.begin() as connection:
            for one in ids:
                reminders.remove(connection, one)

    def settle(self, reminder_id: str, at: float) -> None:
        """Note that all up to a time is settled."""
        from companion.storage import reminders

        with self.database.begin() as connection:
            reminders.settle(connection, reminder_id, at)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What the skills use: the database, and what became of medicines.

    Effects run after the answer was spoken: what cannot be written then is reported, and taken
    back aloud, not raised.
    """

    kept: KeptReminders
    rounds: Rounds
    on_trouble: Callable[[str], None]
    sorry: Callable[[str], None]

    def listed(self) -> Sequence[Reminder]:
        return self.kept.listed()

    def add(self, reminder: Reminder) -> Reminder | None:
        made: list[Reminder | None] = [None]

        def put() -> None:
            made[0] = self.kept.add(reminder)

        self._try(put)
        return made[0]

    def change(self, reminder: Reminder) -> None:
        self._try(lambda: self.kept.change(reminder))

    def remove(self, ids: Sequence[str]) -> None:
        self._try(lambda: self.kept.remove(ids))

    def due_medicines(self, now: datetime) -> Sequence[Reminder]:
        return self.rounds.due_medicines(now)

    def taken(self, ids: Sequence[str], now: datetime) -> None:
        self._try(lambda: self.rounds.taken(ids, now))

    def last_taken(self, now: datetime) -> tuple[str, datetime] | None:
        from companion.storage.records import events

        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        with self.kept.database.read() as connection:
            today = events(connection, "reminder", midnight, None, self.kept.person_id)
        for event in reversed(today):
            outcome = str(event.data.get("outcome"))
            if event.data.get("kind") == "medicine" and outcome in ("done", "refused"):
                return outcome, datetime.fromtimestamp(event.at, now.tzinfo)
        return None

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StorageError as error:
            self.on_trouble(f"a reminder could not be written: {error}")
            self.sorry("reminder")
        self.rounds.changed()


@dataclass(frozen=True, slots=True)
class _Post:
    """Messages through the post to family."""

    postman: Postman
    on_trouble: Callable[[str], None]
    sorry: Callable[[str], None]

    def people(self) -> Sequence[Addressee]:
        from companion.care.allowed import is_accused
        from companion.mind.skills.messages import Addressee
        from companion.storage.people import contacts, list_people

        with self.postman.database.read() as connection:
            return tuple(
                Addressee(
                    one.id,
                    one.name,
                    one.role,
                    bool(contacts(connection, one.id))
                    and not is_accused(connection, one, self.postman.kin),
                )
                for one in list_people(connection)
                if one.role != "owner"
            )

    def send(self, person_ids: Sequence[str], words: str) -> None:
        failed = False
        for one in person_ids:
            try:
                new_messenger(self.postman).send(one, words)
            except CompanionError as error:
                self.on_trouble(f"a message could not be sent: {error}")
                failed = True
        if failed:
            self.sorry("message")

    def waits_until(self, person_id: str, now: datetime) -> datetime | None:
        from companion.care.postman import choose
        from companion.storage.people import contacts

        with suppress(StorageError), self.postman.database.read() as connection:
            way, wait = choose(
                contacts(connection, person_id), self.postman.minute(now.timestamp()), 0
            )
            if way is None:
                return datetime.fromtimestamp(now.timestamp() + wait, now.tzinfo)
        return None


def load_near(config: Config, wanted: Callable[[], bool] = lambda: True) -> Near:
    """Return what knows requests by their meaning.

    Args:
        config: settings.
        wanted: looked at now and then; gives up when it is not.

    Raises:
        CompanionError: the sentence model is missing, or the examples have a mistake.
    """
    from companion.embedding import sentence_vectors
    from companion.mind.skills.near import examples, near_from

    asks, talk = examples(config.persona.language)
    if not asks or not talk:
        raise MindError(f"no examples for {config.persona.language}")
    model = sentence_vectors(embedding_dir(config))

    def encode(texts: Sequence[str]) -> Vectors:
        if not wanted():
            raise MindError("not wanted any more")
        return model.encode(list(texts))

    return near_from(asks, talk, encode)


def new_rounds(
    config: Config,
    database: Database,
    person_id: str,
    emit: Callable[[Initiative], None],
    note: Note,
) -> Rounds:
    """Return who says reminders at their hour.

    Raises:
        CompanionError: a text has a mistake.
    """
    from companion.mind.skills.texts import load_skill_texts
    from companion.mind.skills.when import load_times
    from companion.storage import learned
    from companion.wellbeing.checkins import is_quiet
    from companion.wellbeing.replies import load_ear
    from companion.wellbeing.rounds import Rounds, tries_from_json

    language = config.persona.language

    def save(data: JsonObject) -> None:
        # What cannot be kept now only means that something may be asked twice after a restart.
        with suppress(StorageError), database.begin() as connection:
            learned.keep(connection, person_id, _TRIES, data, at=time.time())

    kept: JsonObject | None = None
    with suppress(StorageError), database.read() as connection:
        kept = learned.recall(connection, person_id, _TRIES)
    return Rounds(
        KeptReminders(database, person_id),
        emit,
        load_skill_texts(language, config.persona.person),
        load_times(language),
        load_ear(language),
        note,
        save,
        tries_from_json(kept or {}),
        quiet=lambda now: is_quiet(config.checkins, now),
    )


def new_skills(
    config: Config,
    database: Database,
    person_id: str,
    rounds: Rounds,
    postman: Postman,
    on_trouble: Callable[[str], None],
    emit: Callable[[Initiative], None],
) -> SpokenSkills:
    """Return the spoken skills.

    Args:
        config: settings.
        database: an open one.
        person_id: the owner's row.
        rounds: say the reminders.
        postman: carries messages.
        on_trouble: told one plain line; any thread.
        emit: takes what is to be said unasked: that a promise could not be kept.

    Raises:
        CompanionError: a text or template has a mistake.
    """
    from companion.mind.skills.chat import Chat
    from companion.mind.skills.clock import Clock
    from companion.mind.skills.medicines import Medicines
    from companion.mind.skills.messages import Messages
    from companion.mind.skills.near import NearSoon
    from companion.mind.skills.reminders import Reminders
    from companion.mind.skills.room import SpokenSkills
    from companion.mind.skills.sentences import load_sentences
    from companion.mind.skills.timers import Timers
    from companion.wellbeing.people_first import goodnight, load_people_texts
    from companion.wellbeing.replies import load_ear
    from companion.wellbeing.turns import read_turns

    persona = config.persona
    near = NearSoon(lambda wanted: load_near(config, wanted))
    sentences = load_sentences(persona.language, persona.person, persona.name, near.find)
    agreed = load_ear(persona.language).agreed

    def sorry(what: str) -> None:
        parts = sentences.texts.say("not_kept", what, tone=Tone.CALM)
        emit(Initiative("apology", Exchange(parts), expires_at=time.time() + _SORRY_S))

    shelf = _Shelf(KeptReminders(database, person_id), rounds, on_trouble, sorry)
    people = load_people_texts(persona.language)

    def night(now: datetime) -> Exchange | None:
        with suppress(StorageError), database.read() as connection:
            turns = read_turns(connection, now.timestamp() - 2 * _HALF_DAY_S, person_id)
            return goodnight(turns, people, now, persona.person)
        return None

    reminders = Reminders(sentences, shelf, agreed)
    post = _Post(postman, on_trouble, sorry)

    def known() -> tuple[str, ...]:
        found = post.people()
        return tuple(one.name for one in found) + tuple(one.role for one in found)

    return SpokenSkills(
        sentences,
        (
            Clock(sentences),
            Timers(sentences, shelf, reminders.alarm),
            reminders,
            Medicines(sentences, shelf),
            Messages(sentences, post, agreed),
            Chat(sentences, night),
        ),
        zone_of(config),
        known,
        near.close,
    )


class ShownReminders:
    """Reminders for the dashboard; see ``ReminderStore``."""

    def __init__(self, config: Config, database: Callable[[], Database]) -> None:
        """Open nothing yet.

        Args:
            config: settings.
            database: returns an open one.
        """
        self._tz = zone_of(config)
        self._name = config.persona.person or "owner"
        self._database = database

    def list(self) -> tuple[Shown, ...]:
        """Return all that will still be spoken, in the order of the clock."""
        from companion.mind.skills.when import Moment

        now = datetime.now(self._tz)
        kept = self._kept()
        return tuple(
            Shown(one.id, one.kind, one.text, one.clock, one.day, one.weekdays)
            for one in (kept.listed() if kept is not None else ())
            if one.kind != "timer"
            and Moment(one.clock, one.day, one.weekdays).next(now) is not None
        )

    def save(self, reminder: Shown) -> str:
        """Add one, or replace the one of the same id; return its id."""
        from companion.storage.reminders import Reminder

        kept = self._kept(make=True)
        assert kept is not None
        now = time.time()
        fresh = Reminder(
            reminder.id,
            reminder.kind,
            reminder.text.strip(),
            reminder.clock,
            reminder.day,
            reminder.weekdays,
            how="typed",
            at=now,
            settled_at=now,
        )
        before = next((one for one in kept.listed() if one.id == reminder.id), None)
        if before is not None:
            kept.change(replace(fresh, at=before.at, how=before.how))
            return before.id
        made = kept.add(fresh)
        assert made is not None
        return made.id

    def remove(self, reminder_id: str) -> bool:
        """Remove one; return whether there was one."""
        kept = self._kept()
        if kept is None or all(one.id != reminder_id for one in kept.listed()):
            return False
        kept.remove([reminder_id])
        return True

    def _kept(self, *, make: bool = False) -> KeptReminders | None:
        from companion.care.allowed import the_owner
        from companion.storage.people import owner

        database = self._database()
        with database.read() as connection:
            found = the_owner(connection)
        if found is None and make:
            with database.begin() as connection:
                found = owner(connection, at=time.time(), name=self._name)
        return KeptReminders(database, found.id) if found is not None else None


__all__ = ["KeptReminders", "ShownReminders", "load_near", "new_rounds", "new_skills"]
