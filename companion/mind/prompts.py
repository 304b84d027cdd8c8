"""Everything the mind says or is told in one language, read from ``prompts/<language>/``.

Every text and pattern lives in those files, so that a second language is a folder, and a
clinician can review what is said without reading code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from companion.domain import Control, Tone
from companion.errors import ConfigError
from companion.mind.model import Message
from companion.resources import data_dir

T = TypeVar("T", bound="_Data")
Mood = Literal["good", "bad"]
ActName = Literal["question", "statement", "any"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Data):
    """One exchange the model is shown."""

    person: str
    companion: str


class Persona(_Data):
    """What the model is told it is."""

    system: str
    person: str = ""
    note: str = "[{note}]"
    interrupted: str = ""
    stances: dict[str, str] = {}


class Rule(_Data):
    """One kind of thing a person says, and what may be answered."""

    name: str
    patterns: list[str]
    not_: list[str] = []
    replies: list[str]
    good: list[str] = []
    bad: list[str] = []
    mood: Mood | None = None
    mood_not: Mood | None = None
    tone: Tone = Tone.WARM
    plain: bool = False
    """Identity, requests, medicine: answered so unless the model is strong."""
    act: ActName = "any"
    """What it must be: only what is asked, or only what is told, is looked at."""
    mine: bool = False
    """Only where the person speaks of themselves or of somebody of theirs."""
    after: list[str] = []
    """Patterns, one of which the last reply must show: it is an answer to that."""
    after_question: bool = False
    garbled: bool = False
    full: int | None = None
    """Most words the whole utterance may have."""


class Clock(_Data):
    """Questions about time and date, and their answers."""

    time_patterns: list[str]
    day_patterns: list[str]
    date_patterns: list[str]
    time_not: list[str] = []
    parts: list[str]
    """Names of morning, afternoon and evening."""
    time: str
    day: str
    date: str


class Tense(_Data):
    """Words that tell the time a sentence speaks of; ``*ed`` stands for an ending."""

    future: list[str]
    present: list[str]
    now: list[str]
    long_past: list[str]
    past: list[str]


class ActData(_Data):
    """How asking is told from telling."""

    openers: list[str]
    question_words: list[str]
    short_question_words: list[str]
    degree_words: list[str]
    auxiliaries: list[str]
    question_subjects: list[str]
    tellers: list[str]
    tags: list[str]
    tense: Tense


class NounData(_Data):
    """How the thing a sentence is about is found."""

    ends: list[str]
    vague: list[str]
    joiners: list[str]
    places: list[str]
    copulas: list[str]
    loose_suffixes: list[str]
    determiners: dict[str, str]


class SumData(_Data):
    """Small sums and spellings."""

    asked: list[str]
    result: str
    spell_asked: list[str]
    spelled: str
    signs: dict[str, str]
    numbers: dict[str, int]


class Fallback(_Data):
    """What is said without a model."""

    rule: list[Rule]
    generic: dict[str, list[str]]
    clock: Clock
    negation: list[str]
    swap: dict[str, str]
    unsafe: list[str]
    subjects: list[str]
    dangling: list[str]
    verbs: dict[str, str]


class Commands(_Data):
    """How the voice is controlled."""

    before: list[str]
    after: list[str]
    patterns: dict[Control, list[str]]
    replies: dict[str, str]


class Check(_Data):
    """One thing a reply must not be."""

    name: str
    why: str
    patterns: list[str]
    unless_said: bool = False
    """Allowed when the person used the matched words first."""
    strict: bool = False
    """Only for models that need close watching."""


class Checks(_Data):
    """What a reply must not be."""

    check: list[Check]
    max_words: int
    stop_words: list[str]
    open_replies: list[str]
    related: list[list[str]]
    consoling: list[str]
    rejoicing: list[str]
    own: list[str]
    """Words that say somebody is the person's own: "my"."""


@dataclass(frozen=True)
class Prompts:
    """One language's texts."""

    name: str
    """What the companion is called."""
    persona: Persona
    examples: list[Example]
    fallback: Fallback
    commands: Commands
    checks: Checks
    acts: ActData
    nouns: NounData
    sums: SumData
    words: dict[str, list[str]] = field(repr=False)

    def beginning(self, person: str | None = None) -> list[Message]:
        """Return the messages that every prompt begins with."""
        system = self.persona.system.replace("{name}", self.name).strip()
        if person and self.persona.person:
            system += " " + self.persona.person.replace("{person}", person)
        messages = [Message("system", system)]
        for example in self.examples:
            messages.append(Message("user", example.person))
            messages.append(Message("assistant", example.companion))
        return messages


def load_prompts(language: str = "en", *, name: str, folder: Path | None = None) -> Prompts:
    """Read a language's texts.

    Args:
        language: name of the folder under ``prompts``.
        name: what the companion is called.
        folder: the folder itself, instead of the installed one.

    Raises:
        ConfigError: the language or a file is missing, or a file has a mistake.
    """
    if folder is None:
        folder = data_dir("prompts") / language
    if not folder.is_dir():
        known = sorted(p.name for p in folder.parent.glob("*") if p.is_dir())
        raise ConfigError(
            f"there are no prompts for language '{language}'; there are: {', '.join(known)}"
        )
    commands = _read(folder / "commands.toml")
    fallback = _read(folder / "fallback.toml")
    fallback.setdefault("rule", []).extend(_read(folder / "topics.toml").get("rule", []))
    for rule in fallback.get("rule", []):
        if "not" in rule:
            rule["not_"] = rule.pop("not")
    reflection = _read(folder / "reflection.toml")
    try:
        return Prompts(
            name=name,
            persona=_parse(Persona, _read(folder / "persona.toml"), folder / "persona.toml"),
            examples=[
                _parse(Example, e, folder / "examples.toml")
                for e in _read(folder / "examples.toml").get("example", [])
            ],
            fallback=_parse(Fallback, fallback | reflection, folder / "fallback.toml"),
            commands=_parse(
                Commands,
                {
                    "before": commands.pop("before", []),
                    "after": commands.pop("after", []),
                    "replies": commands.pop("replies", {}),
                    "patterns": commands,
                },
                folder / "commands.toml",
            ),
            checks=_parse(Checks, _read(folder / "checks.toml"), folder / "checks.toml"),
            acts=_parse(ActData, _read(folder / "acts.toml"), folder / "acts.toml"),
            nouns=_parse(NounData, _read(folder / "nouns.toml"), folder / "nouns.toml"),
            sums=_parse(SumData, _read(folder / "sums.toml"), folder / "sums.toml"),
            words={str(k): list(v) for k, v in _read(folder / "words.toml").items()},
        )
    except (TypeError, AttributeError) as error:
        raise ConfigError(f"the prompts in {folder} are not as they should be: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot read {path}: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def _parse(kind: type[T], data: Mapping[str, Any], path: Path) -> T:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: '{where}': {first['msg'].lower()}") from error


def fill(template: str, words: Mapping[str, str]) -> str | None:
    """Return the template with its words put in, or None when one is missing."""
    needed = {name for _, name, _, _ in Formatter().parse(template) if name}
    if any(not words.get(name) for name in needed):
        return None
    return template.format_map(words)


__all__ = ["Checks", "Commands", "Fallback", "Prompts", "Rule", "fill", "load_prompts"]
