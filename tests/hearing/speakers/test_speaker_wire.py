"""Messages between house and worker."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import numpy as np
import pytest

from companion.hearing.speakers.wire import WireError, receive, send

Pair = tuple[socket.socket, socket.socket]
NOTHING = np.empty(0, np.float32)


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_a_message_arrives_as_it_was_sent(pair: Pair, count: int) -> None:
    numbers = np.linspace(-1, 1, count, dtype=np.float32)
    send(pair[0], {"a": [1.5, "ü"]}, numbers, until=None)
    words, got = receive(pair[1], until=time.monotonic() + 5)
    assert words == {"a": [1.5, "ü"]}
    assert np.array_equal(got, numbers)


def test_a_late_answer_is_told_from_a_lost_line(pair: Pair) -> None:
    with pytest.raises(WireError, match="no answer in time"):
        receive(pair[0], until=time.monotonic() + 0.05)
    pair[1].close()
    with pytest.raises(WireError, match="is gone"):
        receive(pair[0], until=time.monotonic() + 5)
    with pytest.raises(WireError, match="is gone"):
        send(pair[0], {}, NOTHING, until=time.monotonic() + 5)


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff" * 8,
        b"\x03\x00\x00\x00\x00\x00\x00\x00abc",
        b"\x02\x00\x00\x00\x00\x00\x00\x0042",
        b"\x02\x00\x00\x00\x03\x00\x00\x00{}abc",
    ],
)
def test_junk_is_no_message(pair: Pair, junk: bytes) -> None:
    pair[0].sendall(junk)
    with pytest.raises(WireError, match="no message"):
        receive(pair[1], until=time.monotonic() + 5)


def test_too_much_sound_is_refused(pair: Pair) -> None:
    with pytest.raises(WireError, match="too much"):
        send(pair[0], {}, np.zeros(16_000 * 121, np.float32), until=None)
