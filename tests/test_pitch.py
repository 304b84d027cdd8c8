"""The shared pitch tracker."""

import numpy as np
import pytest
import swift_f0

from companion.domain import SAMPLE_RATE, Samples
from companion.pitch import HOP, track


def sung(seconds: float) -> Samples:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = 140 + 30 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 12))
    noise = np.random.default_rng(1).standard_normal(len(t))
    return np.asarray(0.1 * np.asarray(sound) + 0.003 * noise, np.float32)


@pytest.mark.parametrize("seconds", [0.01, 0.5, 2.048, 2.06, 7.3])
def test_blocks_give_what_the_whole_gives(seconds: float) -> None:
    sound = sung(seconds)
    whole = swift_f0.SwiftF0(threads=1, spin=False).detect(sound, SAMPLE_RATE, 55.0, 400.0)

    found = track(sound, 55.0, 400.0)

    assert len(found.hertz) == max(1, len(sound) // HOP)
    np.testing.assert_allclose(found.hertz, whole.pitch_hz, rtol=1e-4)
    np.testing.assert_allclose(found.confidence, whole.confidence, atol=1e-4)
    np.testing.assert_allclose(found.seconds, whole.timestamps, atol=1e-9)
