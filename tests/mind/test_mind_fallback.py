import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import Stance
from companion.mind.fallback import Fallback
from companion.mind.prompts import load_prompts
from companion.mind.sentences import split

DATA = Path(__file__).parent / "data"
LINES = [
    line.strip()
    for file in sorted(DATA.glob("*.txt"))
    for line in file.read_text(encoding="utf-8").splitlines()
    if line.strip()
]
NOON = datetime(2026, 3, 4, 12, 5)


@pytest.fixture(scope="module")
def fallback(prompts):
    return Fallback(prompts, now=lambda: NOON)


@pytest.mark.parametrize("line", LINES)
def test_every_reply_has_a_form_fit_to_be_spoken(fallback, line):
    reply = fallback.answer(line).text
    assert 1 <= len(split(reply)) <= 2
    assert len(reply.split()) <= 40
    assert reply[0].isupper() or reply[0].isdigit()
    assert reply[-1] in ".!?"
    assert not re.search(r"[{}<>*_#\[\]]", reply)
    assert reply.count("?") <= 1


@pytest.mark.parametrize(
    "text", ["Are you a real person?", "Are you human?", "What are you?", "Is this a robot?"]
)
def test_it_says_it_is_a_computer(fallback, text):
    assert "computer" in fallback.answer(text).text


@pytest.mark.parametrize(
    "text", ["How many of my tablets should I take?", "Should I stop taking the warfarin?"]
)
def test_it_gives_no_advice_on_medicine(fallback, text):
    assert "doctor" in fallback.answer(text).text


def test_it_cannot_call_and_says_so(fallback):
    assert "call" in fallback.answer("Can you ring my daughter for me?").text


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("What time is it, dear?", "It is 12:05 in the afternoon."),
        ("What day is it today?", "Today is Wednesday."),
        ("What's the date?", "Today is Wednesday, the 4 March 2026."),
    ],
)
def test_time_and_date_come_from_the_clock(fallback, text, reply):
    assert fallback.answer(text).text == reply


def test_a_question_about_closing_time_is_not_the_clock(fallback):
    assert fallback.answer("What time does the bank shut?").rule != "clock"


def test_no_reply_twice_running(fallback):
    recent: list[str] = []
    for _ in range(6):
        reply = fallback.answer("I miss my husband.", recent).text
        assert not recent or reply != recent[-1]
        recent.append(reply)


def test_the_persons_own_words_are_used(fallback):
    assert "wife" in fallback.answer("My wife died in April.").text


def test_a_safe_sentence_is_turned_round(fallback):
    assert "You drove a tram in Glasgow" in fallback.answer(
        "I drove a tram in Glasgow."
    ).text.replace("So you", "You")


@pytest.mark.parametrize(
    "text", ["I told you so and you", "I was, well, the", "Me and you is", "I wonder whether"]
)
def test_an_unsafe_sentence_is_not_turned_round(fallback, text):
    assert fallback.answer(text).rule != "reflection"


def test_yes_is_an_answer_only_after_a_question(fallback):
    assert fallback.answer("Yes.", ["Did you like it?"]).rule == "yes"
    assert fallback.answer("Yes.", ["Good night."]).rule != "yes"


def test_noise_is_not_understood(fallback):
    assert fallback.answer("...").rule == "garbled"
    assert fallback.answer("the the the the").rule == "garbled"


def test_a_stance_tilts_the_reply(fallback):
    text = "We did that thing by the gate."
    assert fallback.answer(text, (), Stance.COMFORT) != fallback.answer(text, (), Stance.CELEBRATE)


@given(st.text(max_size=300))
def test_any_text_gets_a_reply(text):
    assert FALLBACK.answer(text).text


FALLBACK = Fallback(load_prompts("en", name="Rosie"), now=lambda: NOON)


def test_an_hour_of_talk_in_one_breath_is_answered_soon(fallback):
    began = time.perf_counter()
    fallback.answer("and then we went to the shops and " * 1500)
    assert time.perf_counter() - began < 20
