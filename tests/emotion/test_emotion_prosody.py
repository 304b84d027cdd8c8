from __future__ import annotations

import numpy as np
import pytest
from emotion.conftest import voice

from companion.domain import Word
from companion.emotion.features import FEATURES, NAMES, assemble
from companion.emotion.prosody import Measurer
from companion.emotion.tempo import syllables


def test_every_feature_has_one_name_a_unit_a_source_and_a_meaning() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {feature.source for feature in FEATURES} == {
        "pitch", "level", "tempo", "quality", "colour",
    }  # fmt: skip
    assert all(feature.meaning for feature in FEATURES)


def test_what_was_not_measured_is_not_valid() -> None:
    values, valid = assemble({"pitch_median": 3.0, "pitch_range": float("nan")})
    assert valid.sum() == 1
    assert np.isnan(values[~valid]).all()


@pytest.mark.parametrize("hertz", [90.0, 150.0, 260.0])
def test_pitch_is_measured_in_semitones(measurer: Measurer, hertz: float) -> None:
    found = measurer.measure(voice(hertz=hertz))["pitch_median"]
    assert found == pytest.approx(12 * np.log2(hertz / 100), abs=0.7)


def test_a_livelier_melody_has_a_wider_range(measurer: Measurer) -> None:
    flat = measurer.measure(voice(semitones=1.0))["pitch_range"]
    lively = measurer.measure(voice(semitones=8.0))["pitch_range"]
    assert flat is not None
    assert lively is not None
    assert lively > flat + 3.0


def test_twice_the_amplitude_is_six_decibels_and_nothing_else(measurer: Measurer) -> None:
    quiet, loud = measurer.measure(voice(level=0.05)), measurer.measure(voice(level=0.1))
    assert loud["level_mean"] - quiet["level_mean"] == pytest.approx(6.0, abs=0.3)  # type: ignore[operator]
    assert loud["pitch_range"] == pytest.approx(quiet["pitch_range"], abs=0.2)
    assert loud["effort"] == pytest.approx(quiet["effort"], abs=0.5)


@pytest.mark.parametrize("rate", [3.0, 4.0, 5.5])
def test_syllables_are_counted(measurer: Measurer, rate: float) -> None:
    assert measurer.measure(voice(3.0, rate=rate))["nuclei_rate"] == pytest.approx(rate, rel=0.2)


def test_a_pause_is_found_and_not_counted_as_slow_speech(measurer: Measurer) -> None:
    whole = measurer.measure(voice(3.0))
    broken = measurer.measure(voice(3.0, pause=(1.0, 1.75)))
    assert whole["pause_longest"] == pytest.approx(0.0, abs=0.1)
    assert broken["pause_longest"] == pytest.approx(0.75, abs=0.25)
    assert broken["articulation_rate"] == pytest.approx(whole["articulation_rate"], rel=0.2)


def test_noise_moves_the_voice_less_than_the_floor(measurer: Measurer) -> None:
    clean, noisy = measurer.measure(voice()), measurer.measure(voice(noise=0.01))
    assert noisy.noise_db < clean.noise_db - 20
    assert noisy["pitch_median"] == pytest.approx(clean["pitch_median"], abs=0.5)
    assert noisy["level_mean"] == pytest.approx(clean["level_mean"], abs=1.5)


def test_a_telephone_has_no_brightness(measurer: Measurer) -> None:
    sound = voice(noise=0.003)
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / 16_000)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0.0
    narrow = np.fft.irfft(spectrum, len(sound)).astype(np.float32)
    found = measurer.measure(narrow)
    assert found["brightness"] is None
    assert found["pitch_median"] == pytest.approx(12 * np.log2(1.5), abs=0.7)


def test_clipping_is_noticed(measurer: Measurer) -> None:
    assert measurer.measure(voice()).clipped == 0.0
    assert measurer.measure(np.clip(voice(level=0.9), -1, 1)).clipped > 0.01


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
        np.zeros(16_000, np.float32),
        np.full(8_000, np.nan, np.float32),
        np.full(8_000, np.inf, np.float32),
        np.ones(8_000, np.float32),
    ],
    ids=["nothing", "a sample", "silence", "nan", "infinite", "constant"],
)
def test_what_is_no_voice_has_no_pitch_and_no_error(measurer: Measurer, sound: np.ndarray) -> None:
    found = measurer.measure(sound)
    assert found.voiced_s == 0.0
    assert found["pitch_median"] is None


@pytest.mark.parametrize("seconds", [0.12, 0.3, 0.6])
def test_a_short_word_is_measured_as_far_as_it_goes(measurer: Measurer, seconds: float) -> None:
    found = measurer.measure(voice(seconds))
    assert found["level_mean"] is not None
    assert np.isfinite(found.values[found.valid]).all()


def test_an_hour_costs_no_more_than_half_a_minute(measurer: Measurer) -> None:
    long = np.tile(voice(2.0), 40)
    assert measurer.measure(long).speech_s <= 30.0


def test_written_syllables_give_a_rate(measurer: Measurer) -> None:
    assert [syllables(word) for word in ("tea", "window", "yesterday", "made")] == [1, 2, 3, 1]
    words = [
        Word("yesterday", 0.0, 0.6, 1.0),
        Word("was", 0.6, 0.8, 1.0),
        Word("nice", 0.8, 1.0, 1),
    ]
    assert measurer.measure(voice(), words)["word_rate"] == pytest.approx(5.0)
