"""The time, the day and the date, as patiently the tenth time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.spoken import LONDON, Talk


@pytest.mark.parametrize(
    "text", ["What time is it?", "Could you tell me the time, please?", "I wonder what time it is."]
)
def test_the_time(talk: Talk, text: str) -> None:
    talk.now = datetime(2026, 3, 10, 16, 40, tzinfo=LONDON)
    assert "twenty to five" in talk.say(text).lower()


def test_the_time_is_the_persons_not_the_machines(talk: Talk) -> None:
    talk.now = datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert "eight o'clock" in talk.say("What time is it?").lower()


@pytest.mark.parametrize("text", ["What day is it?", "What day is it today?", "Which day is it?"])
def test_the_day(talk: Talk, text: str) -> None:
    assert "Tuesday" in talk.say(text)


def test_a_day_that_is_asked_for_is_confirmed_or_corrected(talk: Talk) -> None:
    assert talk.say("Is it Tuesday today?").startswith("Yes")
    wrong = talk.say("Is it Monday today?")
    assert "Tuesday" in wrong
    assert not wrong.startswith("Yes")


def test_the_date(talk: Talk) -> None:
    said = talk.say("What is the date today?")
    assert all(word in said for word in ("Tuesday", "tenth", "March"))


def test_asked_again_and_again_it_always_answers(talk: Talk) -> None:
    for _ in range(10):
        talk.wait(20)
        assert "ten" in talk.say("What time is it?").lower()


@pytest.mark.parametrize(
    "text",
    [
        "I had such a good time with my sister.",
        "What time did your mother get up in those days?",
        "It was a lovely day at the sea.",
        "He asked me what time it was, and I laughed, because the clock had stopped years ago.",
    ],
)
def test_talk_is_left_to_talk(talk: Talk, text: str) -> None:
    assert talk.say(text) == ""
