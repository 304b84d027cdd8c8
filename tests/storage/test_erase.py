"""What is erased is gone: rows, journal, free pages, caches, key; whenever the power goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.plain_pages import plain_pages

from companion.errors import KeyMissingError, StorageError
from companion.mind.state import StateStore
from companion.storage import audit, consents, people
from companion.storage.alert import Alert, Delivery, new_id
from companion.storage.counts import add_count, counts
from companion.storage.database import Database, check, open_database
from companion.storage.erase import Place, erase, resume
from companion.storage.erase_rows import planned
from companion.storage.keys import is_wrapped, load_key, wrap_key
from companion.storage.naming import Naming
from companion.storage.outbox import Outbox
from companion.storage.records import Diary, add_event, events

NOW = 1_800_000_000.0
SECRET = "rhubarb"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    state = tmp_path / "state"
    return Place(state, state / "companion.db", state / "key")


def opened(place: Place) -> Database:
    assert place.path is not None
    return open_database(place.path, load_key(place.key_path))


def fill(database: Database, place: Place) -> None:
    with database.begin() as connection:
        owner = people.owner(connection, at=1.0, name="Margaret Miller")
        susan = people.add_person(connection, "Susan Miller", "family", at=2.0)
        people.add_person(connection, "Tom Berger", "friend", at=3.0)
        for person in (owner, susan):
            for subject in ("transcripts", "alerts"):
                consents.give(
                    connection,
                    person_id=person.id,
                    subject=subject,
                    how="typed",
                    version="1",
                    at=5.0,
                )
        people.add_contact(connection, susan.id, "mailto://susan:rhubarb@localhost", at=6.0)
        for number in range(300):
            about_susan = number % 3 == 0
            text = f"SUSAN's cake {SECRET} {number}" if about_susan else f"the garden {number}"
            add_event(
                connection,
                at=10.0 + number,
                kind="transcript",
                data={"said": {"text": text}, "text": text},
                person_id=owner.id,
            )
        add_event(
            connection, at=900.0, kind="mood", data={"text": SECRET, "v": 1}, person_id=susan.id
        )
        add_event(connection, at=901.0, kind="mood", data={"text": "nobody in particular"})
        add_count(connection, 2026, "crisis.3")
        audit.append(connection, 7.0, "command", "person added", {"person": susan.id})
    learn(place)


def learn(place: Place) -> None:
    place.state_dir.mkdir(parents=True, exist_ok=True)
    (place.state_dir / "patience.json").write_text('{"pauses": [0.7]}')
    StateStore(place.state_dir, "model").save([1, 2], SECRET.encode() * 10)


def texts(database: Database) -> list[str]:
    with database.read() as connection:
        return [str(event.data["text"]) for event in events(connection)]


def person(database: Database, name: str) -> people.Person:
    with database.read() as connection:
        found = people.find_person(connection, name)
    assert found is not None
    return found


def raw(place: Place) -> bytes:
    files = [path for path in place.state_dir.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def pages(place: Place) -> bytes:
    assert place.path is not None
    return plain_pages(place.path, load_key(place.key_path))


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    found = opened(place)
    fill(found, place)
    yield found
    found.close()


# One person


def test_a_person_is_gone_with_every_event_that_names_them(
    database: Database, place: Place
) -> None:
    done = erase(database, place, NOW, person=person(database, "susan miller"))
    assert done.rows == {"people": 1, "contacts": 1, "consents": 2, "events": 101}
    assert done.complete
    assert len(texts(database)) == 201
    assert not any("susan" in text.lower() for text in texts(database))
    with database.read() as connection:
        assert people.find_person(connection, "Susan Miller") is None
        assert people.contacts(connection) == ()
        owner = next(p for p in people.list_people(connection) if p.role == "owner")
        assert consents.current(connection, owner.id, "alerts") is not None
        assert audit.verify(connection) is None
    assert check(database) == ()


def test_no_page_in_use_or_free_nor_the_journal_holds_the_erased_words(
    database: Database, place: Place
) -> None:
    before = pages(place)
    assert SECRET.encode() in before
    assert b"Susan" in before
    erase(database, place, NOW, person=person(database, "Susan Miller"))
    after = pages(place)
    assert b"garden" in after
    for word in (SECRET, "susan", "Susan", "SUSAN"):
        assert word.encode() not in after
        assert word.encode() not in raw(place)


def test_caches_and_what_was_learned_go_and_the_rest_of_the_folder_stays(
    database: Database, place: Place
) -> None:
    (place.state_dir / "family photos").mkdir()
    done = erase(database, place, NOW, person=person(database, "Susan Miller"))
    assert done.files == 2
    assert done.left == ("family photos",)
    assert not place.marker.exists()
    names = {path.name for path in place.state_dir.iterdir()}
    assert names <= {
        "companion.db",
        "companion.db.lock",
        "companion.db-wal",
        "companion.db-shm",
    } | {
        "key",
        "family photos",
    }


def test_the_audit_tells_of_the_erasure_without_a_name(database: Database, place: Place) -> None:
    with database.begin() as connection:
        audit.append(connection, 8.0, "command", "slip", {"who": "Susan"})
        audit.append(connection, 9.0, "command", "later", {})
    erase(database, place, NOW, person=person(database, "Susan Miller"))
    with database.read() as connection:
        found = audit.rows(connection)
        assert audit.verify(connection) is None
    assert [row.action for row in found] == ["later", "erase"]
    assert "usan" not in str(found)
    assert found[-1].data == {"scope": "person"}


def test_an_alert_about_somebody_else_stays_but_forgets_the_name(
    database: Database, place: Place
) -> None:
    box, owner = Outbox(database), person(database, "Margaret Miller")
    tom, susan = person(database, "Tom Berger"), person(database, "Susan Miller")
    with database.read() as connection:
        contact = people.contacts(connection, susan.id)[0].id
    for who, accused, category in ((owner, {"susan", "bob"}, "abuse"), (susan, set(), "crisis")):
        alert = Alert(
            new_id(), 50.0, 4, category, "", 50.0, "123456", frozenset(accused), who.id,
            deliveries=(Delivery(-1, contact, 1, 50.0, 51.0, False, "susan@localhost refused"),),
        )  # fmt: skip
        box.store(alert)
    erase(database, place, NOW, person=susan)
    found = box.newest()
    assert [(one.category, one.state, one.accused) for one in found] == [
        ("abuse", "waiting", frozenset({"bob"}))
    ]
    assert found[0].deliveries[0].error == ""
    assert b"susan" not in pages(place).lower()
    with database.read() as connection:
        assert people.find_person(connection, tom.name) is not None


def test_the_owners_erasure_takes_what_is_about_nobody_in_particular(
    database: Database, place: Place
) -> None:
    erase(database, place, NOW, person=person(database, "Margaret Miller"))
    with database.read() as connection:
        left = events(connection)
        assert [row.name for row in people.list_people(connection)] == [
            "Susan Miller",
            "Tom Berger",
        ]
    assert [event.data["text"] for event in left] == [SECRET]


def test_the_plan_is_what_goes(database: Database, place: Place) -> None:
    susan = person(database, "Susan Miller")
    with database.read() as connection:
        plan, whole = planned(connection, susan), planned(connection, None)
    assert erase(database, place, NOW, person=susan).rows == plan
    assert whole == {"people": 3, "contacts": 1, "consents": 4, "events": 302}


def test_a_failed_erase_changes_nothing(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    susan = person(database, "Susan Miller")

    def fail(*_: object) -> None:
        raise StorageError("no")

    monkeypatch.setattr(audit, "append", fail)
    with pytest.raises(StorageError, match="no"):
        erase(database, place, NOW, person=susan)
    assert len(texts(database)) == 302
    assert (place.state_dir / "patience.json").exists()
    assert not place.marker.exists()


def test_a_reader_in_the_way_is_waited_for(database: Database, place: Place) -> None:
    begun, susan = threading.Event(), person(database, "Susan Miller")

    def look() -> None:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM events").all()
            begun.set()
            time.sleep(0.5)

    reader = threading.Thread(target=look)
    reader.start()
    begun.wait()
    assert erase(database, place, NOW, person=susan).complete
    reader.join()
    assert SECRET.encode() not in pages(place)


# Everything


def test_everything_is_gone_and_begins_anew_under_another_key(
    database: Database, place: Place
) -> None:
    assert place.path is not None
    old_file, old_key = place.path.read_bytes(), load_key(place.key_path)
    done = erase(database, place, NOW)
    assert done.new_key
    assert (done.files, done.left, done.complete) == (2, (), True)
    assert done.rows["events"] == 302
    new_key = load_key(place.key_path)
    assert new_key != old_key
    assert old_key.hex.encode() not in raw(place)
    fresh = opened(place)
    assert texts(fresh) == []
    with fresh.read() as connection:
        assert people.list_people(connection) == ()
        (row,) = audit.rows(connection)
        assert (row.at, row.action, row.data) == (NOW, "erase", {"scope": "everything"})
        assert audit.verify(connection) is None
        assert counts(connection, 2026) == {"crisis.3": 1}
    fresh.close()
    for word in (SECRET, "garden", "Margaret", "Susan"):
        assert word.encode() not in pages(place)
        assert word.encode() not in raw(place)
    # What a disk still holds of the old file is noise to whoever has the new key.
    place.path.write_bytes(old_file)
    with pytest.raises(KeyMissingError):
        opened(place)


def test_a_key_that_systemd_holds_stays_and_the_old_file_is_gone(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "companion-key").write_text("ab" * 32)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    database = opened(place)
    fill(database, place)
    done = erase(database, place, NOW)
    assert not done.new_key
    fresh = opened(place)
    assert texts(fresh) == []
    fresh.close()
    assert SECRET.encode() not in pages(place)


@pytest.mark.parametrize("given", ["correct horse", None])
def test_a_wrapped_key_is_followed_by_a_wrapped_one_if_the_passphrase_is_there(
    database: Database, place: Place, given: str | None
) -> None:
    wrap_key(place.key_path, "correct horse")
    done = erase(database, place, NOW, passphrase=given)
    assert done.passphrase_lost is (given is None)
    assert is_wrapped(place.key_path) is (given is not None)
    assert place.path is not None
    open_database(place.path, load_key(place.key_path, passphrase=given)).close()


def test_a_database_that_cannot_be_read_can_be_erased(database: Database, place: Place) -> None:
    database.close()
    assert place.path is not None
    place.path.write_bytes(os.urandom(8192))
    with pytest.raises(StorageError):
        opened(place)
    with pytest.raises(StorageError, match="must be open"):
        erase(None, place, NOW, person=people.Person("1", "Susan", "family", 0.0))
    erase(None, place, NOW)
    assert texts(opened(place)) == []


def test_a_running_diary_goes_on_in_the_new_database(database: Database, place: Place) -> None:
    troubles: list[str] = []
    diary = Diary(lambda: opened(place), troubles.append, retry_s=600.0)
    diary.note("mood", {"text": "old"}, 1.0)
    assert diary.flush(20.0)
    erase(database, place, NOW)
    diary.note("mood", {"text": "new"}, 2.0)
    assert diary.flush(20.0)
    diary.close()
    fresh = opened(place)
    assert texts(fresh) == ["new"]
    assert troubles == []
    fresh.close()


def test_it_takes_seconds_not_minutes(database: Database, place: Place) -> None:
    with database.begin() as connection:
        for number in range(2_000):
            add_event(connection, at=number, kind="mood", data={"text": f"Susan {number} " * 50})
    began = time.monotonic()
    erase(database, place, NOW, person=person(database, "Susan Miller"))
    erase(database, place, NOW)
    assert time.monotonic() - began < 60.0


# A power cut


@pytest.mark.parametrize("scope", ["person", "everything"])
def test_a_kill_at_any_step_leaves_an_erase_not_begun_or_one_that_completes(
    tmp_path: Path, scope: str
) -> None:
    ready = tmp_path / "ready"
    place = Place(ready, ready / "companion.db", ready / "key")
    database = opened(place)
    fill(database, place)
    database.close()
    rounds = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("erase_nursery.py")), str(tmp_path), scope],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]},
    )
    assert rounds.returncode == 0, rounds.stderr
    found = [json.loads(line) for line in rounds.stdout.splitlines()]
    assert len(found) > 5
    assert not found[-1]["killed"]
    assert not any(one["failed"] for one in found)
    left = 201 if scope == "person" else 0
    for one in found:
        assert len(one["texts"]) in (302, left)
        assert "erasing.json" not in one["files"]
        whole = len(one["texts"]) == 302
        if scope == "everything":
            assert not (whole and one["begun"])
            assert one["same_key"] is whole
        if not whole:
            assert not one["learned"]
    assert {len(one["texts"]) for one in found} == {302, left}


def test_a_marker_that_cannot_be_read_is_told(place: Place) -> None:
    opened(place).close()
    place.marker.write_text("{")
    with pytest.raises(StorageError, match="erase again"):
        resume(place)


def test_there_is_nothing_to_resume_on_a_normal_day(place: Place) -> None:
    assert resume(place) is False
    assert not place.state_dir.exists()


# Names


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("Susan Miller", "my SUSAN's cake", True),
        ("Susan Miller", "Susan’s here", True),
        ("Susan Miller", "Susanna came", False),
        ("Susan Miller", "Margaret Miller", False),
        ("Susan Miller", "susan   miller", True),
        ("Will", "I will go", False),
        ("Will", "Will is here", True),
        ("Will", "will", True),
        ("José", "I saw jose", True),
        ("Al", "and Al said", True),
        ("Dr Ray Chu", "the dr said", False),
        ("Anna-Lena", "anna-lena rang", True),
        ("A.", "a. b", True),
    ],
)
def test_a_person_is_recognised_by_name(name: str, text: str, named: bool) -> None:
    naming = Naming(name, ["Margaret Miller"])
    assert naming.in_text(text) is named
    assert naming.in_data({"a": [1, {"b": text}]}) is named
    assert naming.in_data({text: None}) is named
