from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from companion.domain import Danger, Screening
from companion.safety.dialogue import load_dialogue
from companion.safety.disclosure import load_disclosure
from companion.safety.guard import CRY_COUNTDOWN_S, SafetyGuard
from companion.safety.protocols import load_protocols
from companion.safety.regions import load_region
from companion.safety.reply_check import load_check

MEANINGS = {
    "I have fallen.": Screening(4, Danger.MEDICAL, "fall", 0.99),
    "My chest is tight.": Screening(4, Danger.MEDICAL, "cardiac", 0.97),
    "My grandson hits me.": Screening(3, Danger.ABUSE, "physical_abuse", 0.95),
    "Life has no point.": Screening(2, Danger.CRISIS, "hopelessness", 0.9),
    "Are you real?": Screening(0, Danger.IDENTITY, "identity", 0.9),
    "I keep thinking of ending it.": Screening(3, Danger.CRISIS, "active_ideation", 0.95),
}


class FakeScreener:
    trouble = None

    def screen(self, text: str) -> Screening:
        if text == "break":
            raise RuntimeError("boom")
        return MEANINGS.get(text, Screening())


class FakeHelp:
    def __init__(self) -> None:
        self.raised: list[tuple[int, str, str, frozenset[str], float]] = []
        self.cancelled = 0

    def raise_alert(self, tier, category, topic, accused=frozenset(), countdown_s=0.0) -> str:
        self.raised.append((tier, category, topic, accused, countdown_s))
        return str(len(self.raised))

    def cancel_countdowns(self) -> int:
        self.cancelled += 1
        return 1


class Talk:
    """Says lines as a conversation would, and keeps what the guard did."""

    def __init__(self, contact: str | None = "Anna") -> None:
        region = load_region("us")
        self.now = datetime(2026, 3, 1, 9, 0)
        screener = FakeScreener()
        self.guard = SafetyGuard(
            screener,
            load_dialogue("en", screener.screen),
            load_protocols(region, person="Rose"),
            load_check(region),
            load_disclosure("en", 3 * 3600),
            now=lambda: self.now,
        )
        self.help = FakeHelp()
        self.notes: list[tuple[str, dict]] = []
        self.counted: list[tuple[str, int]] = []
        self.guard.go_live(
            self.help,
            lambda kind, data, at, person: self.notes.append((kind, data)),
            lambda screening, year: self.counted.append((screening.category.value, year)),
            contact=lambda accused: None if "grandson" in accused else contact,
        )

    def say(self, text: str, *, addressed: bool = True) -> str:
        self.now += timedelta(seconds=10)
        screening = self.guard.screen(text)
        parts = self.guard.answer(text, screening, addressed=addressed)
        self.guard.commit(text, screening, addressed=addressed)
        return " ".join(part.text for part in parts)

    def settle(self) -> Talk:
        self.guard.go_quiet()
        return self


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_an_emergency_is_told_to_the_contacts_at_once(talk):
    said = talk.say("My chest is tight.")
    assert "nine one one" in said.split(".")[0]
    assert talk.settle().help.raised == [(4, "medical_emergency", "cardiac", frozenset(), 0.0)]


def test_a_fall_is_told_after_a_countdown_that_cancel_stops(talk):
    said = talk.say("I have fallen.")
    assert "cancel" in said.lower()
    assert talk.help.cancelled == 0
    talk.say("Cancel, please.")
    talk.settle()
    assert talk.help.raised == [(4, "medical_emergency", "fall", frozenset(), 30.0)]
    assert talk.help.cancelled == 1


def test_talk_after_an_emergency_calls_nobody_again(talk):
    talk.say("My chest is tight.")
    talk.say("What a nice day.")
    talk.say("Did you see the roses?")
    assert len(talk.settle().help.raised) == 1


def test_the_accused_is_passed_on_so_that_they_are_not_told(talk):
    talk.say("My grandson hits me.")
    (raised,) = talk.settle().help.raised
    assert "grandson" in raised[3]


def test_an_accused_contact_is_not_named_as_the_helper():
    talk = Talk(contact="Tom")
    assert "Tom" not in talk.say("My grandson hits me.")


def test_nobody_is_promised_a_message_when_there_are_no_contacts():
    talk = Talk(contact=None)
    assert "message" not in talk.say("My chest is tight.")


def test_concern_is_noted_without_words_and_counted_but_nobody_is_told(talk):
    talk.say("Life has no point.")
    talk.settle()
    assert talk.help.raised == []
    ((kind, data),) = talk.notes
    assert (kind, data["tier"], data["category"]) == ("safety", 2, "crisis")
    assert "point" not in str(data)
    assert talk.counted == [("crisis", 2026)]


def test_a_delicate_question_is_answered_but_neither_noted_nor_told(talk):
    assert "computer" in talk.say("Are you real?")
    talk.settle()
    assert (talk.notes, talk.help.raised) == ([], [])


def test_a_draft_leaves_no_trace(talk):
    screening = talk.guard.screen("I have fallen.")
    first = talk.guard.answer("I have fallen.", screening, addressed=True)
    again = talk.guard.answer("I have fallen.", screening, addressed=True)
    assert first == again
    assert talk.settle().help.raised == []


def test_a_cry_is_asked_about_and_help_is_called_for_unless_answered(talk):
    screening = talk.guard.screen("I have fallen.")
    assert talk.guard.is_cry(screening)
    said = talk.say("I have fallen.", addressed=False)
    assert "all right" in said
    talk.settle()
    assert talk.help.raised == [(4, "medical_emergency", "fall", frozenset(), CRY_COUNTDOWN_S)]


def test_a_cry_answered_with_all_is_well_is_called_off(talk):
    talk.say("I have fallen.", addressed=False)
    assert talk.guard.is_cry(talk.guard.screen("Yes, I'm fine."))
    talk.say("Yes, I'm fine.", addressed=True)
    assert talk.settle().help.cancelled == 1


def test_a_television_is_not_asked_every_minute(talk):
    talk.say("I have fallen.", addressed=False)
    talk.say("Anyway.", addressed=True)
    talk.now += timedelta(minutes=2)
    assert not talk.guard.is_cry(talk.guard.screen("I have fallen."))
    talk.now += timedelta(minutes=20)
    assert talk.guard.is_cry(talk.guard.screen("I have fallen."))


def test_somebody_elses_drama_does_not_call_for_help_by_itself(talk):
    talk.say("I keep thinking of ending it.", addressed=False)
    assert talk.settle().help.raised == []


def test_a_guard_that_breaks_says_the_safe_words(talk):
    screening = talk.guard.screen("break")
    (part,) = talk.guard.answer("break", screening, addressed=True)
    assert part.source == "script"
    assert part.text


def test_the_notice_comes_on_the_first_turn_of_the_day_and_not_again(talk):
    assert "computer" in talk.guard.notice().text
    talk.guard.noticed()
    talk.say("Good morning.")
    assert talk.guard.notice() is None
    talk.now += timedelta(days=1)
    assert talk.guard.notice() is not None


def test_the_notice_comes_again_within_three_hours_of_use(talk):
    talk.guard.noticed()
    for _ in range(20):
        talk.now += timedelta(minutes=10)
        talk.say("And then we went home.")
    assert talk.guard.notice() is not None


def test_a_sentence_the_mind_may_not_say_is_named(talk):
    assert talk.guard.failed("Take two more of the pills.", "My head hurts.", Screening())
    assert talk.guard.failed("I am a real person.", "Who are you?", Screening())
    assert not talk.guard.failed("That sounds lovely.", "We had cake.", Screening())


def test_a_new_talk_begins_afresh(talk):
    talk.say("I have fallen.")
    talk.guard.start_afresh()
    assert talk.say("What a nice day.") == ""


def test_a_second_danger_of_another_kind_is_told_as_well(talk):
    talk.say("My chest is tight.")
    talk.say("My grandson hits me.")
    assert [r[1] for r in talk.settle().help.raised] == ["medical_emergency", "abuse"]


def test_screening_carries_the_script(talk):
    screening = talk.guard.screen("I have fallen.")
    assert screening.script == "fall"
    assert replace(screening, script=None).tier == 4


def test_what_is_settled_elsewhere_is_left_to_the_mind_unless_it_is_danger(talk):
    asked = "Are you real?"
    assert talk.say(asked)
    talk = Talk()
    talk.guard.yield_to(lambda text: True)
    assert talk.say(asked) == ""
    assert talk.say("I keep thinking of ending it.")
    # Within danger its script goes on, whatever else is asked.
    assert talk.guard.screen(asked).script is not None
