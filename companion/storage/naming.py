"""Whether something that was written down names a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_SHORTEST: Final = 3
"""Letters from which one word of a longer name counts alone."""

_TITLES: Final = " mr mrs ms miss dr sir lady aunt auntie uncle nurse sister the "

_ALSO_WORDS: Final = (
    " will may mark rose grace joy bill hope faith june april august dawn ivy lily daisy pat rob "
    "sue art frank guy jack dean grant chase drew miles skip ray gene jean rich penny ruby pearl "
    "olive violet heather holly robin basil victor summer sunny bob ed al jo di mo "
)
"""English names that are ordinary words too: these count only with a capital."""


class Naming:
    """Finds a person in text and in JSON.

    The whole name counts, and each of its words that nobody else here is called. Capitals, accents
    and a possessive ("Anna's") do not matter. When in doubt it says yes: what is erased too much is
    a lesser harm than a name that stays.
    """

    def __init__(self, name: str, others: Iterable[str] = ()) -> None:
        """Prepare.

        Args:
            name: the person's, as it is stored.
            others: names of everybody else who is stored.
        """
        words = _words(name)
        shared = {folded for other in others for folded in map(fold, _words(other))}
        alone = words[:1]
        if len(words) > 1:
            alone = [w for w in words if len(w) >= _SHORTEST and fold(w) not in shared]
        names = {fold(word) for word in alone if f" {fold(word)} " not in _TITLES}
        plain = {word for word in names if f" {word} " in _ALSO_WORDS}
        self._whole = " ".join(map(fold, words))
        self._names = _pattern(names | {self._whole})
        self._folded = _pattern((names - plain) | ({self._whole} if len(words) > 1 else set()))
        self._capital = _pattern(map(str.capitalize, plain))

    def in_name(self, name: str) -> bool:
        """Return whether what is a name anyway, such as of somebody accused, may be theirs."""
        return self._names is not None and self._names.search(fold(name)) is not None

    def in_text(self, text: str) -> bool:
        """Return whether a text names the person."""
        plain = " ".join(_plain(text).split())
        folded = plain.casefold()
        return (
            folded == self._whole
            or (self._folded is not None and self._folded.search(folded) is not None)
            or (self._capital is not None and self._capital.search(plain) is not None)
        )

    def in_data(self, data: object) -> bool:
        """Return whether a text anywhere in a JSON value, keys included, names the person."""
        if isinstance(data, str):
            return self.in_text(data)
        if isinstance(data, Mapping):
            return any(self.in_data(key) or self.in_data(value) for key, value in data.items())
        if isinstance(data, (list, tuple)):
            return any(map(self.in_data, data))
        return False


def fold(text: str) -> str:
    """Return text without capitals, accents and needless space, for comparison."""
    return " ".join(_plain(text).casefold().split())


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _words(name: str) -> list[str]:
    return _plain(name).split()


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    found = sorted(filter(None, names), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, found))})(?!\w)") if found else None
