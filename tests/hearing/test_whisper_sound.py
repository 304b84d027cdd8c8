"""Mel features and pauses: pure, no model."""

from __future__ import annotations

import numpy as np
import pytest

from companion.domain import SAMPLE_RATE, Samples
from companion.hearing.mel import log_mel
from companion.hearing.pauses import halved, squeeze, windows


def _tone(seconds: float, level: float = 0.3) -> Samples:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def _hush(seconds: float) -> Samples:
    rng = np.random.default_rng(7)
    return rng.normal(0, 1e-4, round(seconds * SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("bands", [80, 128])
def test_mel_is_what_stock_computes(bands: int) -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    sound = np.random.default_rng(1).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)
    stock = FeatureExtractor(feature_size=bands)(sound)
    np.testing.assert_allclose(log_mel(sound, bands), stock, atol=1e-5)


def test_long_pauses_shrink_and_times_map_back() -> None:
    sound = np.concatenate([_hush(1), _tone(1), _hush(2), _tone(1), _hush(1)])
    squeezed = squeeze(sound)
    assert len(squeezed.samples) / SAMPLE_RATE == pytest.approx(2.8, abs=0.1)
    assert squeezed.voiced_s == pytest.approx(2.0, abs=0.1)
    assert squeezed.original(0.2) == pytest.approx(1.0, abs=0.05)
    # The second tone starts at 4 s, after 0.2 + 1 + 0.4 s of what was kept.
    assert squeezed.original(1.65) == pytest.approx(4.05, abs=0.06)
    assert [round(len(half) / SAMPLE_RATE, 1) for half in halved(squeezed)] == [1.4, 1.4]


def test_short_pauses_and_quiet_words_stay() -> None:
    sound = np.concatenate([_tone(1), _hush(0.3), _tone(1, 0.03), _hush(0.3), _tone(1)])
    assert len(squeeze(sound).samples) == len(sound)


def test_speech_barely_above_a_noisy_room_is_left_whole() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 4 * SAMPLE_RATE).astype(np.float32)
    noise[SAMPLE_RATE : 2 * SAMPLE_RATE] += _tone(1)
    assert len(squeeze(noise).samples) == len(noise)


@pytest.mark.parametrize("n", [0, 1, 100, 640, 5000])
def test_scraps_of_sound_are_squeezed_without_harm(n: int) -> None:
    assert len(squeeze(np.zeros(n, np.float32)).samples) == n


def test_long_sound_is_cut_where_it_is_quiet_and_nothing_is_lost() -> None:
    sound = np.concatenate([_tone(25), _hush(1), _tone(25), _hush(1), _tone(20)])
    cuts = list(windows(sound, 28.0))
    assert [a for a, _ in cuts] == [0, *[b for _, b in cuts[:-1]]]
    assert cuts[-1][1] == len(sound)
    assert all(b - a <= 28 * SAMPLE_RATE for a, b in cuts)
    assert 25 <= cuts[0][1] / SAMPLE_RATE <= 26
    assert 51 <= cuts[1][1] / SAMPLE_RATE <= 52
