"""What was taken: noted when told, looked up, never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.spoken import EVERY_DAY, Talk

from companion.storage.reminders import Reminder

HEART = Reminder("heart", "medicine", "take your heart tablet", "08:00", None, EVERY_DAY)
WATER = Reminder("water", "medicine", "take your water tablet", "08:00", None, EVERY_DAY)
DROPS = Reminder("drops", "medicine", "use your eye drops", "08:00", None, EVERY_DAY)


@pytest.mark.parametrize(
    "text",
    [
        "I've taken my tablet.",
        "I have just taken my tablet.",
        "I took my pills.",
        "I've already had my medicine, dear.",
    ],
)
def test_told_it_is_noted_once(talk: Talk, text: str) -> None:
    talk.drawer.due = [HEART]
    talk.draft(text)
    assert talk.drawer.noted == []
    assert talk.say(text)
    assert talk.drawer.noted == ["heart"]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("I've taken my heart tablet.", {"heart"}),
        ("I've taken my eye drops.", {"drops"}),
        ("I've taken my tablets.", {"heart", "water", "drops"}),
        ("I've taken my pills.", {"heart", "water", "drops"}),
        ("I've taken my tablet.", {"heart", "water"}),
    ],
)
def test_what_is_named_is_noted_and_nothing_else(talk: Talk, text: str, noted: set[str]) -> None:
    talk.drawer.due = [HEART, WATER, DROPS]
    assert talk.say(text)
    assert set(talk.drawer.noted) == noted


def test_where_nothing_is_waited_for_it_is_talk(talk: Talk) -> None:
    assert talk.say("I've taken my tablet.") == ""
    assert talk.drawer.noted == []


@pytest.mark.parametrize("text", ["Have I taken my tablet?", "Did I take my pills already?"])
def test_asked_it_tells_what_was_told_and_when(talk: Talk, text: str) -> None:
    talk.drawer.last = ("done", talk.now - timedelta(hours=2))
    assert "eight" in talk.say(text)
    assert talk.drawer.noted == []


def test_refused_is_not_told_as_taken(talk: Talk) -> None:
    talk.drawer.last = ("done", talk.now)
    done = talk.say("Have I taken my tablet?")
    talk.drawer.last = ("refused", talk.now)
    assert talk.say("Have I taken my tablet?") not in ("", done)


def test_not_knowing_it_says_so_and_never_yes_or_no(talk: Talk) -> None:
    unknown = talk.say("Have I taken my tablet?")
    assert "box" in unknown
    assert not unknown.startswith(("Yes", "No"))
    talk.drawer.broken = True
    assert talk.say("Have I taken my tablet?") == unknown


def test_one_forgotten_gets_no_advice_to_take_two(talk: Talk) -> None:
    talk.drawer.due = [HEART]
    said = talk.say("I forgot to take my tablet.")
    assert "pharmacist" in said
    assert talk.drawer.noted == []
