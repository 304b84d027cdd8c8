"""A talk about memory, on a real store, without the sentence model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from companion.domain import Exchange
from companion.mind.memory.skill import MemorySkill
from companion.mind.memory.store import MemoryStore
from companion.storage import consents

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Talk:
    """Says something, commits it, and returns what was answered."""

    def __init__(self, skill: MemorySkill) -> None:
        self.skill = skill
        self.open: Exchange | None = None
        self.now = NOW

    def __call__(self, text: str) -> str | None:
        self.now += timedelta(seconds=20)
        then = self.open.then if self.open else None
        found = then.hear(text, self.now) if then else None
        if found is None:
            found = self.skill.answer(text, self.now)
        self.open = found
        if found is not None and found.effect is not None:
            found.effect()
        self.skill.told(text, self.now)
        return " ".join(part.text for part in found.parts) if found else None


@pytest.fixture
def talk(skill: MemorySkill, store: MemoryStore) -> Talk:
    store.agree(0.0)
    return Talk(skill)


def sentences(store: MemoryStore) -> list[str]:
    return [one.sentence for one in store.facts()]


def test_without_consent_nothing_is_kept_and_it_is_asked_for(
    skill: MemorySkill, store: MemoryStore
) -> None:
    talk = Talk(skill)
    assert talk("My sister Ruth lives in Leeds.") is None
    assert "May I remember" in (talk("Remember that my sister Ruth lives in Leeds.") or "")
    assert not store.agreed()
    talk("No, thank you.")
    assert not store.agreed()
    talk("Please remember that my sister Ruth lives in Leeds.")
    assert "Your sister Ruth lives in Leeds." in (talk("Yes, please.") or "")
    assert sentences(store) == ["Your sister Ruth lives in Leeds."]
    with store.database.read() as connection:
        word = consents.current(connection, store.person_id, "memory")
    assert word is not None
    assert (word.granted, word.how) == (True, "spoken")


def test_a_draft_leaves_no_trace(skill: MemorySkill, store: MemoryStore) -> None:
    store.agree(0.0)
    assert skill.answer("Remember that my cat is called Whiskers.", NOW) is not None
    assert sentences(store) == []


def test_what_was_told_in_passing_is_recalled_word_for_word(talk: Talk) -> None:
    assert talk("My sister Ruth lives in Leeds.") is None
    talk("My grandson Tom's birthday is the twelfth of June.")
    assert talk("Where does my sister live?") == "Your sister Ruth lives in Leeds."
    assert talk("When is Tom's birthday?") == (
        "Your grandson Tom's birthday is the twelfth of June."
    )


@pytest.mark.parametrize(
    "asked",
    [
        "Where does my brother live?",
        "What is my sister's husband called?",
        "When is Ruth's birthday?",
        "Where did I grow up?",
    ],
)
def test_what_was_never_told_is_not_invented(talk: Talk, asked: str) -> None:
    talk("My sister Ruth lives in Leeds.")
    assert talk(asked) == "I don't think you have told me that."


@pytest.mark.parametrize(
    "said", ["What's the capital of France?", "I feel sad today.", "What time is it?"]
)
def test_other_talk_is_left_to_others(talk: Talk, said: str) -> None:
    talk("My sister Ruth lives in Leeds.")
    assert talk(said) is None


def test_a_contradiction_is_asked_back_and_the_old_is_kept_as_past(
    talk: Talk, store: MemoryStore
) -> None:
    talk("My sister Ruth lives in Leeds.")
    assert "Shall I remember the new one?" in (talk("My sister Ruth lives in York.") or "")
    assert sentences(store) == ["Your sister Ruth lives in Leeds."]
    talk("Yes.")
    assert sentences(store) == ["Your sister Ruth lives in York."]
    assert [one.sentence for one in store.past()] == ["Your sister Ruth lives in Leeds."]
    assert talk("Where does Ruth live?") == "Your sister Ruth lives in York."


def test_who_has_moved_needs_no_asking(talk: Talk, store: MemoryStore) -> None:
    talk("My sister Ruth lives in Leeds.")
    assert talk("My sister Ruth has moved to York.") is None
    assert sentences(store) == ["Your sister Ruth has moved to York."]


def test_a_stranger_is_asked_about_and_not_kept_on_no(talk: Talk, store: MemoryStore) -> None:
    assert "Karen lives in Hull." in (talk("Karen lives in Hull.") or "")
    talk("No.")
    assert sentences(store) == []


def test_a_correction_leaves_nothing_of_the_mistake(talk: Talk, store: MemoryStore) -> None:
    talk("My sister Ruth lives in Leeds.")
    talk("Where does Ruth live?")
    said = talk("That's wrong, she lives in York.")
    assert said is not None
    assert "York" in said
    assert [one.sentence for one in store.everything()] == ["Your sister Ruth lives in York."]


def test_a_few_at_a_time(talk: Talk) -> None:
    for told in ("I love rhubarb.", "I grew up in Leeds.", "I'm diabetic.", "I collect teapots."):
        talk(told)
    assert "Shall I go on?" in (talk("What do you know about me?") or "")
    assert talk("Yes, please.") == "You collect teapots."


def test_forgetting(talk: Talk, store: MemoryStore) -> None:
    for told in ("My sister Ruth lives in Leeds.", "Ruth was a nurse.", "I love rhubarb."):
        talk(told)
    talk("Forget that.")
    assert len(store.facts()) == 2
    assert "2 things" in (talk("Forget what I told you about Ruth.") or "")
    talk("Yes.")
    assert sentences(store) == []
    talk("I love rhubarb.")
    assert "Are you sure" in (talk("Forget everything.") or "")
    talk("No.")
    assert len(store.facts()) == 1
    talk("Forget everything.")
    talk("Yes.")
    assert store.everything() == ()


def test_what_bears_on_the_words_is_handed_on(skill: MemorySkill, talk: Talk) -> None:
    talk("My sister Ruth lives in Leeds.")
    assert skill.relevant("The weather is nice.", NOW) == ()
