"""A companion that answers to its name, thinks on a server, and lets itself be interrupted.

The tests share a process and run in the order they stand here.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.companion_process import Companion
from support.fake_llm import FakeLlm
from support.person import Say, Start, heard_in, hush, likeness
from support.pulse import PulseRoom

from companion.domain import SAMPLE_RATE
from companion.hearing.whisper import WhisperEars

pytestmark = [pytest.mark.sound, pytest.mark.real]

LONG = (
    "The old lighthouse keeper walked slowly along the shore every evening, watching the waves "
    "roll over the stones while the lamp above him turned and the fishing boats came home. "
    "What would you have liked to ask him, on a quiet evening by the water, with the gulls "
    "above the harbour and the smell of salt and tar in the air?"
)
STOPS_WITHIN_S = 1.0  # p95 is 0.9 s (docs/measurements.md), short of the 0.3 s we want
LOUD = 400


@pytest.fixture(scope="module")
def llm() -> Iterator[FakeLlm]:
    with FakeLlm(LONG) as server:
        yield server


@pytest.fixture(scope="module")
def talk(room: PulseRoom, room_tone: Path, start: Start, llm: FakeLlm) -> Companion:
    room.say(room_tone, wait=False)
    config = f'[attention]\nmode = "name"\n[mind]\nserver = "{llm.url}"\n'
    companion = start(config=config, env=room.env)
    companion.wait("listening", seconds=60)
    return companion


def test_what_is_not_addressed_to_it_is_ignored(
    talk: Companion, room: PulseRoom, spoken: Say, llm: FakeLlm
) -> None:
    recording = room.record()
    room.say(spoken("Could you pass me the butter, please?"))
    ignored = talk.wait("ignored")
    assert (ignored["reason"], ignored["text"]) == ("not_addressed", "")
    time.sleep(1.5)
    assert not np.any(np.abs(recording.stop()) > LOUD)
    assert not talk.of("turn_committed")
    assert llm.asked == [], "words that were not meant for it went to the server"


def test_called_by_its_name_it_answers_from_the_server(
    talk: Companion, room: PulseRoom, spoken: Say, llm: FakeLlm, ears: WhisperEars
) -> None:
    llm.reply, long = "That sounds like a story about the sea. What did you like best?", llm.reply
    since = len(talk.events)
    recording = room.record()
    room.say(spoken("Hello, Molly. Shall we talk about the sea?"))
    talk.wait("reply_finished", since, seconds=40)
    heard = heard_in(ears, recording.stop())
    *sentences, notice = talk.of("reply_sentence", since)
    assert notice["source"] == "notice", "the first reply of the day says that it is no person"
    replied = " ".join(event["text"] for event in sentences)
    assert replied == llm.reply
    assert likeness(f"{replied} {notice['text']}", heard) > 0.7, heard
    assert {event["source"] for event in sentences} == {"model"}
    engaged = talk.wait("attention_changed", since)
    assert (engaged["engaged"], engaged["reason"]) == (True, "name")
    llm.reply = long


def test_spoken_over_it_falls_silent_and_answers_what_was_said(
    talk: Companion, room: PulseRoom, spoken: Say, llm: FakeLlm
) -> None:
    hush(room)
    since = len(talk.events)
    speaker, microphone = room.record(), room.record("vmic")
    room.say(spoken("We used to live near an old lighthouse."))
    talk.wait("reply_started", since, seconds=30)
    time.sleep(3.0)
    llm.reply = "Of course, what would you rather talk about?"
    mark = len(microphone.pcm)
    room.say(spoken("But I would rather talk about my garden."))
    stopped = talk.wait("reply_stopped", since)
    talk.wait("reply_finished", since, seconds=30)
    lead = aligned(speaker, microphone)
    hearing, speaking = np.abs(microphone.stop()), np.abs(speaker.stop())
    onset = (mark + int(np.flatnonzero(hearing[mark:] > LOUD)[0])) / SAMPLE_RATE + lead
    silent_at = gap_after(speaking, onset)
    print(f"sound stopped {silent_at - onset:.3f} s after the onset")
    assert silent_at - onset < STOPS_WITHIN_S, (silent_at, onset, talk.summary(since))

    barged = talk.wait("barge_in", since)
    assert stopped["reason"] == "barge_in"
    assert barged["t"] <= stopped["t"]
    assert 3 <= len(stopped["heard"].split()) < len(LONG.split()) / 2
    assert LONG.startswith(stopped["heard"])
    kinds = [event["type"] for event in talk.events[since:]]
    assert kinds.count("reply_started") == 2
    again = talk.of("turn_committed", since)[1]["text"]
    assert "garden" in again


def test_what_was_not_heard_is_not_in_the_history(talk: Companion, llm: FakeLlm) -> None:
    told = [m["content"] for m in llm.asked[-1]["messages"] if m["role"] == "assistant"]
    assert not any("quiet evening by the water" in line for line in told), told


def test_a_server_that_goes_away_is_replaced_and_said_so(
    talk: Companion, room: PulseRoom, spoken: Say, llm: FakeLlm
) -> None:
    hush(room)
    since = len(talk.events)
    llm.status = 503
    room.say(spoken("My neighbour brought me some apples today."))
    talk.wait("reply_finished", since, seconds=40)
    trouble = talk.wait("trouble", since)
    assert trouble["where"] == "mind"
    assert "503" in trouble["what"]
    llm.status = 200


def test_ctrl_c_ends_it_cleanly(talk: Companion) -> None:
    assert talk.end(signal.SIGINT) in (0, 130)
    assert talk.err == ""
    assert "Traceback" not in talk.out


def test_ctrl_c_while_it_loads_ends_it_cleanly(room: PulseRoom, start: Start) -> None:
    companion = start(env=room.env)
    time.sleep(1.5)
    assert not companion.of("listening")
    assert companion.end(signal.SIGINT, 20) in (0, 130)
    assert companion.err == ""


def aligned(speaker, microphone) -> float:  # type: ignore[no-untyped-def]
    """Return seconds by which the speaker's recording is ahead of the microphone's."""
    leads = []
    for _ in range(40):
        leads.append(len(speaker.pcm) - len(microphone.pcm))
        time.sleep(0.01)
    return float(np.median(leads)) / SAMPLE_RATE


def gap_after(level: np.ndarray, onset: float) -> float:
    """Return when the first silence of 0.4 s that lasts past ``onset`` begins, seconds."""
    loud = np.flatnonzero(level > LOUD)
    gaps = np.flatnonzero(np.diff(loud) > 0.4 * SAMPLE_RATE)
    for gap in gaps:
        if loud[gap + 1] / SAMPLE_RATE > onset:
            return max(float(loud[gap]) / SAMPLE_RATE, onset)
    return float(loud[-1]) / SAMPLE_RATE
