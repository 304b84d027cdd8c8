"""Sixty simulated days with people who answer, ignore, travel and change their clocks."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from companion.config import CheckinSettings
from companion.measure.checkins import PEOPLE, evaluate_checkins
from companion.measure.simulated import SimulatedPerson, live
from companion.wellbeing.checkins import is_quiet

DAYS = 60
HOUR = 3600.0


@pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.name)
def test_never_at_night_never_too_many_never_too_near(person: SimulatedPerson) -> None:
    for seed, settings in ((1, CheckinSettings()), (2, CheckinSettings(most_a_day=2))):
        watched = live(person, DAYS, seed=seed, settings=settings)
        assert watched.spoken
        assert not [at for at, _ in watched.spoken if is_quiet(settings, at)]
        a_day = Counter(at.date() for at, _ in watched.spoken)
        assert max(a_day.values()) <= settings.most_a_day
        times = [at.timestamp() for at, _ in watched.spoken]
        assert all(b - a >= 1.5 * HOUR for a, b in pairwise(times))


def by_name(name: str) -> SimulatedPerson:
    return next(one for one in PEOPLE if one.name == name)


def test_who_ignores_it_is_left_more_and_more_in_peace() -> None:
    spoken = live(by_name("ignoring"), DAYS).spoken
    usual = [at for at, kind in spoken if kind != "silence"]
    last = [at for at in usual if (at.date() - by_name("ignoring").start).days >= 20]
    assert len(last) <= 10  # one in four days
    answering = live(by_name("answering"), DAYS).spoken
    assert len(spoken) < len(answering) / 2


def test_it_recovers_when_answered_again() -> None:
    person = by_name("recovering")
    days = Counter((at.date() - person.start).days for at, _ in live(person, DAYS).spoken)
    ignored = sum(days[d] for d in range(20, 30)) / 10
    after = sum(days[d] for d in range(40, 60)) / 20
    assert after > 2 * ignored
    assert after > 0.8


def test_nobody_who_is_well_at_home_is_worried_about() -> None:
    for name in ("answering", "ignoring", "recovering", "spring", "autumn", "late riser"):
        assert not live(by_name(name), DAYS).concerns, name


def test_who_falls_silent_is_asked_twice_then_told_of_within_half_a_day() -> None:
    result = evaluate_checkins(DAYS)["people"]["falls silent"]
    assert result["concerns"] == 1
    assert 0 < result["hours_to_concern"] <= 12
