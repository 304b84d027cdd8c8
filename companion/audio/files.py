"""Sound files as microphone and speaker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
import soxr

from companion.audio.clock import VirtualClock, WallClock
from companion.audio.output import FADE_S
from companion.audio.timeline import FrameReader, Timeline, as_pcm
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, Samples
from companion.errors import AudioFileError

_BLOCK_S = 1.0
"""Files are read this much at a time, so that an hour costs no more memory than a minute."""
_KEEP_S = 1.0
"""How far back a file output's ``reference`` can look."""


class _Reader:
    """An open sound file, read as 16 kHz mono."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = soundfile.SoundFile(path)
        except (OSError, RuntimeError) as error:
            raise AudioFileError(_why(path)) from error
        if self._file.frames == 0:
            self._file.close()
            raise AudioFileError(f"{path} holds no sound; record something into it first")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def blocks(self) -> Iterator[Samples]:
        """Yield the sound in pieces of about a second, shape (n,) each.

        Raises:
            AudioFileError: the file is damaged.
        """
        rate = self._file.samplerate
        stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1)
        while True:
            try:
                block = self._file.read(max(1, round(rate * _BLOCK_S)), "float32", always_2d=True)
            except RuntimeError as error:
                raise AudioFileError(f"{self._path} is damaged; convert it again") from error
            mono: Samples = np.nan_to_num(block.mean(axis=1), posinf=0.0, neginf=0.0)
            last = len(block) == 0
            if stream is not None:
                mono = stream.resample_chunk(mono.astype(np.float32), last=last)
            if len(mono):
                yield mono
            if last:
                return


def _why(path: Path) -> str:
    if not path.exists():
        return f"there is no file {path}"
    if path.is_dir():
        return f"{path} is a folder, not a sound file"
    try:
        with path.open("rb") as file:
            if not file.read(1):
                return f"{path} is empty; record something into it first"
    except OSError as error:
        return f"cannot read {path}: {error.strerror}"
    return f"{path} is not a sound file that can be read; use WAV or FLAC"


def read_audio(path: Path) -> Samples:
    """Read a whole sound file as 16 kHz mono in [-1, 1], shape (n,).

    Raises:
        AudioFileError: the file is missing, unreadable, empty, damaged or not sound.
    """
    with _Reader(Path(path)) as reader:
        return np.concatenate([np.zeros(0, np.float32), *reader.blocks()])


class FileSource:
    """A sound file in place of the microphone.

    On a wall clock the frames come at the pace of real time; on a virtual clock as fast as the
    conversation takes them, the clock being advanced to each frame before it is delivered.
    After the file's end there is digital silence until ``finish`` is called.

    Args:
        path: WAV, FLAC or anything else libsndfile reads; any rate, channels and depth.
        clock: started or advanced by the frames.
        tail_s: end by itself after this much silence, seconds; None waits for ``finish``.

    Raises:
        AudioFileError: the file is missing, unreadable, empty or not sound.
    """

    echo_possible = False

    def __init__(
        self, path: Path, clock: WallClock | VirtualClock, *, tail_s: float | None = None
    ) -> None:
        self._reader = _Reader(Path(path))
        self._clock = clock
        self._tail = tail_s
        self._finished = False
        self._closed = False
        self.ended_at: float | None = None
        """When the file's own sound ended, on the clock; None until then."""

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield the file's frames, then silence.

        Raises:
            AudioFileError: the file is damaged.
        """
        self._clock.start()
        count = 0
        for pcm in self._sound():
            count += 1
            yield await self._timed(pcm, count)
            if self._closed:
                return
        self.ended_at = count * FRAME_S
        while not self._over(count):
            count += 1
            yield await self._timed(np.zeros(FRAME_SAMPLES, np.int16), count)

    def finish(self) -> None:
        """Let the silence after the file's end, now or later, be the end."""
        self._finished = True

    async def close(self) -> None:
        """End ``frames`` and close the file."""
        self._closed = True
        self._reader.__exit__(None, None, None)

    def _over(self, count: int) -> bool:
        silent = count * FRAME_S - (self.ended_at or 0.0)
        return self._closed or self._finished or (self._tail is not None and silent >= self._tail)

    async def _timed(self, pcm: Pcm, count: int) -> Frame:
        t = count * FRAME_S
        await self._clock.pace(t)
        return Frame(pcm, t)

    def _sound(self) -> Iterator[Pcm]:
        rest: Samples = np.zeros(0, np.float32)
        for block in self._reader.blocks():
            joined = np.concatenate((rest, block))
            whole = len(joined) // FRAME_SAMPLES * FRAME_SAMPLES
            for start in range(0, whole, FRAME_SAMPLES):
                yield as_pcm(joined[start : start + FRAME_SAMPLES] * 32768)
            rest = joined[whole:]
        if len(rest):
            yield as_pcm(np.pad(rest, (0, FRAME_SAMPLES - len(rest))) * 32768)


class FileOutput:
    """A WAV file in place of the speaker, on the same clock as the input.

    The file begins at input time zero; what is cut is not in it. It is written as time passes.

    Args:
        path: a 16-bit WAV file to write; None keeps nothing and behaves the same.
        clock: says when what is written begins to sound.
        rate: Hz that ``write`` takes and the file has.

    Raises:
        AudioFileError: the file cannot be written.
    """

    def __init__(
        self, path: Path | None, clock: WallClock | VirtualClock, rate: int = 22_050
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._sound = Timeline()
        self._reader = FrameReader(rate)
        self._saved = 0
        self._file: soundfile.SoundFile | None = None
        if path is not None:
            try:
                self._file = soundfile.SoundFile(path, "w", rate, 1, subtype="PCM_16", format="WAV")
            except (OSError, RuntimeError) as error:
                raise AudioFileError(f"cannot write {path}; does its folder exist?") from error

    def write(self, pcm: Pcm) -> None:
        """Queue mono samples; they sound from now on, or after what is queued."""
        now = self._settle()
        self._sound.put(max(now, self._sound.end), pcm)

    def cut(self) -> None:
        """Fade from now for 10 ms and drop the rest."""
        now = self._settle()
        stop = min(self._sound.end, now + round(FADE_S * self.rate))
        if stop <= now:
            return
        fading = self._sound.get(now, stop).astype(np.float32)
        self._sound.put(now, as_pcm(fading * np.linspace(1, 0, stop - now, dtype=np.float32)))
        self._sound.truncate(stop)

    def pending(self) -> float:
        """Return seconds written that have not sounded yet."""
        self._settle()
        return max(0.0, self._sound.end / self.rate - self._clock.now())

    def reference(self, until: float) -> Pcm:
        """Return what sounded in the 20 ms ending at ``until``; shape (320,), 16 kHz."""
        self._settle()
        return self._reader.read(self._sound, round(until * self.rate))

    def close(self) -> None:
        """Write the file to its end: until now, or until the last sample queued has sounded."""
        if self._file is not None:
            self._save(max(self._sound.end, self._now()))
            with suppress(RuntimeError):
                self._file.close()
            self._file = None

    def _now(self) -> int:
        return round(self._clock.now() * self.rate)

    def _settle(self) -> int:
        """Write what has sounded and forget it; return the index of now."""
        now = self._now()
        if self._saved < now - self.rate:
            self._save(now)
            self._sound.forget(now - round(_KEEP_S * self.rate))
        return now

    def _save(self, stop: int) -> None:
        if self._file is not None:
            for start in range(self._saved, stop, self.rate):
                self._file.write(self._sound.get(start, min(stop, start + self.rate)))
        self._saved = max(self._saved, stop)
