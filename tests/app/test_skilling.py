"""From a spoken request to the hour it is for: the real rooms, one database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from companion import app
from companion.app.outward import new_sheets
from companion.app.skilling import KeptReminders, ShownReminders, new_rounds, new_skills
from companion.app.zones import minutes_of, zone_of
from companion.config import CheckinSettings, Config, PersonaSettings
from companion.domain import Initiative, JsonObject
from companion.errors import StorageFullError
from companion.mind.exchanges import Exchanges
from companion.storage import outgoing, people
from companion.storage.alert import Alert, new_id
from companion.storage.database import Database
from companion.storage.outbox import Outbox
from companion.storage.records import add_event, events
from companion.storage.reminders import Reminder
from companion.wellbeing.due import AGAIN_S, GIVE_UP_S, later

QUESTION = "Have I taken my tablet?"


class House:
    """What a talk has of skills and reminders, with a clock of its own: it is ten, tomorrow."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(
            state_dir=folder,
            persona=PersonaSettings(person="Rose"),
            checkins=CheckinSettings(timezone="Europe/London"),
        )
        self.tz = zone_of(self.config)
        self.now = datetime.now(self.tz)
        self.now = self.tomorrow("10:00")
        self.said: list[Initiative] = []
        self.trouble: list[str] = []
        self.open()
        with self.database.begin() as connection:
            self.owner = people.owner(connection, at=1.0, name="Rose")
        self.start()

    def open(self) -> None:
        self.database: Database = app.open_storage(self.config)

    def start(self) -> None:
        config, database, owner = self.config, self.database, self.owner.id
        self.rounds = new_rounds(config, database, owner, self.said.append, self.note)
        postman = app.new_postman(config, database)
        trouble, offer = self.trouble.append, self.said.append
        skills = new_skills(config, database, owner, self.rounds, postman, trouble, offer)
        self.exchanges = Exchanges((skills,), lambda: self.now)
        self.kept = KeptReminders(database, owner)
        self.shown = ShownReminders(config, lambda: self.database)

    def restart(self) -> None:
        self.database.close()
        self.open()
        self.said.clear()
        self.start()

    def note(self, kind: str, data: JsonObject, at: float) -> None:
        with self.database.begin() as connection:
            add_event(connection, at=at, kind=kind, data=data, person_id=self.owner.id)

    def noted(self) -> list[JsonObject]:
        with self.database.read() as connection:
            return [dict(one.data) for one in events(connection, "reminder")]

    def say(self, text: str) -> str:
        answer = " ".join(part.text for part in self.exchanges.answer(text))
        self.exchanges.commit(text)
        return answer

    def offered(self, there: datetime) -> str:
        """Let it become that time; say what is due, and return it."""
        self.now, before = there, len(self.said)
        self.rounds.tick(there)
        words = []
        for one in self.said[before:]:
            self.exchanges.expect(one.exchange)
            words += [part.text for part in one.exchange.parts]
        return " ".join(words)

    def tomorrow(self, clock: str) -> datetime:
        day = self.now.date() + timedelta(days=1)
        return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), self.tz)

    def facts(self, day: date) -> dict[str, JsonObject]:
        sheets = new_sheets(self.config, self.database, self.owner.id, "Rose")
        night = datetime.combine(day, datetime.max.time(), self.tz)
        return {one.id: dict(one.numbers) for one in sheets.page(night).facts}

    def add(self, name: str, role: str, *, reachable: bool = True) -> people.Person:
        with self.database.begin() as connection:
            one = people.add_person(connection, name, role, at=1.0)
            if reachable:
                people.add_contact(connection, one.id, f"ntfy://127.0.0.1/{name}", at=1.0)
        return one

    def posted(self) -> list[tuple[str | None, str]]:
        with self.database.read() as connection:
            rows = outgoing.listed(connection, outgoing.CONTACT)
            contents = [outgoing.content(connection, row.id) for row in rows]
        return [(r.person_id, str(c["text"])) for r, c in zip(rows, contents, strict=True) if c]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


def set_tablet(house: House) -> Reminder:
    assert house.say("Remind me to take my heart tablet every day at eight.")
    (one,) = house.kept.listed()
    return one


def test_set_by_voice_it_is_kept_shown_said_and_noted(house: House) -> None:
    one = set_tablet(house)
    assert (one.kind, one.clock, one.how) == ("medicine", "08:00", "spoken")
    (shown,) = house.shown.list()
    assert (shown.id, shown.text, shown.weekdays) == (one.id, one.text, tuple(range(7)))
    eight = house.tomorrow("08:00")
    assert house.offered(later(eight, -60)) == ""
    assert "heart tablet" in house.offered(eight)
    assert house.noted() == []
    assert house.say("Yes, I have.")
    (noted,) = house.noted()
    assert noted == {
        "id": one.id,
        "kind": "medicine",
        "outcome": "done",
        "due_at": eight.timestamp(),
    }
    assert house.offered(later(eight, 3_600)) == ""
    facts = house.facts(eight.date())
    assert facts["medicine"] == {"missed": 0, "refused": 0, "of": 1, "done": 1}
    assert "heart" not in str(noted)


def test_a_missed_one_is_in_the_facts_of_its_day(house: House) -> None:
    set_tablet(house)
    eight = house.tomorrow("08:00")
    assert house.offered(eight)
    assert house.exchanges.unheard() == ()
    assert house.offered(later(eight, AGAIN_S))
    assert house.offered(later(eight, AGAIN_S + GIVE_UP_S)) == ""
    facts = house.facts(eight.date())
    assert facts["medicine"] == {"missed": 1, "refused": 0, "of": 1, "done": 0}


def test_missed_and_told_as_taken_later_it_counts_once(house: House) -> None:
    set_tablet(house)
    eight = house.tomorrow("08:00")
    for wait in (0.0, AGAIN_S, AGAIN_S + GIVE_UP_S):
        house.offered(later(eight, wait))
    house.now = later(eight, 3 * 3_600)
    assert house.say("I've taken my tablet.")
    assert [one["outcome"] for one in house.noted()] == ["missed", "done"]
    facts = house.facts(eight.date())
    assert facts["medicine"] == {"missed": 0, "refused": 0, "of": 1, "done": 1}


def test_given_up_after_midnight_it_counts_for_the_evening(house: House) -> None:
    house.say("Remind me to take my heart tablet every day at half past ten in the evening.")
    evening = house.now.replace(hour=22, minute=30)
    house.offered(evening)
    house.offered(later(evening, AGAIN_S))
    house.offered(later(evening, AGAIN_S + GIVE_UP_S))
    assert [one["outcome"] for one in house.noted()] == ["missed"]
    assert house.facts(evening.date())["medicine"]["missed"] == 1
    assert "medicine" not in house.facts(evening.date() + timedelta(days=1))


def test_muted_it_is_told_and_open_in_the_facts(house: House) -> None:
    set_tablet(house)
    house.rounds.deaf = True
    eight = house.tomorrow("08:00")
    assert "heart tablet" in house.offered(eight)
    assert [one["outcome"] for one in house.noted()] == ["told"]
    assert "medicine.open" in house.facts(eight.date())


def test_a_restart_between_question_and_answer_asks_once_more(house: House) -> None:
    set_tablet(house)
    eight = house.tomorrow("08:00")
    assert house.offered(eight)
    house.restart()
    assert house.offered(later(eight, 60)) == ""
    assert house.offered(later(eight, AGAIN_S))
    house.restart()
    assert house.offered(later(eight, AGAIN_S + 60)) == ""
    house.offered(later(eight, AGAIN_S + GIVE_UP_S))
    assert [one["outcome"] for one in house.noted()] == ["missed"]


def test_what_was_kept_of_tries_and_was_tampered_with_hinders_nothing(house: House) -> None:
    from sqlalchemy import text

    set_tablet(house)
    eight = house.tomorrow("08:00")
    house.offered(eight)
    with house.database.begin() as connection:
        connection.execute(text("UPDATE learned SET sealed = x'00'"))
    house.restart()
    assert "heart tablet" in house.offered(later(eight, 60))


def test_told_before_it_is_asked(house: House) -> None:
    set_tablet(house)
    eight = house.tomorrow("08:00")
    house.now = later(eight, -1_800)
    assert house.say("I've taken my heart tablet.")
    assert [one["outcome"] for one in house.noted()] == ["done"]
    assert house.offered(eight) == ""
    house.now = later(eight, 600)
    assert "half past seven" in house.say(QUESTION)


def test_have_i_taken_it_knows_nothing_of_yesterday(house: House) -> None:
    set_tablet(house)
    unknown = house.say(QUESTION)
    house.offered(house.tomorrow("08:00"))
    house.say("Yes.")
    assert house.say(QUESTION) != unknown
    house.now = house.tomorrow("07:00")
    assert house.say(QUESTION) == unknown


def test_two_tablets_of_an_hour_are_one_question(house: House) -> None:
    set_tablet(house)
    house.say("Remind me to take my water tablet every day at eight.")
    eight = house.tomorrow("08:00")
    said = house.offered(eight)
    assert "heart tablet" in said
    assert "water tablet" in said
    house.say("Yes, both.")
    assert house.facts(eight.date())["medicine"]["done"] == 2


def test_an_appointment_is_told_before_it(house: House) -> None:
    assert "?" in house.say("I have the dentist tomorrow at three.")
    house.say("Yes, please.")
    assert "dentist" in house.offered(house.tomorrow("14:00"))
    assert [one["outcome"] for one in house.noted()] == ["told"]
    assert house.offered(house.now + timedelta(minutes=61)) == ""


def test_changed_on_the_dashboard_it_is_said_at_the_new_hour(house: House) -> None:
    set_tablet(house)
    (shown,) = house.shown.list()
    from dataclasses import replace

    assert house.shown.save(replace(shown, clock="09:30")) == shown.id
    assert house.offered(house.tomorrow("08:00")) == ""
    half = house.now.replace(hour=9, minute=30)
    assert "heart tablet" in house.offered(half)


def test_taken_out_on_the_dashboard_it_is_not_said(house: House) -> None:
    one = set_tablet(house)
    assert house.shown.remove(one.id)
    assert not house.shown.remove(one.id)
    assert house.offered(house.tomorrow("08:00")) == ""


def test_cancelled_by_voice_it_is_gone_everywhere(house: House) -> None:
    set_tablet(house)
    house.say("Cancel the reminder about the heart tablet.")
    assert len(house.shown.list()) == 1
    house.say("Yes.")
    assert house.shown.list() == ()
    assert house.offered(house.tomorrow("08:00")) == ""


def test_a_timer_survives_a_restart(house: House) -> None:
    house.say("Set a timer for ten minutes for the eggs.")
    assert house.shown.list() == ()
    house.restart()
    assert house.offered(later(house.now, 599)) == ""
    assert "the eggs" in house.offered(later(house.now, 1))
    assert house.kept.listed() == ()
    assert house.noted() == []


def test_the_dashboard_shows_nothing_to_whoever_has_not_begun(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path, persona=PersonaSettings(person="Rose"))
    database = app.open_storage(config)
    shown = ShownReminders(config, lambda: database)
    assert shown.list() == ()
    assert not shown.remove("x")
    from companion.care.reminding import Reminder as Shown

    shown.save(Shown("", "other", " feed the cat ", "17:00", None, (0,)))
    (one,) = shown.list()
    assert one.text == "feed the cat"
    with database.read() as connection:
        assert [each.name for each in people.list_people(connection)] == ["Rose"]
    database.close()


def test_a_message_goes_into_the_post_once_confirmed(house: House) -> None:
    anna = house.add("Anna", "daughter")
    assert "Anna" in house.say("Tell my daughter that I am fine.")
    assert house.posted() == []
    house.say("Yes, please.")
    assert house.posted() == [(anna.id, "I am fine")]
    assert house.trouble == []


def test_a_message_that_is_not_confirmed_does_not(house: House) -> None:
    house.add("Anna", "daughter")
    house.say("Tell my daughter that I am fine.")
    house.say("No, don't.")
    house.say("Yes.")
    assert house.posted() == []


def test_whoever_is_accused_gets_no_message(house: House) -> None:
    house.add("Paul", "son")
    anna = house.add("Anna", "daughter")
    alert = Alert(
        new_id(), time.time(), 3, "abuse", "hit", time.time(), "123456", frozenset({"my son"})
    )
    Outbox(house.database).add(alert, time.time(), per_hour=6)
    said = house.say("Tell my son that I am alone tonight.")
    assert "Shall I send" not in said
    house.say("Yes.")
    house.say("Tell everyone that I am alone tonight.")
    house.say("Yes.")
    assert [person for person, _ in house.posted()] in ([], [anna.id])


def test_quiet_hours_are_those_of_where_the_person_lives(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()
    for zone, minute in (("Europe/London", 720.0), ("Asia/Kolkata", 1050.0)):
        config = Config(state_dir=tmp_path, checkins=CheckinSettings(timezone=zone))
        with closing(app.open_storage(config)) as database:
            assert app.new_postman(config, database).minute(noon) == minute
        assert minutes_of(config)(noon + 30.0) == minute + 0.5


def test_whoever_has_no_way_gets_none(house: House) -> None:
    house.add("Fred", "neighbour", reachable=False)
    assert "Fred" in house.say("Tell my neighbour that I am fine.")
    house.say("Yes.")
    assert house.posted() == []


def test_what_a_full_disk_did_not_keep_is_taken_back_aloud(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add("Anna", "daughter")
    house.add("Fred", "neighbour")

    def full(self: Database) -> None:
        raise StorageFullError("the disk is full")

    monkeypatch.setattr(Database, "begin", full)
    house.say("Remind me to ring Anna tomorrow at five.")
    (line,) = house.trouble
    assert "the disk is full" in line
    (sorry,) = house.said
    assert "could not write that down" in " ".join(part.text for part in sorry.exchange.parts)
    house.say("Tell everybody that I am fine.")
    house.say("Yes.")
    assert len(house.trouble) == 3
    assert len(house.said) == 2, "one apology for one sentence"
    assert "your message could not be sent" in house.said[1].exchange.parts[1].text
    monkeypatch.undo()
    assert house.kept.listed() == ()
    assert house.posted() == []


def test_in_a_live_talk_a_timer_rings(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path, persona=PersonaSettings(person="Rose"))
    offered: list[Initiative] = []
    keeping = app.start_keeping(config, pytest.fail, lambda news: None)
    living = app.start_living(config, keeping, offered.append, pytest.fail, compared=False)
    try:
        exchanges = Exchanges(living.skills, lambda: datetime.now().astimezone())
        text = "Set a timer for one second."
        assert exchanges.answer(text)
        exchanges.commit(text)
        end = time.monotonic() + 10.0
        # In the evening a check-in may come first.
        while not any(one.kind == "reminder" for one in offered) and time.monotonic() < end:
            living.tick()
            time.sleep(0.05)
        (rung,) = [one for one in offered if one.kind == "reminder"]
        assert rung.urgent
    finally:
        living.close()
        keeping.close()
