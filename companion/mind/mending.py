"""Speech as it was meant: without hesitations and false starts, and asked outright."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

_LONGEST_START: Final = 4
"""Words of a beginning that is said again: "have I, have I had my pills"."""


def smooth(words: str, fillers: Iterable[str] = ()) -> str:
    """Return words without fillers, and without beginnings that are said again at once.

    Args:
        words: without capitals and signs, between single spaces.
        fillers: words that mean nothing wherever they stand.
    """
    idle = frozenset(fillers)
    kept = [word for word in words.split() if word not in idle]
    for size in range(_LONGEST_START, 0, -1):
        at = 0
        while at + 2 * size <= len(kept):
            if kept[at : at + size] == kept[at + size : at + 2 * size]:
                del kept[at : at + size]
            else:
                at += 1
    return " ".join(kept)


@dataclass(frozen=True, slots=True)
class Mending:
    """What can be mended in one language."""

    fillers: frozenset[str] = frozenset()
    outright: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Roundabout ways to ask, and the plain one; tried in this order, all that fit."""
    gerunds: Mapping[str, str] = field(default_factory=dict)
    """What stands after some of those ("telling") and after the plain one ("tell")."""
    askers: tuple[str, ...] = ()
    """With these a request begins, also within a sentence that was heard without signs."""
    reports: frozenset[str] = frozenset()
    """After these it is told of somebody: "he asked could you ..."."""

    def mend(self, words: str) -> str:
        """Return words smoothed and asked outright; the same when there is nothing to mend."""
        words = smooth(words, self.fillers)
        for pattern, plain in self.outright:
            found = pattern.search(words)
            if found is None:
                continue
            rest = words[found.end() :].split()
            if "+ing" in plain:
                if not rest or rest[0] not in self.gerunds:
                    continue
                rest[0] = self.gerunds[rest[0]]
            start = words[: found.start()]
            words = " ".join([*start.split(), *plain.replace("+ing", "").split(), *rest])
        return words

    def ends(self, words: str) -> tuple[str, ...]:
        """Return the ends of a sentence that begin as a request does; shortest first."""
        parts = words.split()
        found = [
            " ".join(parts[at:])
            for at in range(len(parts) - 1, 0, -1)
            if parts[at - 1] not in self.reports
            and f"{' '.join(parts[at:])} ".startswith(self.askers)
        ]
        return tuple(found)


def mending_from(table: Mapping[str, object]) -> Mending:
    """Return it from a table of strings, lists and pairs; without the table, none.

    Raises:
        ValueError: the table has a mistake.
    """
    try:
        return Mending(
            frozenset(map(str, _list(table.get("fillers", [])))),
            tuple(
                (re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), str(plain))
                for pattern, plain in _dict(table.get("outright", {})).items()
            ),
            {str(k): str(v) for k, v in _dict(table.get("gerunds", {})).items()},
            tuple(f"{one} " for one in _list(table.get("askers", []))),
            frozenset(map(str, _list(table.get("reports", [])))),
        )
    except (TypeError, AttributeError, re.error) as error:
        raise ValueError(str(error)) from error


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no table")
    return value


__all__ = ["Mending", "mending_from", "smooth"]
