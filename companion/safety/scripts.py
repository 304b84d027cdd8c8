"""What is said in danger: scripts from ``prompts/<language>/safety/scripts.toml``.

Nothing here is generated. A script is a few steps of at most three short sentences, with holes
for the region's numbers and for names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from companion.domain import Danger, Tone
from companion.errors import SafetyError
from companion.patterns import Patterns
from companion.reading import parse, read_toml
from companion.resources import data_dir

MOST_SENTENCES: Final = 3
MOST_WORDS: Final = 20
"""Longer is not taken in by somebody who is afraid; a hole counts as one word."""
_HOLES: Final = frozenset(
    {
        "emergency", "crisis", "crisis_text", "poison", "medical", "elder_abuse", "fraud", "bank",
        "domestic_violence", "contact", "person", "name", "someone", "someone_is", "seconds",
    }
)  # fmt: skip

Step = tuple[str, ...]
"""The sentences said at once."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Say(_Data):
    """A sentence that depends on whether help was really called for."""

    named: str
    """A message goes to the contact, who may be named."""
    alerted: str
    """A message goes out, to nobody who may be named."""
    alone: str
    """No message goes out."""


class Script(_Data):
    """One script; see the head of scripts.toml."""

    category: Danger | None = None
    """None: only other scripts or the code lead here."""
    tiers: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)
    other: tuple[Step, ...] = ()
    tone: Tone = Tone.CALM
    tier: int = Field(0, ge=0, le=4)
    """Whoever comes here by an answer is in at least this danger."""
    then: str = ""
    rest: bool = False
    yes: str = ""
    no: str = ""
    unsure: str = ""
    denied: str = ""
    goodbye: str = ""
    check: str = ""
    watch: bool = False
    countdown: bool = False
    question: bool = False

    @model_validator(mode="after")
    def _short(self) -> Script:
        for step in (*self.steps, *self.other):
            if not 1 <= len(step) <= MOST_SENTENCES:
                raise ValueError(f"a step has {len(step)} sentences; 1 to {MOST_SENTENCES} may be")
            for sentence in step:
                if len(sentence.split()) > MOST_WORDS:
                    raise ValueError(f"longer than {MOST_WORDS} words: {sentence}")
        return self

    def link(self, name: str) -> str:
        """Return the id another script is linked by: yes, no, unsure, denied, goodbye, check."""
        return {
            "yes": self.yes,
            "no": self.no,
            "unsure": self.unsure,
            "denied": self.denied,
            "goodbye": self.goodbye,
            "check": self.check,
        }[name]


class _File(_Data):
    say: dict[str, Say]
    scripts: dict[str, Script]


LINKS: Final = ("yes", "no", "unsure", "denied", "goodbye", "check", "then")


@dataclass(frozen=True, slots=True)
class Scripts:
    """All scripts of a language."""

    scripts: Mapping[str, Script]
    say: Mapping[str, Say]
    when: Mapping[str, tuple[Patterns, Patterns]]
    """``when`` and ``unless`` of each script that has them, compiled."""

    def __getitem__(self, script_id: str) -> Script:
        """Return a script.

        Raises:
            KeyError: there is none of that id.
        """
        return self.scripts[script_id]

    def walk(self, script_id: str, *, other: bool = False) -> tuple[Step, ...]:
        """Return a script's steps and those of the script that follows."""
        script = self.scripts[script_id]
        own = script.other if other and script.other else script.steps
        return own + (self.scripts[script.then].steps if script.then else ())


def load_scripts(language: str = "en", folder: Path | None = None) -> Scripts:
    """Read a language's scripts.

    Args:
        language: name of the folder under ``prompts``.
        folder: where ``scripts.toml`` lies, instead of the installed one.

    Raises:
        SafetyError: the file is missing or has a mistake; names file and key.
    """
    path = (folder or data_dir("prompts") / language / "safety") / "scripts.toml"
    data = parse(_File, read_toml(path, SafetyError), path, SafetyError)
    for script_id, script in data.scripts.items():
        for name in LINKS:
            target = script.then if name == "then" else script.link(name)
            if target and target not in data.scripts:
                raise SafetyError(f"{path}: 'scripts.{script_id}.{name}': no script '{target}'")
        for sentence in (s for step in (*script.steps, *script.other) for s in step):
            _check_holes(sentence, data.say, f"{path}: 'scripts.{script_id}'")
    for key, say in data.say.items():
        for sentence in (say.named, say.alerted, say.alone):
            _check_holes(sentence, {}, f"{path}: 'say.{key}'")
    when = {}
    for script_id, script in data.scripts.items():
        try:
            compiled = Patterns(script.when, {}), Patterns(script.unless, {})
        except ValueError as error:
            raise SafetyError(f"{path}: 'scripts.{script_id}.when': {error}") from error
        if script.when:
            when[script_id] = compiled
    return Scripts(data.scripts, data.say, when)


def _check_holes(sentence: str, say: Mapping[str, Say], where: str) -> None:
    try:
        holes = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    except ValueError as error:
        raise SafetyError(f"{where}: {error}: {sentence}") from error
    if unknown := sorted(holes - _HOLES - say.keys()):
        raise SafetyError(f"{where}: unknown {{{unknown[0]}}} in: {sentence}")


__all__ = ["MOST_SENTENCES", "MOST_WORDS", "Say", "Script", "Scripts", "Step", "load_scripts"]
