"""Everything the mind says or is told in one language, read from ``prompts/<language>/``.

Every text and pattern lives in those files, so that a second language is a folder, and a
clinician can review what is said without reading code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from companion.domain import Control, Stance, Tone
from companion.errors import ConfigError
from companion.mind.model import Message
from companion.reading import parse, read_toml
from companion.resources import data_dir

D = TypeVar("D", bound="_Data")
Mood = Literal["good", "bad"]
ActName = Literal["question", "statement", "any"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Data):
    """One exchange the model is shown."""

    person: str
    companion: str
    feeling: str = ""
    """How the person sounds, as the model is told it."""
    stance: Stance = Stance.LISTEN


class Persona(_Data):
    """What the model is told it is."""

    system: str
    person: str = ""
    note: str = "[{note}]"
    interrupted: str = ""
    known: str = ""
    stances: dict[str, str] = {}


class Heard(_Data):
    """What is said when the voice tells more than the words."""

    open: list[str]
    ask: list[str] = []


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
    fillers: list[str]
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
    heard: dict[Stance, Heard]
    words: dict[str, list[str]] = field(repr=False)

    def note(self, feeling: str, stance: Stance, *, interrupted: bool = False) -> str:
        """Return what the model is told besides the words, empty when there is nothing."""
        told = (
            feeling,
            self.persona.stances.get(stance.value, ""),
            self.persona.interrupted if interrupted else "",
        )
        note = " ".join(part for part in told if part)
        return self.persona.note.replace("{note}", note) if note else ""

    def known(self, facts: Sequence[str]) -> str:
        """Return how the model is told what is remembered, empty when there is nothing."""
        told = " ".join(facts)
        return self.persona.known.replace("{facts}", told) if told else ""

    def beginning(self, person: str | None = None) -> list[Message]:
        """Return the messages that every prompt begins with."""
        system = self.persona.system.replace("{name}", self.name).strip()
        if person and self.persona.person:
            system += " " + self.persona.person.replace("{person}", person)
        messages = [Message("system", system)]
        for example in self.examples:
            told = self.note(example.feeling, example.stance)
            messages.append(Message("user", f"{example.person}\n{told}".strip()))
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

    def read(file: str) -> dict[str, Any]:
        return read_toml(folder / file, ConfigError)

    def checked(kind: type[D], tree: Mapping[str, Any], file: str) -> D:
        return parse(kind, tree, folder / file, ConfigError)

    def whole(kind: type[D], file: str) -> D:
        return checked(kind, read(file), file)

    commands = read("commands.toml")
    fallback = read("fallback.toml")
    fallback.setdefault("rule", []).extend(read("topics.toml").get("rule", []))
    for rule in fallback.get("rule", []):
        if "not" in rule:
            rule["not_"] = rule.pop("not")
    reflection = read("reflection.toml")
    try:
        return Prompts(
            name=name,
            persona=whole(Persona, "persona.toml"),
            examples=[
                checked(Example, e, "examples.toml")
                for e in read("examples.toml").get("example", [])
            ],
            fallback=checked(Fallback, fallback | reflection, "fallback.toml"),
            commands=checked(
                Commands,
                {
                    "before": commands.pop("before", []),
                    "after": commands.pop("after", []),
                    "fillers": commands.pop("fillers", []),
                    "replies": commands.pop("replies", {}),
                    "patterns": commands,
                },
                "commands.toml",
            ),
            checks=whole(Checks, "checks.toml"),
            acts=whole(ActData, "acts.toml"),
            nouns=whole(NounData, "nouns.toml"),
            heard={
                Stance(name): checked(Heard, table, "stances.toml")
                for name, table in read("stances.toml").items()
            },
            sums=whole(SumData, "sums.toml"),
            words={str(k): list(v) for k, v in read("words.toml").items()},
        )
    except (TypeError, AttributeError, ValueError) as error:
        raise ConfigError(f"the prompts in {folder} are not as they should be: {error}") from error


def fill(template: str, words: Mapping[str, str]) -> str | None:
    """Return the template with its words put in, or None when one is missing."""
    needed = {name for _, name, _, _ in Formatter().parse(template) if name}
    if any(not words.get(name) for name in needed):
        return None
    return template.format_map(words)


__all__ = ["Checks", "Commands", "Fallback", "Prompts", "Rule", "fill", "load_prompts"]
