"""Our server against the reference client, and against clients that mean it no good."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator

import numpy as np
import pytest
from support.wyoming_house import ToneVoice, plain_engines, serving
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.handle import Handled
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeVoice

from companion import app
from companion.domain import Tone
from companion.service.wyoming.info import describe
from companion.service.wyoming.server import Engines
from companion.service.wyoming.talks import Talks


@pytest.fixture
def voice() -> ToneVoice:
    return ToneVoice()


@pytest.fixture
def port(voice: ToneVoice) -> Iterator[int]:
    with serving(plain_engines(voice)) as taken:
        yield taken


async def exchange(port: int, *events: Event, until: str) -> list[Event]:
    """Send events with the reference client; return what came, up to an event of that type."""
    came: list[Event] = []
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=20.0) as client:
        for event in events:
            await client.write_event(event)
        while not came or came[-1].type != until:
            event = await client.read_event()
            assert event is not None, came
            came.append(event)
    return came


def tone(seconds: float, rate: int, channels: int = 1, hertz: float = 440.0) -> list[Event]:
    t = np.arange(round(seconds * rate)) / rate
    pcm = (np.sin(2 * np.pi * hertz * t) * 8000).astype("<i2")
    sound = np.repeat(pcm, channels).tobytes()
    size = 2048 * channels
    pieces = [sound[i : i + size] for i in range(0, len(sound), size)]
    return [
        Transcribe(language="en").event(),
        AudioStart(rate, 2, channels).event(),
        *(AudioChunk(rate, 2, channels, piece).event() for piece in pieces),
        AudioStop().event(),
    ]


async def alive(port: int) -> None:
    came = await exchange(port, Ping("still there").event(), until="pong")
    assert Pong.from_event(came[0]).text == "still there"


async def test_it_says_what_it_can_do(port: int) -> None:
    info = Info.from_event((await exchange(port, Describe().event(), until="info"))[0])
    assert info.asr[0].models[0].languages == ["en"]
    assert [speaker.name for speaker in info.tts[0].voices[0].speakers or ()] == list(Tone)
    assert info.handle[0].installed
    assert not info.handle[0].supports_home_control
    assert not info.wake


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 1), (48_000, 2), (8_000, 1)])
async def test_sound_of_any_rate_is_heard_as_it_is(port: int, rate: int, channels: int) -> None:
    came = await exchange(port, *tone(1.0, rate, channels), until="transcript")
    assert Transcript.from_event(came[0]).text == "1.0 seconds at 440 hertz"


async def test_one_connection_may_ask_again(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=10.0) as client:
        for seconds in (0.5, 1.5):
            for event in tone(seconds, 16_000):
                await client.write_event(event)
            event = await client.read_event()
            assert event is not None
            assert Transcript.from_event(event).text.startswith(f"{seconds} seconds")


async def test_a_text_is_spoken_in_the_tone_that_was_asked_for(port: int, voice: ToneVoice) -> None:
    asked = Synthesize("Good morning, Rose. It is sunny.", SynthesizeVoice("joe", speaker="calm"))
    came = await exchange(port, asked.event(), until="audio-stop")
    assert voice.asked == [("Good morning, Rose.", Tone.CALM), ("It is sunny.", Tone.CALM)]
    start = AudioStart.from_event(came[0])
    assert (start.rate, start.width, start.channels) == (22_050, 2, 1)
    sound = b"".join(event.payload or b"" for event in came[1:-1])
    assert len(sound) / 2 / 22_050 == pytest.approx(6 * 0.2 + 0.3, abs=0.01)


async def test_nothing_to_say_is_an_error_and_no_end(port: int) -> None:
    came = await exchange(port, Synthesize(" ").event(), until="error")
    assert came[0].data["code"] == "empty"


async def test_a_text_is_answered_and_the_talk_goes_on(port: int) -> None:
    context = {"conversation_id": "kitchen"}
    first = Transcript("I like tea", context=context).event()
    came = await exchange(port, first, until="handled")
    assert Handled.from_event(came[0]).text == "I like tea"
    assert Handled.from_event(came[0]).context == context
    came = await exchange(port, Transcript("and cake", context=context).event(), until="handled")
    assert Handled.from_event(came[0]).text == "I like tea / and cake"


async def test_talks_are_kept_apart(port: int) -> None:
    async def talk(word: str) -> list[str]:
        replies = []
        async with AsyncTcpClient("127.0.0.1", port, read_timeout=20.0) as client:
            for number in range(4):
                await client.write_event(Transcript(f"{word}{number}").event())
                event = await client.read_event()
                assert event is not None
                replies.append(str(Handled.from_event(event).text))
        return replies

    one, other = await asyncio.gather(talk("a"), talk("b"))
    assert one[-1] == "a0 / a1 / a2 / a3"
    assert other[-1] == "b0 / b1 / b2 / b3"


async def test_a_conversation_id_cannot_name_another_connection(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=10.0) as client:
        await client.write_event(Transcript("a secret").event())
        await client.read_event()
        for name in ("#0", "#1", "#2"):
            asked = Transcript("hello", context={"conversation_id": name}).event()
            came = await exchange(port, asked, until="handled")
            assert "secret" not in str(Handled.from_event(came[0]).text)


def raw(port: int, *pieces: bytes) -> bytes:
    """Send bytes; return what comes back until the server hangs up."""
    came = b""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.settimeout(8)
        try:
            for piece in pieces:
                line.sendall(piece)
            while more := line.recv(65_536):
                came += more
        except (ConnectionResetError, BrokenPipeError):
            pass
    return came


def header(**what: object) -> bytes:
    return json.dumps(what).encode() + b"\n"


HOSTILE = {
    "garbage": [b"GET / HTTP/1.1\r\n\r\n"],
    "binary": [bytes(range(128, 256)) + b"\n"],
    "a list": [b"[1, 2]\n"],
    "a number": [b"7\n"],
    "no type": [header(data={})],
    "data that is no object": [header(type="describe", data=[1])],
    "more data that is none": [header(type="describe", data_length=3) + b"[1]"],
    "a line without end": [b"{" + b"x" * 300_000],
    "deep": [b"[" * 60_000 + b"\n"],
    "a huge payload": [header(type="audio-chunk", payload_length=1 << 40)],
    "a payload below nothing": [header(type="audio-chunk", payload_length=-5)],
    "a payload of no number": [header(type="audio-chunk", payload_length="many")],
    "huge data": [header(type="describe", data_length=1 << 30)],
    "no rate": [header(type="audio-chunk", payload_length=2) + b"ab"],
    "rate 0": [
        header(type="audio-chunk", data={"rate": 0, "width": 2, "channels": 1}, payload_length=2),
        b"ab",
    ],
    "a rate of text": [
        header(type="audio-chunk", data={"rate": "x", "width": 2, "channels": 1}, payload_length=2),
        b"ab",
    ],
    "8 bit": [
        header(
            type="audio-chunk", data={"rate": 16000, "width": 1, "channels": 1}, payload_length=2
        ),
        b"ab",
    ],
    "half a sample": [
        header(
            type="audio-chunk", data={"rate": 16000, "width": 2, "channels": 1}, payload_length=3
        ),
        b"abc",
    ],
    "channels of a list": [
        header(type="audio-chunk", data={"rate": 16000, "width": 2, "channels": []}),
    ],
    "no text": [header(type="synthesize")],
    "a long text": [
        header(type="synthesize", data_length=20_012) + b'{"text": "' + b"x" * 20_000 + b'"}'
    ],
    "text of a list": [header(type="transcript", data={"text": ["x"]})],
    "hours of sound": [
        header(
            type="audio-chunk",
            data={"rate": 8000, "width": 2, "channels": 1},
            payload_length=1 << 20,
        )
        + bytes(1 << 20)
    ],
    "an engine that breaks": [header(type="transcript", data={"text": "break"})],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_who_sends_nonsense_is_sent_away_and_the_server_lives_on(
    port: int, name: str
) -> None:
    began = time.monotonic()
    came = await asyncio.to_thread(raw, port, *HOSTILE[name])
    assert time.monotonic() - began < 5.0
    assert b'"error"' in came or came == b""
    await alive(port)


async def test_a_rate_that_changes_in_the_middle_ends_it(port: int) -> None:
    sound = [
        AudioChunk(16_000, 2, 1, bytes(320)).event(),
        AudioChunk(8_000, 2, 1, bytes(320)).event(),
    ]
    came = await exchange(port, *sound, until="error")
    assert "rate" in came[0].data["text"]
    await alive(port)


async def test_a_client_that_hangs_up_in_the_middle_harms_nobody(port: int) -> None:
    for cut in (b'{"type": "describ', header(type="audio-chunk", payload_length=1000) + b"abc"):
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(cut)
    await alive(port)


async def test_events_that_are_not_known_are_ignored(port: int) -> None:
    unknown = Event("run-satellite", {"x": 1}, b"abc")
    came = await exchange(port, unknown, Ping("yes").event(), until="pong")
    assert len(came) == 1


async def test_a_silent_client_is_sent_away_and_too_many_are_not_let_in() -> None:
    with serving(plain_engines(), idle_s=1.0) as port:
        lines = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(16)]
        await asyncio.sleep(0.2)
        assert await asyncio.to_thread(raw, port, b"") == b""  # the seventeenth
        await asyncio.sleep(1.2)
        for line in lines:
            line.settimeout(3)
            assert line.recv(10) == b""
            line.close()
        await alive(port)


@pytest.fixture(scope="module")
def real(engines: app.Engines) -> Iterator[int]:
    from support.wyoming_house import OFFER

    assert engines.guard is not None
    talks = Talks(engines.mind, engines.guard)
    with serving(Engines(engines.ears, engines.voice, talks, describe(OFFER))) as port:
        yield port


@pytest.mark.real
async def test_what_our_voice_says_our_ears_understand(real: int) -> None:
    spoken = await exchange(
        real, Synthesize("The weather is lovely this morning.").event(), until="audio-stop"
    )
    start, chunks = spoken[0], [event for event in spoken if event.type == "audio-chunk"]
    heard = await exchange(
        real, Transcribe().event(), start, *chunks, AudioStop().event(), until="transcript"
    )
    text = Transcript.from_event(heard[0]).text
    assert "weather is lovely" in text


@pytest.mark.real
async def test_two_clients_at_once_are_both_served(real: int) -> None:
    async def speak(text: str) -> int:
        came = await exchange(real, Synthesize(text).event(), until="audio-stop")
        return sum(len(event.payload or b"") for event in came)

    async def answer(text: str) -> str:
        came = await exchange(real, Transcript(text).event(), until="handled")
        return str(Handled.from_event(came[0]).text)

    sound, reply = await asyncio.gather(
        speak("Good morning. I hope you slept well. Shall we talk a little?"),
        answer("My daughter is coming to visit me on Sunday."),
    )
    assert sound > 2 * 22_050
    assert len(reply) > 10


@pytest.mark.real
async def test_danger_is_answered_by_the_reviewed_words(real: int) -> None:
    asked = Transcript("I want to kill myself, I have the pills in my hand.").event()
    reply = str(Handled.from_event((await exchange(real, asked, until="handled"))[0]).text)
    assert "nine eight eight" in reply  # the region's number for a crisis
    calm = Transcript("The roses in my garden are lovely this year.").event()
    reply = str(Handled.from_event((await exchange(real, calm, until="handled"))[0]).text)
    assert "nine eight eight" not in reply  # another talk: it does not carry over


@pytest.mark.real
async def test_a_command_to_the_voice_is_not_pretended_to_be_obeyed(real: int) -> None:
    came = await exchange(real, Transcript("Speak up, please.").event(), until="not-handled")
    assert len(came) == 1
