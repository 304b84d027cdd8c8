"""Pictures of speech, for people who want to see what was done to a voice.

Drawn with matplotlib, which only the extra ``pictures`` brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from companion.domain import SAMPLE_RATE, Tone
from companion.emotion.pitch import Pitch, pitch_of
from companion.emotion.spectra import HOP_S
from companion.errors import MeasureError

if TYPE_CHECKING:
    from companion.measure.expression import Take

_SHOWN: Final = 3
"""Sentences side by side."""
_WINDOW: Final = 400
"""Samples of one spectrum: 25 ms."""
_TOP_HZ: Final = 5000
_PITCH_HZ: Final = (50, 250)
_RANGE_DB: Final = 70


def need_pictures() -> None:
    """Make sure that pictures can be drawn.

    Raises:
        MeasureError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MeasureError(
            "pictures need matplotlib; install it with: pip install 'companion[pictures]'"
        ) from error


def draw_tones(takes: Sequence[Take], path: Path) -> None:
    """Draw spectrogram, pitch and words of some sentences, one row a tone.

    Args:
        takes: every tone of at least one sentence.
        path: the PNG to write.

    Raises:
        MeasureError: matplotlib is not installed, or the file cannot be written.
    """
    need_pictures()
    from matplotlib.figure import Figure

    texts = _shown(list(dict.fromkeys(take.text for take in takes)))
    found = {(take.text, take.tone): take for take in takes}
    longest = {text: max(found[text, tone].speech.seconds for tone in Tone) for text in texts}
    figure = Figure(figsize=(7 * len(texts), 2.6 * len(Tone)), layout="constrained")
    grid = figure.subplots(len(Tone), len(texts), squeeze=False)
    for row, tone in enumerate(Tone):
        for column, text in enumerate(texts):
            take = found[text, tone]
            axes = grid[row][column]
            speech = np.ones(-(-len(take.samples) // round(HOP_S * SAMPLE_RATE)), np.bool_)
            _draw(axes, take, pitch_of(take.samples, speech), longest[text])
            if row == 0:
                axes.set_title(text, fontsize=10)
        grid[row][0].set_ylabel(tone.value, fontsize=12)
    try:
        figure.savefig(path, format="png", dpi=80)
    except OSError as error:
        raise MeasureError(f"cannot write {path}; is its folder there and writable?") from error


def _shown(texts: Sequence[str]) -> list[str]:
    """Return the sentences to show: a question among them, if there is one."""
    question = next((text for text in texts if text.endswith("?")), None)
    rest = [text for text in texts if text != question]
    return ([question] if question else []) + rest[: _SHOWN - bool(question)]


def _draw(axes: Any, take: Take, pitch: Pitch, seconds: float) -> None:
    with np.errstate(divide="ignore"):
        axes.specgram(
            take.samples + 1e-7,
            NFFT=_WINDOW,
            noverlap=_WINDOW * 3 // 4,
            Fs=SAMPLE_RATE,
            cmap="Greys",
            vmin=-50 - _RANGE_DB,
            vmax=-50,
        )
    axes.set(xlim=(0, seconds), ylim=(0, _TOP_HZ), yticks=(0, 2000, 4000))
    axes.tick_params(labelsize=7)
    for number, word in enumerate(take.speech.words):
        axes.axvline(word.start, color="tab:blue", linewidth=0.5)
        height = _TOP_HZ * (0.93 if number % 2 else 0.86)  # short words would overlap
        axes.text(word.start, height, word.text, fontsize=7, color="tab:blue")
    heights = axes.twinx()
    heights.plot((np.arange(len(pitch.hertz)) + 0.5) * HOP_S, pitch.hertz, ".", ms=3, color="red")
    heights.set_yscale("log")
    heights.set_ylim(*_PITCH_HZ)
    heights.set_yticks((60, 90, 130, 180), ("60 Hz", "90", "130", "180"), fontsize=7, color="red")
    heights.minorticks_off()
    middle = take.prosody["pitch_median"]
    told = f"arousal {take.arousal:+.2f}, {take.words_per_minute:.0f} words/min"
    if middle is not None:
        told += f", {100 * 2 ** (middle / 12):.0f} Hz"
    axes.set_xlabel(told, fontsize=8)
