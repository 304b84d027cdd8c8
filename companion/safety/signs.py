"""The reviewed patterns: plain signs of danger that a clinician can read and change.

``prompts/<language>/safety/patterns/*.toml``::

    category = "medical_emergency"  # of patterns that name none; else that of the file's name

    [words]                       # lists, used as <name>; each file has its own
    relative = ["son", "daughter"]

    [[pattern]]
    name = "cannot-get-up"        # shown to reviewers
    why = "on the floor: a long lie kills"
    tier = 4
    category = "medical_emergency"  # may be left out
    topic = "fall"
    other = false                 # somebody else is in danger
    patterns = ["(can't|cannot) get up"]
    unless = ["last (week|year)"] # in the same sentence: the pattern does not count
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from companion.domain import Danger
from companion.errors import SafetyError
from companion.patterns import Patterns

_KNOWN: Final = {"name", "why", "tier", "category", "topic", "other", "patterns", "unless"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One reviewed pattern."""

    name: str
    tier: int
    category: Danger
    topic: str
    other: bool
    patterns: Patterns
    unless: Patterns | None = None

    def shows(self, normalised: str) -> bool:
        """Whether the sign is in a sentence of a normalised text."""
        if self.patterns.find(normalised) is None:
            return False
        if self.unless is None:
            return True
        return any(
            self.patterns.find(sentence) and not self.unless.find(sentence)
            for sentence in sentences(normalised)
        )


class Signs:
    """All reviewed patterns of a language."""

    def __init__(self, signs: Sequence[Sign] = ()) -> None:
        """Keep the signs, the gravest first."""
        self._signs = sorted(signs, key=lambda s: -s.tier)

    def __len__(self) -> int:
        return len(self._signs)

    def found(self, normalised: str) -> list[Sign]:
        """Return the signs in a normalised text, the gravest first."""
        return [sign for sign in self._signs if sign.shows(normalised)]


def sentences(normalised: str) -> list[str]:
    """Return the sentences of a normalised text, each normalised itself."""
    return [f" {part.strip()} . " for part in normalised.split(" . ") if part.strip(" .")]


def load_signs(folder: Path) -> Signs:
    """Return the patterns of every ``.toml`` in a folder; a folder that is not there has none.

    Raises:
        SafetyError: a file has a mistake; says which and what.
    """
    signs: list[Sign] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            usual = next((d for d in Danger if d.value.startswith(path.stem)), Danger.NONE)
            signs.extend(_read(data, str(data.get("category", usual))))
        except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise SafetyError(f"safety patterns {path}: {error}") from error
    return Signs(signs)


def _read(data: dict[str, object], category: str) -> Iterator[Sign]:
    words, patterns = data.get("words", {}), data.get("pattern", [])
    if not isinstance(words, dict) or not isinstance(patterns, list):
        raise ValueError("[words] must be lists and [[pattern]] tables")
    for number, table in enumerate(patterns, 1):
        name = table.get("name", f"number {number}")
        if unknown := set(table) - _KNOWN:
            raise ValueError(f"pattern {name} has an unknown {', '.join(sorted(unknown))}")
        if missing := {"name", "tier", "patterns"} - set(table):
            raise ValueError(f"pattern {name} lacks {', '.join(sorted(missing))}")
        if table["tier"] not in range(5):
            raise ValueError(f"pattern {name} has tier {table['tier']!r}, not 0 to 4")
        try:
            unless = table.get("unless") or None
            yield Sign(
                name,
                table["tier"],
                Danger(table.get("category", category)),
                str(table.get("topic", "")),
                bool(table.get("other", False)),
                Patterns(table["patterns"], words),
                Patterns(unless, words) if unless else None,
            )
        except ValueError as error:
            raise ValueError(f"pattern {name}: {error}") from error


__all__ = ["Sign", "Signs", "load_signs", "sentences"]
