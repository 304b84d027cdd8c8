from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from companion.measure.summary import NAMED_BY, month
from companion.wellbeing.days import Day, Estimate, Noted, bounds, estimate, group_days
from companion.wellbeing.journal import Reader
from companion.wellbeing.simulated import PLANTS, Life
from companion.wellbeing.trends import LEAST_DAYS, changes, changes_by_day

FIRST = date(2026, 3, 2)


def days(values: list[float]) -> list[Day]:
    return [
        Day(FIRST + timedelta(days=i), turns=20, mood=Estimate(v, v - 0.1, v + 0.1, 20))
        for i, v in enumerate(values)
    ]


WAVE = [0.1, 0.15, 0.05, 0.12, 0.08]


def test_nothing_is_said_before_there_is_enough_to_go_by() -> None:
    assert changes(days([*(WAVE * 2)[: LEAST_DAYS - 1], -0.8])) == ()
    assert changes([]) == ()


def test_one_bad_day_is_no_change_and_a_low_week_is() -> None:
    assert changes(days([*WAVE * 4, -0.6])) == ()
    (one,) = changes(days([*WAVE * 4, -0.4, -0.35]))
    assert (one.metric, one.direction, one.days) == ("mood", "less", 2)
    assert one.since == FIRST + timedelta(days=20)
    assert one.now < one.usual


def test_a_change_that_is_over_is_no_longer_told() -> None:
    assert changes(days([*WAVE * 4, *[-0.4] * 7, *WAVE[:3]])) == ()


def test_after_four_weeks_it_is_the_new_usual() -> None:
    assert changes(days([*WAVE * 4, *[-0.3] * 20]))
    assert changes(days([*WAVE * 4, *[-0.3] * 45])) == ()


def test_looking_back_day_by_day_knows_nothing_of_later_days(reader: Reader) -> None:
    _, made = month(Life(34, FIRST, UTC, 7, {"contacts": 27}), reader)
    assert changes_by_day(made)[30] == changes(made[:31])


def test_planted_changes_are_mostly_named_within_three_days(reader: Reader) -> None:
    hits = dict.fromkeys(PLANTS, 0)
    for plant in PLANTS:
        for seed in range(300, 306):
            _, made = month(Life(30, FIRST, UTC, seed, {plant: 26}), reader)
            found = {(c.metric, c.direction) for c in changes(made[:29])}
            hits[plant] += bool(found & NAMED_BY[plant])
    # What was measured (docs/measurements.md), not what is wanted.
    assert min(hits.values()) >= 4, hits
    assert sum(hits.values()) >= 20, hits


def test_an_interval_narrows_with_turns_and_too_few_give_none() -> None:
    assert estimate([(0.1, 0.5)] * 3, "mood") is None
    few, many = (estimate([(0.1, 0.5), (-0.1, 0.5)] * n, "mood") for n in (3, 30))
    assert few is not None
    assert many is not None
    assert few.low < many.low < many.value < many.high < few.high
    weighted = estimate([(1.0, 0.9), (0.0, 0.1)] * 4, "mood")
    assert weighted is not None
    assert weighted.value == pytest.approx(0.9)


def test_days_are_local_and_keep_their_length_when_the_clocks_change() -> None:
    london = ZoneInfo("Europe/London")
    begin, end = bounds(date(2026, 3, 29), london)
    assert end - begin == 23 * 3600
    turn = {"seconds": 1.0, "words": 2, "speaker": "yes"}
    notes = [Noted(end - 1, "turn", turn), Noted(end, "turn", turn), Noted(end, "turn", {"x": 1})]
    span = {"from": begin - 60, "to": end + 60, "why": "heard"}
    notes += [Noted(end, "listening", span), Noted(end, "listening", span)]
    one, other = group_days(notes, date(2026, 3, 29), date(2026, 3, 30), london)
    assert (one.turns, other.turns) == (1, 1)
    assert one.listening == {"heard": 23 * 3600}
    assert other.listening == {"heard": 60}
