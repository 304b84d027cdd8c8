"""Recordings of known people, cut and joined to stretches of equal length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from companion.audio.files import read_audio
from companion.domain import SAMPLE_RATE, Samples
from companion.errors import MeasureError
from companion.hearing.speakers.nouns import Taken
from companion.measure.manifest import read_manifest

STRETCH_S: Final = 4.0
"""What the speaker check is judged on."""

_READ: Final = "read"


class TakesApart(Protocol):
    """What finds voices in sound; blocking."""

    def take_apart(self, samples: Samples) -> Taken:
        """Return the voices in a stretch of sound."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one person's speech."""

    speaker: str
    style: str
    """The manifest's emotion, if it has one."""
    samples: Samples = field(repr=False)


def read_rows(manifest: Path) -> list[Stretch]:
    """Read the recordings of a manifest with the columns ``path`` and ``speaker``.

    Raises:
        MeasureError: the manifest cannot be used.
        AudioFileError: a recording cannot be read.
    """
    return [
        Stretch(row["speaker"], row.get("emotion") or _READ, read_audio(Path(row["path"])))
        for row in read_manifest(manifest, ("path", "speaker"))
    ]


def stretches(rows: Sequence[Stretch], seconds: float = STRETCH_S) -> Iterator[Stretch]:
    """Join what each person said in one style, in order, and cut it to equal lengths.

    What is left at the end of a style is dropped.
    """
    size = int(seconds * SAMPLE_RATE)
    waiting: dict[tuple[str, str], Samples] = {}
    for row in rows:
        key = (row.speaker, row.style)
        sound = np.concatenate([waiting.get(key, np.zeros(0, np.float32)), row.samples])
        while len(sound) >= size:
            yield Stretch(*key, sound[:size])
            sound = sound[size:]
        waiting[key] = sound


def mixed(items: Sequence[tuple[int, str]], rng: np.random.Generator) -> list[int]:
    """Order numbered items so that every style comes in turn, each shuffled."""
    piles = [[i for i, style in items if style == one] for one in sorted({s for _, s in items})]
    for pile in piles:
        rng.shuffle(pile)
    order: list[int] = []
    while any(piles):
        order += [pile.pop() for pile in piles if pile]
    return order


def need_people(rows: Sequence[Stretch], least: int) -> None:
    """Check that there are enough people.

    Raises:
        MeasureError: there are fewer.
    """
    if len({row.speaker for row in rows}) < least:
        raise MeasureError(f"at least {least} different speakers are needed")
