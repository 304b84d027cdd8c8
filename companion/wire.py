"""Wyoming events over a socket, within limits, whatever the other side sends.

The format is that of the ``wyoming`` package: a line of JSON, then ``data_length`` bytes of more
JSON, then ``payload_length`` bytes. That package reads as much as it is told to; this does not.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

from wyoming.audio import AudioChunk
from wyoming.event import Event, write_event

from companion.errors import WireError

LONGEST_LINE: Final = 65_536
MOST_DATA: Final = 262_144
MOST_PAYLOAD: Final = 1 << 20
"""Bytes of one event; clients send some kilobytes at a time."""
RATES: Final = range(8_000, 96_001)
CONNECT_S: Final = 2.0
"""A server on the same network answers a connection much sooner."""


@dataclass(frozen=True, slots=True)
class _Head:
    type: str
    data: dict[str, Any]
    data_length: int
    payload_length: int


def _head(line: bytes) -> _Head:
    head = _json(line)
    data = head.get("data") or {}
    if not isinstance(data, dict):
        raise WireError("an event whose data is no object")
    lengths = []
    for key, most in (("data_length", MOST_DATA), ("payload_length", MOST_PAYLOAD)):
        length = head.get(key) or 0
        if isinstance(length, bool) or not isinstance(length, int) or not 0 <= length <= most:
            raise WireError(f"an event with an impossible {key}")
        lengths.append(length)
    kind = head.get("type")
    if not isinstance(kind, str) or not kind:
        raise WireError("an event without a type")
    return _Head(kind, data, *lengths)


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WireError("what came is no Wyoming event") from error
    if not isinstance(found, dict):
        raise WireError("what came is no Wyoming event")
    return found


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """Return the next event; None when the other side has closed.

    Args:
        reader: made with a limit of ``LONGEST_LINE``.

    Raises:
        WireError: garbage, more than the limits, or an end in the middle.
    """
    try:
        line = await reader.readline()
        if not line:
            return None
        head = _head(line)
        data = await reader.readexactly(head.data_length)
        payload = await reader.readexactly(head.payload_length)
    except asyncio.IncompleteReadError as error:
        raise WireError("the connection ended in the middle of an event") from error
    except (ValueError, OSError) as error:  # a line too long; a connection reset
        raise WireError("the connection broke, or sent too long a line") from error
    merged = head.data | _json(data) if data else head.data
    return Event(head.type, merged, payload or None)


def chunk_of(event: Event) -> AudioChunk:
    """Return an event's sound.

    Raises:
        WireError: not 16 bit, mono or stereo, 8 to 96 kHz, in whole samples.
    """
    rate, width, channels = (event.data.get(key) for key in ("rate", "width", "channels"))
    sound = event.payload or b""
    good = type(rate) is int and rate in RATES and width == 2 and channels in (1, 2)
    if not good or len(sound) % (2 * int(channels or 1)):
        raise WireError("sound must be 16 bit, mono or stereo, 8 to 96 kHz")
    return AudioChunk(int(rate or 0), 2, int(channels or 1), sound)


class Peer:
    """A blocking connection to a Wyoming server; use as a context manager."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Connect.

        Args:
            url: such as tcp://10.0.0.2:10300.
            timeout_s: for everything together.

        Raises:
            WireError: not there in time.
        """
        self._url = url
        self._until = time.monotonic() + timeout_s
        parts = urlsplit(url)
        try:
            self._line = socket.create_connection(
                (parts.hostname or "", parts.port or 0), min(CONNECT_S, timeout_s)
            )
        except (OSError, ValueError) as error:
            raise WireError(f"the speech server at {url} cannot be reached") from error
        self._buffer = bytearray()

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._line.close()

    def send(self, *events: Event) -> None:
        """Send events.

        Raises:
            WireError: the server is gone, or takes too long.
        """
        try:
            self._patience()
            with self._line.makefile("wb") as file:
                for event in events:
                    write_event(event, file)
        except OSError as error:
            raise self._gone(error) from error

    def receive(self) -> Event:
        """Return the next event.

        Raises:
            WireError: the server is gone, takes too long, or sends garbage.
        """
        line = self._line_of()
        head = _head(line)
        data = self._exactly(head.data_length)
        payload = self._exactly(head.payload_length)
        merged = head.data | _json(data) if data else head.data
        return Event(head.type, merged, payload or None)

    def _line_of(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise WireError(f"the speech server at {self._url} sends no Wyoming events")
            self._more()
        return self._take(end + 1)

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        return self._take(count)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> None:
        try:
            self._patience()
            piece = self._line.recv(65_536)
        except OSError as error:
            raise self._gone(error) from error
        if not piece:
            raise WireError(f"the speech server at {self._url} hung up")
        self._buffer += piece

    def _patience(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._line.settimeout(left)

    def _gone(self, error: OSError) -> WireError:
        if isinstance(error, TimeoutError):
            return WireError(f"the speech server at {self._url} is too slow")
        return WireError(f"the speech server at {self._url} broke off")


class Rest:
    """After a failure the server is left alone for a while, so that it does not cost every turn."""

    def __init__(self, shortest_s: float = 10.0, longest_s: float = 120.0) -> None:
        self._shortest, self._longest = shortest_s, longest_s
        self._rest_s = 0.0
        self._until = 0.0

    @property
    def over(self) -> bool:
        """Whether it may be tried."""
        return time.monotonic() >= self._until

    def failed(self) -> None:
        """Wait, each time twice as long."""
        self._rest_s = min(max(2 * self._rest_s, self._shortest), self._longest)
        self._until = time.monotonic() + self._rest_s

    def worked(self) -> None:
        """Begin anew."""
        self._rest_s = 0.0


__all__ = ["CONNECT_S", "LONGEST_LINE", "RATES", "Peer", "Rest", "chunk_of", "read_event"]
