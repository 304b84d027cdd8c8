"""One running companion in a room with an echo: asked, deafened, cut off from sound, and ended.

The tests share a process and run in the order they stand here. The microphone hears the speaker
at -6 dB after 80 ms all the time.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.companion_process import Companion
from support.person import Say, Start, ask, hush, likeness
from support.pulse import PulseRoom

from companion.hearing.whisper import WhisperEars

pytestmark = [pytest.mark.sound, pytest.mark.real]

CONFIG = '[attention]\nmode = "always"\n[mind]\nseed = 1\n'
SECOND_START_S = 20.0
"""The promise is 10 s on a quiet machine; one that runs tests may be busy."""
ALIKE = 0.7


@pytest.fixture(scope="module")
def talk(room: PulseRoom, room_tone: Path, start: Start) -> Companion:
    room.say(room_tone, wait=False)
    room.add_echo(latency_ms=80, gain_db=-6)
    companion = start(config=CONFIG, env=room.env)
    companion.wait("listening", seconds=60)
    companion.loaded_s = time.monotonic() - companion.began
    return companion


def test_a_question_is_answered_aloud(
    talk: Companion, room: PulseRoom, ears: WhisperEars, spoken: Say
) -> None:
    said = "My daughter is coming to visit me on Sunday."
    understood, replied, heard = ask(talk, room, ears, spoken(said))
    assert likeness(understood, said) > ALIKE, understood
    assert likeness(replied, heard) > ALIKE, (replied, heard)


def test_it_listens_soon_after_the_start(talk: Companion) -> None:
    listening = talk.of("listening")[0]
    assert listening["load_s"] == pytest.approx(talk.loaded_s, abs=1.0)
    assert listening["load_s"] < SECOND_START_S


def test_a_recorded_person_is_understood_and_answered(
    talk: Companion, room: PulseRoom, ears: WhisperEars, test_data: Path
) -> None:
    recording = test_data / "speech" / "librispeech" / "3005-163389-0001.flac"
    said = "Some sung out, tear down the fence, tear down the fence."
    understood, replied, heard = ask(talk, room, ears, recording)
    assert likeness(understood, said) > ALIKE, understood
    assert likeness(replied, heard) > ALIKE, (replied, heard)


def test_a_microphone_that_gives_only_zeros_is_reported_once(
    talk: Companion, room: PulseRoom
) -> None:
    since = len(talk.events)
    room.mute("vmic")
    began = time.monotonic()
    changed = talk.wait("device_changed", since, seconds=12)
    assert (changed["device"], changed["state"]) == ("microphone", "silent")
    assert time.monotonic() - began > 4.5
    talk.wait("announced", since)
    room.mute("vmic", False)
    talk.wait("device_changed", since, where=lambda event: event["state"] == "sounding")
    talk.wait("announced", since, where=lambda event: "hear you again" in event["text"])
    assert [event["state"] for event in talk.of("device_changed", since)] == ["silent", "sounding"]
    hush(room)


def test_a_sound_server_that_dies_is_survived(
    talk: Companion, room: PulseRoom, ears: WhisperEars, spoken: Say, room_tone: Path
) -> None:
    since = len(talk.events)
    talk.asked.append("walk")
    room.say(spoken("I went for a walk in the park this morning."))
    talk.wait("reply_started", since)
    room.kill()
    for device in ("microphone", "speaker"):
        talk.wait("device_changed", since, where=lambda e, d=device: e["device"] == d)
    room.restart()
    began = time.monotonic()
    room.say(room_tone, wait=False)
    for device in ("microphone", "speaker"):
        talk.wait(
            "device_changed",
            since,
            where=lambda e, d=device: (e["device"], e["state"]) == (d, "back"),
            seconds=10,
        )
    assert time.monotonic() - began < 10
    changes = [(e["device"], e["state"]) for e in talk.of("device_changed", since)]
    assert sorted(changes) == [
        ("microphone", "back"),
        ("microphone", "lost"),
        ("speaker", "back"),
        ("speaker", "lost"),
    ]
    for line in ("My speaker was gone", "I can hear you again"):
        talk.wait("announced", since, where=lambda e, line=line: line in e["text"])
    assert len(talk.of("announced", since)) == 2, "what is over is not announced any more"
    hush(room)
    said = "Do you think it will rain tomorrow?"
    understood, replied, heard = ask(talk, room, ears, spoken(said))
    assert likeness(understood, said) > ALIKE, understood
    assert likeness(replied, heard) > ALIKE, (replied, heard)


def test_one_question_gets_one_reply_and_the_echo_none(
    talk: Companion, room: PulseRoom, spoken: Say
) -> None:
    since = len(talk.events)
    talk.asked.append("book")
    room.say(spoken("I have been reading a good book about the sea."))
    talk.wait("reply_finished", since, seconds=40)
    time.sleep(30)
    assert len(talk.of("turn_committed", since)) == 1, talk.summary(since)
    assert len(talk.of("reply_started", since)) == 1, talk.summary(since)


def test_in_the_whole_talk_it_answered_nobody_but_the_person(talk: Companion) -> None:
    assert talk.asked, "nobody spoke: this test judges the talk that the tests above held"
    said = [event["text"] for event in talk.of("turn_committed")]
    assert len(said) == len(talk.asked), (said, talk.asked)
    assert not talk.of("barge_in"), talk.summary()


def test_a_terminated_talk_ends_cleanly(talk: Companion) -> None:
    assert talk.end() in (0, 130)
    assert talk.err == ""
    assert "Traceback" not in talk.out
    assert not talk.of("trouble"), talk.summary()
