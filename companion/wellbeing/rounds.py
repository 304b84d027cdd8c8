"""Says reminders at their hour, asks whether a medicine was taken, and notes what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from companion.domain import Exchange, Initiative, JsonObject
from companion.errors import StorageError
from companion.mind.skills.reminder_answers import named
from companion.mind.skills.texts import SkillTexts
from companion.mind.skills.when import Moment, Times
from companion.patterns import Patterns, normalise
from companion.storage.reminders import Reminder
from companion.wellbeing.due import (
    AHEAD_S,
    LATE_S,
    MOST_PUT_OFF,
    SAID_LATE_S,
    Due,
    Try,
    due,
    later,
    next_due,
)
from companion.wellbeing.replies import ReplyEar, Said

GOOD_S: Final = SAID_LATE_S
"""What could not be said within this is offered anew, with the hour it has become."""
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

    def change(self, reminder: Reminder) -> None:
        """Write one anew."""
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
    quiet: Callable[[datetime], bool] = lambda _: False
    """Whether the person is likely asleep: what was missed is then not told."""
    _offered: dict[str, float] = field(default_factory=dict, init=False)
    """Id -> until when it is on its way to be said."""
    _look_at: float = field(default=0.0, init=False)
    _since: float | None = field(default=None, init=False)
    """Since when it goes its rounds: what came due before was missed while it was off."""
    _present: float = field(default=0.0, init=False)
    _unwritten: dict[str, float] = field(default_factory=dict, init=False)
    """Id -> up to when it is settled, which the store could not yet be told."""
    _unsure: dict[str, float] = field(default_factory=dict, init=False)
    """Id -> the newest occurrence of a medicine that nobody answered for: they may yet tell."""

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
        self._present = at = now.timestamp()
        if self._since is None or at < self._since:
            self._since = at
        if self._look_at - LOOK_S <= at < self._look_at:  # else the clock was set back
            return
        on_way = self._offered.items()
        self._offered = {one: until for one, until in on_way if at < until <= at + GOOD_S}
        medicines: list[Due] = []
        kept = self._righted(self._listed(), at)
        timers = [one.due_at for one in kept if one.due_at is not None and one.due_at > at]
        self._look_at = min([at + LOOK_S, *timers])
        for one in due(kept, self.tries, now):
            if one.reminder.id in self._offered:
                continue
            for when in one.missed:
                then = datetime.fromtimestamp(when, now.tzinfo)
                self.settle(one.reminder, when, "missed", then, whole=False)
            if one.step == "give_up":
                self.settle(one.reminder, one.at, self._unanswered(one), now)
            elif one.step == "missed":
                self._missed(one, now)
            elif one.reminder.kind == "medicine" and not self.deaf:
                medicines.append(one)
            else:
                self._tell(one, now)
        if medicines:
            self._ask(medicines, now)
        self._written()
        self._prune({one.id for one in kept})

    def due_medicines(self, now: datetime) -> list[Reminder]:
        """Return the medicines that "I've taken it" may be about.

        Raises:
            StorageError: the store cannot be read.
        """
        return [one for one, _ in self._awaited(now)]

    def taken(self, ids: Sequence[str], now: datetime) -> None:
        """Note that medicines were taken.

        Raises:
            StorageError: the store cannot be read.
        """
        for one, at in self._awaited(now):
            if one.id in ids:
                self.settle(one, at, "done", now)

    def _awaited(self, now: datetime) -> list[tuple[Reminder, float]]:
        """Return the medicines that are open about now, or were missed lately, and when."""
        since, until = now.timestamp() - TAKEN_LATE_S, later(now, EARLY_S)
        found = []
        for one in self._listed():
            at = next_due(one, since, until) or self._unsure.get(one.id, 0.0)
            if one.kind == "medicine" and since < at <= until.timestamp():
                found.append((one, at))
        return found

    def settle(
        self, one: Reminder, at: float, outcome: str, now: datetime, *, whole: bool = True
    ) -> None:
        """Note what became of an occurrence; a store that cannot be written is told later.

        Args:
            one: the reminder.
            at: the occurrence, seconds since 1970.
            outcome: done, refused, missed, later or told.
            now: when that became clear.
            whole: nothing newer of it is under way.
        """
        self._note(one, outcome, at, now.timestamp())
        if outcome in ("done", "refused"):
            self._unsure.pop(one.id, None)
        else:
            self._unsure[one.id] = at
        self._unwritten[one.id] = max(at, self._unwritten.get(one.id, 0.0))
        if whole:
            self._forget(one.id)
        self._written()

    def answered(self, some: Sequence[Due], text: str, now: datetime) -> Exchange | None:
        """Return what is said to an answer to "have you taken it?"; None if it is none."""
        said, hear = normalise(text), self.texts.tree["due_hear"]

        def meant(kind: str) -> bool:
            return Patterns(hear[kind], {}).find(said) is not None

        consent = self.ear.consent(text)
        if meant("later"):
            return self._later(some, now)
        if meant("no"):
            outcome = "refused"
        elif len(some) > 1 and meant("partly"):
            return None  # "the tablet, but not the drops": better asked again than noted wrongly
        elif meant("yes") or consent is Said.YES:
            outcome = "done"
        elif consent is Said.NO:
            # "No" alone may be "not yet": it is asked again, and only then let be.
            if any(one.tries == 0 for one in some):
                return self._later(some, now)
            outcome = "refused"
        else:
            return None
        those = self._meant(some, text)

        def keep() -> None:
            for one in those:
                self.settle(one.reminder, one.at, outcome, now)

        key = "yes" if outcome == "done" else "no"
        return Exchange(self.texts.say("due", key, now), effect=keep)

    def _later(self, some: Sequence[Due], now: datetime) -> Exchange:
        over = all(one.tries + 1 >= MOST_PUT_OFF for one in some)
        said = self.texts.say("due", "left" if over else "later")
        return Exchange(said, effect=lambda: self._put_off(some, now))

    def _meant(self, some: Sequence[Due], text: str) -> Sequence[Due]:
        """Return which of several an answer names, such as "the drops"; all when it names none."""
        verbs = self.texts.tree["verbs"]["words"]
        words = " ".join(word for word in self.times.words(text).split() if word not in verbs)
        ids = {one.id for one in named([one.reminder for one in some], words)}
        return [one for one in some if one.reminder.id in ids] or some

    def _listed(self) -> list[Reminder]:
        unwritten = self._unwritten
        return [
            replace(one, settled_at=max(one.settled_at, unwritten.get(one.id, 0.0)))
            for one in self.store.listed()
        ]

    def _righted(self, kept: Sequence[Reminder], at: float) -> list[Reminder]:
        """Put right what was written while the clock was far ahead: it would never come again."""
        found = []
        for one in kept:
            if one.kind == "timer" or max(one.settled_at, one.at) <= at + AHEAD_S:
                found.append(one)
                continue
            self._unwritten.pop(one.id, None)
            right = replace(one, settled_at=min(one.settled_at, at), at=min(one.at, at))
            with suppress(StorageError):
                self.store.change(right)
            found.append(right)
        return found

    def _written(self) -> None:
        """Tell the store what is settled; what it cannot be told now it is told later."""
        for one, at in list(self._unwritten.items()):
            with suppress(StorageError):
                self.store.settle(one, at)
                del self._unwritten[one]

    def _prune(self, ids: Collection[str]) -> None:
        gone = self.tries.keys() - ids
        for one in gone:
            del self.tries[one]
        if gone:
            self._save()

    def _unanswered(self, one: Due) -> str:
        return "later" if one.later else "told" if self.deaf else "missed"

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
            parts = texts.say("due", "medicine_muted", now, clock=here, what=what)
        elif not reminder.text:
            parts = texts.say("due", "call", now, clock=here)
        else:
            key = "other_late" if late >= SAID_LATE_S else "other"
            parts = texts.say("due", key, now, clock=clock, what=what, present=here)

        def told() -> None:
            self.settle(reminder, one.at, "told", now)
            if reminder.kind == "timer":
                self._remove(reminder)

        urgent = reminder.kind in ("timer", "medicine") or not reminder.text
        self._emit([one], Exchange(parts, effect=told), now, urgent=urgent)

    def _missed(self, one: Due, now: datetime) -> None:
        """Note it, and say it once if it is of today: an old one is of use to nobody."""
        reminder, day_s = one.reminder, 86_400.0
        timer = reminder.kind == "timer"
        self.settle(reminder, one.at, "told" if timer else "missed", now)
        if timer:
            self._remove(reminder)
        late = now.timestamp() - one.at
        if late > day_s / 2 or timer or not reminder.text or self.quiet(now):
            return
        clock, what = self._clock(one.at, now), self.texts.to_do(reminder.text)
        if self._since is None or one.at < self._since:
            parts = self.texts.say("due", "missed", now, clock=clock, what=what)
        elif reminder.kind != "medicine":
            here = self._clock(now.timestamp(), now)
            parts = self.texts.say("due", "other_late", now, clock=clock, what=what, present=here)
        else:
            return  # it was on, and found no moment to ask; a late tablet may do harm
        self._emit([one], Exchange(parts), now, urgent=False)

    def _remove(self, timer: Reminder) -> None:
        with suppress(StorageError):
            self.store.remove([timer.id])

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
            said_at = self._present or now.timestamp()
            self.tries[one.reminder.id] = Try(one.at, tries + 1, said_at)
            self._offered.pop(one.reminder.id, None)
        self._save()

    def _put_off(self, some: Sequence[Due], now: datetime) -> None:
        for one in some:
            known = self.tries.get(one.reminder.id)
            if known is not None:
                self.tries[one.reminder.id] = replace(known, later=True, asked_at=now.timestamp())
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
