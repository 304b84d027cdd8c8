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
    unreal: tuple[str, ...]
    doubtful: tuple[str, ...]
    doubt_openers: tuple[str, ...]
    negation: tuple[str, ...]
    passing: tuple[str, ...]
    joints: tuple[str, ...]
    subjects: tuple[str, ...]
    expand: dict[str, str]
    after_has: dict[str, tuple[str, ...]]
    swap: dict[str, str]


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
        parse(People, whole("people.toml"), folder / "people.toml", ConfigError),
        relations,
        parse(Questions, whole("questions.toml"), folder / "questions.toml", ConfigError),
    )


__all__ = ["Clauses", "MemoryTexts", "People", "Relation", "load_memory_texts"]
