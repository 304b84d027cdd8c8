"""Times in words: understood, made a date that is still to come, and said back the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.mind.skills.when import EVERY_DAY, Moment, When, load_times

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 10, 10, tzinfo=LONDON)  # a Tuesday
TIMES = load_times()

nows = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(LONDON))


def heard(text: str, now: datetime = NOW) -> Moment | None:
    when, _ = TIMES.take(TIMES.words(text), now)
    return TIMES.settle(when, now)


@pytest.mark.parametrize(
    ("text", "clock", "day"),
    [
        ("at eight", "20:00", 10),  # eight in the morning is over
        ("at 8 tomorrow", "08:00", 11),
        ("at half past three", "15:30", 10),
        ("at quarter to seven in the evening", "18:45", 10),
        ("at 7:15 p.m.", "19:15", 10),
        ("at 14:30", "14:30", 10),
        ("tomorrow morning", "09:00", 11),
        ("tonight at nine", "21:00", 10),
        ("at noon", "12:00", 10),
        ("the day after tomorrow at ten past four", "16:10", 12),
        ("on Thursday at three", "15:00", 12),
        ("on Tuesday at eleven", "11:00", 17),
        ("on the 20th at nine", "09:00", 20),
        ("at five to twelve", "11:55", 10),
        ("before supper", "18:30", 10),
        ("in two hours", "12:00", 10),
        ("in an hour and a half", "11:30", 10),
    ],
)
def test_a_time_is_understood(text: str, clock: str, day: int) -> None:
    assert heard(text) == Moment(clock, date(2026, 3, day))


@pytest.mark.parametrize(
    ("text", "clock", "days"),
    [
        ("every day at eight", "08:00", EVERY_DAY),
        ("every morning at nine", "09:00", EVERY_DAY),
        ("every day at five", "17:00", EVERY_DAY),
        ("every evening", "19:00", EVERY_DAY),
        ("every Monday and Thursday at ten", "10:00", (0, 3)),
        ("on weekdays at seven", "07:00", (0, 1, 2, 3, 4)),
        ("at weekends at nine", "09:00", (5, 6)),
    ],
)
def test_a_repeated_time_is_understood(text: str, clock: str, days: tuple[int, ...]) -> None:
    assert heard(text) == Moment(clock, weekdays=days)


@pytest.mark.parametrize("text", ["every other day at eight", "once a month", "twice a day"])
def test_what_cannot_be_kept_is_known_as_such(text: str) -> None:
    when, _ = TIMES.take(TIMES.words(text), NOW)
    assert when.unknown_repeat


@pytest.mark.parametrize("text", ["my sister came by", "I have two cats", "it was a lovely day"])
def test_no_time_is_heard_where_none_was_said(text: str) -> None:
    when, rest = TIMES.take(TIMES.words(text), NOW)
    assert when == When()
    assert rest == TIMES.words(text)


def test_the_rest_is_what_is_not_about_time() -> None:
    when, rest = TIMES.take(TIMES.words("remind me tomorrow at eight to feed the cat"), NOW)
    assert when.said
    assert rest == "remind me to feed the cat"


def test_what_is_over_is_no_time() -> None:
    assert heard("today at nine in the morning") is None
    assert heard("") is None


@settings(deadline=None)
@given(st.integers(0, 23), st.integers(0, 59), nows)
def test_every_hour_is_said_so_that_it_is_understood(hour: int, minute: int, now: datetime) -> None:
    said = TIMES.clock(hour, minute)
    when, rest = TIMES.take(TIMES.words(f"at {said}"), now)
    assert rest == ""
    moment = TIMES.settle(when, now)
    assert moment is not None
    assert moment.clock == f"{hour:02}:{minute:02}"


@settings(deadline=None)
@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 300), nows)
def test_a_moment_read_back_means_the_same(
    hour: int, minute: int, ahead: int, now: datetime
) -> None:
    moment = Moment(f"{hour:02}:{minute:02}", now.date() + timedelta(days=ahead))
    said = TIMES.moment(moment, now)
    assert heard(said, now) == moment, said


@settings(deadline=None)
@given(
    st.integers(0, 23), st.integers(0, 59), st.sets(st.integers(0, 6), min_size=1, max_size=2), nows
)
def test_days_of_the_week_read_back_mean_the_same(
    hour: int, minute: int, days: set[int], now: datetime
) -> None:
    moment = Moment(f"{hour:02}:{minute:02}", weekdays=tuple(sorted(days)))
    assert heard(TIMES.moment(moment, now), now) == moment


@settings(deadline=None)
@given(st.integers(1, 24 * 60), nows)
def test_a_span_read_back_is_as_long(minutes: int, now: datetime) -> None:
    when, _ = TIMES.take(TIMES.words(f"for {TIMES.span(minutes * 60)}"), now)
    assert when.seconds == minutes * 60


@settings(deadline=None)
@given(st.integers(1, 3 * 86_400), nows)
def test_so_long_from_now_is_to_the_minute_and_never_over(seconds: int, now: datetime) -> None:
    moment = TIMES.settle(When(seconds=seconds), now)
    assert moment is not None
    there = moment.next(now)
    if there is None:
        # Only an hour that comes twice cannot be told apart by its name.
        assert later_than(now, seconds).fold == 1
        return
    assert abs(there.timestamp() - now.timestamp() - seconds) <= 60 or fold_near(now, seconds)


def later_than(now: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(now.timestamp() + seconds, LONDON)


def fold_near(now: datetime, seconds: float) -> bool:
    there = later_than(now, seconds)
    return any(later_than(there, s).fold for s in (-60, 0, 60))


@settings(deadline=None)
@given(
    st.text("abcdefghij klmnop qrstuvwxyz'0123456789:.- ", max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "at",
                "in",
                "on",
                "to",
                "the",
                "every",
                "day",
                "eight",
                "half",
                "past",
                "quarter",
                "tomorrow",
                "tonight",
                "monday",
                "morning",
                "noon",
                "twenty",
                "minutes",
                "hours",
                "8:30",
                "25:99",
                "pm",
                "am",
                "a",
                "week",
                "and",
                "next",
                "31th",
                "february",
            ]
        ),
        max_size=10,
    ).map(" ".join),
    nows,
)
def test_whatever_is_said_it_is_a_time_to_come_or_none(text: str, now: datetime) -> None:
    moment = heard(text, now)
    if moment is None:
        return
    hour, minute = map(int, moment.clock.split(":"))
    assert 0 <= hour < 24
    assert 0 <= minute < 60
    assert (moment.day is None) != (moment.weekdays == ())
    assert TIMES.moment(moment, now)


@settings(deadline=None)
@given(nows, st.integers(0, 23), st.sets(st.integers(0, 6), min_size=1))
def test_the_next_is_the_first_to_come(now: datetime, hour: int, days: set[int]) -> None:
    there = Moment(f"{hour:02}:00", weekdays=tuple(days)).next(now)
    assert there is not None
    assert 0 < there.timestamp() - now.timestamp() <= 7 * 86_400 + 3_600
    assert there.weekday() in days
    assert Moment(f"{hour:02}:00", now.date() - timedelta(days=1)).next(now) is None
