"""What time and what day it is, answered patiently every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from companion.domain import Exchange
from companion.mind.skills.sentences import Meant, Sentences


@dataclass(frozen=True, slots=True)
class Clock:
    """A ``Handler``."""

    sentences: Sentences

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {"time": self._time, "day": self._day, "date": self._date}

    def _time(self, meant: Meant, now: datetime) -> Exchange:
        clock = self.sentences.times.clock(now.hour, now.minute)
        return Exchange(self.sentences.texts.say("time", "say", now, clock=clock))

    def _day(self, meant: Meant, now: datetime) -> Exchange:
        texts, names = self.sentences.texts, self.sentences.times.names
        today = names["weekdays"][now.weekday()].capitalize()
        asked = meant.slot("weekday")
        if asked:
            key = "yes" if asked.lower() == today.lower() else "no"
            other = asked.capitalize()
            return Exchange(texts.say("day", key, weekday=today, other=other))
        return Exchange(texts.say("day", "say", now, weekday=today))

    def _date(self, meant: Meant, now: datetime) -> Exchange:
        names = self.sentences.times.names
        return Exchange(
            self.sentences.texts.say(
                "date",
                "say",
                now,
                weekday=names["weekdays"][now.weekday()].capitalize(),
                ordinal=names["ordinals"][now.day],
                month=names["months"][now.month - 1].capitalize(),
                year=str(now.year),
            )
        )


__all__ = ["Clock"]
