"""A voice on another machine: used when there, done without when not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.wyoming_house import ToneVoice, misbehaving, plain_engines, serving, timed

from companion.domain import Tone
from companion.voice.remote import RemoteVoice


def voice(url: str, timeout_s: float = 1.0) -> tuple[RemoteVoice, ToneVoice, list[str]]:
    local = ToneVoice()
    made = RemoteVoice(url, local, timeout_s=timeout_s)
    told: list[str] = []
    made.tell = told.append
    return made, local, told


def chunk(sound: bytes, **form: object) -> bytes:
    data = {"rate": 22_050, "width": 2, "channels": 1} | form
    return json.dumps(
        {"type": "audio-chunk", "data": data, "payload_length": len(sound)}
    ).encode() + (b"\n" + sound)


STOP = b'{"type": "audio-stop"}\n'


def test_the_server_speaks_and_each_word_has_its_time() -> None:
    with serving(plain_engines()) as port:
        made, local, told = voice(f"tcp://127.0.0.1:{port}", 5.0)
        speech = made.synthesize("Good morning, dear Rose.", Tone.WARM)
    assert speech.text == "Good morning, dear Rose."
    assert speech.rate == 22_050
    assert speech.seconds == pytest.approx(0.8, abs=0.02)
    assert " ".join(word.text for word in speech.words) == "Good morning, dear Rose."
    assert speech.words[-1].end == pytest.approx(speech.seconds)
    assert (local.asked, told) == ([], [])


def test_louder_is_louder_there_too() -> None:
    def level(db: float) -> float:
        made, _, _ = voice(f"tcp://127.0.0.1:{port}", 5.0)
        made.adjust(volume=db)
        pcm = made.synthesize("Good morning.", Tone.WARM).pcm.astype(float)
        return float(20 * np.log10(np.sqrt(np.mean(pcm**2))))

    with serving(plain_engines()) as port:
        assert level(-6) - level(-12) == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize(
    "bad",
    [
        [STOP],
        [b"nonsense\n"],
        [chunk(b"abc")],
        [chunk(b"ab" * 3000, rate=1)],
        [chunk(b"ab" * 3000, width=4)],
        [chunk(b"ab" * 3000), chunk(b"ab" * 3000, rate=16_000), STOP],
        [b'{"type": "error", "data": {"text": "no voice"}}\n'],
        [chunk(bytes(1 << 20), rate=8000)],
    ],
)
def test_garbage_costs_only_the_servers_help(bad: list[bytes]) -> None:
    with misbehaving(bad) as (url, calls):
        made, local, told = voice(url)
        assert len(made.synthesize("Good morning.", Tone.CALM).pcm)
        assert local.asked == [("Good morning.", Tone.CALM)]
        assert len(told) == 1
        made.synthesize("Good morning.", Tone.CALM)
        assert len(calls) == 1


def test_a_slow_server_is_waited_for_no_longer_than_agreed() -> None:
    with misbehaving([chunk(b"ab" * 100)] * 30, wait_s=0.2) as (url, _):
        made, local, told = voice(url, 0.8)
        assert timed(lambda: made.synthesize("Good morning.", Tone.WARM)) < 1.3
        assert told
        assert local.asked
