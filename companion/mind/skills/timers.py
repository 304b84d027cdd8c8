"""Timers: set, asked for, stopped. They lie with the reminders and survive a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from companion.domain import Exchange, ReplyPart
from companion.errors import StorageError
from companion.mind.skills.sentences import Meant, Sentences
from companion.mind.skills.shelf import Shelf
from companion.storage.reminders import Reminder

LONGEST_S: Final = 24 * 3_600.0


@dataclass(frozen=True, slots=True)
class Timers:
    """A ``Handler``."""

    sentences: Sentences
    shelf: Shelf
    alarm: Callable[[Meant, datetime], Exchange | None]
    """Takes "wake me at seven", which is a reminder."""

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {"timer_set": self._set, "timer_left": self._left, "timer_cancel": self._cancel}

    def begin(self, seconds: float, what: str, now: datetime) -> Exchange:
        """Return the setting of a timer."""
        texts, times = self.sentences.texts, self.sentences.times
        if seconds > LONGEST_S:
            return Exchange(texts.say("timer", "too_long"))
        at = now.timestamp()
        timer = Reminder("", "timer", what, due_at=at + seconds, at=at)
        key = "set_for" if what else "set"

        def keep() -> None:
            self.shelf.add(timer)

        return Exchange(texts.say("timer", key, span=times.span(seconds), what=what), effect=keep)

    def _set(self, meant: Meant, now: datetime) -> Exchange | None:
        what = self.sentences.texts.turned(meant.slot("what"), meant.text)
        if meant.when.seconds is not None:
            return self.begin(meant.when.seconds, what, now)
        if meant.when.said:
            return self.alarm(meant, now)
        if "timer" not in meant.text.lower():
            return None
        asked = self.sentences.texts.say("timer", "how_long")
        return Exchange(asked, then=_HowLong(self, what))

    def _left(self, meant: Meant, now: datetime) -> Exchange | None:
        texts, times = self.sentences.texts, self.sentences.times
        running = self._running(now)
        if not running:
            # "How long have I got" may well be about something else.
            if "timer" not in meant.rest:
                return None
            return Exchange(texts.say("timer", "none"))
        parts: tuple[ReplyPart, ...] = ()
        for one in running[:3]:
            span = times.span((one.due_at or 0.0) - now.timestamp())
            key = "left_for" if one.text else "left"
            parts += texts.say("timer", key, span=span, what=one.text)
        return Exchange(parts)

    def _cancel(self, meant: Meant, now: datetime) -> Exchange:
        texts = self.sentences.texts
        running, what = self._running(now), texts.turned(meant.slot("what"))
        named = [one for one in running if what and what in one.text]
        ids = [one.id for one in named or running]
        if not ids:
            return Exchange(texts.say("timer", "none"))
        key = "several" if len(ids) > 1 else "cancelled"
        return Exchange(texts.say("timer", key), effect=lambda: self.shelf.remove(ids))

    def _running(self, now: datetime) -> list[Reminder]:
        try:
            found = [one for one in self.shelf.listed() if one.kind == "timer"]
        except StorageError:
            return []
        at = now.timestamp()
        live = [one for one in found if one.due_at is not None and one.due_at > at]
        return sorted(live, key=lambda one: one.due_at or 0.0)


@dataclass(frozen=True, slots=True)
class _HowLong:
    timers: Timers
    what: str

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Set the timer once it is known how long; None for anything else."""
        times = self.timers.sentences.times
        when, _ = times.take(f"for {times.words(text)}", now)
        if when.seconds is None:
            return None
        return self.timers.begin(when.seconds, self.what, now)

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing."""
        return None


__all__ = ["LONGEST_S", "Timers"]
