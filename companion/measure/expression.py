"""How the tones of a voice sound, measured: understood, paced, pitched, and felt by our own ear."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import soxr

from companion.domain import SAMPLE_RATE, JsonObject, Samples, Speech, Tone, Transcript
from companion.emotion.features import Prosody
from companion.emotion.feeler import PersonFeeler
from companion.emotion.model import AcousticModel, load
from companion.emotion.prosody import Measurer
from companion.errors import MeasureError
from companion.measure.wer import spoken_words, word_error_rate
from companion.resources import data_dir
from companion.voice.align import Phone
from companion.voice.expression import Shaper
from companion.voice.piper import PiperSynthesizer
from companion.voice.profile import ToneShape

ORDER: Final = (Tone.CALM, Tone.WARM, Tone.BRIGHT)
"""From the least to the most arousal."""


class _Ears(Protocol):
    def transcribe(self, samples: Samples) -> Transcript: ...


@dataclass(frozen=True, slots=True)
class Take:
    """One sentence said in one tone, and what was heard."""

    text: str
    tone: Tone
    number: int
    """Which take of this sentence in this tone, from 0."""
    speech: Speech = field(repr=False)
    samples: Samples = field(repr=False)
    """16 kHz."""
    prosody: Prosody = field(repr=False)
    arousal: float
    """As somebody hears it who knows this voice's neutral tone, -1 to 1."""
    arousal_stranger: float
    """As somebody hears it who does not know the voice."""
    heard: str

    @property
    def words_per_minute(self) -> float:
        """Words a minute of sound, pauses inside the sentence included."""
        return 60 * len(spoken_words(self.text)) / self.speech.seconds


class _Timed:
    """A shaper with a stopwatch."""

    def __init__(self, shaper: Shaper) -> None:
        self._shaper = shaper
        self.seconds = 0.0

    def shape(
        self, samples: Samples, phones: Sequence[Phone], rate: int, tone: ToneShape, text: str
    ) -> tuple[Samples, list[Phone]]:
        began = time.perf_counter()
        try:
            return self._shaper.shape(samples, phones, rate, tone, text)
        finally:
            self.seconds += time.perf_counter() - began


def read_sentences(path: Path | None = None) -> list[str]:
    """Return the sentences of a file, one a line; None is the file that ships.

    Raises:
        MeasureError: it cannot be read or holds none.
    """
    path = path or data_dir("voices") / "expression_en.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MeasureError(f"cannot read the sentences in {path}") from error
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise MeasureError(f"{path} holds no sentences; write one a line")
    return found


def evaluate_expression(
    voice: PiperSynthesizer,
    ears: _Ears,
    texts: Sequence[str],
    model: AcousticModel | None = None,
    *,
    times: int = 1,
) -> tuple[JsonObject, list[Take]]:
    """Say every sentence in every tone, and measure.

    Args:
        voice: with a profile.
        ears: what transcribes, for the word error rate.
        texts: the sentences.
        model: weights that judge arousal; None takes the shipped ones.
        times: how often each is said; no two takes of Piper are alike.

    Returns:
        ``tones``: for each ``wer`` (percent), ``wpm`` (words a minute), ``pitch_st`` (median,
        semitones above 100 Hz), ``pitch_range_st`` (10th to 90th percentile), ``level_dbfs``,
        ``arousal`` and ``arousal_stranger`` (see ``Take``), ``added_time`` (share of the
        synthesis); ``in_order`` and ``in_order_stranger``: share of the pairs of one sentence in
        which calm, warm and bright lie as they should; ``wer_added``: the worst tone's against
        neutral, percentage points; ``added_time``: of all shaped tones. And all takes.
    """
    measurer, weights = Measurer(), model or load()
    knows, stranger = (PersonFeeler(weights, measurer=measurer) for _ in range(2))
    for text in texts:
        knows.feel_sound(_at_16k(voice.synthesize(text, Tone.NEUTRAL)), learn=True)
    shaper = voice.shaper
    takes: list[Take] = []
    took: dict[Tone, tuple[float, float]] = {}
    try:
        for tone in Tone:
            voice.shaper = timed = _Timed(shaper)
            whole = 0.0
            for number, text in [(k, text) for k in range(times) for text in texts]:
                began = time.perf_counter()
                speech = voice.synthesize(text, tone)
                whole += time.perf_counter() - began
                samples = _at_16k(speech)
                known, strange = (
                    feeler.feel_sound(samples, learn=False) for feeler in (knows, stranger)
                )
                takes.append(
                    Take(
                        text,
                        tone,
                        number,
                        speech,
                        samples,
                        measurer.measure(samples),
                        known.arousal if known else 0.0,
                        strange.arousal if strange else 0.0,
                        ears.transcribe(samples).text,
                    )
                )
            took[tone] = (timed.seconds, whole - timed.seconds)
    finally:
        voice.shaper = shaper
    tones = {tone: _summary([t for t in takes if t.tone is tone], took[tone]) for tone in Tone}
    shaped = [took[tone] for tone in Tone if tone is not Tone.NEUTRAL]
    result: JsonObject = {
        "sentences": len(texts),
        "times": times,
        "in_order": share_in_order([(f"{t.number} {t.text}", t.tone, t.arousal) for t in takes]),
        "in_order_stranger": share_in_order(
            [(f"{t.number} {t.text}", t.tone, t.arousal_stranger) for t in takes]
        ),
        "wer_added": round(
            max(float(found["wer"]) for found in tones.values())
            - float(tones[Tone.NEUTRAL]["wer"]),
            2,
        ),
        "added_time": round(sum(s for s, _ in shaped) / sum(plain for _, plain in shaped), 3),
        "tones": {tone.value: found for tone, found in tones.items()},
    }
    return result, takes


def _at_16k(speech: Speech) -> Samples:
    sound = soxr.resample(speech.pcm.astype(np.float32) / 32768, speech.rate, SAMPLE_RATE)
    return np.asarray(sound, np.float32)


def _summary(takes: Sequence[Take], took: tuple[float, float]) -> JsonObject:
    def mean(name: str) -> float:
        values = [v for t in takes if (v := t.prosody[name]) is not None]
        return round(float(np.mean(values)), 2) if values else float("nan")

    return {
        "wer": round(word_error_rate([t.text for t in takes], [t.heard for t in takes]), 2),
        "wpm": round(float(np.mean([t.words_per_minute for t in takes])), 1),
        "pitch_st": mean("pitch_median"),
        "pitch_range_st": mean("pitch_range"),
        "level_dbfs": mean("level_mean"),
        "arousal": round(float(np.mean([t.arousal for t in takes])), 3),
        "arousal_stranger": round(float(np.mean([t.arousal_stranger for t in takes])), 3),
        "added_time": round(took[0] / took[1], 3),
    }


def share_in_order(judged: Sequence[tuple[str, Tone, float]]) -> float:
    """Return the share of pairs, each of one sentence, whose arousal is in ``ORDER``."""
    found = {(text, tone): arousal for text, tone, arousal in judged}
    right = [
        found[text, lower] < found[text, higher]
        for text in dict.fromkeys(text for text, _, _ in judged)
        for k, lower in enumerate(ORDER)
        for higher in ORDER[k + 1 :]
    ]
    return round(sum(right) / len(right), 3)
