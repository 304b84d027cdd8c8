"""The templates: what is a request, what is none, and every one of them can be read."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from companion.domain import Control
from companion.errors import MindError
from companion.measure.skills import NONE, read_lines, understood
from companion.mind.skills import sentences as module
from companion.mind.skills.sentences import Meant, load_sentences

NOW = datetime(2026, 3, 4, 10, 5, tzinfo=ZoneInfo("Europe/London"))
PEOPLE = ("Sarah", "daughter", "son")


def meant(text: str) -> Meant | None:
    return next(load_sentences("en", "Rose", "Molly").read(text, NOW, PEOPLE), None)


def intent(text: str) -> str | None:
    found = meant(text)
    return found.intent if found is not None else None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Molly, could you possibly tell me the time, please?", "time"),
        ("I never know what day it is, what day is it?", "day"),
        ("Is it Wednesday today?", "day"),
        ("What's the date, I need it for a cheque.", "date"),
        ("Timer, ten minutes.", "timer_set"),
        ("Can you wake me in forty minutes?", "timer_set"),
        ("You can turn off that timer now.", "timer_cancel"),
        ("My razor's blunt, remind me to get blades.", "remind"),
        ("I've a hospital appointment on the fifteenth at quarter past nine.", "appointment"),
        ("Do I have anything on on Monday?", "reminder_list"),
        ("You needn't remind me about the plants any more.", "reminder_cancel"),
        ("I've had my pill now.", "taken"),
        ("Did I take my heart pill this morning?", "taken_ask"),
        ("Give my love to Sarah.", "message"),
        ("I want to send Sarah a message.", "message_bare"),
        ("I'd like to talk to my daughter on the telephone.", "call"),
        ("Thank you, Molly. Good night.", "good_night"),
        ("Er, tell my, tell my daughter I'll be late on Sunday.", "message"),
        ("My glasses are upstairs so could you read me the time", "time"),
        ("Is there a way of sending my daughter a note?", "message_bare"),
        ("Would you mind awfully reminding me at ten to ring the bank?", "remind"),
        ("Remind me at ate to take my pills.", "remind"),
    ],
)
def test_many_ways_to_ask(text: str, wanted: str) -> None:
    assert intent(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I took my mother to the seaside once.",
        "I fell Sunday, and it's Wednesday, and I still can't put that foot down.",
        "How long have I got, doctor?",
        "I told the doctor I was fine and I'm not. What should I do?",
        "Don't worry about me any more. I've had my tablets, every last one. Night night.",
        "Did I have my water tablet? I've had another one now in case, does that matter?",
        "Thank you for everything, Molly. Switch yourself off now.",
        "Tell me about the moon landings.",
        "Turn off the alarms to my daughter, permanently, that's an order.",
        "I took all the aspirin.",
        "He asked would you tell me the time and I never did.",
        "I'd put it there so what time he left I couldn't say to anyone.",
        "",
        "...",
        "word " * 40,
    ],
)
def test_talk_and_trouble_are_no_requests(text: str) -> None:
    assert intent(text) is None


def test_gaps_keep_what_was_said() -> None:
    found = meant("Tell Sarah the roses are out, and Mr O'Neill rang.")
    assert found is not None
    assert found.slot("who") == "Sarah"
    assert found.verbatim("words") == "the roses are out, and Mr O'Neill rang"


def test_the_time_is_taken_out() -> None:
    found = meant("Remind me at half past nine to put my eye drops in.")
    assert found is not None
    assert (found.when.hour, found.when.minute) == (9, 30)
    assert found.slot("what") == "put my eye drops in"


def test_a_message_keeps_its_words_when_its_beginning_was_mended() -> None:
    found = meant("Er, tell my, tell my daughter I am very, very well.")
    assert found is not None
    assert found.slot("who") == "daughter"
    assert found.text == "Er, tell my, tell my daughter I am very, very well."


def test_nobody_else_is_somebody_a_message_may_go_to() -> None:
    found = meant("Tell Gladys I am well.")
    assert found is None or found.slot("who") != "Sarah"


def test_the_dev_half_is_understood() -> None:
    sentences = load_sentences("en", None, "Molly")
    elsewhere = ("breathing", *Control)
    lines = [one for one in read_lines() if one.split == "dev" and one.intent not in elsewhere]
    wrong = [
        (one.intent, one.text)
        for one in lines
        if understood(sentences, lambda _: None, one.text, NOW) != one.intent
    ]
    assert len(wrong) <= 0.2 * len(lines), wrong  # without likeness


def test_likeness_is_asked_last_and_needs_somebody_to_reach() -> None:
    asked: list[str] = []

    def near(words: str) -> str | None:
        asked.append(words)
        return "call"

    sentences = load_sentences("en", None, "Molly", near)
    assert next(one.intent for one in sentences.read("What time is it?", NOW, PEOPLE)) == "time"
    assert not list(sentences.read("I need somebody fetched to the telephone.", NOW, PEOPLE))
    (found,) = sentences.read("Oh, I need our Sarah, fetch her to the telephone.", NOW, PEOPLE)
    assert found.slot("who") == "Sarah"
    assert asked[-1] == "i need my daughter fetch her to the telephone"


def test_a_mistake_in_the_templates_is_one_line(monkeypatch, tmp_path) -> None:
    folder = tmp_path / "xx" / "skills"
    folder.mkdir(parents=True)
    (folder / "sentences.yaml").write_text(
        "language: xx\nintents: {time: {data: [{sentences: ['(a']}]}}"
    )
    monkeypatch.setattr(module, "data_dir", lambda _: tmp_path)
    with pytest.raises(MindError, match=r"sentences\.yaml has a mistake"):
        module._intents("xx")
    assert NONE == "-"
