import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import Pcm
from companion.voice.earcons import Earcon, earcon
from companion.voice.loudness import (
    CEILING_DB,
    active_level,
    faded,
    from_db,
    levelled,
    limited,
    to_pcm,
)

RATE = 22_050


def strongest_hz(pcm: Pcm, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(pcm.astype(float) * np.hanning(len(pcm)), 65_536))
    return float(np.argmax(spectrum) * rate / 65_536)


@pytest.mark.parametrize("name", list(Earcon))
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_earcons_are_short_soft_and_low_enough_for_older_ears(name: Earcon, rate: int) -> None:
    pcm = earcon(name, rate)
    assert 0.1 < len(pcm) / rate < 0.4
    assert 300 <= strongest_hz(pcm, rate) <= 1000
    spectrum = np.abs(np.fft.rfft(pcm.astype(float))) ** 2
    above = np.fft.rfftfreq(len(pcm), 1 / rate) > 2000
    assert spectrum[above].sum() < 0.01 * spectrum.sum()
    rms = 20 * np.log10(np.sqrt(np.mean((pcm / 32768) ** 2)))
    assert -26 < rms < -20
    assert np.abs(pcm[: rate // 1000]).max() < 0.02 * 32768, "the first millisecond startles"
    assert np.abs(pcm[-rate // 1000 :]).max() < 0.02 * 32768


def test_earcons_are_told_apart_by_contour_or_rhythm() -> None:
    rate, bins = 16_000, 8
    shapes = []
    for name in Earcon:
        pcm = np.zeros(round(0.4 * rate))
        pcm[: len(earcon(name, rate))] = earcon(name, rate)
        parts = pcm.reshape(bins, -1)
        shapes.append(np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]), axis=1)).ravel())
    for i, one in enumerate(shapes):
        for other in shapes[i + 1 :]:
            likeness = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            assert likeness < 0.8


def test_attention_rises_and_going_quiet_falls() -> None:
    for name, rises in ((Earcon.ATTENTION, True), (Earcon.GOING_QUIET, False)):
        pcm = earcon(name, 48_000)
        third = len(pcm) // 3
        first, last = strongest_hz(pcm[:third], 48_000), strongest_hz(pcm[-third:], 48_000)
        assert (last > first) is rises


@given(st.floats(-40, 20), st.integers(1, 5000), st.integers(0, 99))
def test_nothing_passes_the_ceiling(gain_db: float, count: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.2, count).astype(np.float32)
    loud = limited(noise * np.float32(from_db(gain_db)), RATE)
    assert np.abs(loud).max() <= from_db(CEILING_DB) * 1.0001
    assert np.abs(to_pcm(loud)).max() <= 32767


def test_what_is_below_the_ceiling_is_untouched() -> None:
    quiet = np.linspace(-0.5, 0.5, 1000, dtype=np.float32)
    assert np.array_equal(limited(quiet, RATE), quiet)


def test_a_level_is_reached_and_pauses_do_not_count() -> None:
    t = np.arange(RATE) / RATE
    tone = (0.01 * np.sin(2 * np.pi * 300 * t)).astype(np.float32)
    for samples in (tone, np.concatenate([tone, np.zeros(RATE, np.float32), tone])):
        assert active_level(levelled(samples, -25.0, RATE)) == pytest.approx(-25, abs=0.1)


def test_silence_stays_silence() -> None:
    assert not levelled(np.zeros(100, np.float32), -20, RATE).any()
    assert len(levelled(np.zeros(0, np.float32), -20, RATE)) == 0


def test_edges_fade_from_nothing() -> None:
    out = faded(np.ones(RATE, np.float32), RATE)
    assert out[0] < 0.001
    assert out[-1] < 0.001
    assert np.abs(np.diff(out)).max() < 0.02
    assert out[RATE // 2] == 1
