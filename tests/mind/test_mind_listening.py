"""What is asked, what is told, what it is about, and how that is answered."""

import itertools
import time
from datetime import datetime

import pytest

from companion.mind.acts import ActEar
from companion.mind.fallback import Fallback
from companion.mind.listening import tense
from companion.mind.moods import MoodEar
from companion.mind.nouns import NounFinder
from companion.mind.sums import Sums


@pytest.fixture(scope="module")
def fallback(prompts):
    return Fallback(prompts, now=lambda: datetime(2026, 3, 4, 12, 5))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("What time does the chemist shut?", True),
        ("It's cold, shall I put the heating on?", True),
        ("Hello. Do you like music?", True),
        ("When I was a girl we had no bathroom.", False),
        ("How I wish it would stop raining.", False),
        ("She's to be a doctor, would you believe.", False),
        ("We're all getting old, aren't we?", False),
    ],
)
def test_asking_is_told_from_telling(prompts, text, asks):
    assert ActEar(prompts.acts).hear(text).asks is asks


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("I'm expecting a parcel but I don't know when.", "the parcel"),
        ("We had a power cut last night.", "the power cut"),
        ("My friend drove me to town.", "your friend"),
        ("I was a nurse.", None),
        ("It was in the post.", None),
        ("I had a bit of a day.", None),
    ],
)
def test_only_sure_nouns_are_named(prompts, text, about):
    known = prompts.words["friend"] + prompts.words["family"]
    assert NounFinder(prompts.nouns, known).find(text) == about


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        (" i had a lovely day . ", "good"),
        (" it was not lovely . ", "bad"),
        (" the milk was horrible . ", "bad"),
        (" my phone died on the way . ", None),
        (" i heard him hard by . ", None),
        (" i went to the shop . ", None),
    ],
)
def test_mood_needs_words_that_mean_it(prompts, text, mood):
    assert MoodEar(prompts.words, prompts.fallback.negation).mood(text) == mood


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (" i shall go tomorrow . ", "future"),
        (" when i was a boy . ", "long_past"),
        (" i planted a rose . ", "past"),
        (" i've got a cold . ", "now"),
    ],
)
def test_the_time_spoken_of(prompts, text, when):
    assert tense(text, prompts.acts.tense) == when


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (" what's seven times eight . ", "56"),
        (" what is twelve and nineteen . ", "31"),
        (" what's ten take away four . ", "6"),
        (" what's ten divided by two . ", "5"),
        (" how do you spell tree . ", "T, R, E, E"),
    ],
)
def test_small_sums_and_spelling(prompts, question, part):
    assert part in (Sums(prompts.sums).answer(question) or "")


@pytest.mark.parametrize(
    "question", [" what is love and war . ", " what's five divided by zero . "]
)
def test_no_sum_is_invented(prompts, question):
    assert Sums(prompts.sums).answer(question) is None


@pytest.mark.parametrize(
    ("text", "never"),
    [
        (
            "He who hath recited the first time recited again, and I heard him hard by.",
            "sorry",
        ),
        ("My grandson has passed his driving test.", "sorry"),
        ("The couple next door have come in for tea.", "can't do that"),
        ("The doctor says my blood pressure is down.", "sorry"),
        ("My wife died last spring.", "nice"),
    ],
)
def test_one_word_does_not_set_off_the_wrong_reply(fallback, text, never):
    assert never not in fallback.answer(text).text.lower()


@pytest.mark.parametrize(
    ("before", "text", "rule"),
    [
        ("Is there someone who could help you with it?", "No, nobody.", "no_someone"),
        ("Would you like to tell me more?", "Not really.", "no_more"),
        ("Where were you when you noticed?", "In the kitchen, I think.", "answer_where"),
        ("What do you like to remember most?", "Her laugh.", "answer_remember"),
    ],
)
def test_a_short_answer_belongs_to_the_question_before(fallback, before, text, rule):
    assert fallback.answer(text, [before]).rule == rule


def test_ten_lines_in_a_row_never_open_alike_twice_running(fallback):
    lines = ["I saw a boat.", "We had a visitor.", "I bought a lamp.", "I found a coin."] * 3
    recent: list[str] = []
    for line in lines:
        recent.append(fallback.answer(line, recent).text)
    assert all(a != b for a, b in itertools.pairwise(recent))


def test_a_reply_takes_a_few_milliseconds(fallback):
    lines = ["I went to the market with my niece and bought a coat."] * 20
    began = time.process_time()
    for line in lines:
        fallback.answer(line)
    assert (time.process_time() - began) / len(lines) < 0.03
