"""The runner: says it, notices the answer, remembers, offers a concern and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from companion.config import CheckinSettings
from companion.domain import Exchange, Initiative, JsonObject, ReplyPart
from companion.wellbeing.checkin_log import CheckinLog, log_from_json
from companion.wellbeing.checkin_words import Wish, load_checkin_words, until
from companion.wellbeing.checkins import Facts
from companion.wellbeing.habits import learn_habits
from companion.wellbeing.initiatives import Initiatives
from companion.wellbeing.turns import Turn

ZONE = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 5, 6, tzinfo=ZONE)


class Home:
    def __init__(self, facts: Facts | None = None, log: CheckinLog | None = None) -> None:
        self.now = DAY.replace(hour=9, minute=15)
        self.emitted: list[Initiative] = []
        self.noted: list[JsonObject] = []
        self.saved: JsonObject = {}
        self.concerns: list[tuple[int, str]] = []
        self.runner = Initiatives(
            CheckinSettings(),
            lambda _: facts or Facts(),
            self.emitted.append,
            lambda: self.now,
            load_checkin_words(),
            lambda kind, data, at: self.noted.append(data),
            self._save,
            log or CheckinLog(heard_at=(DAY - timedelta(hours=4)).timestamp()),
            self,
            lambda name: Exchange((ReplyPart(name, "skill"),)),
            "Margaret",
        )

    def _save(self, data: JsonObject) -> None:
        self.saved = data

    def offer(self, tier: int, text: str, evidence: tuple[str, ...], at: float) -> None:
        self.concerns.append((tier, text))

    def pass_(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self.runner.tick()

    def commit(self) -> Exchange:
        exchange = self.emitted[-1].exchange
        assert exchange.effect is not None
        exchange.effect()
        return exchange


def test_a_check_in_that_is_answered() -> None:
    home = Home()
    home.runner.tick()
    assert [one.kind for one in home.emitted] == ["morning"]
    assert "Margaret" in home.emitted[0].exchange.parts[0].text
    home.commit()
    home.now += timedelta(seconds=40)
    home.runner.heard(home.now.timestamp())
    assert home.noted == [{"kind": "morning", "answered": True}]
    assert log_from_json(home.saved) == home.runner.log


def test_a_check_in_that_is_not_answered_is_noted_once() -> None:
    home = Home()
    home.runner.tick()
    home.commit()
    for _ in range(10):
        home.pass_(1)
    assert home.noted == [{"kind": "morning", "answered": False}]
    assert home.runner.log.unanswered == 1


def test_what_could_not_be_said_does_not_count() -> None:
    home = Home()
    home.runner.tick()
    home.pass_(5)
    assert len(home.emitted) == 1  # waits for its turn
    home.pass_(6)
    assert len(home.emitted) == 2  # dropped, and offered anew while its hour lasts
    assert home.noted == []
    assert home.runner.log.unanswered == 0


@pytest.mark.parametrize(
    ("said", "hours"),
    [("Not now, please.", 3), ("I'm busy", 3), ("Leave me alone today.", 22.75)],
)
def test_a_wish_in_answer_is_granted_once_committed(said: str, hours: float) -> None:
    home = Home()
    home.runner.tick()
    talk = home.commit().then
    assert talk is not None
    answer = talk.hear(said, home.now)
    assert answer is not None
    assert home.runner.log.snoozed_until == 0.0
    assert answer.effect is not None
    answer.effect()
    assert home.runner.log.snoozed_until == (home.now + timedelta(hours=hours)).timestamp()
    assert home.noted == [{"kind": "morning", "answered": True}]


def test_any_other_answer_is_ordinary_talk_and_silence_is_left_in_peace() -> None:
    home = Home()
    home.runner.tick()
    talk = home.commit().then
    assert talk is not None
    assert talk.hear("I slept badly, my knee was hurting", home.now) is None
    assert talk.unheard(home.now) is None


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Leave me alone today", Wish.TODAY),
        ("please leave me in peace", Wish.NOT_NOW),
        ("Stop checking on me", Wish.LONGER),
        ("You may check on me again", Wish.RESUME),
        ("I'm busy", None),
        ("My neighbour keeps the radio on all night", None),
    ],
)
def test_wishes_in_ordinary_talk(said: str, wish: Wish | None) -> None:
    assert load_checkin_words().wish(said) == wish


def test_a_wish_until_tomorrow_ends_when_the_quiet_hours_do() -> None:
    evening = datetime(2026, 3, 28, 22, 0, tzinfo=ZONE)  # the night the clock is put forward
    end = until(Wish.TODAY, CheckinSettings(), evening)
    assert end == datetime(2026, 3, 29, 8, 0, tzinfo=ZONE).timestamp()


def chatty() -> Facts:
    turns = [
        Turn((DAY - timedelta(days=day)).replace(hour=hour).timestamp())
        for day in range(40, 0, -1)
        for hour in range(8, 21, 2)
    ]
    return Facts(learn_habits(turns, DAY))


def test_a_silence_unanswered_twice_is_offered_as_a_concern_once() -> None:
    home = Home(chatty(), CheckinLog(heard_at=DAY.replace(hour=8).timestamp()))
    home.now = DAY.replace(hour=12)
    for _ in range(8 * 60):
        before = len(home.emitted)
        home.pass_(1)
        if len(home.emitted) > before:
            home.commit()
    assert [one.kind for one in home.emitted][:2] == ["silence", "silence"]
    assert len(home.concerns) == 1
    tier, text = home.concerns[0]
    assert tier in (1, 2)
    assert "Margaret has not been heard since 6 May, 08:00" in text
    assert "may mean nothing" in text
    home.runner.heard(home.now.timestamp())
    assert not home.runner.log.told


def test_a_silence_that_is_answered_worries_nobody() -> None:
    home = Home(chatty(), CheckinLog(heard_at=DAY.replace(hour=8).timestamp()))
    home.now = DAY.replace(hour=12)
    for _ in range(5 * 60):
        before = len(home.emitted)
        home.pass_(1)
        if len(home.emitted) > before:
            home.commit()
            home.runner.heard(home.now.timestamp() + 30)
    assert home.emitted
    assert not home.concerns


def test_a_scale_is_begun_by_whoever_knows_it() -> None:
    home = Home(Facts(scale="who5"), CheckinLog(heard_at=DAY.replace(hour=11).timestamp()))
    home.now = DAY.replace(hour=12)
    home.runner.tick()
    assert [one.kind for one in home.emitted] == ["scale"]
    assert home.emitted[0].exchange.parts[0].text == "who5"


WORDS = load_checkin_words()
KINDS = ("morning", "evening", "silence", "appointment", "anniversary", "low_week", "missed_walk")


def test_a_line_suits_the_state_and_does_not_come_again_soon() -> None:
    assert WORDS.choose("morning", {"pain"}, (), 1).when == ("pain",)
    said: list[str] = []
    for day in range(6):
        line = WORDS.choose("morning", (), said, day)
        assert line.id not in said
        said.append(line.id)


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_presses_worries_or_hints_at_being_left(kind: str) -> None:
    lines = WORDS.lines(kind)
    assert len({line.id for line in lines}) == len(lines) >= 3
    for line in lines:
        text = " ".join(line.text).lower()
        assert text.count("?") <= 1
        for word in (
            "missed you",
            "without you",
            "waiting for you",
            "emergency",
            "why did",
            "alone",
        ):
            assert word not in text
