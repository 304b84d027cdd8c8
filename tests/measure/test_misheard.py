"""Lines as they are heard, with fakes for voice and ears."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from companion.domain import Danger, Samples, Speech, Tone, Transcript
from companion.measure.misheard import mishear
from companion.safety.lines import Line

LINES = [
    Line("I have fallen over.", 4, Danger.MEDICAL, "fall"),
    Line("My chest hurts.", 4, Danger.MEDICAL, "cardiac"),
    Line("The roses are out.", 0, Danger.NONE, "garden"),
]


class Voice:
    def __init__(self) -> None:
        self.said = ""
        self.pace = 0.0

    def synthesize(self, text: str, tone: Tone) -> Speech:
        self.said = text
        return Speech(text, np.full(8000, 1000, np.int16), 16_000)

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        self.pace += pace


class Ears:
    """Hears "fallen" as "falling", the rest as it was said, but without punctuation."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def transcribe(self, samples: Samples) -> Transcript:
        return Transcript(self.voice.said.replace("fallen", "falling").replace(".", ""))


def test_only_what_was_heard_otherwise_is_written_with_its_meaning(tmp_path: Path) -> None:
    voice, out = Voice(), tmp_path / "misheard.jsonl"
    assert mishear(LINES, voice, Ears(voice), out, limit=10) == 1
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert row == {
        "text": "I have falling over",
        "tier": 4,
        "category": "medical_emergency",
        "topic": "fall",
        "other": False,
    }
    assert voice.pace == 0.0
