"""Yes, unsure or no."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hearing.speakers.conftest import Voices

from companion.domain import Match
from companion.hearing.speakers.background import Background
from companion.hearing.speakers.judge import SpeakerJudge, merged
from companion.hearing.speakers.nouns import Taken, Voice


@pytest.fixture
def judge(voices: Voices, background: Background) -> SpeakerJudge:
    return SpeakerJudge(background, [voices.print("Margaret"), voices.print("Tom")])


def test_the_enrolled_are_known_by_name(judge: SpeakerJudge, voices: Voices) -> None:
    for name in ("Margaret", "Tom"):
        found = judge.judge(Taken((voices.voice(name),)))
        assert (found.match, found.name, found.person_id) == (Match.YES, name, f"id-{name}")
        assert found.probability > 0.9
        assert not found.several


def test_a_stranger_is_nobody_and_gets_nobodys_name(judge: SpeakerJudge, voices: Voices) -> None:
    found = judge.judge(Taken((voices.voice("burglar"),)))
    assert (found.match, found.name, found.person_id) == (Match.NO, None, None)
    assert found.probability < 0.1


def test_in_between_is_unsure(judge: SpeakerJudge, voices: Voices) -> None:
    found = judge.judge(Taken((voices.between("Margaret", 0.5),)))
    assert (found.match, found.name, found.why) == (Match.UNSURE, "Margaret", "in between")


@pytest.mark.parametrize("seconds", [0.0, 0.6, 1.49])
def test_short_speech_is_unsure(judge: SpeakerJudge, voices: Voices, seconds: float) -> None:
    found = judge.judge(Taken((voices.voice("Margaret", seconds),)))
    assert (found.match, found.why) == (Match.UNSURE, "too short")
    assert judge.judge(Taken(())).why == "too short"


def test_nobody_enrolled_is_unsure(background: Background, voices: Voices) -> None:
    said = Taken((voices.voice("Margaret"),))
    assert SpeakerJudge(background, []).judge(said).why == "nobody is enrolled"
    other = SpeakerJudge(background, [voices.print("Margaret", model="older")])
    assert other.judge(said).why == "nobody is enrolled"


def test_a_guest_in_the_same_breath_makes_it_unsure(judge: SpeakerJudge, voices: Voices) -> None:
    both = Taken((voices.voice("Margaret", 3.0), voices.voice("guest", 1.5)))
    found = judge.judge(both)
    assert (found.match, found.several, found.why) == (Match.UNSURE, True, "two people")
    late = judge.judge(Taken((voices.voice("guest", 3.0), voices.voice("Margaret", 1.5))))
    assert (late.match, late.name, late.probability > 0.9) == (Match.UNSURE, "Margaret", True)
    pair = Taken((voices.voice("Margaret", 3.0), voices.voice("Tom", 2.0)))
    assert judge.judge(pair).match is Match.UNSURE


def test_a_cough_beside_the_voice_does_not(judge: SpeakerJudge, voices: Voices) -> None:
    found = judge.judge(Taken((voices.voice("Margaret", 3.0), voices.voice("cough", 0.6))))
    assert (found.match, found.several) == (Match.YES, False)


def test_two_strangers_are_a_no(judge: SpeakerJudge, voices: Voices) -> None:
    found = judge.judge(Taken((voices.voice("one", 3.0), voices.voice("two", 2.0))))
    assert (found.match, found.several) == (Match.NO, True)


def test_speech_over_speech_is_unsure(judge: SpeakerJudge, voices: Voices) -> None:
    found = judge.judge(Taken((voices.voice("Margaret", 3.0),), overlap_s=1.5))
    assert (found.match, found.why) == (Match.UNSURE, "two people at once")


def test_a_person_has_a_print_for_each_microphone(voices: Voices, background: Background) -> None:
    kitchen = voices.print("Margaret in the kitchen", "kitchen", person_id="m")
    bed = voices.print("Margaret in bed", "bedroom", person_id="m")
    judge = SpeakerJudge(background, [kitchen, bed])
    for room in ("kitchen", "bed"):
        said = judge.judge(
            Taken((voices.voice(f"Margaret in {'the kitchen' if room == 'kitchen' else 'bed'}"),))
        )
        assert (said.match, said.person_id) == (Match.YES, "m")


def test_a_voice_more_like_a_stranger_is_never_a_yes(voices: Voices) -> None:
    own, other = voices.vector("Margaret", 0.0), voices.vector("stranger", 0.0)
    bare = Background(
        "net", np.zeros((192, 1)), other[None], np.array([30.0, 0.0, -15.0]), 0.9, 0.1
    )
    judge = SpeakerJudge(bare, [voices.print("Margaret")])
    between = Voice((0.7 * own + 0.75 * other).astype(np.float32), 4.0)
    found = judge.judge(Taken((between,)))
    assert (found.match, found.probability <= 0.9) == (Match.UNSURE, True)
    alone = SpeakerJudge(replace(bare, cohort=bare.cohort[:0]), [voices.print("Margaret")])
    assert alone.judge(Taken((between,))).match is Match.YES


def test_who_spoke_for_a_corpus_is_no_stranger_to_themselves(
    voices: Voices, background: Background
) -> None:
    judge = SpeakerJudge(background, [voices.print("stranger 1")])
    assert judge.judge(Taken((voices.voice("stranger 1"),))).match is Match.YES


def test_two_moods_of_one_person_are_joined(voices: Voices) -> None:
    parts = (voices.voice("Tom", 1.0), voices.voice("Ann", 2.5), voices.voice("Tom", 2.0))
    joined = merged(parts)
    assert [round(one.seconds, 1) for one in joined] == [3.0, 2.5]
    assert float(joined[0].embedding @ voices.vector("Tom", 0.0)) > 0.9
    assert merged(()) == []


def test_odd_numbers_are_not_a_yes(judge: SpeakerJudge, voices: Voices) -> None:
    silent = Taken((voices.between("Margaret", 0.0),))
    assert judge.judge(silent).match is Match.NO
    zero = type(silent.voices[0])(np.zeros(192, np.float32), 4.0)
    assert judge.judge(Taken((zero,))).match is Match.NO
