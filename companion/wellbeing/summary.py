"""The half-page about a day: sentences, and the facts each rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

from companion.domain import JsonObject
from companion.errors import WellbeingError
from companion.wellbeing.facts import Fact

KIND: Final = "summary"
"""Of the event."""
VERSION: Final = 1

SECTIONS: Final = (
    *("mood", "energy", "sleep", "people", "medicines", "changes", "safety", "not_heard"),
)
"""In the order they are read."""

UNSTRUCK: Final = "safety"
"""The section whose lines always stay."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line."""

    id: str
    """The same for the same line of a rebuilt summary."""
    section: str
    text: str
    facts: tuple[str, ...]
    """Ids of the facts it rests on."""

    @property
    def fixed(self) -> bool:
        """Whether it cannot be struck."""
        return self.section == UNSTRUCK


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading."""

    name: str
    """Of ``SECTIONS``."""
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A truthful half-page."""

    day: date
    title: str
    sections: tuple[Section, ...]
    """Only those that say something; without struck lines."""
    facts: tuple[Fact, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    """Printed on every summary: that it is no diagnosis, that it is simulated."""
    simulated: bool = False
    struck: tuple[str, ...] = ()
    """Ids of lines the person left out; their text and facts are gone."""
    made_at: float = 0.0
    """Seconds since 1970."""

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All lines in reading order."""
        return tuple(one for section in self.sections for one in section.sentences)

    def data(self) -> JsonObject:
        """Return it as JSON can hold it."""
        return {
            "version": VERSION,
            "day": self.day.isoformat(),
            "title": self.title,
            "simulated": self.simulated,
            "made_at": self.made_at,
            "sections": [
                {
                    "name": section.name,
                    "title": section.title,
                    "sentences": [
                        {"id": one.id, "text": one.text, "facts": list(one.facts)}
                        for one in section.sentences
                    ],
                }
                for section in self.sections
            ],
            "facts": [fact.data() for fact in self.facts],
            "notes": list(self.notes),
            "struck": list(self.struck),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return a summary from its data.

        Raises:
            WellbeingError: it is damaged or of a later version.
        """
        try:
            if data["version"] != VERSION:
                raise WellbeingError("this summary was made by a later version: update companion")
            return cls(
                day=date.fromisoformat(data["day"]),
                title=str(data["title"]),
                sections=tuple(_section(one) for one in data["sections"]),
                facts=tuple(Fact.read(one) for one in data["facts"]),
                notes=tuple(str(note) for note in data["notes"]),
                simulated=bool(data["simulated"]),
                struck=tuple(str(one) for one in data["struck"]),
                made_at=float(data["made_at"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WellbeingError("a stored summary is damaged and left out") from error


def _section(data: Mapping[str, Any]) -> Section:
    name = str(data["name"])
    return Section(
        name,
        str(data["title"]),
        tuple(
            Sentence(str(one["id"]), name, str(one["text"]), tuple(map(str, one["facts"])))
            for one in data["sentences"]
        ),
    )
