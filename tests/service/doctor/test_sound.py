"""What seconds of sound tell, on sounds made here."""

from __future__ import annotations

import numpy as np
import pytest

from companion.domain import SAMPLE_RATE, Pcm
from companion.service.doctor.findings import Finding, State
from companion.service.doctor.sound import (
    dbfs,
    delay_s,
    look_at_echo,
    look_at_microphone,
    sweep,
)

RNG = np.random.default_rng(4)


def noise(level_dbfs: float, seconds: float = 2.0, offset: float = 0.0) -> Pcm:
    samples = RNG.standard_normal(round(seconds * SAMPLE_RATE)) * 32768 * 10 ** (level_dbfs / 20)
    return np.clip(samples + offset * 32768, -32768, 32767).astype(np.int16)


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def test_a_quiet_room_is_well() -> None:
    one = only(look_at_microphone(noise(-60)))
    assert one.state is State.OK
    assert "-60 dBFS" in one.says


@pytest.mark.parametrize("value", [0, 17])
def test_one_constant_value_is_a_dead_microphone(value: int) -> None:
    one = only(look_at_microphone(np.full(SAMPLE_RATE, value, np.int16)))
    assert (one.about, one.state) == ("microphone.silent", State.FAIL)
    assert one.do


def test_nothing_at_all_fails() -> None:
    assert only(look_at_microphone(np.zeros(0, np.int16))).state is State.FAIL


def test_noise_clipping_and_offset_are_named() -> None:
    assert only(look_at_microphone(noise(-25))).about == "microphone.noise"
    loud = {one.about for one in look_at_microphone(noise(-3))}
    assert loud == {"microphone.noise", "microphone.clipping"}
    assert only(look_at_microphone(noise(-60, offset=0.1))).about == "microphone.offset"
    assert only(look_at_microphone(noise(-88))).about == "microphone.faint"


def test_speech_in_between_is_no_noise() -> None:
    heard = noise(-60, 3.0)
    heard[8000:20000] += noise(-20, 12_000 / SAMPLE_RATE)
    assert only(look_at_microphone(heard)).state is State.OK


@pytest.mark.parametrize("later", [0.0, 0.05, 0.18, 0.45])
def test_the_delay_is_found(later: float) -> None:
    far = np.concatenate([sweep(3.0, SAMPLE_RATE), np.zeros(SAMPLE_RATE, np.int16)])
    shift = round(later * SAMPLE_RATE)
    near = (np.roll(far, shift) // 4 + noise(-60, 4.0)).astype(np.int16)
    found, alike = delay_s(near, far)
    assert found == pytest.approx(later, abs=0.001)
    assert alike > 0.8


def test_without_an_echo_it_is_not_alike() -> None:
    assert delay_s(noise(-40, 3.0), sweep(3.0, SAMPLE_RATE))[1] < 0.05
    assert delay_s(np.zeros(3, np.int16), np.zeros(3, np.int16)) == (0.0, 0.0)


def test_echo_that_is_taken_out_is_well_and_one_that_stays_is_not() -> None:
    far = sweep(4.0, SAMPLE_RATE)
    near = (np.roll(far, 1600) // 2 + noise(-60, 4.0)).astype(np.int16)
    half = len(near) // 2
    gone = only(look_at_echo(noise(-60), near, far, noise(-58, 2.0)))
    assert gone.state is State.OK
    assert "100 ms" in gone.says
    stays = only(look_at_echo(noise(-60), near, far, near[half:]))
    assert (stays.about, stays.state) == ("echo.left", State.WARN)
    late = (np.roll(far, 7200) // 2 + noise(-60, 4.0)).astype(np.int16)
    assert only(look_at_echo(noise(-60), late, far, late[half:])).about == "echo.delay"
    assert only(look_at_echo(noise(-60), noise(-60, 4.0), far, noise(-60))).about == "echo.none"


def test_the_sweep_is_soft_and_as_loud_as_it_says() -> None:
    played = sweep(2.0, 48_000)
    assert len(played) == 96_000
    assert dbfs(played) == pytest.approx(-20.0, abs=0.5)
    assert abs(int(played[0])) < 50
    assert abs(int(played[-1])) < 200
