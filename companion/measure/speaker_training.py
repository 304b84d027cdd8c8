"""Rebuilds the background of the speaker check from recordings that may train shipped weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from companion.domain import JsonObject, Samples
from companion.emotion.disguise import Disguise, Disguised
from companion.hearing.speakers.background import default_path, save
from companion.hearing.speakers.calibration import Clip, calibrate
from companion.hearing.speakers.judge import SHORTEST_S, merged
from companion.measure.voices import Stretch, TakesApart, need_people, read_rows, stretches

_ROOMS: Final = (
    Disguise("room", low_hz=120, high_hz=7000, tilt_db=1.5, snr_db=25, room=True),
    Disguise("noise", low_hz=150, high_hz=6000, tilt_db=-2, snr_db=12, room=True),
)
"""Other microphones in other rooms: only tested, never enrolled."""

_RICH: Final = 20
"""Stretches from which somebody is enrolled and tested; others only join the cohort."""


def train_speakers(
    manifests: Sequence[Path],
    worker: TakesApart,
    model: str,
    out: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> JsonObject:
    """Learn a background and write it.

    Args:
        manifests: CSV files with ``path`` and ``speaker``; with ``emotion``, enrolments mix them.
        worker: finds voices.
        model: the network the worker describes voices with.
        out: the file; None is the shipped one.
        tell: told what is being done.

    Raises:
        MeasureError: a manifest cannot be used.
        SpeakerError: too few people, or the worker does not work.
    """
    clips: list[Clip] = []
    for manifest in manifests:
        rows = [
            replace(row, speaker=f"{manifest.parent.name}:{row.speaker}")
            for row in read_rows(manifest)
        ]
        need_people(rows, 1)
        clips += _clips(rows, worker)
        tell(f"{manifest}: {len(clips)} voices so far")
    background, report = calibrate(clips, model)
    save(background, out or default_path())
    return report | {"accept": background.accept, "refuse": background.refuse}


def _clips(rows: Sequence[Stretch], worker: TakesApart) -> Iterator[Clip]:
    cut = list(stretches(rows))
    counts = {one.speaker: 0 for one in cut}
    for one in cut:
        counts[one.speaker] += 1
        yield from _clip(one, one.samples, worker, disguised=False)
    rich = {name for name, count in counts.items() if count >= _RICH}
    for row in rows:
        if row.speaker in rich:  # as it was said, of any length
            yield from _clip(row, row.samples, worker, disguised=True)
    for seed, room in enumerate(_ROOMS):
        rooms = {name: Disguised(room, seed * 1000 + i) for i, name in enumerate(sorted(rich))}
        for one in cut:
            if one.speaker in rich:
                sound = rooms[one.speaker](one.samples)
                yield from _clip(one, sound, worker, disguised=True)


def _clip(one: Stretch, sound: Samples, worker: TakesApart, *, disguised: bool) -> Iterator[Clip]:
    voices = merged(worker.take_apart(sound).voices)
    main = max(voices, key=lambda voice: voice.seconds, default=None)
    if main is not None and main.seconds >= SHORTEST_S:
        vector = np.asarray(main.embedding, np.float64)
        yield Clip(one.speaker, one.style, vector, main.seconds, disguised)
