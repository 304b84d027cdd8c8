"""Tones: shaped when asked, plain when nothing is asked or something fails, and really felt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import soxr
from support.synthetic_voice import RATE, hiss, median_semitones, silence, vowel

from companion.domain import SAMPLE_RATE, Samples, Speech, Tone
from companion.voice import expression
from companion.voice.align import Phone
from companion.voice.expression import Expression
from companion.voice.piper import PiperSynthesizer
from companion.voice.profile import ToneShape, load_profile

LIVELY = ToneShape(
    pitch_st=2.0, pitch_range=1.3, emphasis=1.1, treble_db=1.0, slope_db=-1.0, pause=1.2
)
FALLING = ToneShape(fall_st=2.0)


def shaped(sound: Samples, tone: ToneShape, text: str = "Yes.") -> Samples:
    return Expression().shape(sound, [], RATE, tone, text)[0]


def test_a_tone_that_asks_for_nothing_is_the_plain_voice() -> None:
    plain, phones = vowel(100), [Phone("a", 0.0, 1.0)]
    sound, timed = Expression().shape(plain, phones, RATE, ToneShape(length=1.2), "Yes.")
    assert sound is plain
    assert timed == phones
    assert not load_profile("joe").shape(Tone.NEUTRAL).shapes


def test_the_pitch_tracker_is_loaded_only_for_pitch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(expression, "PulseFinder", refused)
    plain = vowel(100)
    louder_end = shaped(plain, ToneShape(slope_db=2.0))
    assert (louder_end != plain).any()


def test_all_of_a_tone_at_once() -> None:
    plain = vowel(np.linspace(120, 90, RATE))
    sound = shaped(plain, LIVELY)
    assert len(sound) == len(plain)
    assert median_semitones(sound) - median_semitones(plain) == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize(
    ("texts", "falls"),
    [(("Yes.", "Yes", '"Yes."', "Yes!"), True), (("Yes?", '"Yes?"', "Yes,", "Yes:"), False)],
)
def test_only_what_ends_and_does_not_ask_falls(texts: tuple[str, ...], falls: bool) -> None:
    plain = vowel(120)
    for text in texts:
        assert bool((shaped(plain, FALLING, text) != plain).any()) is falls


@pytest.mark.parametrize(
    "sound",
    [silence(1.0), silence(0.0), hiss(0.5), hiss(0.002), np.full(900, np.nan, np.float32)],
    ids=["silence", "nothing", "noise", "scrap", "broken"],
)
def test_what_has_no_voice_comes_back_as_long_and_no_louder(sound: Samples) -> None:
    out = shaped(sound, LIVELY)
    assert len(out) == len(sound)
    loudest = np.abs(np.nan_to_num(sound)).max(initial=0.0)
    assert np.abs(np.nan_to_num(out)).max(initial=0.0) <= 2 * loudest


def test_a_failing_shaper_leaves_the_plain_voice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no memory\nat all")

    plain, phones = vowel(100), [Phone("a", 0.0, 1.0)]
    monkeypatch.setattr(expression, "repitched", broken)
    sound, timed = Expression().shape(plain, phones, RATE, LIVELY, "Something private.")
    assert sound is plain
    assert timed == phones
    assert "a tone could not be given: no memory at all" in caplog.text
    assert "private" not in caplog.text


@pytest.mark.parametrize("value", [1e6, np.nan])
def test_a_shaper_gone_wild_leaves_the_plain_voice(
    monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    def wild(samples: Samples, *_: Any) -> Samples:
        return np.full(len(samples), value, np.float32)

    monkeypatch.setattr(expression, "repitched", wild)
    plain = vowel(100)
    assert shaped(plain, ToneShape(pitch_st=1.0)) is plain


# What follows says real sentences.

SENTENCES = (
    "Would you like to call your daughter this afternoon?",
    "I am so glad you told me about your garden.",
    "Your appointment is on the 14th of March at 10:45.",
    "Of course, I can say that again.",
    "That sounds like a hard night.",
    "Take your time, there is no hurry at all.",
)


def at_16k(speech: Speech) -> Samples:
    sound = soxr.resample(speech.pcm.astype(np.float32) / 32768, speech.rate, SAMPLE_RATE)
    return np.asarray(sound, np.float32)


@pytest.mark.real
def test_our_own_ear_hears_calm_below_warm_below_bright(joe: PiperSynthesizer) -> None:
    from companion.emotion.feeler import PersonFeeler

    feeler = PersonFeeler()
    for text in SENTENCES * 2:
        feeler.feel_sound(at_16k(joe.synthesize(text, Tone.NEUTRAL)), learn=True)

    def arousal(text: str, tone: Tone) -> float:
        feeling = feeler.feel_sound(at_16k(joe.synthesize(text, tone)), learn=False)
        assert feeling is not None
        return feeling.arousal

    right = []
    for text in SENTENCES:
        calm, warm, bright = (arousal(text, tone) for tone in (Tone.CALM, Tone.WARM, Tone.BRIGHT))
        right += [calm < warm, warm < bright, calm < bright]
    # 0.95-1 in pairs of 20 sentences (docs/measurements.md); Piper's own rhythm is a lottery.
    assert np.mean(right) >= 0.8


@pytest.mark.real
@pytest.mark.parametrize("tone", [tone for tone in Tone if tone is not Tone.NEUTRAL])
def test_words_are_timed_where_they_sound_after_shaping(joe: PiperSynthesizer, tone: Tone) -> None:
    speech = joe.synthesize("Take your time, please. Of course, stop.", tone)
    assert [word.text for word in speech.words] == speech.text.split()
    moments = [moment for word in speech.words for moment in (word.start, word.end)]
    assert moments == sorted(moments)
    assert speech.seconds - 0.2 < speech.words[-1].end <= speech.seconds
    loud = np.abs(speech.pcm.astype(float)) / np.abs(speech.pcm).max()
    for word in speech.words:
        inside = loud[int(word.start * speech.rate) : int(word.end * speech.rate)]
        assert inside.max() > 0.1, f"{word.text} is timed where nothing sounds"
    # After "time," and "course," comes silence, and the next word begins after it.
    for before, after in ((2, 3), (5, 6)):
        gap = (speech.words[before].end, speech.words[after].start)
        if gap[1] - gap[0] > 0.1:
            middle = int(sum(gap) / 2 * speech.rate)
            assert loud[middle - 50 : middle + 50].max() < 0.05


@pytest.mark.real
@pytest.mark.parametrize("text", ["Yes.", "No?", "Hmm.", "3.", "Oh!", "I."])
def test_the_shortest_replies_survive_every_tone(joe: PiperSynthesizer, text: str) -> None:
    for tone in Tone:
        speech = joe.synthesize(text, tone)
        assert [word.text for word in speech.words] == [text]
        assert 0.1 < speech.seconds < 2.0


class Watched:
    """Shapes, keeps what went in and out, and how long it took."""

    def __init__(self) -> None:
        self._inner = Expression()
        self.seen: list[tuple[Samples, Samples]] = []
        self.seconds = 0.0

    def shape(
        self, samples: Samples, phones: Sequence[Phone], rate: int, tone: ToneShape, text: str
    ) -> tuple[Samples, list[Phone]]:
        began = time.process_time()
        out = self._inner.shape(samples, phones, rate, tone, text)
        self.seconds += time.process_time() - began
        self.seen.append((samples, out[0]))
        return out


@pytest.mark.real
def test_shaping_neither_clicks_nor_costs_much(
    joe: PiperSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    monkeypatch.setattr(joe, "shaper", watched)
    joe.synthesize("Good morning.", Tone.BRIGHT)  # loads
    watched.seconds, began = 0.0, time.process_time()
    for text in SENTENCES:
        joe.synthesize(text, Tone.BRIGHT)
    whole = time.process_time() - began
    assert watched.seconds / (whole - watched.seconds) < 0.3
    for plain, sound in watched.seen:
        rough = [np.abs(np.diff(s.astype(float), n=2)).max() for s in (plain, sound)]
        # Bright itself raises treble and level a little; a click would raise it many times.
        assert rough[1] < 1.6 * rough[0]
