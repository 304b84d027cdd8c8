"""What the companion says unasked."""

from __future__ import annotations

from datetime import datetime

from companion.conversation.offers import ANSWER_S, QUIET_S, Late, Offers, Say, Unheard
from companion.domain import Exchange, Initiative, ReplyPart


class Waiting:
    def __init__(self) -> None:
        self.told: list[str] = []

    def hear(self, text: str, now: datetime) -> Exchange | None:
        self.told.append(text)
        return Exchange((ReplyPart("Good.", "skill"),))

    def unheard(self, now: datetime) -> Exchange | None:
        self.told.append("nobody")
        return Exchange((ReplyPart("Another time.", "skill"),))


def offer(kind: str = "morning", then: Waiting | None = None, **more: object) -> Initiative:
    exchange = Exchange((ReplyPart(f"Good {kind}.", "skill"),), None, then)
    return Initiative(kind, exchange, **more)  # type: ignore[arg-type]


def test_it_waits_for_quiet_and_urgent_ones_go_first() -> None:
    offers = Offers()
    first, pill = offer(), offer("reminder", urgent=True)
    offers.add(first)
    offers.add(pill)
    assert offers.step(QUIET_S - 0.1, 0) is None
    assert offers.step(QUIET_S, 0) == Say(pill)
    assert offers.step(QUIET_S, 0) is None, "one at a time"
    offers.interrupted(pill)
    assert offers.step(QUIET_S, 0) == Say(pill)
    offers.said(pill)
    assert offers.step(QUIET_S, 0) == Say(first)


def test_what_is_too_late_is_not_said() -> None:
    offers = Offers()
    old = offer(expires_at=100.0)
    offers.add(old)
    assert offers.step(0.0, 100.0) == Late(old)
    assert offers.step(60.0, 101.0) is None


def test_an_answer_is_waited_for() -> None:
    offers = Offers()
    asked = offer(then=Waiting())
    offers.add(asked)
    offers.add(offer("evening"))
    offers.step(QUIET_S, 0)
    offers.said(asked)
    assert offers.step(ANSWER_S - 0.1, 0) is None
    assert offers.step(ANSWER_S, 0) == Unheard(asked)
    assert offers.answered() is None


async def test_it_speaks_when_it_is_quiet_and_hears_the_answer(talk) -> None:
    waiting = Waiting()
    done = await talk(
        [(0.5, 2.0), (12.0, 13.5)], ["Hello.", "Yes."], 30, offers=(offer(then=waiting),)
    ).run()
    offered, ended = done.one("offered"), done.one("offer_ended")
    reply = next(e for e in done.events if e.type == "reply_finished")
    assert offered.t >= reply.t + QUIET_S - 0.1
    assert offered.text == "Good morning."
    assert ended.answered
    assert waiting.told == ["Yes."]


async def test_when_nobody_answers_it_lets_it_be(talk) -> None:
    waiting = Waiting()
    done = await talk([(0.5, 1.0)], ["!noise"], 40, offers=(offer(then=waiting),)).run()
    assert [e.text for e in done.events if e.type == "offered"] == [
        "Good morning.",
        "Another time.",
    ]
    assert not done.one("offer_ended").answered
    assert waiting.told == ["nobody"]


async def test_what_was_never_said_is_noted(talk) -> None:
    waiting = Waiting()
    late = offer(then=waiting, expires_at=5.0)
    done = await talk([], [], 10, offers=(late,), wall=6.0).run()
    assert "offered" not in done.types()
    assert waiting.told == ["nobody"]
