"""The small parts of audio: timeline, levels, device names, the echoing room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from companion.audio.clock import VirtualClock
from companion.audio.devices import DeviceInfo, find_device, list_devices
from companion.audio.files import FileOutput, FileSource
from companion.audio.level import FLOOR_DBFS, Meter, dbfs
from companion.audio.microphone import Microphone
from companion.audio.port_child import HEAD, _Capture, _faded, _Pipe, _Playback
from companion.audio.room import EchoingRoom
from companion.audio.speaker import Speaker
from companion.audio.timeline import Timeline
from companion.errors import DeviceError

KITCHEN = [
    DeviceInfo(0, "HDA Intel PCH: ALC257 Analog (hw:0,0)", "ALSA", 2, 2, 44_100),
    DeviceInfo(1, "HDMI 0", "ALSA", 0, 8, 44_100),
    DeviceInfo(2, "Jabra SPEAK 410 USB: Audio (hw:2,0)", "ALSA", 1, 2, 16_000),
    DeviceInfo(5, "default", "ALSA", 32, 32, 44_100, True, True),
]


def test_levels_are_decibels_below_full_scale() -> None:
    assert dbfs(np.full(320, 16_384, np.int16)) == pytest.approx(-6.02, abs=0.01)
    assert dbfs(np.zeros(320, np.int16)) == FLOOR_DBFS
    assert dbfs(np.zeros(0, np.int16)) == FLOOR_DBFS
    assert dbfs(np.full(320, -32_768, np.int16)) == pytest.approx(0.0)


def test_a_meter_rises_at_once_and_falls_slowly() -> None:
    meter = Meter(fall_db_s=30)
    meter.update(np.full(320, 16_384, np.int16))
    assert meter.rms == pytest.approx(-6, abs=0.1)
    for _ in range(50):
        meter.update(np.zeros(320, np.int16))
    assert meter.rms == pytest.approx(-36, abs=0.5)
    assert meter.peak == pytest.approx(-36, abs=0.5)
    for _ in range(500):
        meter.update(np.zeros(320, np.int16))
    assert meter.rms == FLOOR_DBFS
    assert meter.share == 0


@pytest.mark.parametrize(
    ("wanted", "kind", "index"),
    [
        (None, "input", 5),
        ("jabra", "input", 2),
        ("speak usb", "output", 2),
        ("DEFAULT", "output", 5),
        ("hdmi", "output", 1),
        (0, "input", 0),
        ("2", "input", 2),
    ],
)
def test_a_device_is_found_by_name_part_or_index(
    wanted: str | int | None, kind: str, index: int
) -> None:
    assert find_device(wanted, kind, KITCHEN).index == index  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "kind", "says"),
    [
        ("jarba", "input", "did you mean 'Jabra"),
        ("hdmi", "input", "no microphone named 'hdmi'"),
        (9, "output", "no speaker with index 9; there are 0, 1, 2, 5"),
    ],
)
def test_an_unknown_device_names_what_there_is(wanted: str | int, kind: str, says: str) -> None:
    with pytest.raises(DeviceError, match=says):
        find_device(wanted, kind, KITCHEN)  # type: ignore[arg-type]


def test_no_device_at_all_is_one_line() -> None:
    with pytest.raises(DeviceError, match="no microphone found"):
        find_device(None, "input", [])


@pytest.mark.usefixtures("nowhere")
def test_a_machine_without_sound_says_so_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    assert list_devices() == []
    with pytest.raises(DeviceError, match="no microphone found"):
        Microphone(None, _clock())
    with pytest.raises(DeviceError, match="no speaker found"):
        Speaker(None, _clock())
    out, err = capfd.readouterr()
    assert (out, err) == ("", ""), "ALSA or JACK printed to the terminal"


def _clock() -> VirtualClock:
    return VirtualClock()


@given(
    st.lists(
        st.tuples(st.sampled_from("pgtf"), st.integers(0, 60), st.integers(0, 30)), max_size=20
    )
)
def test_a_timeline_is_an_endless_array_of_zeros_written_to(
    steps: list[tuple[str, int, int]],
) -> None:
    timeline, model, kept = Timeline(), np.zeros(200, np.int16), 0
    for number, (step, at, length) in enumerate(steps, 1):
        if step == "p":
            at = max(at, kept)
            kept = at if timeline.empty else kept
            timeline.put(at, np.full(length, number, np.int16))
            model[at : at + length] = number
        elif step == "t":
            timeline.truncate(at)
            model[at:] = 0
        elif step == "f":
            timeline.forget(at)
            kept = max(kept, at)
        start = max(at, kept)
        assert (timeline.get(start, start + length) == model[start : start + length]).all()


def test_a_fade_ends_in_silence_and_is_short() -> None:
    queued = bytearray(np.full(4800, 10_000, np.int16).tobytes())
    faded = np.frombuffer(_faded(queued, 480), np.int16)
    assert len(faded) == 480
    assert faded[0] == 10_000
    assert abs(int(faded[-1])) < 50
    assert _faded(bytearray(), 480) == b""


def _told(sound: _Playback, blocks: int) -> list[int]:
    """Play some blocks; return of each batch that went to the parent how many it held."""
    info = {"output_buffer_dac_time": 0.02, "current_time": 0.0}
    for _ in range(blocks):
        sound.callback(b"", 160, info, 0)
    found, waiting = [], sound.out._waiting
    while not waiting.empty():
        data, count = waiting.get(), 0
        while data:
            kind, length = HEAD.unpack_from(data)
            assert kind == b"P"
            data, count = data[HEAD.size + length :], count + 1
        found.append(count)
    return found


def test_silence_is_told_in_batches_and_sound_at_once() -> None:
    sound = _Playback(_Pipe(-1))
    sound.rate = 8000
    assert _told(sound, 25) == [10, 10]
    sound.command(b"W", bytes(2 * 320))
    assert _told(sound, 1) == [6], "what was kept goes first"
    assert _told(sound, 1) == [1], "the last sound, and that nothing is left"
    assert _told(sound, 9) == []
    sound.command(b"C", b"")
    assert _told(sound, 1) == [10], "a cut is told at once"
    assert sound.out.overruns == 0


def test_captured_sound_goes_in_batches_while_nobody_needs_it_sooner() -> None:
    sound = _Capture(_Pipe(-1))
    for batch, blocks, messages in ((1, 4, 4), (3, 7, 2), (1, 1, 1), (0, 2, 2)):
        sound.command(b"L", bytes([batch]))
        for _ in range(blocks):
            sound.callback(bytes(320), 160, {}, 0)
        assert sound.out._waiting.qsize() == messages
        while not sound.out._waiting.empty():
            sound.out._waiting.get()


async def test_the_room_returns_what_is_played(tmp_path: Path) -> None:
    path = tmp_path / "quiet.wav"
    soundfile.write(path, np.zeros(16_000 * 2), 16_000)

    async def talk() -> np.ndarray:
        clock = VirtualClock()
        output = FileOutput(None, clock, rate=16_000)
        room = EchoingRoom(
            FileSource(path, clock, tail_s=0), output, gain_db=-6, delay_s=0.08, reflections=False
        )
        heard = []
        async for frame in room.frames():
            if len(heard) == 24:
                output.write(np.full(8000, 10_000, np.int16))
            heard.append(frame.pcm)
        await room.close()
        clock.close()
        return np.concatenate(heard)

    heard = await talk()
    loud = np.flatnonzero(heard)
    assert loud[0] == pytest.approx((0.5 + 0.08) * 16_000, abs=1)
    assert loud[-1] - loud[0] == pytest.approx(8000, abs=2)
    assert np.median(heard[loud]) == pytest.approx(10_000 * 10 ** (-6 / 20), abs=1)
    assert (heard == await talk()).all(), "not the same twice"
