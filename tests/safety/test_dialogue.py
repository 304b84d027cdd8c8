from __future__ import annotations

import pytest

from companion.domain import Danger, Screening
from companion.safety.dialogue import OPEN_S, Dialogue, load_dialogue

KNOWN = {
    "The man wants my code.": Screening(3, Danger.SCAM, "bank", 0.95),
    "I can't see the point.": Screening(2, Danger.CRISIS, "hopelessness", 0.9),
    "Nothing matters.": Screening(2, Danger.CRISIS, "hopelessness", 0.9),
    "They'd be better off.": Screening(2, Danger.CRISIS, "burden", 0.9),
    "I fell.": Screening(4, Danger.MEDICAL, "fall", 0.99),
}


def screen(text: str) -> Screening:
    return KNOWN.get(text, Screening(score=0.99))


@pytest.fixture
def dialogue() -> Dialogue:
    return load_dialogue("en", screen)


def say(dialogue: Dialogue, text: str, t: float) -> Screening:
    found = dialogue.consider(text, screen(text), t)
    dialogue.commit(text, found, t)
    return found


def test_considering_changes_nothing(dialogue):
    dialogue.consider("I fell.", screen("I fell."), 0)
    assert dialogue.open_event(1) is None


def test_a_danger_stays_open_although_denied(dialogue):
    say(dialogue, "I fell.", 0)
    say(dialogue, "It's nothing, I'm fine now.", 10)
    event = dialogue.open_event(20)
    assert event is not None
    assert event.worst == 4


def test_it_fades_but_not_below_concern_and_closes_at_last(dialogue):
    say(dialogue, "I fell.", 0)
    assert dialogue.open_event(1500).tier < 4
    assert dialogue.open_event(1500).tier >= 2
    assert dialogue.open_event(OPEN_S + 1) is None


def test_signs_of_concern_one_after_another_become_urgent(dialogue):
    say(dialogue, "I can't see the point.", 0)
    say(dialogue, "Nothing matters.", 60)
    assert say(dialogue, "They'd be better off.", 120).tier >= 3


def test_everyday_talk_after_a_danger_is_everyday_talk(dialogue):
    say(dialogue, "I fell.", 0)
    assert say(dialogue, "The roses are lovely today and the sun is out at last.", 30).tier < 2


def test_a_new_talk_knows_nothing(dialogue):
    say(dialogue, "The man wants my code.", 0)
    dialogue.start_afresh()
    assert dialogue.open_event(1) is None
