"""Short answers to a question that was asked, such as "yes", "I don't know" or "cancel"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from companion.errors import SafetyError
from companion.patterns import Patterns, normalise
from companion.reading import parse, read_toml
from companion.resources import data_dir

Answer = Literal["yes", "no", "unsure", "cancel", "denied", "goodbye"]

WHOLE: Final[tuple[Answer, ...]] = ("unsure", "no", "yes")
"""These count only as the whole utterance; the first that fits is taken."""
ANYWHERE: Final[tuple[Answer, ...]] = ("cancel", "denied", "goodbye")
LONGEST: Final = 14
"""Words; a longer utterance tells something and is no answer."""


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    around: list[str]
    yes: list[str]
    no: list[str]
    unsure: list[str]
    cancel: list[str]
    denied: list[str]
    goodbye: list[str]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: _Answers
    accused: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class AnswerEar:
    """Recognises answers; pure."""

    whole: Mapping[Answer, Patterns]
    first: Mapping[Answer, Patterns]
    anywhere: Mapping[Answer, Patterns]

    def hear(self, text: str) -> frozenset[Answer]:
        """Return what an utterance may be as an answer; nothing when it is none."""
        said = normalise(text)
        words = said.replace(" . ", " ").split()
        if not words:
            return frozenset()
        joined = f" {' '.join(words)} . "
        found: set[Answer] = {a for a in ANYWHERE if self.anywhere[a].find(said)}
        for answer in WHOLE:
            if self.whole[answer].find(joined):
                found.add(answer)
                break
        else:
            if len(words) <= LONGEST:
                found.update([a for a in ("no", "yes") if self.first[a].find(said)][:1])
        return frozenset(found)


def load_answers(language: str = "en", folder: Path | None = None) -> AnswerEar:
    """Read ``answers.toml``.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    path, file = _read(language, folder)
    data = file.answers
    around = f"[({'|'.join(data.around)}) ]"
    try:
        lists: dict[Answer, list[str]] = {"yes": data.yes, "no": data.no, "unsure": data.unsure}
        whole = {
            answer: Patterns([f"{around}{around}({p}){around}{around}" for p in ps], {}, whole=True)
            for answer, ps in lists.items()
        }
        first: dict[Answer, Patterns] = {
            "yes": Patterns(["^ [(well|oh|um)](yes|yeah|yep|aye)"], {}),
            "no": Patterns(["^ [(well|oh|um)](no|nope|not really)"], {}),
        }
        anywhere: dict[Answer, Patterns] = {
            "cancel": Patterns(data.cancel, {}),
            "denied": Patterns(data.denied, {}),
            "goodbye": Patterns(data.goodbye, {}),
        }
    except ValueError as error:
        raise SafetyError(f"{path}: 'answers': {error}") from error
    return AnswerEar(whole, first, anywhere)


def load_accusing(language: str = "en", folder: Path | None = None) -> dict[str, list[str]]:
    """Read the word lists by which accused people are found.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    return _read(language, folder)[1].accused


def _read(language: str, folder: Path | None) -> tuple[Path, _File]:
    path = (folder or data_dir("prompts") / language / "safety") / "answers.toml"
    return path, parse(_File, read_toml(path, SafetyError), path, SafetyError)


__all__ = ["Answer", "AnswerEar", "load_accusing", "load_answers"]
