"""Pulses found, laid anew, and the tune that a tone asks for."""

from __future__ import annotations

import numpy as np
import pytest
from support.synthetic_voice import FORMANTS_HZ, RATE, hiss, median_semitones, silence, vowel

from companion.domain import Samples
from companion.voice.psola import repitched
from companion.voice.pulses import PulseFinder, Stretch
from companion.voice.tune import CEILING_ST, FLOOR_ST, changes


@pytest.fixture(scope="module")
def finder() -> PulseFinder:
    return PulseFinder()


def moved(finder: PulseFinder, samples: Samples, semitones: float) -> Samples:
    stretches = finder.find(samples, RATE)
    return repitched(samples, stretches, [np.full(len(s.at), semitones) for s in stretches])


def roughest(samples: Samples) -> float:
    """Return the largest jump between neighbouring slopes, what a click raises."""
    return float(np.abs(np.diff(samples.astype(float), n=2)).max())


@pytest.mark.parametrize("hertz", [85.0, 120.0, 210.0])
def test_every_pulse_is_found_once(finder: PulseFinder, hertz: float) -> None:
    (stretch,) = finder.find(vowel(hertz), RATE)
    periods = np.diff(stretch.marks)
    assert np.median(periods) == pytest.approx(RATE / hertz, abs=1)
    assert np.abs(periods - RATE / hertz).max() < 0.1 * RATE / hertz
    assert len(stretch.marks) > 0.9 * hertz
    assert np.median(stretch.tones) == pytest.approx(12 * np.log2(hertz / 100), abs=0.2)


@pytest.mark.parametrize("semitones", [-3.0, -1.0, 1.0, 2.5, 4.0])
@pytest.mark.parametrize("hertz", [90.0, 190.0])
def test_pitch_moves_by_as_much_as_was_asked(
    finder: PulseFinder, hertz: float, semitones: float
) -> None:
    plain = vowel(hertz)
    shaped = moved(finder, plain, semitones)
    assert len(shaped) == len(plain)
    assert median_semitones(shaped) - median_semitones(plain) == pytest.approx(semitones, abs=0.2)


@pytest.mark.parametrize("semitones", [-2.0, 3.0])
def test_vowels_stay_what_they_were(finder: PulseFinder, semitones: float) -> None:
    plain = vowel(100.0, 2.0)
    shaped = moved(finder, plain, semitones)

    def peak(samples: Samples, centre: float) -> float:
        # The envelope of harmonics: power around each resonance, its centre of gravity.
        power = np.abs(np.fft.rfft(samples)) ** 2
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
        near = np.abs(hertz - centre) < 250
        return float(hertz[near] @ power[near] / power[near].sum())

    for centre, _ in FORMANTS_HZ:
        assert peak(shaped, centre) == pytest.approx(peak(plain, centre), rel=0.05)


def test_a_gliding_voice_moves_without_a_click(finder: PulseFinder) -> None:
    glide = vowel(np.linspace(140, 80, RATE))
    plain = np.concatenate([silence(0.1), glide, hiss(0.1), silence(0.1), vowel(100, 0.3)])
    for semitones in (-2.0, 2.0, 4.0):
        shaped = moved(finder, plain, semitones)
        assert roughest(shaped) < 1.15 * roughest(plain)
        assert np.abs(shaped).max() < 1.5 * np.abs(plain).max()


def test_what_is_no_voice_is_not_touched(finder: PulseFinder) -> None:
    plain = np.concatenate([silence(0.3), hiss(0.4), vowel(110, 0.6), hiss(0.4), silence(0.3)])
    shaped = moved(finder, plain, 3.0)
    away = round(0.65 * RATE)
    assert (shaped[:away] == plain[:away]).all()
    assert (shaped[-away:] == plain[-away:]).all()
    assert (shaped != plain).any()


@pytest.mark.parametrize(
    "sound", [silence(1.0), hiss(1.0), silence(0.0), hiss(0.01), vowel(100, 0.03)]
)
def test_without_voice_there_are_no_pulses(finder: PulseFinder, sound: Samples) -> None:
    assert finder.find(sound, RATE) == []


def test_no_change_is_no_change(finder: PulseFinder) -> None:
    plain = vowel(100)
    assert (moved(finder, plain, 0.0) == plain).all()


def stretch(tones: list[float], start: float = 0.0) -> Stretch:
    at = (start + np.arange(len(tones)) * 0.016) * RATE
    return Stretch(at[[0, 1, -2, -1]].astype(np.int64), at, np.array(tones))


def test_range_grows_around_the_middle_and_the_level_moves_all() -> None:
    wave = list(3 * np.sin(np.arange(120) / 12))
    (change,) = changes([stretch(wave)], RATE, level_st=1.0, spread=1.5, fall_st=0.0)
    new = np.array(wave) + change
    assert np.median(new) == pytest.approx(np.median(wave) + 1.0, abs=0.1)
    assert np.ptp(new) == pytest.approx(1.5 * np.ptp(wave), rel=0.05)


def test_only_the_end_falls() -> None:
    early, late = stretch([0.0] * 60), stretch([0.0] * 60, start=1.5)
    first, last = changes([early, late], RATE, level_st=0.0, spread=1.0, fall_st=1.0)
    assert not first.any()
    assert last[0] == 0.0
    assert last[-1] == pytest.approx(-1.0)
    assert (np.diff(last) <= 0).all()


def test_lowering_is_held_back() -> None:
    wave = list(8 * np.sin(np.arange(120) / 12))
    (change,) = changes([stretch(wave)], RATE, level_st=-1.0, spread=0.6, fall_st=3.0)
    assert -2.0 < change.min() < -1.8
    assert change.max() > 1.0


def test_a_voice_is_neither_pressed_into_a_creak_nor_a_squeak() -> None:
    deep, high = stretch([-7.5] * 20), stretch([21.0] * 20, start=1.0)
    low, _ = changes([deep, high], RATE, level_st=-3.0, spread=1.0, fall_st=3.0)
    _, up = changes([deep, high], RATE, level_st=4.0, spread=1.0, fall_st=0.0)
    assert (deep.tones + low >= FLOOR_ST - 1e-9).all()
    assert (high.tones + up <= CEILING_ST + 1e-9).all()


def test_a_creak_that_is_there_is_left_alone() -> None:
    (change,) = changes([stretch([-12.0] * 20)], RATE, level_st=-2.0, spread=1.0, fall_st=0.0)
    assert not change.any()
