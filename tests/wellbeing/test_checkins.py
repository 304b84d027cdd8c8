"""When it speaks first, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.config import CheckinSettings
from companion.errors import WellbeingError
from companion.wellbeing.checkin_log import CheckinLog, Offer, log_from_json
from companion.wellbeing.checkins import (
    Facts,
    Occasion,
    State,
    is_quiet,
    next_initiative,
    quiet_begins,
    spaced,
)
from companion.wellbeing.habits import (
    Habits,
    learn_habits,
    low_week,
    missed_outing,
    silence,
    state_of,
)
from companion.wellbeing.turns import Turn, turn_of

ZONE = ZoneInfo("Europe/Berlin")
TODAY = datetime(2026, 5, 6, tzinfo=ZONE)  # a Wednesday
HOUR = 3600.0


def at(hour: float, day: int = 0) -> datetime:
    there = TODAY + timedelta(days=day)
    return there.replace(hour=int(hour), minute=round(hour % 1 * 60))


def turns_at(*hours: float, days: int = 40) -> list[Turn]:
    return [Turn(at(hour, -day).timestamp()) for day in range(days, 0, -1) for hour in hours]


def state(log: CheckinLog | None = None, **facts: object) -> State:
    log = log or CheckinLog(heard_at=at(20, -1).timestamp())
    return State(CheckinSettings(), log, Facts(**facts))  # type: ignore[arg-type]


def kind(state: State, now: datetime) -> str | None:
    plan = next_initiative(state, now)
    return plan.kind if plan else None


def test_morning_at_the_configured_hour_until_the_persons_own_is_known() -> None:
    assert kind(state(), at(8.9)) is None
    assert kind(state(), at(9.25)) == "morning"
    habits = learn_habits(turns_at(10.5, 19), at(9))
    assert kind(state(habits=habits), at(9.25)) is None
    assert kind(state(habits=habits), at(10.75)) == "morning"


def test_who_is_up_already_needs_no_morning_question() -> None:
    log = CheckinLog(heard_at=at(7.5).timestamp())
    assert kind(state(log), at(9.25)) is None


def test_prompted_words_do_not_move_the_hours() -> None:
    turns = [*turns_at(9, 19), *(replace(t, prompted=True) for t in turns_at(6))]
    assert learn_habits(sorted(turns, key=lambda t: t.at), at(12)).first == 9 * 60


def test_evening_comes_before_the_quiet_hours_even_for_night_owls() -> None:
    habits = learn_habits(turns_at(11, 23.5), at(12))
    log = CheckinLog(heard_at=at(13).timestamp())
    assert kind(state(log, habits=habits), at(19.75)) == "evening"
    assert kind(state(log, habits=habits), at(21.5)) is None


def test_quiet_hours_around_midnight_and_by_day() -> None:
    night = CheckinSettings(quiet_from="21:00", quiet_to="08:00")
    assert [is_quiet(night, at(h)) for h in (7.99, 8, 20.98, 21, 0)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    nap = CheckinSettings(quiet_from="13:00", quiet_to="15:00")
    assert [is_quiet(nap, at(h)) for h in (12.9, 13, 14.9, 15)] == [False, True, True, False]
    assert not is_quiet(CheckinSettings(quiet_from="08:00", quiet_to="08:00"), at(8))


def test_nothing_planned_may_still_be_said_when_the_quiet_hours_begin() -> None:
    log = CheckinLog(heard_at=at(13).timestamp())
    late = state(log)
    late = replace(late, settings=CheckinSettings(evening="20:50"))
    plan = next_initiative(late, at(20.95))
    assert plan is not None
    assert plan.expires_at == quiet_begins(late.settings, at(20.95)) == at(21).timestamp()


def test_nobody_is_interrupted() -> None:
    log = CheckinLog(heard_at=at(9.2).timestamp())
    soon = Occasion("1", "the dentist", at(11).timestamp())
    assert kind(state(log, appointments=(soon,)), at(9.25)) is None
    assert kind(state(log, appointments=(soon,)), at(9.5)) == "appointment"


def test_an_appointment_is_told_once_with_its_hour() -> None:
    log = CheckinLog(heard_at=at(10).timestamp())
    soon = Occasion("1", "the dentist", at(14.5).timestamp())
    now = at(13)
    plan = next_initiative(state(log, appointments=(soon,)), now)
    assert plan is not None
    assert plan.fill == {"what": "the dentist", "hour": "2:30"}
    told = log.offered("appointment", now.timestamp(), "1").heard(now.timestamp() + 30)
    assert kind(state(told, appointments=(soon,)), at(14)) is None


def test_unusual_silence_is_against_the_own_pattern_of_that_hour() -> None:
    talker = learn_habits(turns_at(8, 10, 12, 14, 16, 18, 20), at(8.1))
    heard = at(8).timestamp()
    assert silence(talker, heard, at(11)) is None  # less than four hours
    found = silence(talker, heard, at(13))
    assert found is not None
    assert found.unusual
    seldom = learn_habits(turns_at(8, 20), at(8.1))
    found = silence(seldom, heard, at(19))
    assert found is not None
    assert not found.unusual


def test_a_weekday_of_its_own_is_known() -> None:
    away = [t for t in turns_at(8, 10, 12, 14, 16, 18, 20) if not _wednesday_noon(t)]
    found = silence(learn_habits(away, at(8.1)), at(8).timestamp(), at(14))
    assert found is not None
    assert not found.unusual
    other = silence(learn_habits(away, at(8.1, 1)), at(8, 1).timestamp(), at(14, 1))
    assert other is not None
    assert other.unusual


def _wednesday_noon(turn: Turn) -> bool:
    there = datetime.fromtimestamp(turn.at, ZONE)
    return there.weekday() == 2 and 9 < there.hour < 17


def test_a_deaf_device_makes_no_silence() -> None:
    turns = turns_at(8, 10, 12, 14, 16, 18, 20)
    deaf = ((at(8.5).timestamp(), at(12.5).timestamp()),)
    assert silence(learn_habits(turns, at(8.1), deaf), at(8).timestamp(), at(14)) is None
    still = ((at(8.5).timestamp(), at(23).timestamp()),)
    assert silence(learn_habits(turns, at(8.1), still), at(8).timestamp(), at(14)) is None


def test_too_little_is_known_to_call_a_silence_unusual() -> None:
    turns = turns_at(8, 10, 12, 14, days=10)
    assert silence(learn_habits(turns, at(8.1)), at(8).timestamp(), at(20)) is None


def test_two_questions_into_a_silence_and_no_third() -> None:
    habits = learn_habits(turns_at(8, 10, 12, 14, 16, 18, 20), at(8.1))
    log = CheckinLog(heard_at=at(8.1).timestamp())
    for hour in (13.75, 15.5):
        assert kind(state(log, habits=habits), at(hour)) == "silence"
        log = log.offered("silence", at(hour).timestamp()).missed(at(hour + 0.5).timestamp())
    assert log.silence_tries == 2
    assert kind(state(log, habits=habits), at(17)) is None


def test_it_backs_off_twofold_and_recovers() -> None:
    log = CheckinLog(heard_at=0.0)
    gaps = []
    now = at(10).timestamp()
    for _ in range(8):
        log = log.offered("evening", now).missed(now + 200)
        later = now
        while not spaced(log, "evening", later):
            later += HOUR
        gaps.append((later - now) / HOUR)
        now = later
    assert gaps == [6, 12, 24, 48, 96, 96, 96, 96]
    log = log.offered("evening", now).heard(now + 60)
    assert log.unanswered == 0
    assert spaced(log, "evening", now + 3 * HOUR)


def test_a_word_too_late_is_no_answer_but_coming_home_is_a_new_start() -> None:
    log = CheckinLog(heard_at=at(8).timestamp()).offered("morning", at(9).timestamp())
    log = log.missed(at(9.1).timestamp()).heard(at(9.5).timestamp())
    assert (log.unanswered, log.offers[-1].answered) == (1, False)
    assert log.heard(at(9.6, 2).timestamp()).unanswered == 0


@pytest.mark.parametrize("until", [at(12), at(8, 1)])
def test_a_wish_for_peace_counts_for_everything(until: datetime) -> None:
    soon = Occasion("1", "the dentist", at(11).timestamp())
    log = CheckinLog(heard_at=at(20, -1).timestamp()).snoozed(until.timestamp())
    assert kind(state(log, appointments=(soon,)), at(9.5)) is None


def test_switched_off_is_off() -> None:
    off = replace(state(), settings=CheckinSettings(enabled=False))
    assert next_initiative(off, at(9.25)) is None


def test_low_week_and_missed_walk_once_a_week_by_day() -> None:
    log = CheckinLog(heard_at=at(10).timestamp())
    assert kind(state(log, low_week=True), at(12)) == "low_week"
    assert kind(state(log, missed_outing=True), at(12)) == "missed_walk"
    assert kind(state(log, low_week=True), at(9.9)) is None
    again = replace(log, offers=(Offer("low_week", at(12, -6).timestamp(), "", True),))
    assert kind(state(again, low_week=True), at(12)) is None


def test_an_anniversary_is_spoken_of_once() -> None:
    day = Occasion("wed", "your wedding day")
    log = CheckinLog(heard_at=at(8).timestamp())
    plan = next_initiative(state(log, anniversaries=(day,)), at(9.5))
    assert plan is not None
    assert (plan.kind, plan.about) == ("anniversary", "wed:2026")
    told = log.offered("anniversary", at(9.5).timestamp(), "wed:2026").heard(at(9.51).timestamp())
    assert kind(state(told, anniversaries=(day,)), at(14)) is None


def test_a_scale_is_offered_to_who_is_there_and_talks() -> None:
    log = CheckinLog(heard_at=at(12).timestamp())
    assert kind(state(log, scale="who5"), at(13)) == "scale"
    assert kind(state(log, scale="who5"), at(16)) is None


def _moods(week: float, before: float) -> list[Turn]:
    return [
        Turn(at(h, -d).timestamp(), valence=week if d < 7 else before + 0.02 * (d % 5))
        for d in range(34, 0, -1)
        for h in (9, 15)
    ]


def test_a_low_week_is_low_for_this_person() -> None:
    assert low_week(_moods(-0.3, 0.2), at(20))
    assert not low_week(_moods(-0.3, -0.3), at(20))
    assert not low_week(_moods(0.15, 0.2), at(20))
    assert not low_week(_moods(-0.3, 0.2)[-16:], at(20))


def test_a_missed_outing_needs_the_habit_and_the_talk() -> None:
    walks = [
        Turn(at(11, -d).timestamp(), topics=("outing",) if d > 3 else ()) for d in range(28, 0, -1)
    ]
    assert missed_outing(walks, at(20, -1))
    assert not missed_outing(walks[:-3], at(20, -1))  # silent days tell nothing
    assert not missed_outing([replace(t, topics=()) for t in walks], at(20, -1))


def test_the_state_words_are_chosen_by() -> None:
    turns = [Turn(at(h).timestamp(), valence=-0.5, topics=("pain",)) for h in (9, 10, 11)]
    assert state_of(turns, at(12)) == {"low", "pain"}
    assert state_of([], at(12, 3)) == {"weekend"}


def test_odd_events_are_borne() -> None:
    turn = turn_of(5.0, {"valence": 0.4, "unsure": True, "topics": "pain", "people": ["son", 3]})
    assert turn == Turn(5.0, people=("son",))


def test_the_log_survives_as_json_and_a_damaged_one_is_said() -> None:
    log = CheckinLog(heard_at=3.0).offered("morning", 5.0, line="m1").snoozed(9.0)
    assert log_from_json(log.to_json()) == log
    with pytest.raises(WellbeingError, match="begins anew"):
        log_from_json({"offers": 3})


times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(
    lambda naive: naive.replace(tzinfo=ZONE)
)


@settings(max_examples=300)
@given(
    now=times,
    back=st.lists(st.floats(0.01, 100), max_size=6),
    heard=st.floats(0, 90),
    most=st.integers(1, 6),
    quiet=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    snooze=st.floats(-5, 5),
)
def test_no_plan_breaks_a_promise(
    now: datetime,
    back: list[float],
    heard: float,
    most: int,
    quiet: tuple[int, int],
    snooze: float,
) -> None:
    here = now.timestamp()
    offers = tuple(Offer("evening", here - h * HOUR, "", False) for h in sorted(back)[::-1])
    log = CheckinLog(offers, len(offers), here + snooze * HOUR, here - heard * HOUR)
    rules = CheckinSettings(
        most_a_day=most, quiet_from=f"{quiet[0]:02}:00", quiet_to=f"{quiet[1]:02}:00"
    )
    facts = Facts(
        Habits(),
        low_week=True,
        missed_outing=True,
        appointments=(Occasion("a", "x", here + HOUR),),
        anniversaries=(Occasion("b", "y"),),
        scale="who5",
    )
    plan = next_initiative(State(rules, log, facts), now)
    if plan is None:
        return
    today = [o for o in offers if datetime.fromtimestamp(o.at, ZONE).date() == now.date()]
    assert len(today) < most
    assert not is_quiet(rules, now)
    assert log.snoozed_until <= here
    assert plan.expires_at <= here + 600
    assert not offers or here - offers[-1].at >= 1.5 * HOUR
    assert heard * HOUR >= 600 - 1e-3
