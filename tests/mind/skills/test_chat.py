"""Small talk that needs no model."""

from __future__ import annotations

import pytest
from support.spoken import LONDON, TUESDAY, Talk

from companion.domain import Exchange, ReplyPart
from companion.mind.skills.chat import Chat


def test_jokes_go_round_and_none_comes_twice_in_a_row(talk: Talk) -> None:
    count = len(talk.sentences.texts.several("chat", "jokes"))
    told = [talk.say("Tell me a joke.") for _ in range(count)]
    assert len(set(told)) == count


def test_a_draft_uses_no_joke_up(talk: Talk) -> None:
    drafts = {talk.draft("Tell me a joke.") for _ in range(4)}
    assert len(drafts) == 1


def test_another_is_about_the_joke_and_only_shortly_after(talk: Talk) -> None:
    assert talk.say("Another one.") == ""
    first = talk.say("Tell me a joke.")
    talk.wait(30)
    assert talk.say("Another one, please.") not in ("", first)
    talk.wait(600)
    assert talk.say("Another one.") == ""


def test_memory_lane_asks_something(talk: Talk) -> None:
    assert "?" in talk.say("Ask me something about the old days.") + talk.say("Memory lane.")


def test_thanks_and_help(talk: Talk) -> None:
    assert talk.say("Thank you so much.")
    assert talk.say("What can you do?")


def test_good_morning_is_for_the_morning(talk: Talk) -> None:
    assert "morning" in talk.say("Good morning.").lower()
    talk.now = TUESDAY.replace(hour=15)
    assert "morning" not in talk.say("Good morning.").lower()


def test_the_warm_end_of_a_day_is_preferred(talk: Talk) -> None:
    warm = Exchange((ReplyPart("Sleep well after such a day.", "skill"),))
    chat = Chat(talk.sentences, lambda now: warm)
    (meant, *_) = talk.sentences.read("Good night.", TUESDAY)
    assert chat.intents["good_night"](meant, TUESDAY.astimezone(LONDON)) is warm
    assert talk.say("Good night.")


@pytest.mark.parametrize("text", ["What's the weather like?", "Play some music."])
def test_what_it_cannot_it_says(talk: Talk, text: str) -> None:
    assert talk.say(text)


@pytest.mark.parametrize(
    "text",
    [
        "I miss my husband.",
        "Thank God that is over, it was a terrible time for all of us.",
        "The weather was lovely when we married.",
        "He always told me jokes.",
    ],
)
def test_talk_is_left_to_talk(talk: Talk, text: str) -> None:
    assert talk.say(text) == ""
