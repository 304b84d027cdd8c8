"""Small talk that needs no language model: thanks, a joke, a question about old times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from companion.domain import Exchange, ReplyPart, Tone
from companion.mind.skills.sentences import Meant, Sentences

_MORNING: Final = 12
_ANOTHER_S: Final = 180.0
"""So long "another one" is about the joke that was told."""
_PLAYING: Final = ("play", "music", "song", "radio on")


@dataclass(slots=True)
class Chat:
    """A ``Handler``."""

    sentences: Sentences
    goodnight: Callable[[datetime], Exchange | None] | None = None
    """A warm end of the day, in keeping with what it was like."""
    _told: dict[str, int] = field(default_factory=dict, init=False)
    """Table -> the one told last, so that nothing is told twice in a row."""

    _last: tuple[float, str, Tone] | None = field(default=None, init=False)

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """See ``Handler``."""
        return {
            "another": self._another,
            "joke": lambda _, now: self._one_of("jokes", now, Tone.BRIGHT),
            "memory_lane": lambda _, now: self._one_of("memory_lane", now, Tone.WARM),
            "thanks": lambda _, now: Exchange(self.sentences.texts.say("chat", "thanks", now)),
            "good_morning": self._morning,
            "good_night": self._night,
            "help": lambda _, now: Exchange(self.sentences.texts.say("chat", "help")),
            "cannot_know": self._cannot,
        }

    def _one_of(self, table: str, now: datetime, tone: Tone) -> Exchange:
        some = self.sentences.texts.several("chat", table)
        # The first of a day is another every day; then they go round.
        number = self._told.get(table, now.toordinal() - 1) + 1
        parts = tuple(ReplyPart(line, "skill", tone=tone) for line in some[number % len(some)])

        def told() -> None:
            self._told[table] = number
            self._last = (now.timestamp(), table, tone)

        return Exchange(parts, effect=told)

    def _another(self, meant: Meant, now: datetime) -> Exchange | None:
        if self._last is None or now.timestamp() - self._last[0] > _ANOTHER_S:
            return None  # another cup of tea, perhaps
        _, table, tone = self._last
        return self._one_of(table, now, tone)

    def _morning(self, meant: Meant, now: datetime) -> Exchange:
        said = meant.text.lower()
        morning = "morning" in said or "awake" in said or " up" in said
        key = "morning" if morning and now.hour < _MORNING else "hello"
        return Exchange(self.sentences.texts.say("chat", key, now))

    def _night(self, meant: Meant, now: datetime) -> Exchange:
        warm = self.goodnight(now) if self.goodnight is not None else None
        return warm or Exchange(self.sentences.texts.say("chat", "night", now, Tone.CALM))

    def _cannot(self, meant: Meant, now: datetime) -> Exchange:
        play = any(word in meant.text.lower() for word in _PLAYING)
        return Exchange(
            self.sentences.texts.say("chat", "cannot_play" if play else "cannot_know", now)
        )


__all__ = ["Chat"]
