"""What evaluate expression makes of a voice, without a model for the voice."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.synthetic_voice import RATE, vowel

from companion.domain import Samples, Speech, SpokenWord, Tone, Transcript
from companion.errors import MeasureError
from companion.measure.expression import evaluate_expression, read_sentences, share_in_order
from companion.measure.pictures import draw_tones, need_pictures
from companion.voice.expression import Expression
from companion.voice.loudness import to_pcm
from companion.voice.profile import ToneShape

TEXTS = ("Is it Monday?", "Yes it is.")
HERTZ = {Tone.CALM: 85, Tone.WARM: 105, Tone.BRIGHT: 140}


class Singer:
    """A voice whose tones are pitches."""

    def __init__(self) -> None:
        self.shaper: Any = Expression()

    def synthesize(self, text: str, tone: Tone) -> Speech:
        hertz = HERTZ.get(tone, 95)
        notes = [vowel(np.linspace(hertz * up, hertz, RATE // 2), 0.5) for up in (1.2, 1.1, 1.3)]
        sound = np.concatenate(notes)
        self.shaper.shape(sound, [], RATE, ToneShape(pitch_st=float(tone is Tone.CALM)), text)
        words = [SpokenWord(word, k * 0.5, k * 0.5 + 0.5) for k, word in enumerate(text.split())]
        return Speech(text, to_pcm(sound), RATE, tuple(words), 0.3)


class Ears:
    """Hears one sentence right and the other never."""

    def __init__(self) -> None:
        self._heard = 0

    def transcribe(self, samples: Samples) -> Transcript:
        self._heard += 1
        return Transcript(TEXTS[0] if self._heard % 2 else "")


def measured() -> Any:
    return evaluate_expression(Singer(), Ears(), TEXTS)  # type: ignore[arg-type]


def test_every_tone_is_measured_and_their_order_judged() -> None:
    result, takes = measured()
    assert len(takes) == len(TEXTS) * len(Tone)
    assert set(result["tones"]) == {tone.value for tone in Tone}
    tones = result["tones"]
    assert tones["warm"]["pitch_st"] == pytest.approx(12 * np.log2(1.1 * 1.05), abs=0.7)
    assert tones["calm"]["pitch_st"] < tones["warm"]["pitch_st"] < tones["bright"]["pitch_st"]
    assert tones["neutral"]["wpm"] == pytest.approx(120, abs=1)
    assert tones["neutral"]["wer"] == 50.0
    assert result["wer_added"] == 0.0
    assert 0 <= result["in_order"] <= 1
    assert result["added_time"] > 0


def test_pairs_are_compared_within_a_sentence() -> None:
    judged = [("a", Tone.CALM, -0.5), ("a", Tone.WARM, -0.2), ("a", Tone.BRIGHT, 0.4)]
    assert share_in_order(judged) == 1.0
    # Another sentence may be livelier in all its tones; of its pairs one is wrong, one equal.
    judged += [("b", Tone.CALM, 0.6), ("b", Tone.WARM, 0.6), ("b", Tone.BRIGHT, 0.5)]
    judged += [("b", Tone.STEADY, -1.0)]
    assert share_in_order(judged) == 0.5


def test_takes_are_compared_each_with_its_own() -> None:
    result, takes = evaluate_expression(Singer(), Ears(), TEXTS[:1], times=2)  # type: ignore[arg-type]
    assert result["times"] == 2
    assert len(takes) == 2 * len(Tone)
    assert {take.number for take in takes} == {0, 1}


def test_the_voice_gets_its_shaper_back() -> None:
    voice = Singer()
    before = voice.shaper
    evaluate_expression(voice, Ears(), TEXTS)  # type: ignore[arg-type]
    assert voice.shaper is before


def test_the_shipped_sentences_are_twenty_with_questions_and_numbers() -> None:
    found = read_sentences()
    assert len(found) == len(set(found)) == 20
    assert sum(text.endswith("?") for text in found) >= 4
    assert sum(any(char.isdigit() for char in text) for text in found) >= 2


def test_sentences_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="cannot read"):
        read_sentences(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("# nothing\n\n")
    with pytest.raises(MeasureError, match="holds no sentences"):
        read_sentences(tmp_path / "empty.txt")


def test_a_picture_of_the_tones(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    _, takes = measured()
    draw_tones(takes, tmp_path / "tones.png")
    assert (tmp_path / "tones.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(MeasureError, match="cannot write"):
        draw_tones(takes, tmp_path / "no" / "tones.png")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MeasureError, match=r"companion\[pictures\]"):
        need_pictures()
