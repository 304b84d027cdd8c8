"""The echo canceller on real speech."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from companion.audio.delay import estimate_delay
from companion.audio.echo import EchoCanceller
from companion.audio.files import read_audio
from companion.domain import FRAME_SAMPLES, Pcm

SECOND = 16_000
LAG = 128


def speech(paths: list[Path], seconds: int) -> Pcm:
    joined = np.concatenate([read_audio(path) for path in paths])
    return (joined[: seconds * SECOND] * 32767).astype(np.int16)


def echoed(far: Pcm, delay_s: float, gain_db: float = -6.0) -> Pcm:
    room = np.zeros(400)
    for at, gain in ((0, 1), (0.0031, 0.42), (0.0074, -0.31), (0.0119, 0.22), (0.0231, -0.12)):
        room[round(at * SECOND)] = gain * 10 ** (gain_db / 20)
    shift = round(delay_s * SECOND)
    wet = np.convolve(far, room)
    wet = np.concatenate((np.zeros(max(0, shift)), wet[max(0, -shift) :], np.zeros(SECOND)))
    return np.clip(wet[: len(far)], -32768, 32767).astype(np.int16)


def run(canceller: EchoCanceller, near: Pcm, far: Pcm) -> Pcm:
    whole = range(0, len(near) // FRAME_SAMPLES * FRAME_SAMPLES, FRAME_SAMPLES)
    parts = [canceller.process(near[i : i + 320], far[i : i + 320]) for i in whole]
    assert all(part.shape == (320,) and part.dtype == np.int16 for part in parts)
    return np.concatenate(parts)


def power_db(pcm: Pcm) -> float:
    return float(10 * np.log10(np.mean(pcm.astype(float) ** 2) + 1e-9))


def power_per_frame(pcm: Pcm) -> np.ndarray:
    return 10 * np.log10(np.mean(pcm.reshape(-1, 320).astype(float) ** 2, axis=1) + 1e-9)


def mix(one: Pcm, other: Pcm) -> Pcm:
    return np.clip(one.astype(int) + other, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("delay_s", [0.0, 0.08, 0.3, 0.7])
def test_the_echo_of_speech_is_removed_at_any_delay(voices: list[Path], delay_s: float) -> None:
    far = speech(voices[:6], 16)
    near = echoed(far, delay_s)
    canceller = EchoCanceller()
    out = run(canceller, near, far)
    settled = slice(5 * SECOND, 15 * SECOND)
    assert power_db(near[settled]) - power_db(out[settled]) > 20
    assert canceller.erle_db > 20
    assert canceller.delay_s == pytest.approx(delay_s, abs=0.005)
    assert not canceller.converging


def test_an_echo_that_jumps_about_is_silenced_and_a_person_is_not(voices: list[Path]) -> None:
    far = speech(voices[:6], 16)
    delays = (0.18, 0.13, 0.16, 0.11, 0.15, 0.12, 0.14, 0.10)  # as a sound server shifts them
    parts = [
        echoed(far, delay)[i * 2 * SECOND : (i + 1) * 2 * SECOND] for i, delay in enumerate(delays)
    ]
    near = np.concatenate(parts)
    out = run(EchoCanceller(), near, far)
    loud = np.abs(out.reshape(-1, 320).astype(int)).max(axis=1) > 1000
    assert np.mean(loud[100:]) < 0.01  # without the gate: about 0.05
    person = speech(voices[6:8], 4)
    near[8 * SECOND : 8 * SECOND + len(person)] = mix(near[8 * SECOND :][: len(person)], person)
    heard = run(EchoCanceller(), near, far)[8 * SECOND :][: len(person)]
    spoken = power_db(person.reshape(-1, 320)[power_per_frame(person) > -40 + power_db(person)])
    assert power_db(heard) > spoken - 10


def test_it_says_that_it_is_still_converging(voices: list[Path]) -> None:
    far = speech(voices[:4], 4)
    near = echoed(far, 0.08)
    canceller = EchoCanceller()
    assert canceller.converging
    run(canceller, near[:SECOND], far[:SECOND])
    assert canceller.converging
    run(canceller, near[SECOND:], far[SECOND:])
    assert not canceller.converging


def test_a_person_speaking_over_the_voice_is_still_heard(voices: list[Path]) -> None:
    far, person = speech(voices[:6], 20), speech(voices[10:18], 20)
    person[: 8 * SECOND] = 0
    out = run(EchoCanceller(), mix(echoed(far, 0.08), person), far)
    said = person[8 * SECOND - LAG : len(out) - LAG].astype(float)
    heard = out[8 * SECOND :].astype(float)
    likeness = said @ heard / np.sqrt((said @ said) * (heard @ heard))
    kept_db = 20 * np.log10(said @ heard / (said @ said))
    assert likeness > 0.7
    assert kept_db > -8


def test_nothing_played_means_nothing_touched_and_hardly_any_work(voices: list[Path]) -> None:
    near = speech(voices[:8], 20)
    far = np.zeros_like(near)
    began = time.process_time()
    out = run(EchoCanceller(), near, far)
    assert time.process_time() - began < 0.005 * 20
    assert (out[LAG:] == near[: len(out) - LAG]).all()


def test_switching_on_and_off_neither_loses_nor_repeats_sound(voices: list[Path]) -> None:
    person, reply = speech(voices[:6], 12), speech(voices[20:24], 12)
    far = np.zeros_like(person)
    far[2 * SECOND : 4 * SECOND] = reply[: 2 * SECOND]
    far[8 * SECOND : 9 * SECOND] = reply[2 * SECOND : 3 * SECOND]
    out = run(EchoCanceller(), person, far)  # headphones: nothing echoes
    for start in (0, 6, 11):
        after = slice(start * SECOND + LAG, (start + 1) * SECOND)
        before = slice(start * SECOND, (start + 1) * SECOND - LAG)
        assert (out[after] == person[before]).all()
    around = slice(2 * SECOND - 800, 2 * SECOND + 800)
    steps = np.abs(np.diff(out[around].astype(int))).max()
    plain = np.abs(np.diff(person[around].astype(int))).max()
    assert steps < 2 * plain + 500, "a click where the canceller was switched on"


def test_the_delay_is_found_only_where_there_is_an_echo(voices: list[Path]) -> None:
    far, person = speech(voices[:4], 10), speech(voices[10:14], 10)
    both = mix(echoed(far, 0.12), person)
    for start in range(0, 6 * SECOND, SECOND):
        part = slice(start, start + 3 * SECOND)
        assert estimate_delay(both[part], far[part]) == pytest.approx(0.12, abs=0.002)
        assert estimate_delay(person[part], far[part]) is None
    assert estimate_delay(np.zeros(48_000, np.int16), far[:48_000]) is None
