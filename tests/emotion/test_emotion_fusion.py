from __future__ import annotations

import numpy as np
import pytest

from companion.domain import Feeling, Stance
from companion.emotion.features import INDEX, NAMES, Prosody
from companion.emotion.fusion import Estimate, fuse, reliability
from companion.emotion.labels import LABELS, label_of
from companion.emotion.model import Judgement
from companion.emotion.mood import Mood
from companion.emotion.phrase import phrase, remarks
from companion.emotion.stance import stance_for
from companion.errors import EmotionError


def judged(label: str, chance: float = 0.8, excited: float = 0.5) -> Judgement:
    others = [name for name in LABELS[:7] if name != label]
    rest = dict.fromkeys(others, (1 - chance) / len(others))
    return Judgement({label: chance, **rest}, excited)


def worded(label: str, chance: float = 0.8) -> dict[str, float]:
    rest = (1 - chance) / (len(LABELS) - 1)
    return {name: chance if name == label else rest for name in LABELS}


def sound(**changes: float) -> Prosody:
    values = {"speech_s": 2.0, "voiced_s": 1.5, "noise_db": 40.0, "clipped": 0.0} | changes
    size = len(NAMES)
    return Prosody(np.zeros(size), np.ones(size, np.bool_), **values)


def test_corpora_call_feelings_differently() -> None:
    assert [label_of(n) for n in ("Anger", "happiness", "boredom", "fear", "xyz")] == [
        "angry", "happy", "bored", "fearful", None,
    ]  # fmt: skip


def test_probabilities_sum_to_one_and_rule_nothing_out() -> None:
    found = fuse(judged("sad", 0.999), None).probabilities
    assert set(found) == set(LABELS)
    assert sum(found.values()) == pytest.approx(1.0)
    assert min(found.values()) > 0.0


def test_voice_and_words_that_agree_are_surer_than_either() -> None:
    voice, words = judged("sad", 0.6), worded("sad", 0.6)
    assert fuse(voice, words).confidence > max(
        fuse(voice, None).confidence, fuse(None, words).confidence
    )


def test_neutral_words_do_not_calm_a_sad_voice() -> None:
    assert fuse(judged("sad", 0.7), worded("neutral", 0.99)).label == "sad"


def test_cheerful_words_in_a_sad_voice_do_not_count_as_joy() -> None:
    assert fuse(judged("sad", 0.8), worded("happy", 0.6)).label == "sad"


def test_in_a_bad_recording_the_words_decide() -> None:
    worth = reliability(sound(noise_db=4.0, voiced_s=0.4))
    assert fuse(judged("happy", 0.7), worded("sad", 0.8), worth).label == "sad"


@pytest.mark.parametrize(
    "changes", [{"voiced_s": 0.2}, {"noise_db": 5.0}, {"clipped": 0.09}], ids=lambda c: str(c)
)
def test_bad_sound_is_worth_less(changes: dict[str, float]) -> None:
    assert reliability(sound(**changes)) < 0.4 < reliability(sound())


def test_nothing_known_is_unsure() -> None:
    assert fuse(None, None).unsure
    assert fuse(judged("sad", 0.2), None).unsure
    assert not fuse(judged("sad", 0.8), None).unsure
    assert fuse(judged("sad", 0.9), None, worth=0.1).unsure


def test_valence_and_arousal_follow_the_feeling() -> None:
    glad, low = fuse(judged("happy", 0.9, 0.9), None), fuse(judged("sad", 0.9, 0.1), None)
    cross = fuse(judged("angry", 0.9, 0.95), None)
    assert glad.valence > 0.4 > -0.3 > low.valence
    assert cross.valence < -0.3
    assert cross.arousal > 0.3
    assert low.arousal < -0.3


def z(**values: float) -> np.ndarray:
    vector = np.zeros(len(NAMES))
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector


def test_evidence_names_what_stands_out_most_striking_first() -> None:
    vector = z(level_mean=-1.2, articulation_rate=-2.0, nuclei_rate=-2.0, pitch_median=0.2)
    assert remarks(vector, sound(), 20) == ("slower than usual", "quieter than usual")


def test_a_stranger_is_compared_with_most_people() -> None:
    assert remarks(z(level_mean=2.0), sound(), 0) == ("louder than most people",)


def test_words_are_evidence_too() -> None:
    assert remarks(z(), sound(), 9, worded("sad")) == ("the words are sad",)


def test_the_phrase_is_short_and_silent_when_unsure() -> None:
    estimate = fuse(judged("sad", 0.8), None)
    text = phrase(estimate, ("slower than usual", "quieter than usual"), subject="He sounds")
    assert text == "He sounds sad, quite sure; slower than usual."
    assert phrase(fuse(judged("sad", 0.2), None), ("slower than usual",)) == ""


def feeling(estimate: Estimate) -> Feeling:
    return Feeling(
        estimate.valence,
        estimate.arousal,
        estimate.label,
        estimate.confidence,
        estimate.unsure,
        probabilities=estimate.probabilities,
    )


@pytest.mark.parametrize(
    ("label", "stance"),
    [
        ("sad", Stance.COMFORT),
        ("happy", Stance.CELEBRATE),
        ("angry", Stance.STEADY),
        ("fearful", Stance.CALM),
        ("neutral", Stance.LISTEN),
    ],
)
def test_each_feeling_is_met_with_a_stance(label: str, stance: Stance) -> None:
    assert stance_for(feeling(fuse(judged(label, 0.8), None))) is stance


def test_nothing_unsure_is_built_on() -> None:
    assert stance_for(None) is Stance.LISTEN
    assert stance_for(feeling(fuse(judged("sad", 0.9), None, worth=0.1))) is Stance.LISTEN


HOUR = 3600.0


def lowered(times: int, start: float = 1e9) -> Mood:
    mood = Mood()
    for number in range(times):
        mood = mood.moved(fuse(judged("sad", 0.9), None), start + 60.0 * number)
    return mood


def test_one_sad_sentence_is_no_mood_but_many_are() -> None:
    assert lowered(1).lately(1e9) == ""
    assert lowered(30).lately(1e9 + HOUR) == "They have sounded low for a while."


def test_low_since_yesterday_and_for_days() -> None:
    mood = lowered(30)
    assert mood.lately(1e9 + 24 * HOUR).endswith("since yesterday.")
    assert mood.lately(1e9 + 72 * HOUR).endswith("for 3 days.")


def test_somebody_low_for_long_is_encouraged_to_be_with_people() -> None:
    sad = feeling(fuse(judged("sad", 0.9), None))
    assert stance_for(sad, lowered(30)) is Stance.ENCOURAGE_CONTACT


def test_a_mood_lifts_and_fades() -> None:
    mood = lowered(30)
    for number in range(30):
        mood = mood.moved(fuse(judged("happy", 0.9), None), 1e9 + HOUR + 60.0 * number)
    assert mood.low_since is None
    assert mood.valence > 0.2


def test_what_is_unsure_moves_no_mood() -> None:
    mood = Mood().moved(fuse(judged("sad", 0.9), None, worth=0.1), 1e9)
    assert mood.valence == 0.0


def test_a_mood_survives_its_state() -> None:
    mood = lowered(30)
    assert Mood.restored(mood.state()) == mood
    with pytest.raises(EmotionError, match="reset"):
        Mood.restored({"valence": "x"})
