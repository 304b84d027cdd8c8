from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.hearing.guard import Evidence, compression, is_loop, judge, load_ghosts, normalised

CLEAR = Evidence(seconds=2.5, logprob=-0.2, no_speech=0.3)
HARDLY = Evidence(seconds=2.0, logprob=-0.9, no_speech=0.8)


@pytest.mark.parametrize(
    "text", ["Yes.", "No.", "Help!", "Thank you.", "Bye.", "I'm fine.", "You.", "No, no, no."]
)
def test_short_answers_said_clearly_are_believed(text: str) -> None:
    assert judge(text, CLEAR) is None


@pytest.mark.parametrize("text", ["Yes.", "Hello.", "Goodbye."])
def test_short_answers_in_a_noisy_room_are_believed(text: str) -> None:
    # The least sure numbers measured on one-word answers with noise at -50 dB.
    assert judge(text, Evidence(0.9, -0.61, 0.79)) is None
    assert judge(text, Evidence(0.9, -0.98, 0.37)) is None


@pytest.mark.parametrize("text", ["Thank you.", "Bye.", "you", "Okay."])
def test_little_words_without_evidence_are_ghosts(text: str) -> None:
    assert judge(text, HARDLY) == "ghost"


@pytest.mark.parametrize("text", ["Help.", "Help me!", "I've fallen."])
def test_a_faint_cry_for_help_is_believed(text: str) -> None:
    # Measured: whisper-base on a synthetic "Help!" in a noisy room.
    assert judge(text, Evidence(1.0, -1.0, 0.82)) is None


def test_a_loop_of_help_without_any_evidence_is_refused() -> None:
    assert judge("Help me. " * 20, Evidence(20.0, -0.2, 0.1)) == "loop"


def test_video_endings_are_ghosts_even_when_fairly_sure() -> None:
    assert judge("Thanks for watching!", Evidence(2.0, -0.5, 0.1)) == "ghost"
    assert judge("Please subscribe to my channel.", Evidence(3.0, -0.1, 0.0)) == "ghost"


def test_a_ghost_phrase_inside_a_longer_sentence_is_believed() -> None:
    assert judge("Thank you for watching the dog while I was away.", CLEAR) is None


@pytest.mark.parametrize(
    "text", ["[Music]", "(coughing)", "♪♪♪", "♪ la la ♪", "*sighs*", "...", "-"]
)
def test_annotations_and_signs_are_not_words(text: str) -> None:
    assert judge(text, CLEAR) == "annotation"


def test_nothing_is_empty() -> None:
    assert judge("  ", CLEAR) == "empty"


@pytest.mark.parametrize(
    "text",
    [
        "I went to " + "the shop and " * 20,
        "toast toast toast toast toast toast",
        "so I said to him so I said to him so I said to him",
        "AHHHHHHHHHHHHHHH",
    ],
)
def test_loops_are_refused_however_sure(text: str) -> None:
    assert judge(text, Evidence(20.0, -0.05, 0.0)) == "loop"


def test_a_sentence_said_twice_is_believed() -> None:
    assert judge("I want to go home now please. I want to go home now please.", CLEAR) is None


def test_saying_no_three_times_is_no_loop() -> None:
    assert not is_loop("No, no, no, I don't want that, I really really don't.")


def test_more_words_than_anyone_can_say_are_refused() -> None:
    text = "it is a lovely day and we went to the sea to look at all those boats there"
    assert judge(text, Evidence(1.0, -0.2, 0.1)) == "too_fast"
    assert judge(text, Evidence(4.0, -0.2, 0.1)) is None


def test_silence_and_guessing_are_refused() -> None:
    assert judge("he came home late", Evidence(3.0, -1.1, 0.7)) == "no_speech"
    assert judge("he came home late", Evidence(3.0, -1.4, 0.1)) == "unsure"


def test_a_chant_without_evidence_is_a_loop_and_with_it_is_not() -> None:
    assert judge("Oh! Oh! Oh! Oh! Oh!", Evidence(4.0, -0.99, 0.38)) == "loop"
    assert judge("Help! Help! Help!", Evidence(3.0, -0.4, 0.3)) is None


def test_other_languages_need_no_ghost_list() -> None:
    assert judge("Dziękuję bardzo.", CLEAR, "pl") is None
    assert load_ghosts("pl").video == frozenset()


def test_ghost_lists_are_normalised() -> None:
    ghosts = load_ghosts("en")
    assert ghosts.video
    assert ghosts.short
    for phrase in ghosts.video | ghosts.short | {*ghosts.anywhere, *ghosts.urgent}:
        assert phrase == normalised(phrase)


@given(st.text(), st.floats(0, 100), st.floats(-10, 0), st.floats(0, 1))
def test_any_text_gets_a_verdict(text: str, seconds: float, logprob: float, quiet: float) -> None:
    verdict = judge(text, Evidence(seconds, logprob, quiet))
    assert verdict is None or verdict
    assert compression(text) >= 0


def test_a_clear_voice_is_believed_where_whisper_doubts():
    doubted = Evidence(0.5, -1.3, 0.85)
    assert judge("Bye bye.", doubted) is not None
    assert judge("Bye bye.", replace(doubted, certainty=0.9)) is None
    assert judge("Bye bye.", replace(doubted, certainty=0.1)) is not None
    assert judge("Gribble.", Evidence(0.5, -1.9, 0.2, certainty=0.9)) == "unsure"
    assert judge("Thanks for watching!", Evidence(2.0, -0.8, 0.5, certainty=0.9)) == "ghost"
