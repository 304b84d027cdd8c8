"""Says reminders at their hour, asks whether a medicine was taken, and notes what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from companion.domain import Exchange, Initiative, JsonObject
from companion.errors import StorageError
from companion.mind.skills.texts import SkillTexts
from companion.mind.skills.when import Moment, Times
from companion.patterns import Patterns, normalise
from companion.storage.reminders import Reminder
from companion.wellbeing.due import LATE_S, SAID_LATE_S, Due, Try, due, next_due
from companion.wellbeing.replies import ReplyEar, Said

GOOD_S: Final = 600.0
"""What could not be said within this is offered anew."""
LOOK_S: Final = 30.0
"""Between two looks at the store, which others may change; a timer is looked for at its end."""
EARLY_S: Final = 3_600.0
TAKEN_LATE_S: Final = 6 * 3_600.0
"""A medicine may be told as taken so long before and after its hour."""
_TRIES: Final = TypeAdapter(dict[str, Try])


class Store(Protocol):
    """Where reminders lie; every method may raise ``StorageError``."""

    def listed(self) -> Sequence[Reminder]:
        """Return all."""
        ...

    def settle(self, reminder_id: str, at: float) -> None:
        """Note that all up to a time is settled."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Delete some."""
        ...


@dataclass(slots=True)
class Rounds:
    """Call ``tick`` every half minute; all on one thread."""

    store: Store
    emit: Callable[[Initiative], None]
    texts: SkillTexts
    times: Times
    ear: ReplyEar
    note: Callable[[str, JsonObject, float], None]
    """Keeps an event: kind, data, seconds since 1970; as ``Diary.note``."""
    save: Callable[[JsonObject], None] = lambda _: None
    """Keeps how often what was said, for a restart in between."""
    tries: dict[str, Try] = field(default_factory=dict)
    deaf: bool = False
    """Nothing can be heard: a medicine is told rather than asked after, and never called missed."""
    _offered: dict[str, float] = field(default_factory=dict, init=False)
    """Id -> until when it is on its way to be said."""
    _look_at: float = field(default=0.0, init=False)

    def changed(self) -> None:
        """Look at the store with the next tick."""
        self._look_at = 0.0

    def tick(self, now: datetime) -> None:
        """Say what is due; cheap between two looks at the store.

        Args:
            now: with the person's time zone.

        Raises:
            StorageError: the store cannot be used; the next tick tries again.
        """
        at = now.timestamp()
        if self._look_at - LOOK_S <= at < self._look_at:  # else the clock was set back
            return
        self._offered = {one: until for one, until in self._offered.items() if until > at}
        medicines: list[Due] = []
        kept = self.store.listed()
        timers = [one.due_at for one in kept if one.due_at is not None and one.due_at > at]
        self._look_at = min([at + LOOK_S, *timers])
        for one in due(kept, self.tries, now):
            if one.reminder.id in self._offered:
                continue
            for when in one.missed:
                self._note(one.reminder, "missed", when, at)
            if one.missed:
                self.store.settle(one.reminder.id, one.missed[-1])
            if one.step == "give_up":
                self.settle(one.reminder, one.at, "later" if one.later else "missed", now)
            elif one.step == "missed":
                self._missed(one, now)
            elif one.reminder.kind == "medicine" and not self.deaf:
                medicines.append(one)
            else:
                self._tell(one, now)
        if medicines:
            self._ask(medicines, now)

    def due_medicines(self, now: datetime) -> list[Reminder]:
        """Return the medicines that "I've taken it" may be about.

        Raises:
            StorageError: the store cannot be read.
        """
        until = now + timedelta(seconds=EARLY_S)
        since = now.timestamp() - TAKEN_LATE_S
        return [
            one
            for one in self.store.listed()
            if one.kind == "medicine" and next_due(one, since, until) is not None
        ]

    def taken(self, ids: Sequence[str], now: datetime) -> None:
        """Note that medicines were taken.

        Raises:
            StorageError: the store cannot be written.
        """
        until = now + timedelta(seconds=EARLY_S)
        for one in self.store.listed():
            at = next_due(one, now.timestamp() - TAKEN_LATE_S, until)
            if one.id in ids and at is not None:
                self.settle(one, at, "done", now)

    def settle(self, one: Reminder, at: float, outcome: str, now: datetime) -> None:
        """Note what became of an occurrence.

        Args:
            one: the reminder.
            at: the occurrence, seconds since 1970.
            outcome: done, refused, missed, later or told.
            now: the present.

        Raises:
            StorageError: the store cannot be written.
        """
        self._note(one, outcome, at, now.timestamp())
        self.store.settle(one.id, at)
        self._forget(one.id)

    def answered(self, some: Sequence[Due], text: str, now: datetime) -> Exchange | None:
        """Return what is said to an answer to "have you taken it?"; None if it is none."""
        said, hear = normalise(text), self.texts.tree["due_hear"]

        def meant(kind: str) -> bool:
            return Patterns(hear[kind], {}).find(said) is not None

        consent = self.ear.consent(text)
        if meant("later"):
            return Exchange(self.texts.say("due", "later"), effect=lambda: self._put_off(some))
        if meant("no"):
            outcome = "refused"
        elif meant("yes") or consent is Said.YES:
            outcome = "done"
        elif consent is Said.NO:
            # "No" alone may be "not yet": it is asked again, and only then let be.
            if some[0].tries == 0:
                later = self.texts.say("due", "later")
                return Exchange(later, effect=lambda: self._put_off(some))
            outcome = "refused"
        else:
            return None
        key = "yes" if outcome == "done" else "no"

        def keep() -> None:
            # What cannot be written now is asked again; the diary tells of a failing database.
            with suppress(StorageError):
                for one in some:
                    self.settle(one.reminder, one.at, outcome, now)

        return Exchange(self.texts.say("due", key, now), effect=keep)

    def _ask(self, some: list[Due], now: datetime) -> None:
        first = min(some, key=lambda one: one.at)
        clock = self._clock(first.at, now)
        what = self.times.joined([self.texts.time_for(one.reminder.text) for one in some])
        again = all(one.step == "again" for one in some)
        late = now.timestamp() - first.at >= SAID_LATE_S
        key = "medicine_again" if again else "medicine_late" if late else "medicine"
        parts = self.texts.say(
            "due", key, now, clock=clock, what=what, present=self._clock(now.timestamp(), now)
        )
        exchange = Exchange(
            parts, effect=lambda: self._said(some, now), then=_Asked(self, tuple(some))
        )
        self._emit(some, exchange, now, urgent=True)

    def _tell(self, one: Due, now: datetime) -> None:
        reminder, texts = one.reminder, self.texts
        clock, here = self._clock(one.at, now), self._clock(now.timestamp(), now)
        what = texts.to_do(reminder.text) if reminder.text else ""
        late = now.timestamp() - one.at
        if reminder.kind == "timer":
            ago = self.times.span(late)
            span = self.times.span((reminder.due_at or 0.0) - reminder.at)
            key = "late" if late >= SAID_LATE_S else "done"
            key += "_for" if reminder.text else ""
            parts = texts.say("timer", key, what=reminder.text, ago=ago, span=span)
        elif reminder.kind == "appointment":
            there = datetime.fromtimestamp(one.at, now.tzinfo)
            moment = self.times.moment(Moment(there.strftime("%H:%M"), there.date()), now)
            span = self.times.span(-late)
            parts = texts.say("due", "appointment", moment=moment, what=reminder.text, span=span)
        elif reminder.kind == "medicine":
            parts = texts.say("due", "medicine_muted", now, clock=clock, what=what)
        elif not reminder.text:
            parts = texts.say("due", "call", clock=clock)
        else:
            key = "other_late" if late >= SAID_LATE_S else "other"
            parts = texts.say("due", key, now, clock=clock, what=what, present=here)

        def told() -> None:
            with suppress(StorageError):
                self.settle(reminder, one.at, "told", now)
                if reminder.kind == "timer":
                    self.store.remove([reminder.id])

        urgent = reminder.kind in ("timer", "medicine") or not reminder.text
        self._emit([one], Exchange(parts, effect=told), now, urgent=urgent)

    def _missed(self, one: Due, now: datetime) -> None:
        """Note it, and say it once if it is of today: an old one is of use to nobody."""
        reminder, day_s = one.reminder, 86_400.0
        outcome = "told" if reminder.kind == "timer" else "missed"
        self.settle(reminder, one.at, outcome, now)
        if reminder.kind == "timer":
            self.store.remove([reminder.id])
        late = now.timestamp() - one.at
        if late > day_s / 2 or reminder.kind == "timer" or not reminder.text:
            return
        what = self.texts.to_do(reminder.text)
        parts = self.texts.say("due", "missed", clock=self._clock(one.at, now), what=what)
        self._emit([one], Exchange(parts), now, urgent=False)

    def _emit(
        self, some: Sequence[Due], exchange: Exchange, now: datetime, *, urgent: bool
    ) -> None:
        until = now.timestamp() + GOOD_S
        for one in some:
            self._offered[one.reminder.id] = until
        self.emit(Initiative("reminder", exchange, urgent=urgent, expires_at=until))

    def _said(self, some: Sequence[Due], now: datetime) -> None:
        for one in some:
            known = self.tries.get(one.reminder.id)
            tries = known.tries if known is not None and known.at == one.at else 0
            self.tries[one.reminder.id] = Try(one.at, tries + 1, now.timestamp())
            self._offered.pop(one.reminder.id, None)
        self._save()

    def _put_off(self, some: Sequence[Due]) -> None:
        for one in some:
            known = self.tries.get(one.reminder.id)
            if known is not None:
                self.tries[one.reminder.id] = replace(known, later=True)
        self._save()

    def _forget(self, reminder_id: str) -> None:
        self._offered.pop(reminder_id, None)
        if self.tries.pop(reminder_id, None) is not None:
            self._save()

    def _save(self) -> None:
        self.save(_TRIES.dump_python(self.tries, mode="json"))

    def _note(self, one: Reminder, outcome: str, due_at: float, at: float) -> None:
        if one.kind == "timer":
            return
        data: JsonObject = {
            "id": one.id,
            "kind": one.kind,
            "outcome": outcome,
            "due_at": due_at,
        }
        self.note("reminder", data, at)

    def _clock(self, at: float, now: datetime) -> str:
        there = datetime.fromtimestamp(at, now.tzinfo)
        return self.times.clock(there.hour, there.minute, part=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hears whether a medicine was taken."""

    rounds: Rounds
    some: tuple[Due, ...]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Note the answer; None for anything else, and it is asked once more later."""
        return self.rounds.answered(self.some, text, now)

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing: a gentle second try follows."""
        return None


def tries_from_json(data: JsonObject) -> dict[str, Try]:
    """Return what ``Rounds.save`` was given; nothing when it is damaged."""
    try:
        return _TRIES.validate_python(data)
    except ValidationError:
        return {}


__all__ = ["LATE_S", "Rounds", "Store", "tries_from_json"]
