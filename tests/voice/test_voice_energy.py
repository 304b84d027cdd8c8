"""Loudness within a sentence, and brightness."""

from __future__ import annotations

import numpy as np
import pytest
from support.synthetic_voice import RATE, hiss, silence, vowel

from companion.domain import Samples
from companion.voice.energy import MOST_DB, brightened, contoured


def loud(samples: Samples, start: float, end: float) -> float:
    part = samples[round(start * RATE) : round(end * RATE)].astype(float)
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


def test_a_slope_sinks_from_beginning_to_end() -> None:
    plain = vowel(100, 2.0)
    shaped = contoured(plain, RATE, slope_db=-3.0, emphasis=1.0)
    assert loud(shaped, 0.1, 0.3) - loud(plain, 0.1, 0.3) == pytest.approx(1.2, abs=0.3)
    assert loud(shaped, 1.7, 1.9) - loud(plain, 1.7, 1.9) == pytest.approx(-1.2, abs=0.3)


def test_emphasis_widens_and_evens_out() -> None:
    plain = np.concatenate([vowel(100, 0.4), 0.4 * vowel(100, 0.4), vowel(100, 0.4)])
    wide = contoured(plain, RATE, slope_db=0.0, emphasis=1.4)
    even = contoured(plain, RATE, slope_db=0.0, emphasis=0.6)

    def contrast(samples: Samples) -> float:
        return loud(samples, 0.1, 0.3) - loud(samples, 0.5, 0.7)

    assert contrast(even) < contrast(plain) - 2 < contrast(wide) - 4


def test_no_moment_is_turned_by_more_than_the_bound() -> None:
    plain = np.concatenate(
        [vowel(100, 0.5), 0.05 * vowel(100, 0.5), silence(0.2), hiss(0.2, 0.001)]
    )
    shaped = contoured(plain, RATE, slope_db=4.0, emphasis=1.5)
    some = np.abs(plain) > 1e-5
    gain = 20 * np.log10(np.abs(shaped[some] / plain[some]))
    assert np.abs(gain).max() <= MOST_DB + 0.01
    # No gain that jumps: neighbours (1/22 ms apart) differ by a hair.
    steady = gain[: round(0.45 * RATE)]
    assert np.abs(np.diff(steady)).max() < 0.1


def test_silence_stays_silent_and_pauses_are_not_turned_up() -> None:
    plain = np.concatenate([vowel(100, 0.5), hiss(0.3, 0.0005), silence(0.3), vowel(100, 0.5)])
    for emphasis in (0.5, 1.5):
        shaped = contoured(plain, RATE, slope_db=4.0, emphasis=emphasis)
        assert not shaped[round(0.85 * RATE) : round(1.05 * RATE)].any()
        assert loud(shaped, 0.65, 0.75) <= loud(plain, 0.65, 0.75) + 0.1
    assert not brightened(silence(0.5), RATE, 4.0).any()
    assert not contoured(silence(0.5), RATE, slope_db=4.0, emphasis=1.5).any()


@pytest.mark.parametrize("treble_db", [-3.0, 2.0])
def test_only_what_is_high_is_brightened(treble_db: float) -> None:
    t = np.arange(RATE) / RATE
    low, high = (np.sin(2 * np.pi * f * t).astype(np.float32) * 0.1 for f in (150.0, 6000.0))
    middle = slice(RATE // 4, RATE // 2)

    def gain(samples: Samples) -> float:
        shaped = brightened(samples, RATE, treble_db)
        assert len(shaped) == len(samples)
        return float(20 * np.log10(shaped[middle].std() / samples[middle].std()))

    assert gain(low) == pytest.approx(0.0, abs=0.15)
    assert gain(high) == pytest.approx(treble_db, abs=0.3)


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_scraps_of_sound_pass(count: int) -> None:
    scrap = hiss(1.0)[:count]
    assert len(brightened(scrap, RATE, 3.0)) == count
    assert len(contoured(scrap, RATE, slope_db=3.0, emphasis=1.5)) == count
