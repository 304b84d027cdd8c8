"""A machine without a microphone: it says so and shows what it would have done."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from support.person import Start, heard_in, likeness

from companion.audio.files import read_audio
from companion.hearing.whisper import WhisperEars

pytestmark = pytest.mark.real


def test_without_a_microphone_a_recorded_talk_is_held(
    start: Start, tmp_path: Path, ears: WhisperEars
) -> None:
    cards = Path("/proc/asound/cards")
    if cards.exists() and "[" in cards.read_text():
        pytest.skip("this machine has a sound card")
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    companion = start(env=nowhere)
    assert companion.process.wait(90) == 0, companion.err
    assert companion.err == ""
    lines = companion.out.splitlines()
    assert sum("demonstration" in line for line in lines) == 1
    question = companion.folder / "question.wav"
    reply = companion.folder / "reply.wav"
    asked = companion.of("turn_committed")[0]
    replied = " ".join(event["text"] for event in companion.of("reply_sentence"))
    assert any(asked["text"] in line for line in lines), "the transcript is shown"
    assert soundfile.info(question).duration > 2
    asked_aloud = heard_in(ears, read_audio(question) * 32768)
    assert likeness(asked_aloud, asked["text"]) > 0.8
    assert likeness(heard_in(ears, read_audio(reply) * 32768), replied) > 0.7
