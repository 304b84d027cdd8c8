"""The screener as shipped; the lines are about plain cases, quality is for ``evaluate safety``."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion import app
from companion.config import Config
from companion.domain import Danger
from companion.safety.screen import Screener


@pytest.fixture(scope="module")
def screener() -> Screener:
    found = app.load_screener(Config())
    if found.trouble:
        pytest.skip(f"the sentence model is not here: {found.trouble}")
    return found


@pytest.fixture(scope="module")
def patterns() -> Screener:
    return Screener("en", None)


@pytest.mark.real
@pytest.mark.parametrize(
    ("text", "tier", "category"),
    [
        ("I can't breathe, help me.", 4, Danger.MEDICAL),
        ("I'm on the kitchen floor and I can't get up.", 4, Danger.MEDICAL),
        ("There is smoke pouring out of the oven and I can't stop it.", 4, Danger.MEDICAL),
        ("I am going to kill myself tonight.", 4, Danger.CRISIS),
        ("I have been thinking about ending my life.", 3, Danger.CRISIS),
        ("My son punches me when he is drunk.", 3, Danger.ABUSE),
        ("He wants me to read him the numbers on the gift cards.", 3, Danger.SCAM),
    ],
)
def test_plain_danger_is_recognised(screener, text, tier, category):
    found = screener.screen(text)
    assert found.tier >= tier
    assert found.category is category


@pytest.mark.real
@pytest.mark.parametrize(
    "text",
    ["This crossword is killing me.", "My roses died in the frost.", "Good morning, dear.",
     "I had a lovely lunch with my niece.", "What time is it?", "The film ended with a shooting."],
)  # fmt: skip
def test_everyday_talk_is_no_danger(screener, text):
    assert screener.screen(text).tier < 2


@pytest.mark.real
def test_danger_hidden_in_everyday_talk_is_found(screener):
    found = screener.screen(
        "The weather was nice and my daughter rang. My left arm has gone dead and my mouth droops. "
        "Anyway, I watched the bowls."
    )
    assert found.tier >= 3


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\x00\ud800", "a" * 50_000, "🙂🙂"])
def test_odd_text_is_harmless(patterns, text):
    assert patterns.screen(text).tier == 0


@pytest.mark.parametrize(
    "text",
    [
        "What's good for a cough, dear?",
        "How do I get rid of this headache?",
        "Is there any remedy for the cramps at night?",
        "What should I take for my sore throat?",
        "Can you recommend anything for indigestion?",
        "Could I have caught shingles again?",
        "Is it catching?",
        "How long does a cold last?",
        "What are the symptoms of gout?",
        "Should I get the flu jab? Should I have a blood test?",
        "Where can I get tested?",
        "Are people with diabetes worse off with it?",
        "Why does my arthritis get worse in the rain?",
    ],
)
def test_what_a_doctor_should_be_asked_is_known(patterns, text):
    assert patterns.screen(text).category is Danger.MEDICAL_ADVICE


@pytest.mark.parametrize(
    "text",
    [
        "My mother always rubbed goose fat on my chest when I was a girl, to treat a cough.",
        "What's good for supper?",
        "I had a cough last week.",
        "How long does the film last?",
        "Could I get a cold drink?",
        "What do I take for my arthritis?",
        "What type of diabetes do I have?",
        "Do you know Fred has got pneumonia?",
        "How is your cough, dear?",
        "What should I do about the roses?",
        "My brother had his driving test at eighteen, should he do it again?",
        "Anna rang. She has got rid of her cough.",
    ],
)
def test_talk_of_illness_is_no_question_to_a_doctor(patterns, text):
    assert patterns.screen(text).category is not Danger.MEDICAL_ADVICE


def test_without_the_model_patterns_still_warn_and_say_so(patterns):
    assert patterns.trouble
    assert patterns.screen("I've fallen and I can't get up.").tier == 4


def test_a_broken_classifier_leaves_the_patterns(patterns):
    class Broken:
        thresholds = (0.5, 0.5, 0.5, 0.5)

        def judge(self, text: str):
            raise RuntimeError("boom")

    screener = Screener.of(patterns._signs, Broken())
    assert screener.screen("I've fallen and I can't get up.").tier == 4
    assert "boom" in (screener.trouble or "")


def test_words_marked_as_television_alarm_nobody(patterns):
    found = patterns.screen("[TV] I've fallen and I can't get up!")
    assert found.tier <= 2
    assert "heard:television" in found.evidence


def test_the_shipped_numbers_are_whole():
    from companion.resources import data_dir

    folder: Path = data_dir("models") / "safety"
    assert (folder / "en.npz").is_file()
    assert (folder / "card-en.md").is_file()
