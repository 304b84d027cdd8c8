"""All skills behind one door."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.spoken import LONDON, Talk

from companion.mind.skills.messages import Addressee

ANNA = Addressee("anna", "Anna", "daughter", True)
SAYINGS = (
    "what time is it", "remind me", "remind me to", "tell my daughter", "at eight", "every day",
    "set a timer", "for ten minutes", "i've taken my pills", "cancel", "the reminder", "yes", "no",
    "about the cat", "tomorrow", "please", "thank you", "joke", "tell me a", "the", "it", "to six",
    "call anna", "move", "?", ".", ",", "'", "\u2019", "half past", "25:70", "all my reminders",
)  # fmt: skip


def test_every_intent_of_the_templates_is_answered_by_somebody(talk: Talk) -> None:
    known = {intent for one in talk.skills.handlers for intent in one.intents}
    from companion.mind.skills.sentences import load_sentences

    intents = load_sentences("en", "Rose", "Molly")._intents.intents
    assert set(intents) == known


def test_what_is_asked_may_come_last(talk: Talk) -> None:
    assert talk.say("I had a lovely walk. My knee is better. What time is it?")


def test_politeness_and_the_name_change_nothing(talk: Talk) -> None:
    bare = talk.say("What day is it?")
    assert talk.say("Oh Molly, dear, what day is it please?") == bare


def test_the_hour_is_taken_in_the_persons_zone(talk: Talk) -> None:
    talk.now = datetime(2026, 7, 1, 7, tzinfo=UTC)  # eight in London
    talk.say("Remind me to ring Anna at half past eight.")
    assert (talk.only.clock, talk.only.day) == ("08:30", talk.now.astimezone(LONDON).date())


def test_without_a_list_of_people_all_else_works(talk: Talk) -> None:
    talk.post.broken = True
    assert talk.say("What time is it?")


@pytest.mark.parametrize("text", ["", "   ", "...", "?", "\u2026", "a" * 5_000, "word " * 400])
def test_nothing_much_is_nothing(talk: Talk, text: str) -> None:
    assert talk.say(text) == ""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(SAYINGS), max_size=5).map(" ".join), max_size=4))
def test_no_words_break_it_and_drafts_leave_no_trace(utterances: list[str]) -> None:
    talk = Talk(ANNA)
    for text in utterances:
        before = (talk.kept, list(talk.post.sent), list(talk.drawer.noted))
        first = talk.draft(text)
        assert talk.draft(text) == first
        assert (talk.kept, talk.post.sent, talk.drawer.noted) == before
        assert talk.say(text) == first


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_is_taken(text: str) -> None:
    Talk(ANNA).say(text)
