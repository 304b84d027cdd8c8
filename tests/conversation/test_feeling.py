"""How something was said, on its way through a turn."""

from __future__ import annotations

import pytest

from companion.domain import Match, Stance

from .conftest import FakeFeeler, FakeWho

ONE = [(1.0, 2.0)]


@pytest.fixture
def feeler() -> FakeFeeler:
    return FakeFeeler()


async def test_the_mind_is_told_how_it_was_said_and_the_feeler_learns(talk, feeler):
    who = FakeWho()
    done = await talk(ONE, ["I went home."], feeler=feeler, who=who).run()
    ((_, context),) = done.mind.asked
    assert context.stance is Stance.COMFORT
    assert context.feeling is not None
    felt = done.one("felt")
    assert (felt.speaker, felt.label, felt.stance) == ("yes", "sad", "comfort")
    assert feeler.learned == ["I went home."]
    assert who.warmed == 1


@pytest.mark.parametrize(
    ("match", "felt", "learned"), [(Match.UNSURE, 1, 0), (Match.NO, 0, 0), (Match.YES, 1, 1)]
)
async def test_only_the_owner_is_learned_from_and_visitors_are_not_judged(
    talk, feeler, match, felt, learned
):
    done = await talk(ONE, ["I went home."], feeler=feeler, who=FakeWho(match)).run()
    assert (len(feeler.felt), len(feeler.learned)) == (felt, learned)
    assert done.one("felt").speaker == match.value
    assert done.voice.said, "everybody is answered"


async def test_without_a_speaker_check_nothing_is_learned(talk, feeler):
    done = await talk(ONE, ["I went home."], feeler=feeler).run()
    assert done.one("felt").speaker == ""
    assert feeler.learned == []


async def test_danger_does_not_wait_for_feelings(talk, feeler, guard):
    await talk(ONE, ["Help me."], feeler=feeler, guard=guard).run()
    assert feeler.felt == []


async def test_what_is_not_addressed_is_not_judged(talk, feeler):
    await talk(ONE, ["I went home."], mode="name", feeler=feeler, who=FakeWho()).run()
    assert feeler.felt == []


async def test_a_dropped_draft_teaches_nothing(talk, feeler):
    speech = [(1.0, 2.0), (2.45, 3.0)]
    texts = ["I went home.", "I went home. Then I sat down."]
    done = await talk(speech, texts, feeler=feeler, who=FakeWho()).run()
    assert feeler.learned == [done.one("turn_committed").text]


async def test_a_broken_ear_for_feeling_costs_no_reply(talk, feeler):
    feeler.broken = True
    done = await talk(ONE, ["I went home."], feeler=feeler, who=FakeWho()).run()
    assert done.voice.said
    assert "boom" in done.one("trouble").what
