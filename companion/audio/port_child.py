"""The process that holds PortAudio: one stream, two pipes, nothing else.

PortAudio hangs for good when a sound server stops answering, never notices devices that appear
later, and its callback would compete with inference for the interpreter. In a process of its
own it can be killed and started again, and its callback is never late. Imports stay few: a
child costs about 20 MB.

Messages are a type byte, a length (uint32) and that many bytes, little-endian.

To the parent: ``H`` JSON, the stream is open; ``A`` captured sound; ``P`` what was handed to
the speaker; ``E`` JSON, an error before the end. From the parent: ``W`` samples to play; ``C``
cut; ``L`` one byte, send so many captured blocks at a time. Each message costs three threads a
wake-up, so what nobody waits for goes in batches. Times are of the monotonic clock, which all
processes share.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import queue
import struct
import sys
import threading
import time
from typing import Any, Final

from companion.audio.devices import DeviceInfo, Kind, find_device
from companion.errors import DeviceError

HEAD: Final = struct.Struct("<cI")
CAPTURED: Final = struct.Struct("<dI")
"""Time of the last sample; overruns so far. Interleaved int16 follow."""
PLAYED: Final = struct.Struct("<ddIII")
"""When the block begins and ends to sound; cuts done; samples received since the last cut; samples
queued. What was handed over follows, mono int16, or nothing for silence."""

_BLOCK_S: Final = 0.02
_MAX_BATCH: Final = 10
"""Blocks, 0.2 s: far less than the parent takes for a stall."""
_MAX_WAITING: Final = 250
"""Blocks (5 s) kept for a parent that does not read; later ones are counted as overruns."""
_VIRTUAL_CHANNELS: Final = 32
"""A device that claims this many is a sound server's, which mixes down by itself."""
_FADE_S: Final = 0.010
_MAX_LATENCY_S: Final = 0.5


def main(arguments: list[str]) -> int:
    """Run as ``list``, ``capture`` or ``playback`` with a JSON device and rate."""
    private = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)  # ALSA and JACK print dozens of lines about devices that do not exist
    out = _Pipe(private)
    try:
        import pyaudio

        audio = pyaudio.PyAudio()
        if arguments[0] == "list":
            devices = [d.to_json() for d in _devices(audio)]
            os.write(private, json.dumps({"devices": devices}).encode())
            return 0
        wanted, rate = json.loads(arguments[1])
        stream = (_Capture if arguments[0] == "capture" else _Playback)(out)
        stream.open(audio, wanted, rate)
    except (ImportError, OSError, DeviceError) as error:
        text = str(error) if isinstance(error, DeviceError) else _explain(error)
        if arguments[0] == "list":
            os.write(private, json.dumps({"error": text}).encode())
        else:
            out.send(b"E", json.dumps({"error": text}).encode())
        return 1
    threading.Thread(target=_obey, args=(stream,), daemon=True).start()
    out.pump(stream.alive)
    return 1


def _explain(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "PyAudio cannot be loaded; install portaudio19-dev and run scripts/talk again"
    return f"the sound device cannot be opened: {error.args[0] if error.args else error}"


def _devices(audio: Any) -> list[DeviceInfo]:
    defaults = []
    for ask in (audio.get_default_input_device_info, audio.get_default_output_device_info):
        try:
            defaults.append(int(ask()["index"]))
        except OSError:
            defaults.append(-1)
    found = []
    for index in range(audio.get_device_count()):
        info = audio.get_device_info_by_index(index)
        found.append(
            DeviceInfo(
                index=index,
                name=str(info["name"]),
                host=str(audio.get_host_api_info_by_index(info["hostApi"])["name"]),
                inputs=int(info["maxInputChannels"]),
                outputs=int(info["maxOutputChannels"]),
                rate=int(info["defaultSampleRate"]),
                default_input=index == defaults[0],
                default_output=index == defaults[1],
            )
        )
    return found


class _Pipe:
    """Sends messages from the callback without ever making it wait."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._held: list[bytes] = []
        self.overruns = 0

    def post(self, kind: bytes, *parts: bytes, batch: int = 1) -> None:
        """Queue a message, and those before it that were kept for a batch; one thread only."""
        if self._waiting.qsize() >= _MAX_WAITING:
            self.overruns += 1
            return
        self._held.append(HEAD.pack(kind, sum(map(len, parts))) + b"".join(parts))
        if len(self._held) >= batch:
            self._waiting.put(b"".join(self._held))
            self._held.clear()

    def send(self, kind: bytes, payload: bytes) -> None:
        self._write(HEAD.pack(kind, len(payload)) + payload)

    def pump(self, alive: Any) -> None:
        while True:
            try:
                self._write(self._waiting.get(timeout=0.25))
            except queue.Empty:
                if not alive():
                    self.send(b"E", json.dumps({"error": "the device stopped"}).encode())
                    os._exit(1)  # closing a stream whose server is gone may hang

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except OSError:
                os._exit(0)  # the parent is gone


def _obey(stream: _Stream) -> None:
    source = sys.stdin.buffer
    while head := source.read(HEAD.size):
        if len(head) < HEAD.size:
            break
        kind, length = HEAD.unpack(head)
        stream.command(kind, source.read(length))
    os._exit(0)


class _Stream:
    kind: Kind

    def __init__(self, out: _Pipe) -> None:
        self.out = out
        self.rate = 0
        self.channels = 1
        self._stream: Any = None

    def open(self, audio: Any, wanted: str | int | None, rate: int | None) -> None:
        """Open the stream at the wanted rate or the device's own, and say so."""
        import pyaudio

        device = find_device(wanted, self.kind, _devices(audio))
        have = device.inputs if self.kind == "input" else device.outputs
        first = 1 if have >= _VIRTUAL_CHANNELS else min(2, have)
        rates = [r for r in (rate, device.rate, 48_000, 44_100, 16_000) if r]
        problem: Exception | None = None
        for hz in dict.fromkeys(rates):
            for channels in dict.fromkeys((first, 1, have)):
                self.rate, self.channels = hz, channels
                try:
                    self._stream = audio.open(
                        rate=hz,
                        channels=channels,
                        format=pyaudio.paInt16,
                        frames_per_buffer=round(hz * _BLOCK_S),
                        stream_callback=self.callback,
                        start=False,
                        **{self.kind: True, f"{self.kind}_device_index": device.index},
                    )
                except (OSError, ValueError) as error:
                    problem = error
                    continue
                header = {"name": device.name, "rate": hz, "channels": channels}
                self.out.send(b"H", json.dumps(header).encode())
                self._stream.start_stream()
                return
        raise OSError(f"{device.name}: {problem.args[0] if problem and problem.args else problem}")

    def alive(self) -> bool:
        return bool(self._stream.is_active())

    def command(self, kind: bytes, payload: bytes) -> None:
        """Obey the parent."""

    def callback(self, data: bytes, count: int, info: Any, status: int) -> tuple[bytes | None, int]:
        raise NotImplementedError


class _Capture(_Stream):
    kind: Kind = "input"
    _batch = 1

    def command(self, kind: bytes, payload: bytes) -> None:
        if kind == b"L":
            self._batch = min(max(payload[0], 1), _MAX_BATCH)

    def callback(self, data: bytes, count: int, info: Any, status: int) -> tuple[bytes | None, int]:
        if status:
            self.out.overruns += 1
        head = CAPTURED.pack(time.monotonic(), self.out.overruns)
        self.out.post(b"A", head, data, batch=self._batch)
        return None, 0  # paContinue


class _Playback(_Stream):
    kind: Kind = "output"

    def __init__(self, out: _Pipe) -> None:
        super().__init__(out)
        self._lock = threading.Lock()
        self._queue = bytearray()
        self._cuts = 0
        self._received = 0
        self._told = (0, 0, 0)

    def command(self, kind: bytes, payload: bytes) -> None:
        with self._lock:
            if kind == b"W":
                self._queue += payload
                self._received += len(payload) // 2
            elif kind == b"C":
                self._queue[:] = _faded(self._queue, round(self.rate * _FADE_S))
                self._cuts += 1
                self._received = 0

    def callback(self, data: bytes, count: int, info: Any, status: int) -> tuple[bytes | None, int]:
        begins = time.monotonic() + self._latency(info)
        with self._lock:
            mono = bytes(self._queue[: 2 * count])
            del self._queue[: 2 * count]
            state = (self._cuts, self._received, len(self._queue) // 2)
        ends = begins + count / self.rate
        idle = not mono and state == self._told
        self._told = state
        self.out.post(
            b"P", PLAYED.pack(begins, ends, *state), mono, batch=_MAX_BATCH if idle else 1
        )
        return self._spread(mono, count), 0

    def _latency(self, info: Any) -> float:
        stated = info["output_buffer_dac_time"] - info["current_time"]
        if not 0 < stated <= _MAX_LATENCY_S and self._stream is not None:
            stated = self._stream.get_output_latency()
        return float(min(max(stated, 0.0), _MAX_LATENCY_S))

    def _spread(self, mono: bytes, count: int) -> bytes:
        padded = mono + bytes(2 * count - len(mono))
        if self.channels == 1:
            return padded
        samples = array.array("h", padded)
        spread = array.array("h", bytes(2 * count * self.channels))
        for channel in range(min(2, self.channels)):
            spread[channel :: self.channels] = samples
        return spread.tobytes()


def _faded(queued: bytearray, length: int) -> bytes:
    kept = array.array("h", bytes(queued[: 2 * length]))
    total = len(kept)
    return array.array("h", (int(v * (1 - i / total)) for i, v in enumerate(kept))).tobytes()


if __name__ == "__main__":
    code = 1
    with contextlib.suppress(KeyboardInterrupt):
        code = main(sys.argv[1:])
    os._exit(code)  # PortAudio's own farewell may hang
