"""What the house and the worker process say to each other.

A message is two lengths (uint32, little-endian), that many bytes of JSON and that many bytes of
float32 numbers. The house asks with sound and is answered with voices, or with one line of
``error``. Nothing is ever written to a disk.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import JsonObject

Floats = NDArray[np.float32]

_HEAD: Final = struct.Struct("<II")
LONGEST_S: Final = 120.0
"""Seconds of sound in one message, at most."""
_MOST_BYTES: Final = int(LONGEST_S * 16_000 * 4)
_MOST_WORDS: Final = 1 << 16


class WireError(Exception):
    """The other side is gone, late, or does not speak this language."""


def send(line: socket.socket, words: JsonObject, numbers: Floats, *, until: float | None) -> None:
    """Send one message.

    Args:
        line: connected to the other side.
        words: what JSON can hold.
        numbers: any shape; it arrives flat.
        until: when to give up, on the monotonic clock; None waits forever.

    Raises:
        WireError: the other side is gone, or does not read in time.
    """
    text = json.dumps(words).encode()
    body = np.ascontiguousarray(numbers, np.float32).tobytes()
    if len(body) > _MOST_BYTES:
        raise WireError("that is too much sound for one message")
    try:
        line.settimeout(_left(until))
        line.sendall(_HEAD.pack(len(text), len(body)) + text + body)
    except OSError as error:
        raise WireError(_why(error)) from error


def receive(line: socket.socket, *, until: float | None) -> tuple[JsonObject, Floats]:
    """Wait for one message; arguments and errors are those of ``send``."""
    head = _read(line, _HEAD.size, until)
    words, numbers = _HEAD.unpack(head)
    if words > _MOST_WORDS or numbers > _MOST_BYTES or numbers % 4:
        raise WireError("the other side sent something that is no message")
    try:
        said = json.loads(_read(line, words, until))
    except ValueError as error:
        raise WireError("the other side sent something that is no message") from error
    if not isinstance(said, dict):
        raise WireError("the other side sent something that is no message")
    return said, np.frombuffer(_read(line, numbers, until), np.float32)


def _read(line: socket.socket, count: int, until: float | None) -> bytes:
    got = bytearray()
    while len(got) < count:
        try:
            line.settimeout(_left(until))
            part = line.recv(count - len(got))
        except OSError as error:
            raise WireError(_why(error)) from error
        if not part:
            raise WireError("the other side is gone")
        got += part
    return bytes(got)


def _left(until: float | None, clock: Callable[[], float] = time.monotonic) -> float | None:
    if until is None:
        return None
    # Zero would mean not to wait at all, and be reported as another error.
    return max(0.001, until - clock())


def _why(error: OSError) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else "the other side is gone"
