"""Short answers to what the companion asks by itself, however Whisper writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from companion.errors import WellbeingError
from companion.patterns import Patterns, normalise
from companion.wellbeing.texts import Section, prompt_path, read

K = TypeVar("K")

LONGEST: Final = 14
"""Words; a longer utterance tells something: an answer counts only at its end."""


class Said(StrEnum):
    """What an answer may mean besides being one."""

    YES = "yes"
    NO = "no"
    SKIP = "skip"
    STOP = "stop"
    REPEAT = "repeat"
    OPTIONS = "options"
    WHY = "why"
    UNSURE = "unsure"
    OTHER = "other"
    """Plainly meant for somebody else, such as the time of day."""


class _File(Section):
    filler: tuple[str, ...]
    negation: tuple[str, ...]
    correction: tuple[str, ...]
    noise: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]
    around_numbers: tuple[str, ...]
    heard: dict[Said, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    key: object


class Spotter:
    """Finds which of several meanings was said.

    The longest words win, "not" undoes, "no, I mean" lets the later one count; two are none.
    """

    def __init__(self, meanings: Mapping[K, Iterable[str]], file: _File) -> None:
        """Compile.

        Raises:
            ValueError: a pattern has a mistake.
        """
        lists = {"filler": file.filler}
        self._meanings = [
            (key, Patterns([phrase], lists))
            for key, phrases in meanings.items()
            for phrase in phrases
        ]
        self._noise = [Patterns([phrase], lists) for phrase in file.noise]
        self._negation = tuple(f" {word} " for word in file.negation)
        self._correction = tuple(f" {word} " for word in file.correction)

    def spot(self, said: str) -> object | None:
        """Return the one meaning of a normalised text; None when there is none, or several."""
        places = self._places(said)
        if not places:
            return None
        last = max(places, key=lambda one: one.start)
        if len({one.key for one in places}) == 1:
            return last.key
        before = max(one.end for one in places if one.key != last.key)
        between = said[before : last.start]
        return last.key if any(word in f" {between} " for word in self._correction) else None

    def _places(self, said: str) -> list[_Place]:
        found = [
            _Place(match.start, match.start + len(patterns.found(said) or ""), key)
            for key, patterns in self._meanings
            if (match := patterns.find(said))
        ]
        noise = [
            _Place(match.start, match.start + len(one.found(said) or ""), None)
            for one in self._noise
            if (match := one.find(said))
        ]
        everything = found + noise
        kept = [one for one in found if not any(_within(one, other) for other in everything)]
        words = said.replace(" . ", " ").split()
        if len(words) > LONGEST:
            ends = len(said.rstrip(" ."))
            kept = [one for one in kept if one.end >= ends]
        return [one for one in kept if not f" {said[: one.start]}".endswith(self._negation)]


def _within(inner: _Place, outer: _Place) -> bool:
    """Whether a find lies inside a longer one that means something else."""
    wider = outer.end - outer.start > inner.end - inner.start
    return wider and outer.start <= inner.start and inner.end <= outer.end


class ReplyEar:
    """Hears yes, no, skip, stop and the like, and the answers of a list; pure."""

    def __init__(self, file: _File) -> None:
        self._file = file
        order = (Said.STOP, Said.SKIP, Said.OPTIONS, Said.WHY, Said.OTHER, Said.REPEAT, Said.UNSURE)
        lists = {"filler": file.filler}
        self._wishes = [(said, Patterns(file.heard.get(said, ()), lists)) for said in order]
        self._consent = Spotter({s: file.heard[s] for s in (Said.YES, Said.NO)}, file)
        self._numbers = {word: n for n, words in enumerate(file.numbers) for word in words}

    def wish(self, text: str) -> Said | None:
        """Return what is wanted of the questions, such as to skip one; None when nothing is."""
        said = normalise(text)
        if len(said.replace(" . ", " ").split()) > LONGEST:
            return None
        return next((wish for wish, patterns in self._wishes if patterns.find(said)), None)

    def consent(self, text: str) -> Said | None:
        """Return yes or no; None when it is neither, or both."""
        found = self._consent.spot(normalise(text))
        return found if isinstance(found, Said) else None

    def agreed(self, text: str) -> bool | None:
        """Return whether somebody agrees; to let it be ("never mind") is a no, None is neither."""
        said = self.consent(text)
        if said is None and self.wish(text) in (Said.STOP, Said.SKIP):
            said = Said.NO
        return None if said is None else said is Said.YES

    def spotter(self, meanings: Mapping[K, Iterable[str]]) -> Spotter:
        """Return who tells the answers of a list apart.

        Raises:
            ValueError: a pattern has a mistake.
        """
        return Spotter(meanings, self._file)

    def count(self, place: int) -> str:
        """Return the word for a place in a list, from 0: "one"."""
        return self._file.numbers[place][0]

    def number(self, text: str) -> int | None:
        """Return the place in a list that is the whole of what was said, from 0; None if not."""
        words = normalise(text).replace(" . ", " ").split()
        fillers = {word for phrase in self._file.filler for word in phrase.split()}
        around = fillers | set(self._file.around_numbers)
        bare = [word for word in words if word not in around or word in self._numbers]
        # "two, that one" and "number one": the polite "one" is dropped where another number stands.
        if len(bare) > 1:
            bare = [word for word in bare if word not in self._file.around_numbers]
        return self._numbers.get(bare[0]) if len(bare) == 1 else None


@lru_cache
def load_ear(language: str = "en", path: Path | None = None) -> ReplyEar:
    """Read ``replies.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    path = path or prompt_path(language, "replies.toml")
    try:
        return ReplyEar(read(_File, path))
    except (ValueError, KeyError) as error:
        raise WellbeingError(f"{path}: {error}") from error


__all__ = ["LONGEST", "ReplyEar", "Said", "Spotter", "load_ear"]
