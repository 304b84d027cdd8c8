"""Reminders are said at their hour, asked after, and what became of them is noted, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from companion.domain import Exchange, Initiative, JsonObject
from companion.errors import StorageFullError
from companion.mind.skills.texts import load_skill_texts
from companion.mind.skills.when import load_times
from companion.storage.reminders import Reminder
from companion.wellbeing.due import AGAIN_S, GIVE_UP_S, MOST_PUT_OFF, later
from companion.wellbeing.replies import load_ear
from companion.wellbeing.rounds import GOOD_S, LOOK_S, Rounds, tries_from_json

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 3, 10)
EIGHT = datetime(2026, 3, 10, 8, tzinfo=LONDON)
EVERY_DAY = tuple(range(7))
NIGHT = EIGHT.timestamp() - 6 * 3_600
HEART = Reminder("h", "medicine", "take your heart tablet", "08:00", None, EVERY_DAY, at=NIGHT)
DROPS = Reminder("d", "medicine", "use your eye drops", "08:00", None, EVERY_DAY, at=NIGHT)
CAT = Reminder("c", "other", "feed the cat", "08:00", None, EVERY_DAY, at=NIGHT)
DENTIST = Reminder("v", "appointment", "the dentist", "09:00", DAY, at=NIGHT)


@dataclass
class Drawer:
    """A ``Store`` whose disk may be full."""

    kept: dict[str, Reminder] = field(default_factory=dict)
    full: bool = False
    broken: bool = False

    def listed(self) -> Sequence[Reminder]:
        if self.broken:
            raise StorageFullError("cannot be read")
        return tuple(self.kept.values())

    def settle(self, reminder_id: str, at: float) -> None:
        self._write()
        if (one := self.kept.get(reminder_id)) is not None and one.settled_at < at:
            self.kept[reminder_id] = replace(one, settled_at=at)

    def change(self, reminder: Reminder) -> None:
        self._write()
        self.kept[reminder.id] = reminder

    def remove(self, ids: Sequence[str]) -> None:
        self._write()
        for one in ids:
            self.kept.pop(one, None)

    def _write(self) -> None:
        if self.full or self.broken:
            raise StorageFullError("the disk is full")


class Home:
    """Somebody with a clock, to whom things are said."""

    def __init__(self, *some: Reminder, begin: datetime = EIGHT - timedelta(hours=1)) -> None:
        self.store = Drawer({one.id: one for one in some})
        self.said: list[Initiative] = []
        self.notes: list[tuple[str, str]] = []
        self.events: list[tuple[str, JsonObject, float]] = []
        self.saved: JsonObject = {}
        self.now = begin
        self.rounds = self.new_rounds()
        self.rounds.tick(self.now)

    def new_rounds(self) -> Rounds:
        return Rounds(
            self.store,
            self.said.append,
            load_skill_texts(),
            load_times(),
            load_ear(),
            self._note,
            lambda data: setattr(self, "saved", data),
            tries_from_json(self.saved),
        )

    def _note(self, kind: str, data: JsonObject, at: float) -> None:
        self.events.append((kind, data, at))
        self.notes.append((data["id"], data["outcome"]))

    def restart(self, after_s: float = 0.0) -> None:
        self.now = later(self.now, after_s)
        self.said.clear()
        self.rounds = self.new_rounds()
        self.rounds.tick(self.now)

    def wait(self, seconds: float) -> list[Initiative]:
        """Let time go by; return what was offered meanwhile."""
        before, end = len(self.said), later(self.now, seconds)
        while self.now < end:
            self.now = min(later(self.now, LOOK_S), end, key=lambda one: one.timestamp())
            self.rounds.tick(self.now)
        return self.said[before:]

    def until(self, there: datetime) -> list[Initiative]:
        return self.wait(there.timestamp() - self.now.timestamp())

    def speak(self, initiative: Initiative) -> str:
        """Say it, as the talk does; return the words."""
        if initiative.exchange.effect is not None:
            initiative.exchange.effect()
        return words(initiative.exchange)

    def answer(self, initiative: Initiative, text: str) -> Exchange | None:
        then = initiative.exchange.then
        assert then is not None
        reply = then.hear(text, self.now)
        again = then.hear(text, self.now)  # a second draft
        assert (reply is None) == (again is None)
        if reply is not None and reply.effect is not None:
            reply.effect()
        return reply


def words(exchange: Exchange | None) -> str:
    return " ".join(part.text for part in exchange.parts) if exchange is not None else ""


def asks(initiative: Initiative) -> bool:
    return initiative.exchange.then is not None


def the_pill(home: Home) -> Initiative:
    (pill,) = home.until(EIGHT)
    home.speak(pill)
    return pill


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Yes.", "done"),
        ("Yes, I've taken it.", "done"),
        ("I have already had it, thank you.", "done"),
        ("I don't want to take it.", "refused"),
        ("Not today.", "refused"),
    ],
)
def test_a_medicine_is_asked_after_and_the_answer_noted(text: str, outcome: str) -> None:
    home = Home(HEART)
    (pill,) = home.until(EIGHT)
    assert (pill.kind, pill.urgent) == ("reminder", True)
    assert "heart tablet" in home.speak(pill)
    assert home.notes == []
    assert words(home.answer(pill, text))
    assert home.events == [
        (
            "reminder",
            {"id": "h", "kind": "medicine", "outcome": outcome, "due_at": EIGHT.timestamp()},
            EIGHT.timestamp(),
        )
    ]
    assert home.wait(20 * 3_600) == []
    (tomorrow,) = home.until(EIGHT + timedelta(days=1))
    assert asks(tomorrow)


def test_silence_is_asked_once_more_and_is_then_missed() -> None:
    home = Home(HEART)
    pill = the_pill(home)
    assert pill.exchange.then is not None
    assert pill.exchange.then.unheard(home.now) is None
    assert home.wait(AGAIN_S - 1) == []
    (again,) = home.wait(LOOK_S)
    assert asks(again)
    assert home.speak(again) != words(pill.exchange)
    assert home.notes == []
    assert home.wait(GIVE_UP_S - 60) == []
    assert home.notes == []
    assert home.wait(120) == []
    assert home.notes == [("h", "missed")]


def test_later_is_asked_again_each_time_it_promises_to() -> None:
    home = Home(HEART)
    pill = the_pill(home)
    promised = words(home.answer(pill, "Not yet, in a minute."))
    for _ in range(MOST_PUT_OFF - 1):
        assert home.wait(AGAIN_S - 1) == []
        (pill,) = home.wait(LOOK_S)
        home.speak(pill)
        last = words(home.answer(pill, "Later."))
    assert last != promised  # nothing is promised that is not kept
    assert home.notes == []
    assert home.wait(GIVE_UP_S + LOOK_S) == []
    assert home.notes == [("h", "later")]


def test_a_mere_no_may_be_not_yet_and_the_second_is_let_be() -> None:
    home = Home(HEART)
    pill = the_pill(home)
    home.answer(pill, "No.")
    assert home.notes == []
    (again,) = home.wait(AGAIN_S + LOOK_S)
    home.speak(again)
    home.answer(again, "No.")
    assert home.notes == [("h", "refused")]


def test_a_talk_of_something_else_is_no_answer() -> None:
    home = Home(HEART)
    pill = the_pill(home)
    assert home.answer(pill, "My sister is coming on Sunday.") is None
    assert home.notes == []
    assert len(home.wait(AGAIN_S + LOOK_S)) == 1


def test_what_is_not_said_leaves_no_trace() -> None:
    home = Home(HEART, CAT)
    offered = home.until(EIGHT)
    assert len(offered) == 2
    for one in offered:
        if one.exchange.then is not None:
            one.exchange.then.hear("Yes.", home.now)
            one.exchange.then.hear("Later.", home.now)
    assert home.notes == []
    assert home.saved == {}
    assert all(one.settled_at == 0.0 for one in home.store.listed())
    # It comes again when it could not be said in time, with the hour it has become.
    again = home.wait(GOOD_S + LOOK_S)
    assert len(again) == 2
    assert {words(one.exchange) for one in again}.isdisjoint(words(o.exchange) for o in offered)


def test_two_at_once_are_one_question() -> None:
    home = Home(HEART, DROPS)
    (both,) = home.until(EIGHT)
    said = home.speak(both)
    assert "heart tablet" in said
    assert "eye drops" in said
    home.answer(both, "Yes, both.")
    assert sorted(home.notes) == [("d", "done"), ("h", "done")]


@pytest.mark.parametrize("text", ["I've taken the heart tablet.", "I've had my heart tablet."])
def test_who_names_one_of_two_has_answered_for_that_one(text: str) -> None:
    home = Home(HEART, DROPS)
    (both,) = home.until(EIGHT)
    home.speak(both)
    assert home.answer(both, text) is not None
    assert home.notes == [("h", "done")]
    (drops,) = home.wait(AGAIN_S + LOOK_S)
    said = home.speak(drops)
    assert "done" not in [outcome for one, outcome in home.notes if one == "d"]
    home.answer(drops, "Yes.")
    assert said
    assert home.notes[1:] == [("d", "done")]


def test_a_part_is_not_noted_as_the_whole() -> None:
    home = Home(HEART, DROPS)
    (both,) = home.until(EIGHT)
    home.speak(both)
    home.answer(both, "I've taken the tablet but not the drops.")
    assert ("d", "done") not in home.notes


def test_muted_it_is_told_and_nothing_is_asked() -> None:
    home = Home(HEART, DROPS, CAT)
    home.rounds.deaf = True
    offered = home.until(EIGHT)
    assert len(offered) == 3
    assert not any(map(asks, offered))
    for one in offered:
        assert "?" not in home.speak(one)
    assert sorted(home.notes) == [("c", "told"), ("d", "told"), ("h", "told")]
    assert home.wait(5 * 3_600) == []
    assert len(home.notes) == 3


def test_muted_after_the_question_it_is_not_called_missed() -> None:
    home = Home(HEART)
    the_pill(home)
    (again,) = home.wait(AGAIN_S + LOOK_S)
    home.speak(again)
    home.rounds.deaf = True
    home.wait(GIVE_UP_S + LOOK_S)
    assert home.notes == [("h", "told")]


def test_said_late_it_says_both_hours() -> None:
    home = Home(HEART, CAT, begin=EIGHT + timedelta(minutes=20))
    assert len(home.said) == 2
    for one in home.said:
        said = home.speak(one)
        assert "eight" in said
        assert "twenty past eight" in said
    assert ("c", "told") in home.notes


def test_missed_while_it_was_off_is_noted_and_said_but_not_asked_after() -> None:
    home = Home(HEART, begin=EIGHT + timedelta(hours=2))
    assert home.notes == [("h", "missed")]
    (said,) = home.said
    assert not asks(said)
    assert not said.urgent
    assert home.wait(8 * 3_600) == []


def test_what_was_missed_is_not_told_in_the_night() -> None:
    home = Home(begin=EIGHT)
    home.rounds.quiet = lambda now: now.hour < 8
    home.store.kept["h"] = replace(HEART, clock="22:00", at=EIGHT.timestamp())
    home.restart(18 * 3_600)  # it is two in the morning
    assert home.notes == [("h", "missed")]
    home.said.clear()
    home.rounds = home.new_rounds()
    assert home.wait(3_600) == []


def test_quiet_hours_hold_no_tablet_back() -> None:
    home = Home(HEART)
    home.rounds.quiet = lambda _: True
    assert len(home.until(EIGHT)) == 1


def test_after_days_off_each_is_noted_and_one_is_spoken_of() -> None:
    home = Home(HEART, begin=EIGHT + timedelta(days=3, minutes=5))
    assert home.notes == [("h", "missed")] * 3
    (said,) = home.said
    assert asks(said)
    due = [data["due_at"] for _, data, _ in home.events]
    assert [at for _, _, at in home.events] == due  # each counts for its own day
    assert due == [(EIGHT + timedelta(days=n)).timestamp() for n in range(3)]


def test_what_it_found_no_moment_for_is_not_blamed_on_the_switch() -> None:
    home = Home(HEART, CAT)
    home.until(EIGHT + timedelta(hours=1))  # somebody talks all the time
    (late,) = home.wait(GOOD_S + 2 * LOOK_S)
    assert sorted(home.notes) == [("c", "missed"), ("h", "missed")]
    said = words(late.exchange)
    assert "cat" in said
    assert "switched off" not in said


def test_a_restart_in_between_asks_neither_anew_nor_too_often() -> None:
    home = Home(HEART)
    the_pill(home)
    home.restart(60)
    assert home.said == []
    assert home.wait(AGAIN_S - 60 - LOOK_S) == []
    (again,) = home.wait(2 * LOOK_S)
    home.speak(again)
    home.restart(60)
    assert home.wait(GIVE_UP_S + 60) == []
    assert home.notes == [("h", "missed")]


def test_what_was_kept_of_tries_and_is_damaged_counts_as_nothing() -> None:
    assert tries_from_json({"h": {"at": "yesterday"}}) == {}
    assert tries_from_json({}) == {}


def test_an_appointment_is_told_before_it_with_its_hour() -> None:
    home = Home(DENTIST)
    (told,) = home.until(EIGHT)
    said = home.speak(told)
    assert "the dentist" in said
    assert "nine" in said
    assert not asks(told)
    assert home.events[0][1]["due_at"] == (EIGHT + timedelta(hours=1)).timestamp()
    assert home.notes == [("v", "told")]
    assert home.wait(3 * 3_600) == []


def test_a_call_without_words_says_the_hour_it_is() -> None:
    home = Home(replace(CAT, text=""))
    (call,) = home.until(EIGHT)
    assert call.urgent
    assert "eight" in home.speak(call)


def test_a_timer_ends_to_the_second_and_is_gone() -> None:
    ends = EIGHT.timestamp() + 7
    home = Home(Reminder("t", "timer", "the eggs", due_at=ends, at=ends - 300))
    home.until(later(EIGHT, 6))
    assert home.said == []
    home.rounds.tick(later(EIGHT, 7))
    (rung,) = home.said
    assert rung.urgent
    assert "the eggs" in home.speak(rung)
    assert home.store.kept == {}
    assert home.events == []  # of timers nothing is kept


def test_a_timer_that_ended_while_it_was_off() -> None:
    timer = Reminder("t", "timer", "", due_at=EIGHT.timestamp(), at=NIGHT)
    late = Home(timer, begin=EIGHT + timedelta(minutes=10))
    (said,) = late.said
    assert "ten minutes" in late.speak(said)
    gone = Home(timer, begin=EIGHT + timedelta(hours=3))
    assert gone.said == []
    assert gone.store.kept == {}


def test_told_by_themselves_that_it_was_taken() -> None:
    home = Home(HEART, DROPS, begin=EIGHT - timedelta(minutes=40))
    assert {one.id for one in home.rounds.due_medicines(home.now)} == {"h", "d"}
    home.rounds.taken(["h"], home.now)
    assert home.notes == [("h", "done")]
    assert [one.id for one in home.rounds.due_medicines(home.now)] == ["d"]
    (asked,) = home.until(EIGHT)
    assert "heart" not in home.speak(asked)


def test_told_between_the_two_questions() -> None:
    home = Home(HEART)
    the_pill(home)
    home.wait(300)
    home.rounds.taken(["h"], home.now)
    assert home.wait(4 * 3_600) == []
    assert home.notes == [("h", "done")]


@pytest.mark.parametrize("deaf", [False, True])
def test_what_nobody_answered_may_be_told_as_taken_later(deaf: bool) -> None:
    home = Home(HEART)
    home.rounds.deaf = deaf
    home.speak(home.until(EIGHT)[0])
    for again in home.wait(AGAIN_S + LOOK_S):
        home.speak(again)
    home.wait(GIVE_UP_S + LOOK_S)
    assert home.notes == [("h", "told" if deaf else "missed")]
    assert [one.id for one in home.rounds.due_medicines(home.now)] == ["h"]
    home.rounds.taken(["h"], home.now)
    assert home.events[-1][1]["due_at"] == EIGHT.timestamp()
    assert home.notes[1:] == [("h", "done")]
    assert home.rounds.due_medicines(home.now) == []
    assert home.wait(12 * 3_600) == []


def test_no_medicine_is_waited_for_out_of_its_time() -> None:
    home = Home(HEART, CAT, begin=EIGHT - timedelta(hours=3))
    assert home.rounds.due_medicines(home.now) == []


def test_a_full_disk_neither_repeats_nor_hides_anything() -> None:
    home = Home(HEART, CAT, replace(DROPS, clock="05:00"), begin=EIGHT - timedelta(hours=1))
    home.said.clear()
    home.notes.clear()
    home.store.full = True
    pill, cat = sorted(home.until(EIGHT), key=asks, reverse=True)
    home.speak(cat)
    home.speak(pill)
    home.answer(pill, "Yes.")
    home.rounds.changed()
    assert home.wait(3_600) == []
    assert sorted(home.notes) == [("c", "told"), ("h", "done")]
    home.store.full = False
    home.wait(LOOK_S)
    assert all(home.store.kept[one].settled_at == EIGHT.timestamp() for one in "ch")


def test_one_that_cannot_be_written_does_not_silence_another() -> None:
    home = Home(HEART, begin=EIGHT - timedelta(hours=1))
    home.store.kept["a"] = replace(CAT, id="a", clock="05:00")
    home.store.full = True
    offered = home.until(EIGHT)
    assert [one for one in offered if asks(one)]
    assert home.notes.count(("a", "missed")) == 1


def test_a_store_that_cannot_be_read_is_tried_again_with_the_next_tick() -> None:
    home = Home(HEART)
    home.store.broken = True
    home.now = EIGHT
    with pytest.raises(StorageFullError):
        home.rounds.tick(home.now)
    home.store.broken = False
    home.rounds.tick(later(home.now, 2))
    assert len(home.said) == 1


def test_what_was_changed_or_taken_out_elsewhere_counts() -> None:
    home = Home(HEART, CAT)
    del home.store.kept["c"]
    home.store.kept["h"] = replace(HEART, clock="08:10")
    assert home.until(EIGHT) == []
    assert len(home.until(EIGHT + timedelta(minutes=10))) == 1
    home.speak(home.said[-1])
    assert "h" in home.saved
    del home.store.kept["h"]
    assert home.wait(3 * 3_600) == []
    assert home.saved == {}
    assert home.notes == []


def test_a_new_one_is_seen_within_half_a_minute_or_at_once_when_told() -> None:
    home = Home(begin=EIGHT)
    home.store.kept["t"] = Reminder("t", "timer", "", due_at=EIGHT.timestamp() + 3, at=NIGHT)
    home.rounds.tick(later(EIGHT, 4))
    assert home.said == []
    home.rounds.changed()
    home.rounds.tick(later(EIGHT, 4))
    assert len(home.said) == 1


def test_a_clock_set_back_a_little_repeats_nothing() -> None:
    home = Home(HEART)
    home.answer(the_pill(home), "Yes.")
    home.now = EIGHT - timedelta(minutes=30)
    home.rounds.tick(home.now)
    assert home.wait(2 * 3_600) == []
    assert home.notes == [("h", "done")]


def test_a_clock_that_was_far_ahead_loses_no_reminder() -> None:
    home = Home(HEART, begin=EIGHT + timedelta(days=900))
    home.now = EIGHT + timedelta(hours=1)
    home.said.clear()
    home.rounds.tick(home.now)
    (tomorrow,) = home.until(EIGHT + timedelta(days=1))
    assert asks(tomorrow)


def test_a_clock_set_back_while_something_is_on_its_way() -> None:
    home = Home(HEART)
    home.until(EIGHT)
    home.now = EIGHT - timedelta(days=1, minutes=1)
    home.rounds.tick(home.now)
    home.said.clear()
    assert len(home.until(EIGHT - timedelta(days=1))) == 1
