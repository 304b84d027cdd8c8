"""What is due of the reminders, whatever clocks and switches did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.storage.reminders import Reminder
from companion.wellbeing.due import (
    AGAIN_S,
    GIVE_UP_S,
    LATE_S,
    LEAD_S,
    MOST_PUT_OFF,
    Due,
    Try,
    due,
    later,
    next_due,
    occurrences,
)

LONDON = ZoneInfo("Europe/London")
EVERY_DAY = tuple(range(7))
SPRING = date(2026, 3, 29)
"""At one o'clock it becomes two."""
AUTUMN = date(2026, 10, 25)
"""At two o'clock it becomes one again."""
PILL = Reminder("p", "medicine", "take your heart tablet", "08:00", weekdays=EVERY_DAY)
DENTIST = Reminder("d", "appointment", "the dentist", "14:00", date(2026, 3, 12))


def at(day: date, clock: str, fold: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON, fold=fold)


DAY = date(2026, 3, 10)  # a Tuesday


def only(one: Reminder, now: datetime, tried: Try | None = None) -> Due | None:
    found = due([one], {one.id: tried} if tried else {}, now)
    return found[0] if found else None


def step(one: Reminder, now: datetime, tried: Try | None = None) -> str | None:
    found = only(one, now, tried)
    return found.step if found else None


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_eight_is_eight_on_the_wall_across_a_change_of_clocks(change: date) -> None:
    since = at(change - timedelta(days=1), "08:00").timestamp()
    found = next_due(PILL, since, at(change, "23:00"))
    assert found is not None
    assert datetime.fromtimestamp(found, LONDON).strftime("%d %H:%M") == f"{change.day} 08:00"
    assert found - since == pytest.approx(86_400 + (3_600 if change == AUTUMN else -3_600))


def test_an_hour_that_does_not_exist_is_said_an_hour_later() -> None:
    night = replace(PILL, clock="01:30")
    (found,) = occurrences(night, at(SPRING, "00:00").timestamp(), at(SPRING, "12:00"))
    assert datetime.fromtimestamp(found, LONDON).strftime("%H:%M") == "02:30"


def test_an_hour_that_comes_twice_is_said_once() -> None:
    night = replace(PILL, clock="01:30")
    found = occurrences(night, at(AUTUMN, "00:00").timestamp(), at(AUTUMN, "12:00"))
    assert found == [at(AUTUMN, "01:30").timestamp()]


def test_a_timer_ends_in_the_hour_that_comes_again() -> None:
    ends = at(AUTUMN, "01:05", fold=1).timestamp()
    timer = Reminder("t", "timer", "the eggs", due_at=ends, at=ends - 600)
    assert step(timer, at(AUTUMN, "01:05")) is None
    assert step(timer, at(AUTUMN, "01:05", fold=1)) == "say"


@settings(deadline=None)
@given(st.floats(-86_400, 86_400), st.sampled_from([SPRING, AUTUMN]), st.floats(0, 86_400))
def test_so_long_after_is_so_long_after(seconds: float, change: date, ahead: float) -> None:
    now = datetime.fromtimestamp(at(change, "01:00").timestamp() + seconds, LONDON)
    assert later(now, ahead).timestamp() - now.timestamp() == pytest.approx(ahead, abs=1e-3)


@settings(deadline=None)
@given(
    st.integers(0, 23),
    st.integers(0, 59),
    st.sets(st.integers(0, 6), min_size=1),
    st.floats(0, 30 * 86_400),
    st.sampled_from([SPRING, AUTUMN, DAY]),
)
def test_no_day_is_left_out_and_none_comes_twice(
    hour: int, minute: int, days: set[int], length: float, first: date
) -> None:
    one = Reminder("x", "other", "tea", f"{hour:02}:{minute:02}", weekdays=tuple(sorted(days)))
    begin = at(first, "00:00").timestamp() - 1.0
    until = datetime.fromtimestamp(begin + length, LONDON)
    found = occurrences(one, begin, until)
    assert found == sorted(set(found))
    there = [datetime.fromtimestamp(each, LONDON) for each in found]
    whole = [
        first + timedelta(days=n)
        for n in range((until.date() - first).days)
        if (first + timedelta(days=n)).weekday() in days
    ]
    assert [each.date() for each in there if each.date() < until.date()] == whole
    # A part of a span comes due no other than the whole of it.
    half = begin + length / 2
    assert occurrences(one, begin, datetime.fromtimestamp(half, LONDON)) == [
        each for each in found if each <= half
    ]


def test_only_on_its_days_of_the_week() -> None:
    mondays = replace(PILL, weekdays=(0, 2))
    since = at(DAY, "00:00").timestamp()
    assert next_due(mondays, since, at(DAY, "23:00")) is None
    wednesday = at(DAY + timedelta(days=1), "08:00")
    assert next_due(mondays, since, wednesday) == wednesday.timestamp()


def test_one_of_a_single_day_comes_once() -> None:
    hour = at(date(2026, 3, 12), "14:00")
    assert next_due(DENTIST, 0.0, hour - timedelta(minutes=1)) is None
    assert next_due(DENTIST, 0.0, hour) == hour.timestamp()
    assert next_due(DENTIST, hour.timestamp(), hour + timedelta(days=300)) is None


def test_what_is_settled_is_not_due_before_the_next_day() -> None:
    here = at(DAY, "08:00")
    done = replace(PILL, settled_at=here.timestamp())
    assert step(done, here + timedelta(minutes=20)) is None
    assert step(done, here + timedelta(days=1)) == "say"


def test_taken_before_its_hour_is_settled_for_that_hour() -> None:
    early = replace(PILL, at=at(DAY, "00:00").timestamp(), settled_at=at(DAY, "08:00").timestamp())
    assert step(early, at(DAY, "08:00")) is None


def test_a_new_one_is_not_due_for_hours_before_it_was_asked_for() -> None:
    assert step(replace(PILL, at=at(DAY, "09:00").timestamp()), at(DAY, "09:01")) is None


def test_said_again_and_given_up() -> None:
    hour = at(DAY, "08:00")
    pill = replace(PILL, at=(hour - timedelta(hours=2)).timestamp())
    assert step(pill, hour - timedelta(seconds=1)) is None
    assert step(pill, hour) == "say"
    once = Try(hour.timestamp(), 1, hour.timestamp())
    assert step(pill, later(hour, AGAIN_S - 1), once) is None
    assert step(pill, later(hour, AGAIN_S), once) == "again"
    twice = replace(once, tries=2, asked_at=hour.timestamp() + AGAIN_S)
    assert step(pill, later(hour, AGAIN_S + GIVE_UP_S - 1), twice) is None
    assert step(pill, later(hour, AGAIN_S + GIVE_UP_S), twice) == "give_up"


def test_later_is_asked_again_but_not_for_ever() -> None:
    hour = at(DAY, "08:00")
    pill = replace(PILL, at=hour.timestamp() - 1)
    for tries in range(1, MOST_PUT_OFF):
        put_off = Try(hour.timestamp(), tries, hour.timestamp(), later=True)
        assert step(pill, later(hour, AGAIN_S), put_off) == "again"
    last = Try(hour.timestamp(), MOST_PUT_OFF, hour.timestamp(), later=True)
    assert step(pill, later(hour, AGAIN_S), last) is None
    found = only(pill, later(hour, GIVE_UP_S), last)
    assert found is not None
    assert (found.step, found.later) == ("give_up", True)


def test_an_old_try_does_not_count_for_today() -> None:
    yesterday = at(DAY, "08:00").timestamp()
    pill = replace(PILL, at=yesterday - 1)
    found = only(pill, at(DAY + timedelta(days=1), "08:00"), Try(yesterday, 2, yesterday))
    assert found is not None
    assert (found.step, found.tries, found.missed) == ("say", 0, (yesterday,))


def test_switched_off_at_the_hour_it_is_said_late_and_then_missed() -> None:
    hour = at(DAY, "08:00")
    pill = replace(PILL, at=hour.timestamp() - 60)
    assert step(pill, later(hour, LATE_S)) == "say"
    assert step(pill, later(hour, LATE_S + 1)) == "missed"


def test_switched_off_for_days_all_are_missed_but_the_one_of_now() -> None:
    begin = at(DAY, "08:00")
    pill = replace(PILL, settled_at=begin.timestamp())
    found = only(pill, at(DAY + timedelta(days=3), "08:10"))
    assert found is not None
    assert found.step == "say"
    assert [datetime.fromtimestamp(each, LONDON).day for each in found.missed] == [11, 12]


def test_after_a_year_a_month_is_noted() -> None:
    found = only(PILL, at(DAY, "08:00"))
    assert found is not None
    assert 28 <= len(found.missed) <= 31


def test_an_appointment_is_told_an_hour_before_and_missed_once_it_began() -> None:
    hour = at(date(2026, 3, 12), "14:00")
    noted = replace(DENTIST, at=at(DAY, "09:00").timestamp())
    assert step(noted, later(hour, -LEAD_S - 1)) is None
    found = only(noted, later(hour, -LEAD_S))
    assert found is not None
    assert (found.step, found.at) == ("say", hour.timestamp())
    assert step(noted, hour) == "missed"


def test_an_appointment_noted_shortly_before_is_told_halfway_to_it() -> None:
    hour = at(date(2026, 3, 12), "14:00")
    noted = replace(DENTIST, at=hour.timestamp() - 2_400)
    assert step(noted, later(hour, -2_399)) is None  # it was read back just now
    assert step(noted, later(hour, -1_200)) == "say"


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_before_an_appointment_is_an_hour_while_clocks_change(fold: int) -> None:
    visit = Reminder("v", "appointment", "the nurse", "02:30", AUTUMN)
    told = at(AUTUMN, "01:30", fold)
    assert step(visit, told) == ("say" if fold else None)
