"""Reads ``prompts/<language>/memory/*.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from companion.errors import ConfigError
from companion.patterns import Patterns
from companion.reading import parse, read_toml
from companion.resources import data_dir


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Clauses(_Data):
    """How telling is told from what only sounds like it."""

    openers: tuple[str, ...]
    asks: tuple[str, ...]
    hearsay: tuple[str, ...]
    """What others say, show or write: the whole sentence is none of the person's life."""
    unreal: tuple[str, ...]
    firm: tuple[str, ...]
    """Sounds unreal, and is not: "I'll be ninety in June"."""
    doubtful: tuple[str, ...]
    doubt_openers: tuple[str, ...]
    negation: tuple[str, ...]
    passing: tuple[str, ...]
    taken_back: tuple[str, ...]
    """The sentence before it was a slip or a joke."""
    fillers: tuple[str, ...]
    """Left out between commas."""
    unended: tuple[str, ...]
    """A filler after one of these leaves no comma behind."""
    rewritten: tuple[tuple[str, str], ...]
    """Regular expressions and what stands for them: "What I love is jam", "I love jam"."""
    cut: tuple[str, ...]
    """Inside a clause, this and the rest of it are left out."""
    joints: tuple[str, ...]
    subjects: tuple[str, ...]
    of_it: tuple[str, ...]
    """After ", the": goes on about what was just named."""
    expand: dict[str, str]
    after_has: dict[str, tuple[str, ...]]
    swap: dict[str, str]


class Lasting(_Data):
    """What lasts, whatever it is about."""

    moment: tuple[str, ...]
    moment_of_mine: tuple[str, ...]
    marked: tuple[str, ...]
    states: tuple[str, ...]
    negated: tuple[str, ...]
    negation: tuple[str, ...]
    past: tuple[str, ...]
    deeds: tuple[str, ...]
    present: tuple[str, ...]
    links: tuple[str, ...]
    ongoing: tuple[str, ...]
    adverbs: tuple[str, ...]
    determiners: tuple[str, ...]
    participles: tuple[str, ...]
    """After "have": of today, unless a word of long ago stands by."""
    occupation: str
    """Regular expression with ``rest`` and its last word, ``what``."""
    no_occupation: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]


class People(_Data):
    """Whom a fact may be about."""

    kin: dict[str, tuple[tuple[str, ...], ...]]
    others: dict[str, tuple[tuple[str, ...], ...]]
    pets: dict[str, tuple[tuple[str, ...], ...]]
    words: dict[str, tuple[str, ...]]


class _Relation(_Data):
    name: str
    kind: str
    told: tuple[str, ...]
    asked: tuple[str, ...]
    one: bool = False
    negated: bool = False


class Questions(_Data):
    """How memory is asked."""

    opened: tuple[str, ...]
    memory: tuple[str, ...]
    stop: tuple[str, ...]
    """Words that a kept sentence need not hold."""
    same: dict[str, str]
    """Another word or form for the same, in a question and in what answers it."""
    spelt: dict[str, str]
    """Another spelling of a word that the relations name."""


class _Relations(_Data):
    relation: tuple[_Relation, ...]
    lists: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing that may be told of somebody."""

    name: str
    kind: str
    told: Patterns
    asked: Patterns
    one: bool
    """Somebody has only one of it."""
    negated: bool
    """"Not" belongs to it."""


@dataclass(frozen=True, slots=True)
class MemoryTexts:
    """One language's patterns."""

    clauses: Clauses
    lasting: Lasting
    people: People
    relations: tuple[Relation, ...]
    questions: Questions


@lru_cache
def load_memory_texts(language: str = "en", folder: Path | None = None) -> MemoryTexts:
    """Read the patterns.

    Raises:
        ConfigError: a file is missing or has a mistake.
    """
    folder = folder or data_dir("prompts") / language / "memory"

    def whole(file: str) -> dict[str, object]:
        return read_toml(folder / file, ConfigError)

    found = parse(_Relations, whole("relations.toml"), folder / "relations.toml", ConfigError)
    try:
        relations = tuple(
            Relation(
                one.name,
                one.kind,
                Patterns(one.told, found.lists),
                Patterns(one.asked, found.lists),
                one.one,
                one.negated,
            )
            for one in found.relation
        )
    except ValueError as error:
        raise ConfigError(f"{folder / 'relations.toml'}: {error}") from error
    return MemoryTexts(
        parse(Clauses, whole("clauses.toml"), folder / "clauses.toml", ConfigError),
        parse(Lasting, whole("lasting.toml"), folder / "lasting.toml", ConfigError),
        parse(People, whole("people.toml"), folder / "people.toml", ConfigError),
        relations,
        parse(Questions, whole("questions.toml"), folder / "questions.toml", ConfigError),
    )


__all__ = ["Clauses", "Lasting", "MemoryTexts", "People", "Relation", "load_memory_texts"]
