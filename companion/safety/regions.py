"""The help numbers of a country, from ``prompts/<language>/regions/<code>.toml``.

Each number says where it comes from and until when it is known to be right. What a country does
not have falls back to the next best, so that a script never has a hole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from companion.errors import SafetyError
from companion.reading import parse, read_toml
from companion.resources import data_dir

KINDS: Final = (
    "emergency",
    "crisis",
    "crisis_text",
    "poison",
    "medical",
    "elder_abuse",
    "fraud",
    "bank",
    "domestic_violence",
)
"""In the order they are listed; ``medical`` is the line for what is not an emergency."""

_INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "crisis": ("emergency",),
    "crisis_text": ("crisis", "emergency"),
    "poison": ("medical", "emergency"),
    "medical": (),
    "elder_abuse": (),
    "fraud": (),
    "bank": (),
    "domestic_violence": ("emergency",),
}
_PLAIN: Final = {
    "medical": "your doctor",
    "elder_abuse": "your doctor or social services",
    "fraud": "the police",
    "bank": "the number on your card",
}
"""What is said where a country has no such number."""

_DIGITS: Final = re.compile(r"\D")


class Number(BaseModel):
    """One place that helps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str = Field(pattern=r"^[0-9][0-9 -]*[0-9]$")
    """As dialled."""
    spoken: str = Field(min_length=3, pattern=r"^[A-Za-z][a-z, -]*$")
    """As a voice says it: "nine one one"."""
    name: str = Field(min_length=2)
    called: str = ""
    """What the voice calls it before the number, such as "Samaritans"; empty for none."""
    hours: str = "at any hour"
    source: str = Field(pattern=r"^https://\S+$")
    checked: dt.date
    """The day up to which it is known to be right."""

    @property
    def digits(self) -> str:
        """The number without spaces and dashes."""
        return _DIGITS.sub("", self.number)


class Region(BaseModel):
    """A country's numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str = Field(min_length=2)
    emergency: Number
    crisis: Number | None = None
    crisis_text: Number | None = None
    poison: Number | None = None
    medical: Number | None = None
    elder_abuse: Number | None = None
    fraud: Number | None = None
    bank: Number | None = None
    domestic_violence: Number | None = None

    def numbers(self) -> tuple[tuple[str, Number], ...]:
        """Return what there is, as (kind, number) in the order of ``KINDS``."""
        return tuple((kind, n) for kind in KINDS if (n := self.number(kind)) is not None)

    def number(self, kind: str) -> Number | None:
        """Return one of ``KINDS``, or None where the country has none."""
        found = getattr(self, kind)
        return found if isinstance(found, Number) else None

    def spoken(self) -> dict[str, str]:
        """Return what is said for every one of ``KINDS``: a number, or whom to ask instead."""
        return {kind: self._spoken(kind) for kind in KINDS}

    def known_digits(self) -> frozenset[str]:
        """Return the digits of every number that may be given."""
        return frozenset(n.digits for _, n in self.numbers())

    def _spoken(self, kind: str) -> str:
        if kind == "medical" and self.medical is not None:
            return f"{_PLAIN[kind]}, or {self.medical.called} on {self.medical.spoken}"
        for name in (kind, *_INSTEAD.get(kind, ())):
            if (entry := self.number(name)) is not None:
                return f"{entry.called} on {entry.spoken}" if entry.called else entry.spoken
        return _PLAIN[kind]


def load_region(code: str, language: str = "en", folder: Path | None = None) -> Region:
    """Read a country's numbers.

    Args:
        code: name of the file, such as ``us``; capitals do not count.
        language: name of the folder under ``prompts``.
        folder: where the files lie, instead of the installed ones.

    Raises:
        SafetyError: there is no such region, or its file has a mistake; names file and key.
    """
    folder = folder or data_dir("prompts") / language / "regions"
    path = folder / f"{code.lower()}.toml"
    known = sorted(p.stem for p in folder.glob("*.toml"))
    if code.lower() not in known:
        there = ", ".join(known) or "none"
        raise SafetyError(f"there are no help numbers for region '{code}'; there are: {there}")
    return parse(Region, {"code": path.stem} | read_toml(path, SafetyError), path, SafetyError)


__all__ = ["KINDS", "Number", "Region", "load_region"]
