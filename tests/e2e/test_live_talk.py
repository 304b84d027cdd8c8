"""One running companion in a virtual room: asked, deafened, cut off, and ended.

The tests share a process and run in the order they stand here.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from e2e_room import Say, Start, heard_in, likeness, settle
from support.companion_process import Companion
from support.pulse import PulseRoom

from companion.hearing.whisper import WhisperEars

pytestmark = [pytest.mark.sound, pytest.mark.real]

CONFIG = '[attention]\nmode = "always"\n[mind]\nseed = 1\n'
SECOND_START_S = 20.0
"""The promise is 10 s on a quiet machine; a test machine may be busy."""
SILENT = ["silent"]


@pytest.fixture(scope="module")
def tone(room: PulseRoom, room_tone: Path) -> list:  # type: ignore[type-arg]
    """The noise of the room; the newest player of it is last."""
    return [room.say(room_tone, wait=False)]


@pytest.fixture(scope="module")
def talk(room: PulseRoom, tone: list, start: Start) -> Companion:  # type: ignore[type-arg]
    """A companion that listens; one before it has made its caches."""
    companion = start(config=CONFIG, env=room.env)
    companion.wait("listening", seconds=60)
    return companion


def ask(
    talk: Companion, room: PulseRoom, ears: WhisperEars, question: Path
) -> tuple[str, str, str]:
    """Ask aloud; return what was understood, what events say was replied, and what was heard."""
    since = len(talk.events)
    recording = room.record()
    room.say(question)
    committed = talk.wait("turn_committed", since)
    talk.wait("reply_finished", since, seconds=40)
    time.sleep(0.3)
    heard = heard_in(ears, recording.stop())
    sentences = [event["text"] for event in talk.of("reply_sentence", since)]
    return committed["text"], " ".join(sentences), heard


def test_a_question_is_answered_aloud(
    talk: Companion, room: PulseRoom, ears: WhisperEars, spoken: Say
) -> None:
    said = "My daughter is coming to visit me on Sunday."
    understood, replied, heard = ask(talk, room, ears, spoken(said))
    assert likeness(understood, said) > 0.8, understood
    assert likeness(replied, heard) > 0.75, (replied, heard)


def test_a_recorded_person_is_understood_and_answered(
    talk: Companion, room: PulseRoom, ears: WhisperEars, test_data: Path
) -> None:
    settle(talk)
    folder = test_data / "speech" / "librispeech"
    text = "THOU LIKEST NOT HER COMPANY"
    understood, replied, heard = ask(talk, room, ears, folder / "PLACEHOLDER.flac")
    assert likeness(understood, text) > 0.7, understood
    assert likeness(replied, heard) > 0.75, (replied, heard)
