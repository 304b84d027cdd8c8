"""Whoever waits for an answer about a reminder. Silence changes nothing, but for ``HowOften``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from companion.domain import Exchange
from companion.mind.skills.when import EVERY_DAY, Moment, When
from companion.storage.reminders import Reminder

if TYPE_CHECKING:
    from companion.mind.skills.reminders import Reminders

_SHORT = 6
"""Words of a mere no."""


def named(some: Sequence[Reminder], what: str) -> list[Reminder]:
    """Return the reminders that words are about: those that share most of them."""
    small = {"the", "a", "an", "to", "of", "about", "your", "my", "for", "with", "at", "reminder"}
    words = set(what.lower().split()) - small
    shared = [(len(words & (set(one.text.lower().split()) - small)), one) for one in some]
    most = max((count for count, _ in shared), default=0)
    return [one for count, one in shared if count == most and count > 0]


class Waiting:
    """Whoever waits for an answer, and says nothing to silence."""

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing."""
        return None


@dataclass(frozen=True)
class WhatAnswer(Waiting):
    """Waits for what to be reminded of."""

    reminders: Reminders
    when: When

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Take the words as what to be reminded of."""
        times, texts = self.reminders.sentences.times, self.reminders.sentences.texts
        if self.reminders.consent(text) is False:
            return Exchange(texts.say("reminder", "not_kept"))
        when, rest = times.take(times.words(text), now)
        rest = re.sub(r"^(?:that i |to |about |of |please |remind me to )", "", rest)
        if not rest or len(rest.split()) > 14 or "?" in text:
            return None
        what = texts.turned(rest, text)
        return self.reminders.place(what, texts.kind(what), when if when.said else self.when, now)


@dataclass(frozen=True)
class WhenAnswer(Waiting):
    """Waits for the time."""

    reminders: Reminders
    text: str
    kind: str
    when: When

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Take the time out of the answer; a bare "eight" counts as well."""
        times, texts = self.reminders.sentences.times, self.reminders.sentences.texts
        words = times.words(text)
        when, rest = times.take(words, now)
        if not when.said:
            when, rest = times.take(f"at {words}", now)
        if not when.said and len(words.split()) <= _SHORT and self.reminders.consent(text) is False:
            return Exchange(texts.say("reminder", "not_kept"))
        if not when.said or set(rest.split()) - set(texts.tree["answers"]["filler"]):
            return None  # a request of its own, such as "wake me at seven"
        whole = replace(
            self.when if not when.unknown_repeat else When(),
            **{
                name: getattr(when, name)
                for name in ("hour", "minute", "sure", "part", "day", "weekdays", "seconds")
                if getattr(when, name) != getattr(When(), name)
            },
        )
        return self.reminders.place(self.text, self.kind, whole, now)


@dataclass(frozen=True)
class HowOftenAnswer(Waiting):
    """Waits for whether it is once or every day."""

    reminders: Reminders
    text: str
    moment: Moment

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Keep it for once or for every day."""
        words = f" {self.reminders.sentences.times.words(text)} "
        answers = self.reminders.sentences.texts.tree["answers"]
        if any(f" {one} " in words for one in answers["daily"]):
            daily = Moment(self.moment.clock, weekdays=EVERY_DAY)
            return self.reminders.keep(self.text, "medicine", daily, now)
        if any(f" {one} " in words for one in answers["once"]):
            return self.reminders.keep(self.text, "medicine", self.moment, now)
        return None

    def unheard(self, now: datetime) -> Exchange | None:
        """Keep the one that is sure."""
        return self.reminders.keep(self.text, "medicine", self.moment, now)


@dataclass(frozen=True)
class ShallAnswer(Waiting):
    """Waits for a yes to an appointment."""

    reminders: Reminders
    text: str
    moment: Moment

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Keep the appointment on a yes."""
        answer = self.reminders.consent(text)
        if answer is None:
            return None
        if answer:
            return self.reminders.keep(self.text, "appointment", self.moment, now)
        return Exchange(self.reminders.sentences.texts.say("reminder", "not_kept"))


@dataclass(frozen=True)
class KeptAnswer(Waiting):
    """Hears a correction of what was just read back."""

    reminders: Reminders
    made: Reminder
    kept: list[Reminder]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Change the time on "no, at nine", take it out on a mere no."""
        if self.reminders.consent(text) is not False and not re.match(
            r"\W*(?:no|not|i said|i meant|sorry)\b", text.lower()
        ):
            return None
        times = self.reminders.sentences.times
        words = times.words(text)
        when, _ = times.take(words, now)
        one = self.kept[0] if self.kept else self.made
        if when.said:
            return self.reminders.moved(one, when, now, correcting=True)
        padded, answers = f" {words} ", self.reminders.sentences.texts.tree["answers"]
        if len(words.split()) > _SHORT or (
            any(f" {word} " in padded for word in answers["agree"])
            and not any(f" {word} " in padded for word in answers["disagree"])
        ):
            return None  # "no, that's fine"
        ids = [one.id]
        return Exchange(
            self.reminders.sentences.texts.say("reminder", "cancelled"),
            effect=lambda: self.reminders.shelf.remove(ids),
        )


@dataclass(frozen=True)
class SureAnswer(Waiting):
    """Waits for a yes to taking out."""

    reminders: Reminders
    ids: Sequence[str]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Take out on a yes."""
        answer, texts = self.reminders.consent(text), self.reminders.sentences.texts
        if answer is None:
            return None
        if not answer:
            return Exchange(texts.say("reminder", "cancel_kept"))
        return Exchange(
            texts.say("reminder", "cancelled"),
            effect=lambda: self.reminders.shelf.remove(self.ids),
        )


@dataclass(frozen=True)
class WhichAnswer(Waiting):
    """Waits for which one is meant."""

    reminders: Reminders
    some: tuple[Reminder, ...]
    go_on: Callable[[Reminder, datetime], Exchange]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Go on with the one that is named."""
        sentences = self.reminders.sentences
        found = named(self.some, sentences.texts.turned(sentences.times.words(text)))
        return self.go_on(found[0], now) if len(found) == 1 else None


@dataclass(frozen=True)
class MovingAnswer(Waiting):
    """Waits for the new time."""

    reminders: Reminders
    one: Reminder

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Move it to the time that is said."""
        times = self.reminders.sentences.times
        words = times.words(text)
        when, _ = times.take(words, now)
        if not when.said:
            when, _ = times.take(f"at {words}", now)
        return self.reminders.moved(self.one, when, now) if when.said else None


@dataclass(frozen=True)
class MoreAnswer(Waiting):
    """Waits for whether to read on."""

    reminders: Reminders
    rest: tuple[Reminder, ...]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Read on."""
        if self.reminders.consent(text):
            return self.reminders.read_out(self.rest, now, first=False)
        return None


__all__ = [
    "HowOftenAnswer",
    "KeptAnswer",
    "MoreAnswer",
    "MovingAnswer",
    "ShallAnswer",
    "SureAnswer",
    "WhatAnswer",
    "WhenAnswer",
    "WhichAnswer",
    "named",
]
