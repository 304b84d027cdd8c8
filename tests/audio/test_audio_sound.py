"""PyAudio against a real sound server: capture, playback, and the server dying."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from support.pulse import PulseRoom

from companion.audio.clock import WallClock
from companion.audio.devices import list_devices
from companion.audio.level import dbfs
from companion.audio.microphone import Microphone
from companion.audio.speaker import Speaker
from companion.domain import FRAME_S, Frame, Pcm

pytestmark = pytest.mark.sound

LOUD = -30.0


class Changes(list[str]):
    """Notes what a device reports."""

    def __call__(self, state: str, detail: str) -> None:
        self.append(state)


async def hear(microphone: Microphone, frames: list[Frame]) -> None:
    async for frame in microphone.frames():
        frames.append(frame)


async def until(condition: object, seconds: float) -> float:
    began = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - began < seconds, "did not happen in time"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def pitch(pcm: Pcm) -> float:
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * 16_000 / len(pcm))


async def test_the_microphone_hears_what_is_said_in_the_room(
    pulse: PulseRoom, tone_wav: Path
) -> None:
    clock = WallClock()
    microphone = Microphone(None, clock)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: saying.poll() is not None, 10)
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()
    loud = [f for f in frames if dbfs(f.pcm) > LOUD]
    assert 2.7 < len(loud) * FRAME_S < 3.3
    assert pitch(np.concatenate([f.pcm for f in loud[10:110]])) == pytest.approx(700, abs=2)
    steps = np.diff([f.t for f in frames])
    assert (steps > 0).all()
    assert frames[-1].t == pytest.approx(len(frames) * FRAME_S, abs=0.3)
    assert all(f.pcm.shape == (320,) and f.pcm.dtype == np.int16 for f in frames)
    assert microphone.overruns == 0


async def test_at_ease_it_hears_the_same_and_knows_when(pulse: PulseRoom, tone_wav: Path) -> None:
    clock = WallClock()
    microphone = Microphone(None, clock)
    frames: list[Frame] = []
    seen: list[float] = []

    async def listen() -> None:
        async for frame in microphone.frames():
            frames.append(frame)
            seen.append(clock.now())

    task = asyncio.create_task(listen())
    await until(lambda: len(frames) > 10, 5)
    microphone.at_ease(True)
    await asyncio.sleep(0.5)
    since = len(frames)
    await until(lambda: len(frames) > since + 75, 5)
    microphone.at_ease(False)
    eased = np.diff(seen[since : since + 75])
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: saying.poll() is not None, 10)
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()
    assert 20 <= (eased > 0.03).sum() <= 27, "in threes"
    loud = [f for f in frames if dbfs(f.pcm) > LOUD]
    assert 2.7 < len(loud) * FRAME_S < 3.3
    assert (np.diff([f.t for f in frames]) > 0).all()
    assert frames[-1].t == pytest.approx(len(frames) * FRAME_S, abs=0.3)
    assert microphone.overruns == 0


async def test_the_speaker_is_heard_and_knows_when_it_is_done(pulse: PulseRoom) -> None:
    clock = WallClock()
    clock.start()
    speaker = Speaker(None, clock)
    recording = pulse.record()
    pcm = tone_at(speaker.rate, 1.0)
    began = time.monotonic()
    for start in range(0, len(pcm), 1000):
        speaker.write(pcm[start : start + 1000])
    assert speaker.pending() == pytest.approx(1.0, abs=0.25)
    took = await until(lambda: speaker.pending() == 0, 3)
    assert time.monotonic() - began == pytest.approx(1.1, abs=0.2), took
    await asyncio.sleep(0.3)
    heard = recording.stop()
    speaker.close()
    clock.close()
    loud = np.flatnonzero(np.abs(heard.astype(int)) > 1000)
    span = heard[loud[0] : loud[-1]]
    assert len(span) / 16_000 == pytest.approx(1.0, abs=0.03)
    assert pitch(span) == pytest.approx(440, abs=2)
    windows = span[: len(span) // 160 * 160].reshape(-1, 160)
    assert (np.abs(windows.astype(int)).max(axis=1) > 3000).all(), "a gap in what was played"


async def test_a_cut_silences_the_speaker_within_100_ms(pulse: PulseRoom) -> None:
    clock = WallClock()
    clock.start()
    speaker = Speaker(None, clock)
    recording = pulse.record()
    speaker.write(tone_at(speaker.rate, 5.0))
    await until(lambda: np.abs(recording.pcm).max(initial=0) > 3000, 3)
    await asyncio.sleep(0.5)
    began = time.monotonic()
    speaker.cut()
    assert speaker.pending() < 0.2
    await until(lambda: speaker.pending() == 0, 1)
    assert time.monotonic() - began < 0.1
    await asyncio.sleep(0.5)
    # What is written after a cut is played.
    speaker.write(tone_at(speaker.rate, 0.3))
    await until(lambda: speaker.pending() == 0, 2)
    await asyncio.sleep(0.2)
    heard = np.abs(recording.stop().astype(int))
    speaker.close()
    clock.close()
    loud = np.flatnonzero(heard > 1000)
    pause = int(np.argmax(np.diff(loud)))
    first, second = loud[pause] - loud[0], loud[-1] - loud[pause + 1]
    assert first / 16_000 < 1.2
    assert np.diff(loud)[pause] / 16_000 > 0.35
    assert second / 16_000 == pytest.approx(0.3, abs=0.05)


async def test_the_reference_is_what_was_played(pulse: PulseRoom) -> None:
    clock = WallClock()
    speaker = Speaker(None, clock)
    clock.start()
    speaker.write(tone_at(speaker.rate, 1.0))
    parts = []
    t = 0.0
    while t < 1.6:
        t += FRAME_S
        await clock.until(t)
        parts.append(speaker.reference(t))
    speaker.close()
    clock.close()
    joined = np.concatenate(parts)
    loud = np.flatnonzero(np.abs(joined.astype(int)) > 3000)
    span = joined[loud[0] : loud[-1]]
    assert len(span) / 16_000 == pytest.approx(1.0, abs=0.05)
    assert loud[0] / 16_000 < 0.25
    assert pitch(span[800:-800]) == pytest.approx(440, abs=3)


async def test_a_killed_sound_server_is_survived_by_both(pulse: PulseRoom, tone_wav: Path) -> None:
    clock = WallClock()
    mic_said, out_said = Changes(), Changes()
    microphone = Microphone(None, clock, on_change=mic_said, silent_after_s=60)
    speaker = Speaker(None, clock, on_change=out_said)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    speaker.write(tone_at(speaker.rate, 5.0))
    await asyncio.sleep(0.3)
    pulse.kill()
    await until(lambda: "lost" in mic_said and "lost" in out_said, 8)
    await until(lambda: speaker.pending() == 0, 3)
    before = len(frames)
    await asyncio.sleep(1.0)
    assert len(frames) - before == pytest.approx(50, abs=15), "time stood still"
    speaker.write(tone_at(speaker.rate, 0.1))
    await asyncio.to_thread(pulse.restart)
    saying = pulse.say(tone_wav, wait=False)
    mark = len(frames)
    await until(lambda: any(dbfs(f.pcm) > LOUD for f in frames[mark:]), 10)
    recording = pulse.record()
    await until(lambda: "back" in out_said, 10)
    speaker.write(tone_at(speaker.rate, 0.5))
    await asyncio.sleep(1.2)
    assert np.abs(recording.stop().astype(int)).max(initial=0) > 3000
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    speaker.close()
    clock.close()
    assert mic_said == ["lost", "back"]
    assert out_said == ["lost", "back"]
    assert (np.diff([f.t for f in frames]) > 0).all()


async def test_a_microphone_that_stops_is_heard_again_when_it_delivers(
    pulse: PulseRoom, tone_wav: Path
) -> None:
    clock = WallClock()
    said = Changes()
    microphone = Microphone(None, clock, on_change=said, silent_after_s=60)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    pulse.suspend("vmic")
    await until(lambda: said == ["lost"], 8)
    await asyncio.sleep(3.0)
    pulse.suspend("vmic", False)
    mark = len(frames)
    saying = pulse.say(tone_wav, wait=False)
    took = await until(lambda: any(dbfs(f.pcm) > LOUD for f in frames[mark:]), 10)
    assert took < 10
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()
    assert said == ["lost", "back"]


async def test_a_crash_inside_the_sound_library_is_survived(pulse: PulseRoom) -> None:
    clock = WallClock()
    said = Changes()
    speaker = Speaker(None, clock, on_change=said)
    clock.start()
    recording = pulse.record()
    assert speaker.pid is not None
    os.kill(speaker.pid, signal.SIGSEGV)
    await until(lambda: said == ["lost", "back"], 8)
    speaker.write(tone_at(speaker.rate, 0.5))
    await until(lambda: speaker.pending() == 0, 2)
    assert np.abs(recording.stop().astype(int)).max(initial=0) > 3000
    speaker.close()
    clock.close()


async def test_a_frozen_sound_server_is_survived(pulse: PulseRoom, tone_wav: Path) -> None:
    clock = WallClock()
    said = Changes()
    microphone = Microphone(None, clock, on_change=said, silent_after_s=60)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    pulse.freeze()
    await until(lambda: said == ["lost"], 8)
    await asyncio.sleep(1.0)
    pulse.thaw()
    await until(lambda: said == ["lost", "back"], 10)
    mark = len(frames)
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: any(dbfs(f.pcm) > LOUD for f in frames[mark:]), 5)
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()
    assert said == ["lost", "back"]


async def test_a_silent_microphone_is_reported_once_until_it_sounds(
    pulse: PulseRoom, tone_wav: Path
) -> None:
    clock = WallClock()
    said = Changes()
    microphone = Microphone(None, clock, on_change=said, silent_after_s=1.5)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: said == ["silent"], 6)
    await asyncio.sleep(2.0)
    assert said == ["silent"]
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: said == ["silent", "sounding"], 5)
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()


async def test_a_muted_microphone_is_released_and_time_goes_on(
    pulse: PulseRoom, tone_wav: Path
) -> None:
    clock = WallClock()
    said = Changes()
    microphone = Microphone(None, clock, on_change=said, silent_after_s=60)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    microphone.mute()
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: pulse.captures() == 0, 3)
    mark = len(frames)
    await asyncio.sleep(1.5)
    assert len(frames) - mark == pytest.approx(75, abs=15)
    assert not any(f.pcm.any() for f in frames[mark:])
    microphone.unmute()
    await until(lambda: any(dbfs(f.pcm) > LOUD for f in frames[mark:]), 5)
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()
    assert said == []


async def test_a_microphone_that_begins_muted_is_opened_only_when_it_is_unmuted(
    pulse: PulseRoom, tone_wav: Path
) -> None:
    clock = WallClock()
    microphone = Microphone(None, clock, muted=True)
    frames: list[Frame] = []
    task = asyncio.create_task(hear(microphone, frames))
    await until(lambda: len(frames) > 10, 5)
    assert pulse.captures() == 0
    assert microphone.released
    microphone.unmute()
    await until(lambda: pulse.captures() == 1, 5)
    saying = pulse.say(tone_wav, wait=False)
    await until(lambda: any(dbfs(f.pcm) > LOUD for f in frames), 5)
    saying.wait()
    await microphone.close()
    await asyncio.wait_for(task, 3)
    clock.close()


def test_the_virtual_devices_are_listed(pulse: PulseRoom) -> None:
    devices = list_devices()
    assert any(d.name == "default" and d.default_input and d.can("output") for d in devices)


def tone_at(rate: int, seconds: float) -> Pcm:
    t = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * 440 * t) * 10_000).astype(np.int16)
