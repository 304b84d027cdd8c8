"""The same operations on a real PostgreSQL: many devices, one server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.errors import KeyMissingError
from companion.storage import audit, consents, migrations, people
from companion.storage.alert import Alert, Delivery, new_id
from companion.storage.counts import add_count, counts
from companion.storage.database import Database, check, open_database
from companion.storage.erase import Place, erase, resume
from companion.storage.export import export
from companion.storage.keys import Key, load_key
from companion.storage.outbox import Outbox
from companion.storage.overview import overview
from companion.storage.records import DAY_S, Diary, add_event, events
from companion.storage.retention import Retention, sweep

NOW = 1_800_000_000.0
SECRET = "rhubarb"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    state = tmp_path / "state"
    state.mkdir()
    return Place(state, None, state / "key")


@pytest.fixture
def database(server_url: str, place: Place) -> Iterator[Database]:
    found = open_database(None, load_key(place.key_path), url=server_url)
    with found.begin() as connection:
        owner = people.owner(connection, at=1.0, name="Margaret")
        susan = people.add_person(connection, "Susan", "family", at=2.0)
        contact = people.add_contact(connection, susan.id, "ntfy://localhost/rhubarb", at=3.0)
        for subject in ("transcripts", "alerts"):
            consents.give(
                connection,
                person_id=owner.id,
                subject=subject,
                how="spoken",
                version="1",
                at=4.0,
            )
        for number in range(20):
            add_event(
                connection,
                at=NOW - number * DAY_S,
                kind="transcript",
                data={"text": f"Susan's {SECRET} grüße" if number % 2 else f"garden {number}"},
                person_id=owner.id,
            )
        add_count(connection, 2026, "crisis.3")
        audit.append(connection, NOW - 400 * DAY_S, "command", "first", {"person": susan.id})
    Outbox(found).store(
        Alert(
            new_id(),
            NOW - 400 * DAY_S,
            3,
            "abuse",
            "",
            NOW,
            "123456",
            frozenset({"susan"}),
            owner.id,
            state="acknowledged",
            deliveries=(Delivery(-1, contact.id, 1, 5.0, 6.0, True),),
        )
    )
    yield found
    found.close()


def texts(database: Database) -> list[str]:
    with database.read() as connection:
        return [str(event.data["text"]) for event in events(connection)]


def test_the_newest_migration_is_in_force_and_opening_again_changes_nothing(
    database: Database, server_url: str, place: Place
) -> None:
    again = open_database(None, load_key(place.key_path), url=server_url)
    with again.read() as connection:
        assert migrations.current(connection) == migrations.HEAD
        assert len(events(connection)) == 20
        assert audit.verify(connection) is None
    again.close()
    assert check(database) == ()


def test_a_diary_writes_there(database: Database, server_url: str, place: Place) -> None:
    troubles: list[str] = []
    key = load_key(place.key_path)
    diary = Diary(lambda: open_database(None, key, url=server_url), troubles.append)
    diary.note("mood", {"text": "calm"}, NOW)
    assert diary.flush(20.0)
    diary.close()
    assert troubles == []
    assert texts(database)[-1] == "calm"


def test_retention_removes_what_is_over_its_time(database: Database) -> None:
    swept = sweep(database, NOW, Retention(transcripts=7))
    assert swept.counts == {"transcripts": 13, "alerts": 1, "deliveries": 1, "audit": 2}
    assert swept.trouble is None
    assert len(texts(database)) == 7
    with database.read() as connection:
        assert [row.action for row in audit.rows(connection)] == ["sweep"]
        assert audit.verify(connection) is None
    found = overview(database, NOW, Retention())
    assert not found.encrypted
    assert {one.name: one.rows for one in found.kept}["transcripts"] == 7
    assert found.audit_broken_at is None


def test_an_export_holds_everything(database: Database, tmp_path: Path) -> None:
    made = export(database, tmp_path / "out", NOW)
    assert made.rows == {
        "people": 2,
        "contacts": 1,
        "consents": 2,
        "voiceprints": 0,
        "learned": 0,
        "memories": 0,
        "carers": 0,
        "sessions": 0,
        "sharing": 0,
        "outgoing": 0,
        "events": 20,
        "alerts": 1,
        "deliveries": 1,
        "audit": 3,
        "counts": 1,
    }
    tree = json.loads((made.folder / "companion.json").read_text(encoding="utf-8"))
    assert f"Susan's {SECRET} grüße" in [
        row["data"]["text"] for row in tree["tables"]["events"]["rows"]
    ]
    assert tree["tables"]["contacts"]["rows"][0]["channel"] == "ntfy://localhost/****"


def server_files(server: Path, database: Database, word: bytes) -> int:
    """Return how many files of this database's tables hold a word."""
    with database.read() as connection:
        oid = connection.exec_driver_sql(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).scalar_one()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
    files = (server / "data" / "base" / str(oid)).iterdir()
    return sum(word in path.read_bytes() for path in files)


def test_a_person_is_erased_also_from_the_servers_tables(
    database: Database, server: Path, place: Place
) -> None:
    (place.state_dir / "patience.json").write_text("{}")
    assert server_files(server, database, SECRET.encode()) > 0
    with database.read() as connection:
        susan = people.find_person(connection, "susan")
    done = erase(database, place, NOW, person=susan)
    assert (done.complete, done.files, done.new_key) == (True, 1, False)
    assert done.rows == {"people": 1, "contacts": 1, "events": 10}
    assert all("garden" in text for text in texts(database))
    assert Outbox(database).newest()[0].accused == frozenset()
    for word in (SECRET, "Susan", "susan"):
        assert server_files(server, database, word.encode()) == 0
    assert server_files(server, database, b"garden") > 0
    with database.read() as connection:
        assert audit.verify(connection) is None
        assert audit.rows(connection)[-1].data == {"scope": "person"}
    assert not place.marker.exists()


def test_everything_is_erased_but_counts_and_the_fact(
    database: Database, server: Path, server_url: str, place: Place
) -> None:
    key = load_key(place.key_path)
    done = erase(database, place, NOW)
    assert done.complete
    assert load_key(place.key_path) == key
    for word in (SECRET, "Susan", "garden", "Margaret"):
        assert server_files(server, database, word.encode()) == 0
    again = open_database(None, key, url=server_url)
    with again.read() as connection:
        assert people.list_people(connection) == ()
        assert events(connection) == ()
        assert counts(connection, 2026) == {"crisis.3": 1}
        assert [row.action for row in audit.rows(connection)] == ["erase"]
        assert audit.verify(connection) is None
    again.close()


def test_an_erase_that_was_cut_short_is_completed(
    database: Database, server: Path, server_url: str, place: Place
) -> None:
    (place.state_dir / "patience.json").write_text("{}")
    place.marker.write_text(json.dumps({"format": 1, "scope": "person", "at": NOW}))
    assert resume(place, url=server_url)
    assert not place.marker.exists()
    assert not (place.state_dir / "patience.json").exists()
    assert len(texts(database)) == 20
    assert resume(place, url=server_url) is False


def test_another_key_does_not_open_it(server_url: str, database: Database) -> None:
    with pytest.raises(KeyMissingError):
        open_database(None, Key(bytes(32)), url=server_url)
