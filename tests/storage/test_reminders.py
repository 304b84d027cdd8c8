"""Reminders and timers: kept sealed, settled, exported, erased and swept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from companion.errors import StorageError
from companion.storage import people, reminders, tables
from companion.storage.database import Database
from companion.storage.erase_rows import erase_person
from companion.storage.export import export
from companion.storage.reminders import Reminder
from companion.storage.retention import Retention, sweep

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
TABLET = Reminder("", "medicine", "take your heart tablet", "08:00", None, (0, 1, 2, 3, 4, 5, 6))


@pytest.fixture
def owner(database: Database) -> str:
    with database.begin() as connection:
        return people.owner(connection, at=1.0, name="Margaret").id


def keep(database: Database, owner: str, *some: Reminder) -> list[Reminder]:
    with database.begin() as connection:
        return [reminders.add(connection, owner, one) for one in some]


def kept(database: Database, owner: str) -> tuple[Reminder, ...]:
    with database.read() as connection:
        return reminders.listed(connection, owner)


def test_what_is_kept_comes_back_as_it_was(database: Database, owner: str) -> None:
    dentist = Reminder("", "appointment", "the dentist", "10:30", date(2026, 3, 12), how="typed")
    timer = Reminder("", "timer", "the eggs", due_at=NOW + 300.0, at=NOW)
    made = keep(database, owner, dentist, TABLET, timer)
    assert set(kept(database, owner)) == set(made)
    assert [one.text for one in kept(database, owner)][1:] == [TABLET.text, dentist.text]
    with database.read() as connection:
        (sealed, *_) = connection.scalars(select(tables.reminders.c.sealed)).all()
    assert b"dentist" not in sealed


def test_it_is_changed_settled_and_removed(database: Database, owner: str) -> None:
    (one,) = keep(database, owner, TABLET)
    with database.begin() as connection:
        assert reminders.change(connection, Reminder(one.id, "medicine", "a pill", "09:00"))
        reminders.settle(connection, one.id, 50.0)
        reminders.settle(connection, one.id, 20.0)
    (now,) = kept(database, owner)
    assert (now.text, now.clock, now.settled_at) == ("a pill", "09:00", 50.0)
    with database.begin() as connection:
        assert reminders.remove(connection, one.id)
        assert not reminders.remove(connection, one.id)
        assert not reminders.change(connection, one)


def test_what_was_tampered_with_is_not_spoken(database: Database, owner: str) -> None:
    first, second = keep(database, owner, TABLET, TABLET)
    with database.begin() as connection:
        connection.execute(
            text(
                "UPDATE reminders SET sealed=(SELECT sealed FROM reminders WHERE id=:b) WHERE id=:a"
            ),
            {"a": first.id, "b": second.id},
        )
    assert [one.id for one in kept(database, owner)] == [second.id]


def test_an_unknown_kind_is_refused(database: Database, owner: str) -> None:
    with pytest.raises(StorageError, match="medicine, appointment"):
        keep(database, owner, Reminder("", "party", "the party"))


def test_it_is_exported_in_plain_erased_with_the_person_and_swept(
    database: Database, owner: str, tmp_path
) -> None:
    past = Reminder("", "appointment", "the dentist", "10:30", date(2026, 3, 1))
    over = Reminder("", "timer", "the eggs", due_at=NOW - 2 * 86_400.0)
    soon = Reminder("", "timer", "the bread", due_at=NOW + 60.0)
    keep(database, owner, TABLET, past, over, soon)
    export(database, tmp_path / "out", now=NOW)
    assert "take your heart tablet" in (tmp_path / "out" / "reminders.csv").read_text()
    assert sweep(database, NOW, Retention()).counts["reminders"] == 2
    assert {one.text for one in kept(database, owner)} == {TABLET.text, "the bread"}
    with database.begin() as connection:
        person = people.find_person(connection, "Margaret")
        assert person is not None
        assert erase_person(connection, person)["reminders"] == 2
    assert kept(database, owner) == ()
