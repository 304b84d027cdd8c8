"""Understands "stop listening", and says truthfully what brings it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from companion.domain import Exchange, ReplyPart, Tone
from companion.errors import ConfigError
from companion.patterns import normalise
from companion.reading import parse, read_toml
from companion.resources import data_dir

_LONGEST_S: Final = 12 * 3600.0
"""By voice: whoever is not heard cannot call for help."""
_SHORTEST_S: Final = 60.0


class MuteTexts(BaseModel):
    """``prompts/<language>/mute.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    lasting: tuple[str, ...]
    """Words that mean: until somebody unmutes it."""
    for_words: tuple[str, ...]
    until_words: tuple[str, ...]
    numbers: Mapping[str, float]
    minutes: Mapping[str, float]
    """A unit's minutes."""
    half_more: tuple[str, ...]
    hour_words: tuple[str, ...]
    timed: str
    button: str
    unclear: str
    minutes_said: tuple[str, str]
    hours_said: tuple[str, str]


def load_mute_texts(language: str) -> MuteTexts:
    """Return the texts of a language; English where it has none.

    Raises:
        ConfigError: a mistake in the file.
    """
    for folder in (language, "en"):
        path = data_dir("prompts") / folder / "mute.toml"
        if path.is_file():
            break
    return parse(MuteTexts, read_toml(path, ConfigError), path, ConfigError)


@dataclass(frozen=True, slots=True)
class MuteSkill:
    """Answers whoever wants not to be heard."""

    texts: MuteTexts
    name: str
    """Of the companion."""
    mute: Callable[[float | None], None]
    """Takes seconds; None is until somebody unmutes it. Any thread."""
    default_s: float
    """When no time is said and there is no button."""
    button: bool
    """Whether there is a button that brings it back."""

    def knows(self, text: str) -> bool:
        """Return whether somebody asks not to be heard."""
        return self._asked(text) is not None

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return what is said to a request not to listen; None for all else."""
        rest = self._asked(text)
        if rest is None:
            return None
        seconds: float | None = self.default_s
        if rest in self.texts.lasting or (not rest and self.button):
            seconds = None if self.button else self.default_s
        elif rest:
            seconds = self._seconds(rest.split(), now)
            if seconds is None:
                return _said(self.texts.unclear)
        if seconds is None:
            return _said(self.texts.button, lambda: self.mute(None))
        length = min(max(seconds, _SHORTEST_S), _LONGEST_S)
        line = self.texts.timed.format(time=self._spoken(length))
        return _said(line, lambda: self.mute(length))

    def _asked(self, text: str) -> str | None:
        """Return what follows the request, polite words taken off; None when it is none."""
        words = " ".join(w for w in normalise(text).split() if w != ".")
        words = _stripped(words, (*self.texts.before, self.name.lower()), front=True)
        for phrase in sorted(self.texts.asked, key=len, reverse=True):
            if words == phrase or words.startswith(phrase + " "):
                rest = words[len(phrase) :].strip()
                rest = _stripped(rest, (*self.texts.after, self.name.lower()), front=False)
                first = rest.split(" ", 1)[0] if rest else ""
                known = (*self.texts.for_words, *self.texts.until_words)
                if not rest or rest in self.texts.lasting or first in known:
                    return rest
        return None

    def _seconds(self, words: list[str], now: datetime) -> float | None:
        if words[0] in self.texts.until_words:
            return self._until(words[1:], now)
        words = words[1:]
        half = _ends_with(words, self.texts.half_more)
        if half:
            words = words[:-half]
        if len(words) < 2 or words[-1] not in self.texts.minutes:
            return None
        count = self._number(" ".join(words[:-1]))
        if count is None:
            return None
        return (count + (0.5 if half else 0.0)) * self.texts.minutes[words[-1]] * 60.0

    def _until(self, words: list[str], now: datetime) -> float | None:
        if words and words[-1] in self.texts.hour_words:
            words = words[:-1]
        hour = self._number(" ".join(words))
        if hour is None or not 1 <= hour <= 12 or hour != int(hour):
            return None
        then = now.replace(hour=int(hour) % 12, minute=0, second=0, microsecond=0)
        while then <= now:
            then += timedelta(hours=12)
        return (then - now).total_seconds()

    def _number(self, words: str) -> float | None:
        if words.isascii() and words.isdigit() and len(words) < 4:
            return float(words)
        return self.texts.numbers.get(words)

    def _spoken(self, seconds: float) -> str:
        minutes = round(seconds / 60)
        hours, odd = divmod(minutes, 60)
        hour = self.texts.hours_said[hours != 1].format(count=hours)
        minute = self.texts.minutes_said[odd != 1].format(count=odd)
        return " ".join(part for part, there in ((hour, hours), (minute, odd)) if there)


def _said(text: str, effect: Callable[[], None] | None = None) -> Exchange:
    return Exchange((ReplyPart(text, "skill", tone=Tone.NEUTRAL),), effect)


def _stripped(text: str, polite: tuple[str, ...], *, front: bool) -> str:
    again = True
    while again:
        again = False
        for one in sorted(polite, key=len, reverse=True):
            if text == one:
                return ""
            if front and text.startswith(one + " "):
                text, again = text[len(one) + 1 :], True
            elif not front and text.endswith(" " + one):
                text, again = text[: -len(one) - 1], True
    return text


def _ends_with(words: list[str], endings: tuple[str, ...]) -> int:
    for ending in endings:
        parts = ending.split()
        if words[-len(parts) :] == parts:
            return len(parts)
    return 0


__all__ = ["MuteSkill", "MuteTexts", "load_mute_texts"]
