"""Lines as they are heard: said by Piper, disturbed, written down by Whisper.

The classifier is taught what recognition makes of danger, not only how danger is typed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from companion.embedding import plain
from companion.errors import MeasureError
from companion.measure.spoken import Ears, Voice, noisy, said, with_pauses
from companion.safety.lines import Line

SNRS: Final = (20.0, 12.0, 7.0)
"""dB over pink noise, taken in turn."""
HARMLESS: Final = 0.3
"""Share of harmless lines among those that are said."""
_LONGEST: Final = 30
"""Words; longer lines are not said."""


def mishear(
    lines: Sequence[Line],
    voice: Voice,
    ears: Ears,
    out: Path,
    *,
    limit: int,
    say: Callable[[str], None] = lambda _: None,
    seed: int = 5,
) -> int:
    """Write those lines that are heard otherwise than they were typed.

    Args:
        lines: taught lines; chosen at random, mostly dangerous ones.
        voice: says them.
        ears: hear them.
        out: JSON Lines, as the taught ones.
        limit: how many are said.
        say: told how far it is.
        seed: of everything random.

    Returns:
        How many were written.

    Raises:
        MeasureError: the file cannot be written.
        VoiceError: the voice failed.
    """
    random = np.random.default_rng(seed)
    short = [line for line in lines if len(line.text.split()) <= _LONGEST]
    danger = [line for line in short if line.tier >= 2]
    harmless = [line for line in short if line.tier < 2]
    chosen = [
        *_some(danger, round(limit * (1 - HARMLESS)), random),
        *_some(harmless, round(limit * HARMLESS), random),
    ]
    written: list[str] = []
    for number, line in enumerate(chosen):
        sound = with_pauses(said(line.text, number, voice), random)
        sound = noisy(sound, (), SNRS[number % len(SNRS)], random)
        heard = ears.transcribe(sound)
        if not heard.rejected and plain(heard.text) != plain(line.text):
            row = {
                "text": heard.text,
                "tier": line.tier,
                "category": line.category,
                "topic": line.topic,
                "other": line.other,
            }
            written.append(json.dumps(row, ensure_ascii=False))
        if number % 100 == 99:
            say(f"{number + 1} of {len(chosen)} said, {len(written)} heard otherwise")
    try:
        out.write_text("\n".join(written) + "\n", encoding="utf-8")
    except OSError as error:
        raise MeasureError(f"cannot write {out}: {error.strerror or error}") from error
    return len(written)


def _some(lines: Sequence[Line], count: int, random: np.random.Generator) -> list[Line]:
    at = random.permutation(len(lines))[:count]
    return [lines[int(i)] for i in at]


__all__ = ["HARMLESS", "SNRS", "mishear"]
