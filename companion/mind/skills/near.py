"""Requests by their meaning: what no template knows, and what was misheard."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from threading import Thread
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import CompanionError, MindError
from companion.resources import data_dir

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

MOST_WORDS: Final = 14
"""A longer sentence is none of these alone."""
LIKE: Final = 0.72
"""Cosine to the nearest example of a request."""
_CHUNK: Final = 32
AHEAD: Final = 0.1
"""By so much nearer than talk. Both chosen by leaving out one example at a time: 8 of 412 lines of
the talk that is hardest to tell apart are taken for a request (docs/measurements.md)."""


@dataclass(frozen=True, slots=True)
class Near:
    """Examples and their vectors; rows are of length 1."""

    intents: tuple[str, ...]
    asks: Vectors
    talk: Vectors
    encode: Encode

    def find(self, words: str) -> str | None:
        """Return the intent whose example is nearest, or None when it is not near enough.

        Args:
            words: without capitals, signs and times.
        """
        if not 0 < len(words.split()) <= MOST_WORDS:
            return None
        vector = self.encode([words])[0]
        likeness = self.asks @ vector
        best = int(np.argmax(likeness))
        if likeness[best] < LIKE or likeness[best] - float((self.talk @ vector).max()) < AHEAD:
            return None
        return self.intents[best]


def near_from(asks: Mapping[str, Sequence[str]], talk: Sequence[str], encode: Encode) -> Near:
    """Return it with the vectors of the examples."""
    pairs = [(intent, line) for intent, lines in asks.items() for line in lines]

    def some(lines: Sequence[str]) -> Vectors:
        # A little at a time, so that whoever waits for an end need not wait long.
        return np.concatenate([encode(lines[i : i + _CHUNK]) for i in range(0, len(lines), _CHUNK)])

    asked = some([line for _, line in pairs])
    return Near(tuple(intent for intent, _ in pairs), asked, some(talk), encode)


class NearSoon:
    """Makes it in the background: to read the examples takes a second, on a small board several."""

    def __init__(self, make: Callable[[Callable[[], bool]], Near]) -> None:
        """Begin.

        Args:
            make: returns it; may raise ``CompanionError``, and then nothing is ever near. It is
                given what tells whether it is still wanted.
        """
        self._near: Near | None = None
        self._wanted = True
        # No daemon: a program that ends within the model's own code is aborted.
        self._thread = Thread(target=self._make, args=(make,), name="examples")
        self._thread.start()

    def close(self) -> None:
        """Give up making it."""
        self._wanted = False

    def find(self, words: str) -> str | None:
        """Return as of ``Near.find``; None until it is made."""
        return self._near.find(words) if self._near is not None else None

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is made, or cannot be; return whether it is."""
        self._thread.join(timeout_s)
        return self._near is not None

    def _make(self, make: Callable[[Callable[[], bool]], Near]) -> None:
        with suppress(CompanionError):  # the templates do without
            self._near = make(lambda: self._wanted)


@lru_cache
def examples(language: str = "en") -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Read ``skills/examples.toml``: requests by intent, and talk; empty where there is none.

    Raises:
        MindError: the file has a mistake.
    """
    path = data_dir("prompts") / language / "skills" / "examples.toml"
    if not path.is_file():
        return {}, ()
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        asks = {str(name): tuple(map(str, lines)) for name, lines in tree["asks"].items()}
        return asks, tuple(str(line) for lines in tree["talk"].values() for line in lines)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise MindError(f"{path} has a mistake: {error}") from error


__all__ = ["AHEAD", "LIKE", "MOST_WORDS", "Near", "NearSoon", "examples", "near_from"]
