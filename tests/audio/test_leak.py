"""How much of what is heard was just played."""

from __future__ import annotations

import numpy as np
import pytest

from companion.audio.leak import WINDOW, echo_share
from companion.domain import Pcm

RNG = np.random.default_rng(4)
LAGS = 8000


def noise(count: int, level: float = 2000.0) -> Pcm:
    return RNG.normal(0, level, count).astype(np.int16)


@pytest.mark.parametrize("delay", [0, 1280, LAGS - 1])
def test_a_delayed_copy_explains_everything_at_any_delay(delay: int) -> None:
    far = noise(WINDOW + LAGS)
    start = len(far) - WINDOW - delay
    assert echo_share(far[start : start + WINDOW] // 2, far) == pytest.approx(1.0, abs=0.01)


def test_a_person_as_loud_as_the_echo_halves_it() -> None:
    far = noise(WINDOW + LAGS)
    both = far[LAGS - 500 : LAGS - 500 + WINDOW] + noise(WINDOW)
    assert echo_share(both, far) == pytest.approx(0.5, abs=0.1)


def test_somebody_else_and_silence_are_no_echo() -> None:
    assert echo_share(noise(WINDOW), noise(WINDOW + LAGS)) < 0.05
    assert echo_share(noise(WINDOW), np.zeros(WINDOW + LAGS, np.int16)) < 0.05
    assert echo_share(np.zeros(WINDOW, np.int16), noise(WINDOW + LAGS)) == 0.0
