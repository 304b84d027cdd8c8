"""Ears on another machine: used when there, done without when not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.wyoming_house import misbehaving, plain_engines, serving, timed

from companion.domain import Samples, Transcript
from companion.hearing.remote import RemoteEars

SOUND = (np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000) * 0.3).astype(np.float32)


class Local:
    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        return Transcript("heard here")


def ears(url: str, timeout_s: float = 1.0) -> tuple[RemoteEars, list[str]]:
    made = RemoteEars(url, Local(), language="en", timeout_s=timeout_s)
    told: list[str] = []
    made.tell = told.append
    return made, told


def answer(**data: object) -> bytes:
    return json.dumps({"type": "transcript", "data": data}).encode() + b"\n"


def test_the_server_hears() -> None:
    with serving(plain_engines()) as port:
        made, told = ears(f"tcp://127.0.0.1:{port}", 5.0)
        heard = made.transcribe(SOUND)
        assert heard.text == "1.0 seconds at 440 hertz"
        assert heard.rejected is None
        assert told == []
        assert made.transcribe(SOUND[:100]).text == "heard here"  # not worth the way


def test_a_server_that_is_away_is_left_alone_for_a_while() -> None:
    with misbehaving([]) as (url, _):
        pass
    made, told = ears(url)
    assert made.transcribe(SOUND).text == "heard here"
    assert "cannot be reached" in told[0]
    assert timed(lambda: made.transcribe(SOUND)) < 0.1
    assert len(told) == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"[1]\n",
        answer(text=7),
        answer(),
        b'{"type": "error", "data": {"text": "no"}}\n',
        b"x" * 200_000,
        b'{"type": "transcript", "payload_length": 99999999}\n',
    ],
)
def test_garbage_costs_only_the_servers_help(bad: bytes) -> None:
    with misbehaving([bad]) as (url, calls):
        made, told = ears(url)
        assert made.transcribe(SOUND).text == "heard here"
        assert len(told) == 1
        made.transcribe(SOUND)
        assert len(calls) == 1


@pytest.mark.parametrize("dribble", [[b""], [b" "] * 40])
def test_a_slow_server_is_waited_for_no_longer_than_agreed(dribble: list[bytes]) -> None:
    with misbehaving(dribble, wait_s=0.2) as (url, _):
        made, told = ears(url, 0.8)
        assert timed(lambda: made.transcribe(SOUND)) < 1.3
        assert told


def test_a_ghost_from_another_machine_is_one_too() -> None:
    with misbehaving([answer(text="Thanks for watching!")]) as (url, _):
        made, _ = ears(url)
        assert made.transcribe(SOUND, 0.1).rejected is not None
