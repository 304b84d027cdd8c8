"""What short words mean while a danger is open; read from ``context.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from companion.errors import SafetyError
from companion.patterns import Patterns, normalise


class Answer(StrEnum):
    """How a turn answers to what was said before."""

    CONFIRMS = "confirms"
    SOON = "soon"
    PRESENT = "present"
    SECRET = "secret"
    DENIED = "denied"


_WHOLE: Final = (Answer.SOON, Answer.CONFIRMS)
_ANYWHERE: Final = (Answer.PRESENT, Answer.SECRET, Answer.DENIED)


@dataclass(frozen=True, slots=True)
class Context:
    """The phrases of a language."""

    whole: dict[Answer, Patterns]
    anywhere: dict[Answer, Patterns]
    continuation: Patterns

    def answers(self, text: str) -> frozenset[Answer]:
        """Return what a turn says about what was said before."""
        words = normalise(text)
        found = {a for a, patterns in self.whole.items() if patterns.find(words)}
        return frozenset(found | {a for a, p in self.anywhere.items() if p.find(words)})

    def goes_on(self, text: str) -> bool:
        """Whether a turn continues the one before."""
        return self.continuation.find(normalise(text)) is not None


def load_context(path: Path) -> Context:
    """Read the phrases.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))["context"]
        lists = {"around": data["around"]}
        edges = "[<around>] [<around>] ({}) [<around>]"
        return Context(
            {a: Patterns([edges.format(p) for p in data[a]], lists, whole=True) for a in _WHOLE},
            {a: Patterns(data[a], lists) for a in _ANYWHERE},
            Patterns(data["goes_on"], lists),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SafetyError(f"{path}: {error}") from error


__all__ = ["Answer", "Context", "load_context"]
