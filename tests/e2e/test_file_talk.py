"""``companion talk --from IN.wav --to OUT.wav --fast``: what other programs build on."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from support.companion_process import Companion
from support.person import Say, Start, likeness

from companion.audio.files import read_audio
from companion.domain import SAMPLE_RATE

pytestmark = pytest.mark.real

SAME_CLOCK_S = 0.05
LEAD_IN_S = 0.03
"""Quiet that the voice keeps before its first sound."""
FIRST = "My daughter is coming to visit me on Sunday."
OVER = "Wait, I wanted to say something else about the garden."
LAST = "I slept very well last night."
LOUD = 300

FIELDS = {
    "listening": {"attention": str, "load_s": float},
    "speech_started": {},
    "draft_started": {"silence_s": float},
    "draft_dropped": {"reason": str},
    "transcribed": {"text": str, "stt_s": float, "completeness": float},
    "turn_committed": {"text": str, "heard_until": float, "endpoint_wait_s": float},
    "reply_started": {"ready_at_commit": bool},
    "reply_sentence": {"text": str},
    "barge_in": {},
    "felt": {"speaker": str, "label": str, "unsure": bool, "stance": str, "phrase": str},
    "reply_stopped": {"reason": str, "heard": str},
    "reply_finished": {"heard": str},
    "turn_merged": {"text": str},
    "ignored": {"reason": str},
}


@pytest.fixture(scope="module")
def talk(start: Start, spoken: Say, tmp_path_factory: pytest.TempPathFactory) -> Companion:
    """A question, words spoken over the reply, a rest, and another sentence; 24 s in all."""
    noise = np.random.default_rng(3).normal(0, 3e-4, 24 * SAMPLE_RATE).astype(np.float32)
    for text, at in ((FIRST, 1.0), (OVER, 6.5), (LAST, 19.0)):
        sound = read_audio(spoken(text))
        begin = round(at * SAMPLE_RATE)
        noise[begin : begin + len(sound)] += sound
    folder = tmp_path_factory.mktemp("file")
    soundfile.write(folder / "in.wav", noise, SAMPLE_RATE)
    companion = start("--from", str(folder / "in.wav"), "--to", str(folder / "out.wav"), "--fast")
    assert companion.process.wait(120) == 0, companion.err
    assert companion.err == ""
    companion.folder = folder
    return companion


def test_every_event_has_the_fields_that_others_read(talk: Companion) -> None:
    assert {"turn_committed", "reply_started", "reply_sentence", "reply_finished"} <= {
        event["type"] for event in talk.events
    }
    for event in talk.events:
        wanted = FIELDS[event["type"]]
        assert isinstance(event["t"], int | float)
        for name, kind in wanted.items():
            assert isinstance(event[name], (int, float) if kind is float else kind), event


def test_the_person_is_understood_and_never_missed(talk: Companion) -> None:
    said = " ".join(event["text"] for event in talk.of("turn_committed"))
    assert likeness(said, f"{FIRST} {OVER} {LAST}") > 0.75, said


def test_the_reply_is_stopped_by_words_spoken_over_it(talk: Companion) -> None:
    stopped = talk.of("reply_stopped")
    assert len(stopped) == 1, talk.summary()
    assert 6.5 < stopped[0]["t"] < 7.1
    loud = loud_at(out(talk))
    assert not np.any((loud > stopped[0]["t"] + 0.1) & (loud < 9.0))


def test_the_output_is_on_the_clock_of_the_input(talk: Companion) -> None:
    loud = loud_at(out(talk))
    started = [event["t"] for event in talk.of("reply_started")]
    assert len(started) == 3, talk.summary()
    for t in started:
        first = float(loud[loud >= t - 0.02][0])
        assert t - 0.02 <= first <= t + LEAD_IN_S + SAME_CLOCK_S, (t, first)
    assert float(loud[0]) >= started[0] - 0.02


def test_it_ends_with_the_last_reply(talk: Companion) -> None:
    last = talk.events[-1]
    assert last["type"] == "reply_finished", talk.summary()
    seconds = soundfile.info(talk.folder / "out.wav").duration
    assert last["t"] - 0.1 <= seconds <= last["t"] + 0.5
    assert last["t"] > 20


def test_what_it_waited_is_what_it_says(talk: Companion) -> None:
    for event in talk.of("turn_committed"):
        assert event["t"] - event["heard_until"] == pytest.approx(
            event["endpoint_wait_s"], abs=0.06
        )
        assert event["heard_from"] < event["heard_until"]


def out(talk: Companion) -> np.ndarray:
    return np.abs(soundfile.read(talk.folder / "out.wav", dtype="int16")[0].astype(np.int32))


def loud_at(level: np.ndarray) -> np.ndarray:
    return np.flatnonzero(level > LOUD) / 22_050
