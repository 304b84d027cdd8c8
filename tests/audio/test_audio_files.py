"""Files as microphone and speaker."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from companion.audio.clock import VirtualClock, WallClock
from companion.audio.files import FileOutput, FileSource, read_audio
from companion.domain import FRAME_S, Frame, Pcm
from companion.errors import AudioFileError


def tone(rate: int, seconds: float, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)


async def all_frames(source: FileSource) -> list[Frame]:
    return [frame async for frame in source.frames()]


@pytest.mark.parametrize(
    ("rate", "channels", "subtype", "suffix", "tolerance"),
    [
        (16_000, 1, "PCM_16", "wav", 0.002),
        (8_000, 1, "PCM_U8", "wav", 0.02),
        (48_000, 2, "PCM_24", "wav", 0.002),
        (44_100, 2, "FLOAT", "wav", 0.002),
        (22_050, 1, "PCM_16", "flac", 0.002),
        (48_000, 6, "PCM_16", "wav", 0.002),
    ],
)
def test_any_form_of_sound_is_read(
    tmp_path: Path, rate: int, channels: int, subtype: str, suffix: str, tolerance: float
) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.tile(tone(rate, 2.5)[:, None], channels), rate, subtype=subtype)
    samples = read_audio(path)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(2.5 * 16_000, abs=2)
    middle = slice(4000, 36_000)
    assert np.abs(samples[middle] - tone(16_000, 2.5)[middle]).max() < tolerance


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no file"),
        (b"", "is empty"),
        (b"this is a letter, not a recording" * 40, "not a sound file"),
        (b"RIFF\x00\x00", "not a sound file"),
    ],
)
def test_what_is_not_sound_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioFileError, match=says) as caught:
        FileSource(path, VirtualClock())
    assert "\n" not in str(caught.value)
    with pytest.raises(AudioFileError, match=says):
        read_audio(path)


def test_a_folder_and_a_file_without_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="is a folder"):
        read_audio(tmp_path)
    path = tmp_path / "none.wav"
    soundfile.write(path, np.zeros(0), 16_000)
    with pytest.raises(AudioFileError, match="holds no sound"):
        read_audio(path)


def test_a_cut_off_flac_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.flac"
    noise = np.random.default_rng(1).normal(0, 0.1, 64_000)
    soundfile.write(path, noise, 16_000)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(AudioFileError, match="damaged"):
        read_audio(path)


def test_values_that_are_no_numbers_become_silence(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(1600, np.nan), 16_000, subtype="FLOAT")
    assert not read_audio(path).any()


async def test_frames_carry_the_whole_file_then_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(48_000, 1.01), 48_000)
    clock = VirtualClock()
    source = FileSource(path, clock, tail_s=0.5)
    frames = []
    async for frame in source.frames():
        assert clock.now() == pytest.approx(frame.t), "the clock is at the frame's end"
        assert frame.pcm.shape == (320,)
        frames.append(frame)
    clock.close()
    assert [f.t for f in frames] == pytest.approx([FRAME_S * (i + 1) for i in range(76)])
    joined = np.concatenate([f.pcm for f in frames]) / 32768
    assert np.abs(joined[:16_160] - read_audio(path)).max() < 1e-4
    assert not joined[16_320:].any()
    await source.close()


async def test_silence_goes_on_until_the_conversation_finishes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(16_000, 0.1), 16_000)
    clock = VirtualClock()
    source = FileSource(path, clock)
    count = 0
    async for frame in source.frames():
        count += 1
        if frame.t >= 3.0 - 1e-9:
            assert source.ended_at == pytest.approx(0.1)
            source.finish()
        assert count < 1000
    clock.close()
    assert count == 150
    await source.close()


async def test_a_wall_clock_paces_without_drift(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(16_000, 0.6), 16_000)
    clock = WallClock()
    source = FileSource(path, clock, tail_s=0.2)
    began = time.monotonic()
    late = []
    async for frame in source.frames():
        late.append(clock.now() - frame.t)
        time.sleep(0.004)  # noqa: ASYNC251 - a listener that is busy
    assert min(late) >= -0.002, "a frame came before it was spoken"
    assert time.monotonic() - began == pytest.approx(0.8, abs=0.15)
    clock.close()
    await source.close()


async def test_an_hour_is_not_loaded_whole(tmp_path: Path) -> None:
    path = tmp_path / "hour.flac"
    minute = np.zeros(22_050 * 60, np.int16)
    with soundfile.SoundFile(path, "w", 22_050, 1) as file:
        for _ in range(60):
            file.write(minute)
    source = FileSource(path, VirtualClock())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = sum(len(pcm) for pcm in source._sound()) / 16_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    await source.close()
    assert seconds == pytest.approx(3600, abs=0.02)
    assert grown < 30_000, f"{grown} KiB"


async def spend(clock: VirtualClock, output: FileOutput, until: float) -> list[Pcm]:
    """Let input time pass in frames and return what sounded, 16 kHz."""
    parts = []
    while clock.now() < until - 1e-9:
        t = round(clock.now() / FRAME_S + 1) * FRAME_S
        await clock.advance(t)
        parts.append(output.reference(t))
    return parts


async def test_the_output_lies_on_the_input_clock(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    clock = VirtualClock()
    output = FileOutput(path, clock)
    pcm = (tone(22_050, 1.0) * 32767).astype(np.int16)
    assert output.pending() == 0
    await spend(clock, output, 2.0)
    for start in range(0, len(pcm), 700):
        output.write(pcm[start : start + 700])
    assert output.pending() == pytest.approx(1.0, abs=1e-4)
    await spend(clock, output, 2.5)
    assert output.pending() == pytest.approx(0.5, abs=1e-4)
    await spend(clock, output, 5.0)
    assert output.pending() == 0
    output.close()
    clock.close()
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (22_050, 1, "PCM_16")
    written, _ = soundfile.read(path, dtype="int16")
    assert len(written) == 5 * 22_050
    assert (written[2 * 22_050 : 3 * 22_050] == pcm).all()
    assert not written[: 2 * 22_050].any()
    assert not written[3 * 22_050 :].any()


async def test_what_is_cut_is_neither_heard_nor_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    clock = VirtualClock()
    output = FileOutput(path, clock, rate=16_000)
    output.write(np.full(16_000 * 10, 8000, np.int16))
    await spend(clock, output, 1.0)
    output.cut()
    assert output.pending() == pytest.approx(0.01)
    await spend(clock, output, 1.5)
    output.write(np.full(1600, 5000, np.int16))
    output.close()
    clock.close()
    written, _ = soundfile.read(path, dtype="int16")
    assert len(written) == 16_000 * 1.6
    assert (written[:16_000] == 8000).all()
    fade = written[16_000:16_160]
    assert (np.diff(fade) < 0).all()
    assert fade[-1] == 0
    assert not written[16_160:24_000].any()
    assert (written[24_000:] == 5000).all()


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("named", [True, False])
async def test_the_reference_is_the_output_at_16_khz(
    tmp_path: Path, rate: int, named: bool
) -> None:
    clock = VirtualClock()
    output = FileOutput(tmp_path / "o.wav" if named else None, clock, rate=rate)
    output.write((tone(rate, 1.0, hz=1000) * 32767).astype(np.int16))
    heard = np.concatenate(await spend(clock, output, 1.4)) / 32767
    output.close()
    clock.close()
    expected = tone(16_000, 1.0, hz=1000)
    assert np.abs(heard[100:15_900] - expected[100:15_900]).max() < 0.01
    assert not heard[16_320:].any()


async def test_an_hour_of_output_costs_no_memory(tmp_path: Path) -> None:
    clock = VirtualClock()
    output = FileOutput(tmp_path / "o.wav", clock)
    pcm = np.ones(22_050, np.int16)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for second in range(0, 3600, 10):
        await clock.advance(float(second))
        output.write(pcm)
        output.pending()
    output.close()
    clock.close()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert soundfile.info(tmp_path / "o.wav").duration == pytest.approx(3591, abs=0.1)
    assert grown < 20_000, f"{grown} KiB"


def test_an_output_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot write"):
        FileOutput(tmp_path / "no" / "such" / "folder.wav", VirtualClock())
