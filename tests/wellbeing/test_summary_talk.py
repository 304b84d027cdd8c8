"""The person's say over the summary, by voice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from companion.domain import Exchange
from companion.storage import consents, people
from companion.storage.database import Database
from companion.storage.records import add_event
from companion.wellbeing import shared
from companion.wellbeing.phrasing import Texts
from companion.wellbeing.replies import load_ear
from companion.wellbeing.sheets import Sheets
from companion.wellbeing.summary_talk import PAGE, SummarySkill, load_summary_words

from .conftest import LONDON

NOW = datetime(2026, 3, 4, 17, tzinfo=LONDON)
TOPICS = ("pain", "sleep_bad", "people_contact", "low_mood")


@pytest.fixture
def skill(database: Database, owner: str, texts: Texts) -> SummarySkill:
    with database.begin() as connection:
        people.add_person(connection, "Sarah", "daughter", at=0.0)
        for hours, topic in enumerate(TOPICS, 1):
            data = {"seconds": 5.0, "words": 9, "topics": [topic], "speaker": "yes", "people": []}
            at = NOW.timestamp() - 3_600.0 * hours
            add_event(connection, at=at, kind="turn", data=data, person_id=owner)
        fall = {"tier": 3, "category": "medical_emergency", "topic": "fall"}
        at = NOW.timestamp() - 7_000.0
        add_event(connection, at=at, kind="safety", data=fall, person_id=owner)
    sheets = Sheets(database, owner, LONDON, "Anna", "en", 365.0)
    roles = tuple(role for role in texts.raw["people"] if role != "other")
    return SummarySkill(sheets, load_summary_words(), load_ear(), roles)


def said(exchange: Exchange | None) -> str:
    assert exchange is not None
    return " ".join(part.text for part in exchange.parts)


def answer(skill: SummarySkill, text: str) -> Exchange:
    found = skill.answer(text, NOW)
    assert found is not None, text
    return found


def heard(exchange: Exchange, text: str) -> Exchange:
    assert exchange.then is not None
    found = exchange.then.hear(text, NOW)
    assert found is not None, text
    return found


def lines(skill: SummarySkill) -> set[str]:
    return {one.id for one in skill.sheets.page(NOW).sentences}


def test_it_is_read_page_by_page_to_the_last_line(skill: SummarySkill) -> None:
    talk = answer(skill, "Can you read me today's report?")
    heard_lines = [part.text for part in talk.parts]
    assert heard_lines[0] == "This is what I would tell about Wednesday, 4 March."
    assert heard_lines[-1] == "Shall I go on?"
    assert len(heard_lines) == PAGE + 1
    whole = said(talk)
    while talk.parts[-1].text == "Shall I go on?":
        talk = heard(talk, "Yes, go on.")
        whole += said(talk)
    for one in skill.sheets.page(NOW).sentences:
        assert one.text in whole
    assert whole.endswith("Shall I leave anything out?")
    assert said(heard(talk, "No, that's fine.")) == "Good. Then it stays as it is."


def test_a_line_is_left_out_only_once_the_wish_counts(skill: SummarySkill) -> None:
    wish = answer(skill, "Please don't tell Sarah about my pain.")
    assert said(wish) == "I have left that out."
    assert "topic.pain" in lines(skill)
    assert wish.effect is not None
    wish.effect()
    assert "topic.pain" not in lines(skill)
    assert "topic.sleep_bad" in lines(skill)


def test_what_is_about_safety_stays_and_it_says_so(skill: SummarySkill) -> None:
    wish = answer(skill, "Don't tell my daughter about the fall.")
    assert "I can't leave out what is about your safety" in said(wish)
    assert wish.effect is not None
    wish.effect()
    assert "safety.fall.3" in lines(skill)


def test_a_wish_of_the_morning_holds_for_what_comes_later(
    skill: SummarySkill, database: Database, owner: str
) -> None:
    wish = answer(skill, "Leave my tablets out of the summary.")
    assert "I leave that out of tonight's summary" in said(wish)
    assert wish.effect is not None
    wish.effect()
    with database.begin() as connection:
        data = {"id": "1", "kind": "medicine", "outcome": "missed", "due_at": NOW.timestamp()}
        add_event(connection, at=NOW.timestamp(), kind="reminder", data=data, person_id=owner)
    assert "medicine" not in lines(skill)


def test_several_things_in_turn(skill: SummarySkill) -> None:
    talk = heard(skill.read(NOW), "Leave out that I slept badly")
    assert said(talk) == "I have left that out. Anything else?"
    assert said(heard(talk, "yes")).endswith("What shall I leave out?")
    assert said(heard(talk, "No thank you")) == "Good. Then it stays as it is."
    assert talk.then is not None
    assert talk.then.hear("What is the weather like in Spain?", NOW) is None


def test_what_has_gone_cannot_be_called_back(skill: SummarySkill) -> None:
    assert skill.sheets.close(NOW.date(), NOW) is not None
    wish = answer(skill, "Leave my pain out of the summary.")
    assert "has gone already" in said(wish)
    assert wish.effect is not None
    wish.effect()
    assert skill.sheets.closed(NOW.date())
    assert "topic.pain" not in lines(skill)


def test_who_was_told_what(skill: SummarySkill, database: Database, owner: str) -> None:
    assert "told your daughter nothing" in said(answer(skill, "What did you tell my daughter?"))
    assert skill.sheets.close(NOW.date(), NOW) is not None
    with database.begin() as connection:
        shared.note_told(
            connection, owner, NOW.date(), "daughter", at=NOW.timestamp(), expires_at=None
        )
    talk = answer(skill, "What have you told Sarah about me?")
    whole = said(talk)
    while talk.then is not None and talk.parts[-1].text == "Shall I go on?":
        talk = heard(talk, "yes")
        whole += said(talk)
    assert "I gave your daughter this summary" in whole
    assert "Anna spoke of pain once." in whole
    assert "told your son nothing" in said(answer(skill, "What did you tell my son about me?"))


def test_nothing_today_and_nothing_ever(skill: SummarySkill, database: Database) -> None:
    today = answer(skill, "Don't send the summary tonight.")
    assert "safety" in said(today)
    assert today.effect is not None
    today.effect()
    assert skill.sheets.held(NOW.date())
    assert not skill.sheets.held(NOW.date() + timedelta(days=1))

    ever = answer(skill, "I don't want any more reports.")
    kept = heard(ever, "No, leave it.")
    assert kept.effect is None
    done = heard(ever, "Yes please.")
    assert done.effect is not None
    done.effect()
    with database.read() as connection:
        word = consents.current(connection, skill.sheets.person_id, "summary")
    assert word is not None
    assert (word.granted, word.how) == (False, "spoken")
    assert skill.sheets.close(NOW.date(), NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "I don't tell my daughter about my pain.",
        "I told Sarah about the fall.",
        "My daughter didn't tell me about the visit.",
        "Leave out the salt.",
        "What did my daughter say?",
        "Why don't you tell me about the pain?",
        "I never told my son I was lonely.",
        "Don't tell anyone, but I ate the last biscuit.",
        "Can you tell my daughter I'm fine?",
        "What do you tell a man with no ears?",
    ],
)
def test_talk_that_only_sounds_like_it(skill: SummarySkill, text: str) -> None:
    assert skill.answer(text, NOW) is None


def test_a_failing_database_is_said_in_words(skill: SummarySkill) -> None:
    class Broken(Database):
        def read(self):
            from companion.errors import StorageError

            raise StorageError("gone")

        begin = read

    broken = replace(skill, sheets=replace(skill.sheets, database=object.__new__(Broken)))
    assert "can't get at my notes" in said(broken.answer("Read me my summary.", NOW))
