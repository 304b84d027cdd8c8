"""Reminders and appointments by voice: always read back, asked back where something is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from companion.domain import Exchange, ReplyPart
from companion.errors import StorageError
from companion.mind.skills.reminder_answers import (
    HowOftenAnswer,
    KeptAnswer,
    MoreAnswer,
    MovingAnswer,
    ShallAnswer,
    SureAnswer,
    WhatAnswer,
    WhenAnswer,
    WhichAnswer,
    named,
)
from companion.mind.skills.room import Consent
from companion.mind.skills.sentences import Meant, Sentences
from companion.mind.skills.shelf import Shelf
from companion.mind.skills.when import Moment, When
from companion.storage.reminders import Reminder

_SOON_S = 3_600.0
_READ_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Reminders:
    """A ``Handler``."""

    sentences: Sentences
    shelf: Shelf
    consent: Consent

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {
            "remind": self._remind,
            "remind_timed": self._remind_timed,
            "appointment": self._appointment,
            "reminder_list": self._list,
            "reminder_cancel": self._cancel,
            "reminder_move": self._move,
        }

    def alarm(self, meant: Meant, now: datetime) -> Exchange | None:
        """Return the setting of a call: "wake me at seven"."""
        when = meant.when
        if when.hour is not None and not when.sure and not when.part and "wake" in meant.rest:
            when = replace(when, part="morning")
        return self.place("", "other", when, now)

    def place(self, text: str, kind: str, when: When, now: datetime) -> Exchange:
        """Return what follows once it is known of what, and perhaps when.

        Args:
            text: as it is said back; empty is a mere call.
            kind: of the reminder.
            when: what was said of the time.
            now: in the person's time zone.
        """
        texts, times = self.sentences.texts, self.sentences.times
        if when.unknown_repeat:
            return Exchange(
                texts.say("reminder", "unknown_repeat"), then=WhenAnswer(self, text, kind, When())
            )
        moment = times.settle(when, now)
        if moment is None or moment.next(now) is None:
            key = "past" if moment is None and when.hour is not None else "when_of"
            if not text and key == "when_of":
                key = "when"
            asked = texts.say("reminder", key, what=texts.to_do(text) if text else "")
            open_when = When() if key == "past" else when
            return Exchange(asked, then=WhenAnswer(self, text, kind, open_when))
        if kind == "medicine" and moment.day is not None and when.day is None and not when.seconds:
            day = times.day(moment.day, now, int(moment.clock[:2]))
            asked = texts.say("reminder", "once_or_daily", day=day)
            return Exchange(asked, then=HowOftenAnswer(self, text, moment))
        return self.keep(text, kind, moment, now)

    def keep(self, text: str, kind: str, moment: Moment, now: datetime) -> Exchange:
        """Return the reading back; it is kept once that was said."""
        texts, times = self.sentences.texts, self.sentences.times
        key = {"medicine": "medicine_read_back", "appointment": "appointment_kept"}.get(
            kind, "read_back" if text else "read_back_bare"
        )
        there = moment.next(now)
        soon = there is None or there.timestamp() - now.timestamp() <= _SOON_S
        if kind == "appointment" and soon:
            key = "appointment_soon"
        what = text if kind == "appointment" else texts.to_do(text) if text else ""
        parts = texts.say("reminder", key, what=what, moment=times.moment(moment, now))
        made = Reminder(
            "", kind, text, moment.clock, moment.day, moment.weekdays, at=now.timestamp()
        )
        kept: list[Reminder] = []

        def put() -> None:
            one = self.shelf.add(made)
            if one is not None:
                kept.append(one)

        return Exchange(parts, effect=put, then=KeptAnswer(self, made, kept))

    def moment_of(self, one: Reminder) -> Moment:
        """Return when a reminder comes."""
        return Moment(one.clock, one.day, one.weekdays)

    def described(self, one: Reminder, now: datetime) -> str:
        """Return a reminder in words."""
        texts = self.sentences.texts
        moment = self.sentences.times.moment(self.moment_of(one), now)
        if not one.text:
            return texts.line("reminder", "list_call", moment=moment)
        return texts.line("reminder", "list_one", what=one.text, moment=moment)

    def coming(self, now: datetime) -> list[Reminder]:
        """Return what is still to come, the next first.

        Raises:
            StorageError: the shelf cannot be read.
        """
        found = [
            (there.timestamp(), one)
            for one in self.shelf.listed()
            if one.kind != "timer" and (there := self.moment_of(one).next(now)) is not None
        ]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    def read_out(self, some: Sequence[Reminder], now: datetime, first: bool = True) -> Exchange:
        """Return the reading of a list, a few at a time."""
        texts = self.sentences.texts
        here, rest = some[:_READ_AT_ONCE], tuple(some[_READ_AT_ONCE:])
        parts = texts.say("reminder", "list_begin") if first and len(some) > 1 else ()
        lines = [self.described(one, now) for one in here]
        parts += tuple(ReplyPart(line[:1].upper() + line[1:], "skill") for line in lines)
        if not rest:
            return Exchange(parts)
        return Exchange(parts + texts.say("reminder", "more"), then=MoreAnswer(self, rest))

    def _remind(self, meant: Meant, now: datetime) -> Exchange:
        texts, times = self.sentences.texts, self.sentences.times
        more, _ = times.take(meant.slot("what"), now)
        if more.hour is not None and meant.when.hour is not None:
            # "At eight and at six" is two, and one that is lost is worse than one more question.
            return Exchange(texts.say("reminder", "unknown_repeat"))
        text = texts.turned(meant.slot("what"), meant.text)
        if not text:
            return Exchange(texts.say("reminder", "what"), then=WhatAnswer(self, meant.when))
        return self.place(text, texts.kind(text), meant.when, now)

    def _remind_timed(self, meant: Meant, now: datetime) -> Exchange | None:
        # "I must remember to ..." is a wish only with an hour.
        return self._remind(meant, now) if meant.when.said else None

    def _appointment(self, meant: Meant, now: datetime) -> Exchange | None:
        texts, times = self.sentences.texts, self.sentences.times
        when = meant.when
        if when.day is None and when.hour is None:
            return None
        keys = "|".join(re.escape(word) for word in texts.tree["kinds"]["appointment"])
        found = re.search(
            rf"\b(?:(?:the|a|an|my) )?(?:\w+ )?(?:{keys})\b"
            r"(?: appointment)?(?: (?:with|at|for) .+)?",
            meant.rest.removeprefix("i have ").removeprefix("i've got ").removeprefix("i've "),
        )
        seen_to = next((v for k, v in texts.tree["seen_to"].items() if k in meant.rest), None)
        if found is None and seen_to is None:
            return None
        text = seen_to or texts.turned(found.group().strip() if found else "", meant.text)
        if not re.match(r"(?:the|a|an|your|my)\b", text):
            text = f"the {text}"
        moment = times.settle(when, now)
        if when.hour is None and when.seconds is None:
            moment = None
        if moment is None or moment.next(now) is None:
            asked = texts.say("reminder", "appointment_when")
            return Exchange(asked, then=WhenAnswer(self, text, "appointment", when))
        asked = texts.say(
            "reminder", "appointment_ask", what=text, moment=times.moment(moment, now)
        )
        return Exchange(asked, then=ShallAnswer(self, text, moment))

    def _list(self, meant: Meant, now: datetime) -> Exchange:
        texts, times = self.sentences.texts, self.sentences.times
        try:
            coming = self.coming(now)
        except StorageError:
            return Exchange(texts.say("reminder", "trouble"))
        day = meant.when.day
        some = named(coming, texts.turned(meant.rest))
        if day is None and some:
            return self.read_out(some, now)  # "when is my next dentist appointment?"
        if day is None:
            return self.read_out(coming, now) if coming else Exchange(texts.say("reminder", "none"))
        midnight = datetime.combine(day, datetime.min.time(), now.tzinfo)
        from_there = max(now, midnight)
        there = [
            one
            for one in coming
            if (at := self.moment_of(one).next(from_there)) is not None and at.date() == day
        ]
        if there:
            return self.read_out(there, now)
        return Exchange(texts.say("reminder", "none_day", day=times.day(day, now)))

    def _cancel(self, meant: Meant, now: datetime) -> Exchange | None:
        texts = self.sentences.texts
        try:
            coming = self.coming(now)
        except StorageError:
            return Exchange(texts.say("reminder", "trouble"))
        if re.search(r"\b(?:all|every one)\b", meant.rest) and len(coming) > 1:
            asked = texts.say("reminder", "cancel_all_ask", count=str(len(coming)))
            return Exchange(asked, then=SureAnswer(self, [one.id for one in coming]))
        asks = set(meant.rest.split()) & set(texts.tree["reminder"]["cancel_words"])
        if not asks and not (coming and self.meant_of(coming, meant) != list(coming)):
            return None  # "I'm not going to the doctor after all", and nothing is kept of it
        return self.choose(coming, meant, now, self.cancel)

    def meant_of(self, coming: Sequence[Reminder], meant: Meant) -> list[Reminder]:
        """Return the reminders that may be meant; all where nothing was said of it."""
        texts = self.sentences.texts
        if meant.slot("what") not in ("", "it", "that", "reminder", "appointment"):
            return named(coming, texts.turned(meant.slot("what")))
        words = set(meant.rest.split())
        calls = [one for one in coming if not one.text]
        if calls and words & set(texts.tree["reminder"]["call_words"]):
            return calls
        return named(coming, texts.turned(meant.rest)) or list(coming)

    def cancel(self, one: Reminder, now: datetime) -> Exchange:
        """Return the question whether to take one out."""
        texts = self.sentences.texts
        moment = self.sentences.times.moment(self.moment_of(one), now)
        what = texts.to_do(one.text or texts.line("reminder", "called"))
        asked = texts.say("reminder", "cancel_ask", what=what, moment=moment)
        return Exchange(asked, then=SureAnswer(self, [one.id]))

    def choose(
        self,
        coming: Sequence[Reminder],
        meant: Meant,
        now: datetime,
        go_on: Callable[[Reminder, datetime], Exchange],
    ) -> Exchange:
        """Return what follows for the one that is meant, or ask which it is."""
        texts = self.sentences.texts
        wanted = self.meant_of(coming, meant)
        if not wanted:
            return Exchange(texts.say("reminder", "cancel_none"))
        if len(wanted) == 1:
            return go_on(wanted[0], now)
        some = [one.text or texts.line("reminder", "called") for one in wanted[:3]]
        choices = f", {texts.line('reminder', 'or')} ".join([", ".join(some[:-1]), some[-1]])
        asked = texts.say("reminder", "cancel_which", choices=choices)
        return Exchange(asked, then=WhichAnswer(self, tuple(wanted), go_on))

    def _move(self, meant: Meant, now: datetime) -> Exchange | None:
        texts = self.sentences.texts
        try:
            coming = self.coming(now)
        except StorageError:
            return Exchange(texts.say("reminder", "trouble"))
        if not coming:
            return None
        what = meant.slot("what")
        if what and not named(coming, texts.turned(what)):
            return None  # "move the chair to the window"
        asks = set(meant.rest.split()) & set(texts.tree["reminder"]["cancel_words"])
        if not what and not asks and not meant.when.said:
            return None  # "put it back"
        return self.choose(coming, meant, now, lambda one, now: self.moved(one, meant.when, now))

    def moved(
        self, one: Reminder, when: When, now: datetime, *, correcting: bool = False
    ) -> Exchange:
        """Return the moving of one; where no time was said, it is asked for.

        Args:
            one: what is moved.
            when: what was said of the new time.
            now: in the person's time zone.
            correcting: it was just noted wrongly; else one of every day is not moved for one day.
        """
        texts, times = self.sentences.texts, self.sentences.times
        whole = when
        hour, minute = map(int, one.clock.split(":"))
        if when.hour is None and when.day is not None and not when.part:
            whole = replace(when, hour=hour, minute=minute, sure=True)
        elif when.hour is None and when.part and when.seconds is None:
            # "No, in the morning": the other half of the day.
            day, days = (when.day, ()) if when.day else (one.day, one.weekdays)
            whole = replace(when, hour=hour % 12 or 12, minute=minute, day=day, weekdays=days)
        elif when.day is None and not when.weekdays and when.seconds is None:
            whole = replace(when, day=one.day, weekdays=one.weekdays)
        moment = times.settle(whole, now) if when.said else None
        if moment is None or moment.next(now) is None:
            return Exchange(texts.say("reminder", "move_when"), then=MovingAnswer(self, one))
        if one.weekdays and moment.day is not None and not correcting:
            # "Move my tablet to nine tomorrow" is no word against every other day.
            return self.keep(one.text, one.kind, moment, now)
        fresh = replace(
            one,
            clock=moment.clock,
            day=moment.day,
            weekdays=moment.weekdays,
            settled_at=max(one.settled_at, now.timestamp()),
        )
        what = one.text or texts.line("reminder", "called")
        parts = texts.say("reminder", "moved", what=what, moment=times.moment(moment, now))
        return Exchange(parts, effect=lambda: self.shelf.change(fresh))


__all__ = ["Reminders"]
