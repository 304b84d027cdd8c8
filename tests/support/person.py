"""What a person in the room does besides speaking: listens, compares, waits."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from support.companion_process import Companion
from support.pulse import PulseRoom

from companion.domain import SAMPLE_RATE, Pcm
from companion.hearing.whisper import WhisperEars

Say = Callable[[str], Path]
"""Returns a WAV of a sentence."""

Start = Callable[..., Companion]
"""Starts ``companion talk``; takes its arguments, ``config`` text and ``env``."""


def ask(
    talk: Companion, room: PulseRoom, ears: WhisperEars, question: Path
) -> tuple[str, str, str]:
    """Ask aloud; return what was understood, what events say was replied, and what was heard."""
    since = len(talk.events)
    talk.asked.append(question.name)
    recording = room.record()
    room.say(question)
    committed = talk.wait("turn_committed", since)
    talk.wait("reply_finished", since, seconds=40)
    time.sleep(0.3)
    heard = heard_in(ears, recording.stop())
    sentences = [event["text"] for event in talk.of("reply_sentence", since)]
    return committed["text"], " ".join(sentences), heard


def hush(room: PulseRoom, seconds: float = 20.0) -> None:
    """Wait until the speaker has been silent for a second."""
    recording = room.record()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.1)
        latest = recording.pcm[-SAMPLE_RATE:]
        if len(latest) == SAMPLE_RATE and loud_span(latest) == (0.0, 0.0):
            break
    else:
        raise AssertionError("the speaker never fell silent")
    recording.stop()


def words(text: str) -> list[str]:
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("’", "'").replace("-", " ")).split()


def likeness(one: str, other: str) -> float:
    """Share of words, in order, that two texts have in common; 0-1."""
    return difflib.SequenceMatcher(None, words(one), words(other), autojunk=False).ratio()


def loud_span(pcm: Pcm, floor: int = 400) -> tuple[float, float]:
    """Return when sound begins and ends, seconds; (0, 0) when there is none."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > floor)
    return (0.0, 0.0) if len(loud) == 0 else (loud[0] / SAMPLE_RATE, loud[-1] / SAMPLE_RATE)


def heard_in(ears: WhisperEars, pcm: Pcm) -> str:
    """Return the words in a recording, stretch by stretch as ``companion listen`` does."""
    from companion.cli.listen import hear

    return str(hear(ears, pcm.astype(np.float32) / 32768)["text"])
