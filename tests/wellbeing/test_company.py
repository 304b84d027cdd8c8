"""Nudges and breaks in a live talk: in a lull, seldom, and never after danger."""

from __future__ import annotations

from datetime import datetime, timedelta

from companion.domain import Initiative, JsonObject
from companion.wellbeing.company import Around, Company
from companion.wellbeing.people_first import Known, load_people_texts, people_log_from_json
from companion.wellbeing.replies import load_ear
from companion.wellbeing.turns import Turn

from .conftest import LONDON

NOON = datetime(2026, 3, 4, 12, tzinfo=LONDON)
SARAH = Known("1", "Sarah", "daughter", None)


class House:
    def __init__(self, *turns: Turn, circle: tuple[Known, ...] = (SARAH,)) -> None:
        self.offered: list[Initiative] = []
        self.saved: list[JsonObject] = []
        self.welcome = True
        self.avoid: set[str] = set()
        self.company = Company(
            lambda _: Around(turns, circle),
            self.offered.append,
            load_people_texts(),
            load_ear(),
            self.saved.append,
            lambda _: self.welcome,
            lambda: self.avoid,
        )

    def after(self, seconds: float) -> str | None:
        before = len(self.offered)
        self.company.tick(NOON + timedelta(seconds=seconds))
        return self.offered[-1].kind if len(self.offered) > before else None


def talk(minutes: float) -> tuple[Turn, ...]:
    end = NOON.timestamp()
    return tuple(Turn(end - 60.0 * n, 10.0) for n in range(round(minutes), -1, -1))


def test_in_a_lull_somebody_real_is_suggested_once() -> None:
    house = House()
    assert house.after(30) is None  # nobody has spoken
    house.company.heard(NOON.timestamp())
    assert house.after(10) is None
    assert house.after(40) == "nudge"
    assert "Sarah" in house.offered[0].exchange.parts[0].text
    assert house.after(70) is None
    assert house.saved == []  # not said yet

    effect = house.offered[0].exchange.effect
    assert effect is not None
    effect()
    assert [who for _, who in people_log_from_json(house.saved[0]).nudges] == ["1"]
    house.company.heard(NOON.timestamp() + 600)
    assert house.after(640) is None


def test_a_break_after_very_long_talk_comes_before_a_nudge() -> None:
    house = House(*talk(130))
    house.company.heard(NOON.timestamp())
    assert house.after(40) == "break"


def test_never_when_left_in_peace_after_danger_or_to_whom_is_feared() -> None:
    house = House()
    house.welcome = False
    house.company.heard(NOON.timestamp())
    assert house.after(40) is None

    house = House()
    house.company.heard(NOON.timestamp(), troubled=True)
    house.company.heard(NOON.timestamp() + 300)
    assert house.after(340) is None
    house.company.heard(NOON.timestamp() + 6.5 * 3600)
    assert house.after(6.5 * 3600 + 40) == "nudge"

    house = House()
    house.avoid = {"1"}
    house.company.heard(NOON.timestamp())
    assert house.after(40) is None
