"""The worker process: ``python -m companion.hearing.speakers.worker FD JSON``.

It says ``{"ready": true}`` when both networks are loaded, answers one request after another, and
ends when nobody has asked for a while or when the house is gone. Ending is how its half gigabyte
is given back.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from companion.domain import JsonObject
from companion.hearing.speakers.wire import Floats, WireError, receive, send

if TYPE_CHECKING:
    from companion.hearing.speakers.worker.ears import Ears

_NOTHING: Final = np.empty(0, np.float32)
_ANSWER_S: Final = 10.0
"""The house reads an answer within this time, or is gone."""


def main(arguments: list[str]) -> int:
    """Serve until idle or alone; return the exit code."""
    line = socket.socket(fileno=int(arguments[0]))
    wanted = json.loads(arguments[1])
    _be_quiet()
    try:
        from companion.hearing.speakers.worker.environment import prepare

        prepare(int(wanted["threads"]))
        from companion.hearing.speakers.worker.ears import Ears

        ears = Ears(Path(wanted["segmentation"]), Path(wanted["voices"]))
    except Exception as error:
        return _say(line, {"error": _one_line(error)}) or 1
    if _say(line, {"ready": True}):
        return 0
    while True:
        try:
            _, sound = receive(line, until=time.monotonic() + float(wanted["idle_s"]))
        except WireError:
            return 0
        words, numbers = _answer(ears, sound)
        if _say(line, words, numbers):
            return 0


def _answer(ears: Ears, sound: Floats) -> tuple[JsonObject, Floats]:
    try:
        taken = ears.take_apart(sound)
    except Exception as error:
        return {"error": _one_line(error)}, _NOTHING
    words: JsonObject = {
        "seconds": list(taken.seconds),
        "overlap_s": taken.overlap_s,
        "changes": taken.changes,
    }
    return words, taken.embeddings


def _say(line: socket.socket, words: JsonObject, numbers: Floats = _NOTHING) -> int:
    """Return 0, or 1 when nobody listens any more."""
    try:
        send(line, words, numbers, until=time.monotonic() + _ANSWER_S)
    except WireError:
        return 1
    return 0


def _be_quiet() -> None:
    """Libraries print warnings nobody at home can act on."""
    if not os.environ.get("COMPANION_DEBUG"):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
