"""Sixty simulated days with people who answer, ignore, travel and change their clocks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from companion.config import CheckinSettings
from companion.measure.checkins import PEOPLE, evaluate_checkins
from companion.measure.simulated import SimulatedPerson, Watched, live
from companion.wellbeing.checkins import is_quiet

DAYS = 60
HOUR = 3600.0


@cache
def lived(name: str, most_a_day: int = 3) -> Watched:
    return live(by_name(name), DAYS, settings=CheckinSettings(most_a_day=most_a_day))


@pytest.mark.parametrize(
    ("name", "most"), [*((one.name, 3) for one in PEOPLE), ("answering", 1), ("spring", 2)]
)
def test_never_at_night_never_too_many_never_too_near(name: str, most: int) -> None:
    settings, watched = CheckinSettings(most_a_day=most), lived(name, most)
    assert watched.spoken
    assert not [at for at, _ in watched.spoken if is_quiet(settings, at)]
    assert max(Counter(at.date() for at, _ in watched.spoken).values()) <= most
    times = [at.timestamp() for at, _ in watched.spoken]
    assert all(b - a >= 1.5 * HOUR for a, b in pairwise(times))


def by_name(name: str) -> SimulatedPerson:
    return next(one for one in PEOPLE if one.name == name)


def test_who_ignores_it_is_left_more_and_more_in_peace() -> None:
    spoken = lived("ignoring").spoken
    usual = [at for at, kind in spoken if kind != "silence"]
    last = [at for at in usual if (at.date() - by_name("ignoring").start).days >= 20]
    assert len(last) <= 10  # one in four days
    answering = lived("answering").spoken
    assert len(spoken) < len(answering) / 2


def test_it_recovers_when_answered_again() -> None:
    person = by_name("recovering")
    days = Counter((at.date() - person.start).days for at, _ in lived(person.name).spoken)
    ignored = sum(days[d] for d in range(20, 30)) / 10
    after = sum(days[d] for d in range(40, 60)) / 20
    assert after > 2 * ignored
    assert after > 0.8


def test_nobody_who_is_well_at_home_is_worried_about() -> None:
    for name in ("answering", "ignoring", "recovering", "spring", "autumn", "late riser"):
        assert not lived(name).concerns, name


def test_who_falls_silent_is_asked_twice_then_told_of_within_half_a_day() -> None:
    (at, tier, text), *more = lived("falls silent").concerns
    assert not more
    assert tier in (1, 2)
    person = by_name("falls silent")
    assert person.stops is not None
    begin = datetime.combine(person.start, time.min, ZoneInfo(person.zone)).timestamp()
    assert 0 < at.timestamp() - begin - person.stops * 86_400 <= 12 * HOUR
    assert "may mean nothing" in text


def test_the_measurement_counts() -> None:
    result = evaluate_checkins(days=3)
    assert set(result["people"]) == {one.name for one in PEOPLE}
    assert (result["in_quiet_hours"], result["days_over_the_limit"]) == (0, 0)
    row = result["people"]["answering"]
    assert row["spoken"] == sum(row["kinds"].values()) > 0
