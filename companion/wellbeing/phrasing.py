"""Facts into sentences: reviewed templates, and optionally a rephrasing that may add nothing."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from companion.errors import WellbeingError
from companion.resources import data_dir
from companion.wellbeing.facts import Fact

_TABLES = ("notes", "sections", "people", "dangers", "claims", "checks", "spoken", "fact", "sure")


class Phraser(Protocol):
    """Says one sentence in other words; a language model may do it."""

    def rephrase(self, sentence: str) -> str | None:
        """Return the sentence in other words, or None. What comes back is checked."""
        ...


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of fact is written."""

    section: str
    text: str
    claims: frozenset[str]
    by_count: Mapping[int, str]
    of_one: str | None
    free: bool
    """Its words make claims of their own."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything a summary is written with."""

    raw: Mapping[str, Any]
    templates: Mapping[str, Template]

    def line(self, table: str, name: str, **values: str) -> str:
        """Return a fixed line."""
        return str(self.raw[table][name]).format(**values)

    def word(self, table: str, name: str) -> str:
        """Return a role or danger in words; what is not known is kept vague."""
        known = self.raw[table]
        return str(known.get(name, known["other"]))

    def date_words(self, day: date) -> str:
        """Return a day in words."""
        return str(self.raw["date"]).format(
            weekday=self.raw["weekdays"][day.weekday()],
            number=day.day,
            month=self.raw["months"][day.month - 1],
        )

    def title(self, who: str, day: date) -> str:
        """Return the heading."""
        return str(self.raw["title"]).format(who=who, day=self.date_words(day))

    def joined(self, words: Sequence[str]) -> str:
        """Return words as a list in a sentence."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.raw['and']} {words[-1]}"

    def span(self, minutes: float) -> str:
        """Return a length of time in words; whole hours from two hours on."""
        hours = round(minutes / 60)
        if round(minutes) == 1:
            return str(self.raw["a_minute"])
        if minutes < 50:
            return str(self.raw["minutes"]).format(minutes=round(minutes))
        return str(self.raw["an_hour"] if hours <= 1 else self.raw["hours"]).format(hours=hours)

    def sure(self, strength: float) -> str:
        """Return how sure a change is."""
        levels = sorted((float(level), text) for level, text in self.raw["sure"].items())
        return str([text for level, text in levels if strength >= level or level <= 1.0][-1])


def load_texts(language: str = "en", folder: Path | None = None) -> Texts:
    """Read the texts of a language.

    Args:
        language: ISO code.
        folder: holds ``summary.toml``; None is the shipped one.

    Raises:
        WellbeingError: they are missing or have a mistake; the text says which.
    """
    path = (folder or data_dir("prompts") / language / "wellbeing") / "summary.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        if missing := [name for name in _TABLES if name not in raw]:
            raise WellbeingError(f"{path} lacks [{missing[0]}]")
        return Texts(raw, {kind: _template(one, raw, kind) for kind, one in raw["fact"].items()})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WellbeingError(f"cannot read {path}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise WellbeingError(f"{path} has a mistake near {error}") from error


def _template(one: Mapping[str, Any], raw: Mapping[str, Any], kind: str) -> Template:
    claims = frozenset(one["claims"])
    if odd := sorted(claims - set(raw["claims"])):
        raise WellbeingError(f"summary.toml: fact {kind} names an unknown claim {odd[0]}")
    if one["section"] not in raw["sections"]:
        raise WellbeingError(f"summary.toml: fact {kind} names an unknown section")
    counts = {count: one[name] for count, name in ((1, "one"), (2, "two")) if name in one}
    return Template(
        one["section"], one["text"], claims, counts, one.get("of_one"), bool(one.get("free"))
    )


def phrase(fact: Fact, texts: Texts, who: str) -> str | None:
    """Return a fact as a sentence; None where no template knows its kind."""
    template = texts.templates.get(fact.kind)
    if template is None:
        return None
    table = "dangers" if fact.kind.startswith("safety") else "people"
    values: dict[str, str] = {name: f"{value:g}" for name, value in fact.numbers.items()}
    values["who"] = who
    values["words"] = texts.joined(
        list(dict.fromkeys(texts.word(table, word) for word in fact.words))
    )
    if fact.days:
        values["since"] = texts.date_words(date.fromisoformat(fact.days[0]))
    if "minutes" in fact.numbers:
        values["span"] = texts.span(fact.numbers["minutes"])
    if "strength" in fact.numbers:
        values["sure"] = texts.sure(fact.numbers["strength"])
    text = template.by_count.get(int(fact.numbers.get("count", 0)), template.text)
    if template.of_one and fact.numbers.get("of") == 1:
        text = template.of_one
    wanted = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    if not wanted <= set(values):
        return None
    return text.format(**values)
