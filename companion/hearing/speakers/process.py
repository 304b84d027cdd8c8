"""Keeps the worker process: started when first asked, started again when it dies.

Torch and pyannote take half a gigabyte and several seconds to import, so they live in a process of
their own that ends by itself when nobody has asked for a while. Blocking; for one thread at a
time.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from companion.domain import JsonObject, Samples
from companion.errors import SpeakerError
from companion.hearing.speakers.nouns import Taken, Voice
from companion.hearing.speakers.wire import LONGEST_S, Floats, WireError, receive, send

START_S: Final = 90.0
"""A worker that is not ready by then hangs; a Raspberry Pi needs about 30 s from a cold card."""

ANSWER_S: Final = 20.0
"""An answer that takes longer than this never comes."""

_REST_S: Final = (5.0, 30.0, 120.0, 600.0)
"""After so many failures in a row, the next start waits this long."""

_NOTHING: Final = np.empty(0, np.float32)

Command = Callable[[int], list[str]]
"""Takes the number of the socket, returns the command line of a worker."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the networks lie."""

    segmentation: Path
    """Folder of the segmentation network."""
    voices: Path
    """Folder of the network that describes a voice."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    line: socket.socket = field(repr=False)


class WorkerProcess:
    """A worker that is there when it is needed.

    Args:
        weights: the networks.
        idle_s: it ends after so many seconds without a question.
        threads: how many it may use.
        command: how it is started; None is the real one.
        clock: seconds that only grow.
        start_s: patience with a start.
        answer_s: patience with an answer.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        idle_s: float = 300.0,
        threads: int = 1,
        command: Command | None = None,
        clock: Callable[[], float] = time.monotonic,
        start_s: float = START_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        wanted = {
            "segmentation": str(weights.segmentation),
            "voices": str(weights.voices),
            "idle_s": idle_s,
            "threads": threads,
        }
        self._command = command or _real_command(wanted)
        self._clock = clock
        self._start_s = start_s
        self._answer_s = answer_s
        self._child: _Child | None = None
        self._failures = 0
        self._rests_until = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a live process."""
        return self._child is not None and self._child.process.poll() is None

    @property
    def pid(self) -> int | None:
        """Of the live process, if there is one."""
        return self._child.process.pid if self._child and self.running else None

    def warm(self) -> None:
        """Start it now, so that the first question is answered at once.

        Raises:
            SpeakerError: it cannot be started.
        """
        if not self.running:
            self._start()

    def take_apart(self, samples: Samples) -> Taken:
        """Return the voices in a stretch of sound; a worker that died is replaced once.

        Args:
            samples: 16 kHz mono; what is longer than two minutes is cut.

        Raises:
            SpeakerError: the worker cannot be started, does not answer, or cannot make sense of it.
        """
        sound = np.nan_to_num(np.asarray(samples, np.float32))[: int(LONGEST_S * 16_000)]
        for again in (True, False):
            fresh = not self.running
            try:
                if fresh:
                    self._start()
                return self._ask(sound)
            except WireError as error:
                self._end()
                # An idle worker may end just as it is asked; one just started has no such excuse.
                if fresh or not again or "time" in str(error):
                    raise self._failed(f"the speaker check failed: {error}") from error
        raise AssertionError("unreachable")

    def interrupt(self) -> None:
        """Make whatever is being waited for fail, for good; from any thread."""
        self._rests_until = math.inf
        child = self._child
        if child is not None:
            child.process.kill()

    def close(self) -> None:
        """End the process and give its memory back."""
        self._end()

    def _ask(self, sound: Floats) -> Taken:
        assert self._child is not None
        until = time.monotonic() + self._answer_s
        send(self._child.line, {"ask": "voices"}, sound, until=until)
        words, numbers = receive(self._child.line, until=until)
        if "error" in words:
            raise SpeakerError(f"the speaker check failed: {words['error']}")
        self._failures = 0
        return _taken(words, numbers)

    def _start(self) -> None:
        self._end()
        if self._clock() < self._rests_until:
            raise SpeakerError("the speaker check failed and is tried again in a while")
        ours, theirs = socket.socketpair()
        try:
            process = subprocess.Popen(
                self._command(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as error:
            ours.close()
            raise self._failed(f"the speaker check cannot be started: {error}") from error
        finally:
            theirs.close()
        self._child = _Child(process, ours)
        if self._rests_until == math.inf:  # interrupted just now
            process.kill()
        try:
            words, _ = receive(ours, until=time.monotonic() + self._start_s)
        except WireError as error:
            self._end()
            raise self._failed(f"the speaker check cannot be started: {error}") from error
        if "error" in words:
            self._end()
            raise self._failed(_explain(str(words["error"])))

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.line.close()
        with suppress(ProcessLookupError):
            child.process.kill()
        child.process.wait()

    def _failed(self, text: str) -> SpeakerError:
        rest = _REST_S[min(self._failures, len(_REST_S) - 1)]
        self._failures += 1
        if self._failures > 1 and self._rests_until < math.inf:
            self._rests_until = self._clock() + rest
        return SpeakerError(text)


def _taken(words: JsonObject, numbers: Floats) -> Taken:
    try:
        seconds = [float(one) for one in words["seconds"]]
        rows = numbers.reshape(len(seconds), -1) if seconds else numbers.reshape(0, 0)
        voices = tuple(Voice(row, s) for row, s in zip(rows, seconds, strict=True))
        return Taken(voices, float(words["overlap_s"]), int(words["changes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WireError("the other side sent something that is no answer") from error


def _real_command(wanted: JsonObject) -> Command:
    module = "companion.hearing.speakers.worker"
    return lambda line: [sys.executable, "-m", module, str(line), json.dumps(wanted)]


def _explain(error: str) -> str:
    if error.startswith(("ModuleNotFoundError", "ImportError")):
        return (
            "the speaker check needs the extra 'speakers', which is not installed; "
            "see docs/speakers.md"
        )
    return f"the speaker check cannot be started: {error}"
