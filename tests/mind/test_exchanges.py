"""Skills and those who wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from companion.domain import Exchange, ReplyPart, TurnContext
from companion.mind.companion_mind import CompanionMind
from companion.mind.exchanges import Exchanges

NOW = datetime(2026, 11, 23, 8, 0)


def said(text: str) -> tuple[ReplyPart, ...]:
    return (ReplyPart(text, "skill"),)


@dataclass
class Pill:
    """Asks whether a pill was taken."""

    done: list[str] = field(default_factory=list)

    def hear(self, text: str, now: datetime) -> Exchange | None:
        if text != "Yes.":
            return None
        return Exchange(said("Well done."), lambda: self.done.append("taken"))

    def unheard(self, now: datetime) -> Exchange | None:
        return Exchange(said("I will ask again later."), lambda: self.done.append("missed"))

    def answer(self, text: str, now: datetime) -> Exchange | None:
        if text != "Pills?":
            return None
        return Exchange(said("Have you taken it?"), lambda: self.done.append("asked"), self)


@pytest.fixture
def pill() -> Pill:
    return Pill()


@pytest.fixture
def exchanges(pill: Pill) -> Exchanges:
    return Exchanges([pill], lambda: NOW)


def test_a_draft_leaves_no_trace(exchanges: Exchanges, pill: Pill) -> None:
    assert exchanges.answer("Pills?") == said("Have you taken it?")
    assert pill.done == []
    assert exchanges.answer("Yes.") == (), "nobody waits before the question is real"
    exchanges.answer("Pills?")
    exchanges.commit("Pills?")
    assert pill.done == ["asked"]
    exchanges.answer("Yes.")
    assert pill.done == ["asked"]
    exchanges.commit("Yes.")
    assert pill.done == ["asked", "taken"]


def test_whoever_waits_hears_first_and_once(exchanges: Exchanges) -> None:
    exchanges.answer("Pills?")
    exchanges.commit("Pills?")
    assert exchanges.answer("Yes.") == said("Well done.")
    exchanges.commit("Yes.")
    assert exchanges.answer("Yes.") == ()


def test_a_question_the_talk_went_past_is_not_forgotten(exchanges: Exchanges, pill: Pill) -> None:
    exchanges.answer("Pills?")
    exchanges.commit("Pills?")
    assert exchanges.answer("My knee hurts.") == ()
    exchanges.commit("My knee hurts.")
    assert pill.done == ["asked", "missed"]
    assert exchanges.answer("Yes.") == ()


def test_danger_that_the_mind_never_heard_ends_it_too(exchanges: Exchanges, pill: Pill) -> None:
    exchanges.answer("Pills?")
    exchanges.commit("Pills?")
    exchanges.commit("I have fallen.")
    assert pill.done == ["asked", "missed"]


def test_what_is_said_unasked_may_be_answered_or_not(exchanges: Exchanges, pill: Pill) -> None:
    offer = Exchange(said("It is time."), None, pill)
    exchanges.expect(offer)
    assert exchanges.answer("Yes.") == said("Well done.")
    exchanges.commit("Yes.")
    exchanges.expect(offer)
    assert exchanges.unheard() == said("I will ask again later.")
    assert exchanges.unheard() == ()
    assert pill.done == ["taken", "missed"]


def test_what_was_never_said_leaves_whoever_waits_waiting(exchanges: Exchanges, pill: Pill) -> None:
    exchanges.answer("Pills?")
    exchanges.commit("Pills?")
    other = Pill()
    exchanges.unsaid(Exchange(said("It is time."), None, other))
    exchanges.unsaid(Exchange(said("The kettle is on.")))
    assert other.done == ["missed"]
    assert exchanges.answer("Yes.") == said("Well done.")
    exchanges.commit("Yes.")
    assert pill.done == ["asked", "taken"]


def test_the_mind_asks_its_skills_before_the_model(prompts, fake_model, pill: Pill) -> None:
    model = fake_model("Roses are a fine choice.")
    mind = CompanionMind(prompts, [model], trust="strong", skills=[pill], now=lambda: NOW)
    assert [p.text for p in mind.reply("Pills?", TurnContext())] == ["Have you taken it?"]
    mind.commit("Pills?")
    assert [p.text for p in mind.reply("Yes.", TurnContext())] == ["Well done."]
    assert model.prompts == []
    mind.start_afresh()
    assert [p.source for p in mind.reply("Yes.", TurnContext())] != ["skill"]
