"""Counting what the skills understand."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from companion.domain import Samples, Speech, Tone, Transcript
from companion.errors import MeasureError
from companion.measure.skills import evaluate_skills, read_lines, through
from companion.mind.skills.sentences import load_sentences

UTC = ZoneInfo("UTC")


def test_shares_and_misses(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text(
        "# a remark\n\ndev\ttime\tWhat time is it?\ndev\ttime\tBananas.\nheld\t-\tI like tea.\n"
        "held\tremind\tWake me at seven.\nheld\tmessage\tTell Gladys I am well.\n"
    )
    found = evaluate_skills(load_sentences(), lambda _: None, read_lines(path), UTC)
    assert found["lines"] == 5
    assert found["understood"]["dev_requests"] == 0.5
    assert found["understood"]["held_talk"] == 1.0
    assert found["understood"]["remind"] == 1.0
    assert [one["text"] for one in found["missed"]] == ["Bananas.", "Tell Gladys I am well."]


def test_what_other_skills_answer_comes_first() -> None:
    lines = [one for one in read_lines() if one.intent == "breathing"]
    assert lines
    found = evaluate_skills(load_sentences(), lambda _: "breathing", lines, UTC)
    assert found["understood"]["requests"] == 1.0


@pytest.mark.parametrize("row", ["dev\ttime", "other\ttime\tx", "dev\ttime\tx\ty"])
def test_a_mistake_in_a_set_names_its_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "set.tsv"
    path.write_text(f"dev\ttime\tx\n{row}\n")
    with pytest.raises(MeasureError, match=r"set\.tsv:2"):
        read_lines(path)
    with pytest.raises(MeasureError, match="cannot read"):
        read_lines(tmp_path / "none.tsv")


class _Voice:
    """Says nothing, and knows what it was."""

    said = ""

    def synthesize(self, text: str, tone: Tone) -> Speech:
        self.said = text
        return Speech(text, np.full(8000, 1000, np.int16), 16_000)

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None: ...


class _Ears:
    """Hears "clock" as "clack", and nothing of what is too short."""

    def __init__(self, voice: _Voice) -> None:
        self.voice = voice

    def transcribe(self, samples: Samples) -> Transcript:
        assert len(samples) > 8000  # with the silence around it
        if self.voice.said == "Um.":
            return Transcript("um", rejected="too_short")
        return Transcript(self.voice.said.replace("clock", "clack"))


def test_through_the_voice_what_is_heard_counts() -> None:
    voice = _Voice()
    heard = through(voice, _Ears(voice))
    assert heard("What does the clock say?") == "What does the clack say?"
    assert heard("Um.") == ""
