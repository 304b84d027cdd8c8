"""Messages to family: read back, and nothing goes without a yes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.spoken import Talk

from companion.mind.skills.messages import LONGEST_WORDS, Addressee

ANNA = Addressee("anna", "Anna", "daughter", True)
BEN = Addressee("ben", "Ben", "son", True)
CLARE = Addressee("clare", "Clare", "daughter", True)
FRED = Addressee("fred", "Fred Miller", "neighbour", False)


@pytest.fixture
def talk() -> Talk:
    return Talk(ANNA, BEN, FRED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tell my daughter that I am fine.", "I am fine"),
        ("Tell Anna I'll be late.", "I'll be late"),
        ("Could you let Anna know that the parcel came, please?", "the parcel came"),
        ("Send a message to Anna saying I miss her.", "I miss her"),
        ("Tell my daughter to come at five tomorrow.", "come at five tomorrow"),
    ],
)
def test_read_back_and_sent_on_a_yes(talk: Talk, text: str, words: str) -> None:
    back = talk.say(text)
    assert "Anna" in back
    assert words in back
    assert talk.post.sent == []
    assert talk.draft("Yes, please.")
    assert talk.post.sent == []
    talk.say("Yes, please.")
    ((to, sent),) = talk.post.sent
    assert to == "anna"
    assert words in sent


@pytest.mark.parametrize("answer", ["No.", "No, don't.", "It is cold in here."])
def test_without_a_yes_nothing_is_sent(talk: Talk, answer: str) -> None:
    talk.say("Tell my daughter that I am fine.")
    talk.say(answer)
    talk.say("Yes.")
    assert talk.post.sent == []


def test_silence_sends_nothing(talk: Talk) -> None:
    talk.say("Tell my daughter that I am fine.")
    talk.silence()
    assert talk.say("Yes.") == ""
    assert talk.post.sent == []


def test_the_words_are_asked_for(talk: Talk) -> None:
    assert "?" in talk.say("Send a message to Ben.")
    assert "the roses are out" in talk.say("Tell him that the roses are out.")
    talk.say("Yes.")
    ((to, sent),) = talk.post.sent
    assert (to, sent.rstrip(".")) == ("ben", "the roses are out")


@pytest.mark.parametrize("answer", ["Never mind.", "No, leave it."])
def test_who_thinks_better_of_it_sends_nothing(talk: Talk, answer: str) -> None:
    talk.say("Send a message to Ben.")
    talk.say(answer)
    talk.say("Yes.")
    assert talk.post.sent == []


def test_of_two_daughters_it_is_asked_which(talk: Talk) -> None:
    talk.post.known.append(CLARE)
    asked = talk.say("Tell my daughter that I am fine.")
    assert "Anna" in asked
    assert "Clare" in asked
    assert "I am fine" in talk.say("Clare.")
    talk.say("Yes.")
    assert [to for to, _ in talk.post.sent] == ["clare"]


@pytest.mark.parametrize("answer", ["Both of them.", "Clare and Anna, please."])
def test_or_to_both(talk: Talk, answer: str) -> None:
    talk.post.known.append(CLARE)
    talk.say("Tell my daughter that I am fine.")
    assert "I will tell Anna and Clare: I am fine." in talk.say(answer)
    talk.say("Yes.")
    assert [to for to, _ in talk.post.sent] == ["anna", "clare"]


def test_a_role_that_two_have_chooses_neither(talk: Talk) -> None:
    talk.post.known.append(CLARE)
    talk.say("Tell my daughter that I am fine.")
    talk.say("My daughter.")
    talk.say("Yes.")
    assert talk.post.sent == []


@pytest.mark.parametrize("who", ["everyone", "the family", "my whole family", "everybody"])
def test_everyone_who_can_be_reached_gets_it(talk: Talk, who: str) -> None:
    back = talk.say(f"Tell {who} that I am home again.")
    assert "Anna and Ben" in back
    assert "Fred" not in back
    assert "on its way to Anna and Ben" in talk.say("Yes.")
    assert [to for to, _ in talk.post.sent] == ["anna", "ben"]


def test_whoever_is_not_to_be_disturbed_is_named(talk: Talk) -> None:
    talk.post.quiet_until = talk.now + timedelta(days=1, hours=-3)
    talk.say("Tell everyone that I am home again.")
    said = talk.say("Yes.")
    assert said.count("is not to be disturbed") == 2
    assert "on its way" not in said


def test_whoever_cannot_be_reached_gets_none_and_it_is_said(talk: Talk) -> None:
    said = talk.say("Tell my neighbour that I am fine.")
    assert "Fred" in said
    talk.say("Yes.")
    assert talk.post.sent == []


@pytest.mark.parametrize(
    "text", ["Tell my cousin that I am fine.", "Tell me about the war.", "I told Anna so."]
)
def test_nobody_known_is_left_to_talk(talk: Talk, text: str) -> None:
    assert talk.say(text) == ""


def test_quiet_hours_are_said(talk: Talk) -> None:
    talk.post.quiet_until = talk.now + timedelta(days=1, hours=-3)
    talk.say("Tell Anna I'll be late.")
    said = talk.say("Yes.")
    assert "tomorrow" in said
    assert "seven" in said
    assert len(talk.post.sent) == 1


def test_a_call_becomes_a_message_that_asks_for_one(talk: Talk) -> None:
    assert "Anna" in talk.say("Call my daughter.")
    assert talk.post.sent == []
    talk.say("Yes.")
    ((to, sent),) = talk.post.sent
    assert to == "anna"
    assert sent


def test_call_me_something_is_talk(talk: Talk) -> None:
    assert talk.say("Call me Rose.") == ""


def test_a_story_is_no_message(talk: Talk) -> None:
    talk.say(f"Tell Anna that {'la ' * LONGEST_WORDS} and so on.")
    talk.say("Yes.")
    assert talk.post.sent == []


def test_a_broken_disk_is_left_to_talk(talk: Talk) -> None:
    talk.post.broken = True
    talk.say("Tell Anna I'll be late.")
    talk.say("Yes.")
    assert talk.post.sent == []
