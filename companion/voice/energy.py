"""How a tone changes loudness within a sentence, and how bright the voice is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import Samples
from companion.voice.loudness import from_db

MOST_DB: Final = 6.0
"""No moment is turned up or down by more: beyond it a voice pumps, or whispers."""
_STEP_S: Final = 0.01
_SYLLABLE_S: Final = 0.12
"""Loudness is followed this slowly, so that single pulses are not shaped."""
_SPOKEN_DB: Final = 30.0
"""Below the peak: quieter moments are pauses, and are not turned up."""
_FULL_S: Final = 2.0
"""Sentences at least this long slope by the whole; shorter ones by less, in proportion."""
_TURN_HZ: Final = 1200.0
"""Between the first resonances of the voice and the rest."""
_PAD_S: Final = 0.02

Line = NDArray[np.float64]


def contoured(samples: Samples, rate: int, *, slope_db: float, emphasis: float) -> Samples:
    """Shape loudness over a sentence.

    Args:
        samples: shape (n,).
        rate: Hz.
        slope_db: how much louder the end is than the beginning; negative sinks.
        emphasis: factor on the distance of each syllable from the middle loudness, in dB; below
            1 evens out.

    Returns:
        As many samples; no moment changed by more than 6 dB, silence still silent.
    """
    step = max(1, int(rate * _STEP_S))
    count = len(samples) // step
    if count < 3:
        return samples
    power = (samples[: count * step].astype(np.float64) ** 2).reshape(count, step).mean(axis=1)
    window = np.hanning(round(_SYLLABLE_S / _STEP_S) + 2)[1:-1]
    reach = len(window) // 2
    smooth = np.convolve(np.pad(power, reach, mode="edge"), window / window.sum(), mode="same")
    level = 10 * np.log10(smooth[reach : reach + count] + 1e-10)
    spoken = level > level.max() - _SPOKEN_DB
    middle = float(np.median(level[spoken]))
    # In pauses the gain is that of the quietest speech: it must not jump when voice comes.
    away = np.maximum(level, level[spoken].min()) - middle
    along = np.linspace(-0.5, 0.5, count) * min(1.0, count * _STEP_S / _FULL_S)
    gain_db = np.clip((emphasis - 1) * away + slope_db * along, -MOST_DB, MOST_DB)
    gain_db[~spoken] = np.minimum(gain_db[~spoken], 0.0)
    centres = (np.arange(count) + 0.5) * step
    gain = np.interp(np.arange(len(samples)), centres, 10 ** (gain_db / 20))
    return np.asarray(samples * gain, np.float32)


def brightened(samples: Samples, rate: int, treble_db: float) -> Samples:
    """Raise or lower what lies above about 1.2 kHz, softly and without delay.

    A first-order shelf, as vocal effort tilts a voice's spectrum, applied with no change of phase.

    Args:
        samples: shape (n,).
        rate: Hz.
        treble_db: gain far above 1.2 kHz; negative is softer.
    """
    if not len(samples):
        return samples
    pad = int(rate * _PAD_S)
    size = _fast(len(samples) + pad)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    share = hertz**2 / (hertz**2 + _TURN_HZ**2)
    gain = np.sqrt(1 - share + share * from_db(treble_db) ** 2)
    return np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)].astype(np.float32)


def _fast(size: int) -> int:
    """Return a size not smaller whose transform is quick: at most three bits lead."""
    unit = 1 << max(0, size.bit_length() - 3)
    return -(-size // unit) * unit
