"""Timers: set once the answer is committed, asked for, stopped."""

from __future__ import annotations

import pytest
from support.spoken import Talk

from companion.mind.skills.timers import LONGEST_S


@pytest.mark.parametrize(
    ("text", "seconds", "what"),
    [
        ("Set a timer for ten minutes.", 600, ""),
        ("Could you set a timer for half an hour, please?", 1_800, ""),
        ("Set a timer for three minutes for the eggs.", 180, "the eggs"),
        ("Start a timer for an hour and twenty minutes.", 4_800, ""),
        ("Timer for 45 seconds.", 45, ""),
    ],
)
def test_set(talk: Talk, text: str, seconds: float, what: str) -> None:
    assert talk.say(text)
    one = talk.only
    assert (one.kind, one.text) == ("timer", what)
    assert one.due_at == talk.now.timestamp() + seconds


def test_a_draft_sets_nothing(talk: Talk) -> None:
    assert talk.draft("Set a timer for ten minutes.")
    assert talk.draft("Set a timer for ten minutes.")
    assert talk.kept == []
    talk.say("Set a timer for ten minutes for the bread.")
    assert talk.only.text == "the bread"


def test_how_long_is_asked(talk: Talk) -> None:
    assert "?" in talk.say("Set a timer.")
    assert talk.kept == []
    assert talk.say("Twelve minutes.")
    assert talk.only.due_at == talk.now.timestamp() + 720


def test_the_answer_to_how_long_may_be_something_else(talk: Talk) -> None:
    talk.say("Set a timer.")
    assert talk.say("My sister is coming on Sunday.") == ""
    assert talk.say("Twelve minutes.") == ""
    assert talk.kept == []


def test_silence_sets_nothing(talk: Talk) -> None:
    talk.say("Set a timer.")
    assert talk.silence() == ""
    assert talk.kept == []


def test_what_is_left(talk: Talk) -> None:
    assert talk.say("How long is left on the timer?")
    talk.say("Set a timer for ten minutes for the eggs.")
    talk.wait(240)
    said = talk.say("How long is left on the timer?")
    assert "six minutes" in said.lower()
    assert "the eggs" in said


def test_one_of_two_is_stopped_by_its_name(talk: Talk) -> None:
    talk.say("Set a timer for ten minutes for the eggs.")
    talk.say("Set a timer for an hour for the bread.")
    talk.say("Cancel the eggs timer.")
    assert [one.text for one in talk.kept] == ["the bread"]
    talk.say("Stop the timer.")
    assert talk.kept == []
    assert talk.say("Stop the timer.")


def test_one_that_is_over_is_none(talk: Talk) -> None:
    talk.say("Set a timer for one minute.")
    none = Talk().say("How long is left on the timer?")
    talk.wait(61)
    assert talk.say("How long is left on the timer?") == none


def test_longer_than_a_day_is_refused(talk: Talk) -> None:
    assert LONGEST_S == 86_400
    assert talk.say("Set a timer for twenty five hours.")
    assert talk.kept == []


def test_wake_me_is_a_reminder_in_the_morning(talk: Talk) -> None:
    assert talk.say("Wake me at seven.")
    one = talk.only
    assert (one.kind, one.text, one.clock) == ("other", "", "07:00")


def test_a_broken_disk_says_that_none_runs_rather_than_fail(talk: Talk) -> None:
    talk.drawer.broken = True
    assert talk.say("How long is left on the timer?")
