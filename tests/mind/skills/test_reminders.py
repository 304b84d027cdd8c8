"""Reminders by voice: read back, asked back where something is missing, real once committed."""

from __future__ import annotations

from datetime import date

import pytest
from support.spoken import EVERY_DAY, Talk

from companion.storage.reminders import Reminder

TODAY = date(2026, 3, 10)
PILL = Reminder("pill", "medicine", "take your heart tablet", "08:00", None, EVERY_DAY)
CAT = Reminder("cat", "other", "feed the cat", "17:00", None, EVERY_DAY)
DENTIST = Reminder("dentist", "appointment", "the dentist", "14:30", date(2026, 3, 12))


@pytest.mark.parametrize(
    ("text", "what", "kind", "clock", "day", "weekdays"),
    [
        (
            "Remind me to take my heart tablet every day at eight.",
            "take your heart tablet", "medicine", "08:00", None, EVERY_DAY,
        ),
        ("Please remind me to ring Anna at five.", "ring Anna", "other", "17:00", TODAY, ()),
        (
            "Could you remind me tomorrow at nine to put the bins out?",
            "put the bins out", "other", "09:00", date(2026, 3, 11), (),
        ),
        (
            "Remind me every Monday and Thursday at ten to water the ferns.",
            "water the ferns", "other", "10:00", None, (0, 3),
        ),
        ("Remind me in two hours to turn the oven off.", "turn the oven off", "other", "12:00",
         TODAY, ()),
    ],
)  # fmt: skip
def test_set(  # type: ignore[no-untyped-def]
    talk: Talk, text: str, what: str, kind: str, clock: str, day, weekdays
) -> None:
    said = talk.say(text)
    one = talk.only
    assert (one.text, one.kind, one.clock) == (what, kind, clock)
    assert (one.day, one.weekdays, one.how) == (day, weekdays, "spoken")
    assert one.at == talk.now.timestamp()
    assert what in said
    assert talk.times.moment(talk_moment(one), talk.now) in said  # what is kept is what was said


def talk_moment(one: Reminder):  # type: ignore[no-untyped-def]
    from companion.mind.skills.when import Moment

    return Moment(one.clock, one.day, one.weekdays)


def test_a_draft_sets_nothing(talk: Talk) -> None:
    for _ in range(3):
        assert talk.draft("Remind me to ring Anna at five.")
    assert talk.kept == []


def test_the_hour_is_asked_for(talk: Talk) -> None:
    assert "?" in talk.say("Remind me to ring Anna.")
    assert talk.kept == []
    assert "ring Anna" in talk.say("At half past five.")
    assert (talk.only.text, talk.only.clock) == ("ring Anna", "17:30")


def test_a_bare_number_answers_when(talk: Talk) -> None:
    talk.say("Remind me to ring Anna.")
    talk.say("Six, please.")
    assert talk.only.clock == "18:00"


def test_what_is_asked_for(talk: Talk) -> None:
    assert "?" in talk.say("Can you remind me at five?")
    talk.say("To ring Anna.")
    assert (talk.only.text, talk.only.clock) == ("ring Anna", "17:00")


def test_what_and_when_are_asked_for_one_after_the_other(talk: Talk) -> None:
    talk.say("Remind me.")
    talk.say("To ring Anna.")
    talk.say("Tomorrow at nine.")
    assert (talk.only.text, talk.only.day) == ("ring Anna", date(2026, 3, 11))


@pytest.mark.parametrize("begin", ["Remind me to ring Anna.", "Remind me."])
def test_no_ends_it(talk: Talk, begin: str) -> None:
    talk.say(begin)
    assert talk.say("No, never mind.")
    assert talk.kept == []
    talk.say("At five.")
    assert talk.kept == []


def test_another_request_is_no_answer(talk: Talk) -> None:
    talk.say("Remind me to ring Anna.")
    talk.say("Set a timer for ten minutes.")
    assert [one.kind for one in talk.kept] == ["timer"]


def test_talk_is_no_answer_and_ends_the_question(talk: Talk) -> None:
    talk.say("Remind me to ring Anna.")
    assert talk.say("My knee hurts so much today.") == ""
    assert talk.say("At five.") == ""
    assert talk.kept == []


def test_silence_sets_nothing(talk: Talk) -> None:
    talk.say("Remind me to ring Anna.")
    talk.silence()
    assert talk.kept == []


def test_an_hour_that_is_over_is_asked_for_anew(talk: Talk) -> None:
    assert "?" in talk.say("Remind me today at nine in the morning to ring Anna.")
    assert talk.kept == []
    talk.say("At five then.")
    assert (talk.only.clock, talk.only.day) == ("17:00", TODAY)


@pytest.mark.parametrize(
    ("answer", "weekdays"), [("Every day.", EVERY_DAY), ("Just today, please.", ())]
)
def test_a_medicine_without_a_day_is_asked_how_often(
    talk: Talk, answer: str, weekdays: tuple[int, ...]
) -> None:
    assert "?" in talk.say("Remind me to take my water tablet at eight.")
    assert talk.kept == []
    talk.say(answer)
    assert (talk.only.kind, talk.only.weekdays) == ("medicine", weekdays)


def test_silence_to_how_often_keeps_the_one_that_is_sure(talk: Talk) -> None:
    talk.say("Remind me to take my water tablet at eight.")
    assert "tablet" in talk.silence()
    assert (talk.only.clock, talk.only.day) == ("20:00", TODAY)


@pytest.mark.parametrize("text", ["every other day at eight", "twice a day"])
def test_what_cannot_be_kept_is_said_and_not_guessed(talk: Talk, text: str) -> None:
    assert talk.say(f"Remind me to take my water tablet {text}.")
    assert talk.kept == []
    talk.say("Every day at eight.")
    assert (talk.only.clock, talk.only.weekdays) == ("08:00", EVERY_DAY)


def test_of_two_hours_none_is_lost_silently(talk: Talk) -> None:
    assert talk.say("Remind me to take my pills at eight and at six.")
    talk.silence()
    assert talk.kept == []


def test_the_time_is_corrected(talk: Talk) -> None:
    talk.say("Remind me to ring Anna at five.")
    assert "six" in talk.say("No, at six.")
    assert talk.only.clock == "18:00"


def test_one_of_every_day_that_was_heard_wrongly_is_corrected(talk: Talk) -> None:
    talk.say("Remind me every day at eight to feed the cat.")
    talk.say("No, tomorrow at nine.")
    assert (talk.only.day, talk.only.weekdays) == (date(2026, 3, 11), ())


@pytest.mark.parametrize("text", ["No.", "No, don't.", "No, that's not right.", "Never mind."])
def test_a_mere_no_takes_it_out(talk: Talk, text: str) -> None:
    talk.say("Remind me to ring Anna at five.")
    talk.say(text)
    assert talk.kept == []


@pytest.mark.parametrize("text", ["Thank you.", "Yes, that's right.", "Lovely, thanks.", ""])
def test_who_agrees_keeps_it(talk: Talk, text: str) -> None:
    talk.say("Remind me to ring Anna at five.")
    talk.say(text) if text else talk.silence()
    assert talk.only.clock == "17:00"


@pytest.mark.parametrize(
    "text", ["No, that's fine.", "No, that's right, thank you.", "No problem."]
)
def test_a_no_that_agrees_keeps_it(talk: Talk, text: str) -> None:
    talk.say("Remind me to ring Anna at five.")
    talk.say(text)
    assert talk.only.clock == "17:00"


def test_an_appointment_is_offered_and_kept_on_yes(talk: Talk) -> None:
    assert "?" in talk.say("I have the dentist on Thursday at three.")
    assert talk.kept == []
    talk.say("Yes, please.")
    one = talk.only
    assert (one.kind, one.text) == ("appointment", "the dentist")
    assert (one.clock, one.day) == ("15:00", date(2026, 3, 12))


@pytest.mark.parametrize("answer", ["No, thank you.", "I wonder what she will say."])
def test_an_appointment_is_not_kept_without_a_yes(talk: Talk, answer: str) -> None:
    talk.say("I have the dentist on Thursday at three.")
    talk.say(answer)
    assert talk.kept == []


def test_the_hour_of_an_appointment_is_asked_for(talk: Talk) -> None:
    assert "?" in talk.say("I have a doctor's appointment on Friday.")
    talk.say("At half past ten.")
    assert (talk.only.clock, talk.only.day) == ("10:30", date(2026, 3, 13))


def test_the_list_is_read_the_next_first(talk: Talk) -> None:
    talk.has(PILL, DENTIST, CAT, Reminder("t", "timer", "eggs", due_at=talk.now.timestamp() + 60))
    talk.has(Reminder("old", "other", "post the letter", "09:00", TODAY))
    said = talk.say("What reminders do I have?")
    assert -1 < said.find("eed the cat") < said.find("heart tablet") < said.find("dentist")
    assert "eggs" not in said
    assert "letter" not in said


def test_a_long_list_is_read_a_few_at_a_time(talk: Talk) -> None:
    talk.has(*(Reminder(f"r{n}", "other", f"errand {n}", f"1{n}:30", TODAY) for n in range(1, 7)))
    first = talk.say("What reminders do I have?")
    assert "rrand 4" in first
    assert "rrand 5" not in first
    assert "rrand 6" in talk.say("Yes.")


def test_a_day_of_the_list(talk: Talk) -> None:
    talk.has(DENTIST, CAT)
    assert "dentist" in talk.say("Do I have any appointments on Thursday?")
    talk.drawer.kept.clear()
    assert talk.say("Do I have any appointments on Thursday?")


def test_an_empty_list_says_so(talk: Talk) -> None:
    assert talk.say("What reminders do I have?")


def test_one_is_taken_out_on_a_yes_only(talk: Talk) -> None:
    talk.has(PILL, CAT)
    assert "cat" in talk.say("Cancel the reminder about the cat.")
    talk.say("No, keep it.")
    assert len(talk.kept) == 2
    talk.say("Cancel the reminder about the cat.")
    assert len(talk.kept) == 2
    talk.say("Yes.")
    assert [one.id for one in talk.kept] == ["pill"]


def test_which_one_is_asked_where_two_fit(talk: Talk) -> None:
    water = Reminder("water", "medicine", "take your water tablet", "20:00", None, EVERY_DAY)
    talk.has(PILL, water, CAT)
    asked = talk.say("Cancel the reminder about the tablet.")
    assert "heart" in asked
    assert "water" in asked
    talk.say("The water tablet.")
    assert len(talk.kept) == 3
    talk.say("Yes.")
    assert {one.id for one in talk.kept} == {"pill", "cat"}


def test_none_of_that_name(talk: Talk) -> None:
    talk.has(PILL)
    assert talk.say("Cancel the reminder about the plumber.")
    talk.say("Yes.")
    assert len(talk.kept) == 1


def test_all_are_taken_out_on_a_yes_only(talk: Talk) -> None:
    talk.has(PILL, CAT, DENTIST)
    assert "3" in talk.say("Cancel all my reminders.")
    assert len(talk.kept) == 3
    talk.say("Yes.")
    assert talk.kept == []


def test_one_is_moved_and_keeps_its_days(talk: Talk) -> None:
    talk.has(PILL, CAT)
    assert talk.say("Move the reminder about the cat to six.")
    moved = talk.drawer.kept["cat"]
    assert (moved.clock, moved.weekdays) == ("18:00", EVERY_DAY)
    assert talk.drawer.kept["pill"] == PILL
    assert moved.settled_at == talk.now.timestamp()


def test_an_appointment_is_moved_to_another_day_at_its_hour(talk: Talk) -> None:
    talk.has(DENTIST)
    talk.say("Move the dentist appointment to Friday.")
    assert (talk.only.clock, talk.only.day) == ("14:30", date(2026, 3, 13))


def test_a_tablet_of_every_day_moved_for_a_day_stays_every_day(talk: Talk) -> None:
    talk.has(PILL)
    assert talk.say("Move the reminder about the heart tablet to tomorrow at ten.")
    assert talk.drawer.kept["pill"] == PILL
    (extra,) = [one for one in talk.kept if one.id != "pill"]
    assert (extra.kind, extra.clock, extra.day) == ("medicine", "10:00", date(2026, 3, 11))


def test_where_to_is_asked(talk: Talk) -> None:
    talk.has(DENTIST)
    assert "?" in talk.say("Move the dentist appointment.")
    talk.say("To four.")
    assert (talk.only.clock, talk.only.day) == ("16:00", date(2026, 3, 12))


@pytest.mark.parametrize(
    "text", ["Move the chair to the window.", "I must remember her as she was."]
)
def test_what_is_no_reminder_is_left_to_talk(talk: Talk, text: str) -> None:
    talk.has(PILL)
    assert talk.say(text) == ""


@pytest.mark.parametrize(
    "text", ["What reminders do I have?", "Cancel the reminder about the cat.",
             "Move the reminder about the cat to six."]
)  # fmt: skip
def test_a_broken_disk_is_said_plainly(talk: Talk, text: str) -> None:
    talk.has(CAT)
    talk.drawer.broken = True
    assert talk.say(text)
    assert talk.drawer.kept["cat"] == CAT
