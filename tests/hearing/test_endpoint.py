import json

import numpy as np
import pytest

from companion.domain import Transcript
from companion.hearing.endpoint import Endpointer, completeness


def test_finished_sounds_more_complete_than_unfinished():
    done = completeness("I went to the shops this morning.")
    assert completeness("I went to the") < completeness("I went to the shops") < done
    assert completeness("I went to the shops and") < 0.1
    assert completeness("I was thinking...") < 0.2
    assert completeness("Can you hear me?") > 0.8


@pytest.mark.parametrize("text", ["Yes.", "no", "Help!", "Thank you.", "I don't know."])
def test_short_answers_are_complete(text):
    assert completeness(text) > 0.9


def test_nothing_said_is_complete_and_other_languages_work_by_punctuation():
    assert completeness("") == 1.0
    assert completeness("Ich war gestern im Garten.", "xx") > completeness("Ich war im", "xx")


def test_the_more_complete_the_shorter_the_wait():
    judge = Endpointer()
    waits = [judge.wait_s(c) for c in (0.05, 0.3, 0.6, 0.9, 0.97)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] < 0.5
    assert waits[0] > 1.5


def test_it_becomes_patient_with_a_slow_talker_and_quick_with_a_quick_one():
    fresh, slow, quick = Endpointer(), Endpointer(), Endpointer()
    for _ in range(6):
        for pause in (0.8, 1.1, 1.4):
            slow.paused(pause)
        slow.turn_ended()
        quick.paused(0.25)
        quick.turn_ended()
    assert slow.wait_s(0.8) > 1.4
    assert quick.wait_s(0.8) < fresh.wait_s(0.8) < slow.wait_s(0.8)


def test_it_forgets_slowly():
    judge = Endpointer()
    for _ in range(10):
        judge.paused(1.5)
    before = judge.wait_s(0.8)
    for _ in range(150):
        judge.paused(0.3)
        judge.turn_ended()
    assert judge.wait_s(0.8) < before / 2


def test_what_it_learned_survives_a_restart():
    judge = Endpointer()
    for pause in (0.9, 1.2, 1.0):
        judge.paused(pause)
    judge.turn_ended()
    again = Endpointer()
    again.restore(json.loads(json.dumps(judge.state())))
    assert again.wait_s(0.8) == judge.wait_s(0.8)


@pytest.mark.parametrize("state", [{}, {"version": 2}, {"version": 1, "pauses": [["a", 1]]}])
def test_a_damaged_memory_is_refused_and_changes_nothing(state):
    judge = Endpointer()
    before = judge.wait_s(0.8)
    with pytest.raises((KeyError, ValueError, TypeError)):
        judge.restore(state)
    assert judge.wait_s(0.8) == before


def test_a_rejected_transcript_need_not_be_waited_for():
    rejected = Transcript("", rejected="no_speech")
    assert Endpointer().completeness(np.zeros(1, np.float32), rejected) == 1.0
