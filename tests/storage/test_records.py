"""Events, people, contacts and consents; and a diary that never troubles the talk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from companion.errors import AlertError, KeyMissingError, StorageError, StorageFullError
from companion.storage import consents, people
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.records import DAY_S, Diary, Event, add_event, events
from companion.storage.trouble import RecordError

PATIENCE = 20.0


def texts(database: Database) -> list[object]:
    with database.read() as connection:
        return [event.data["text"] for event in events(connection)]


# Events


def test_events_come_back_in_order_and_by_choice(database: Database) -> None:
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "family", at=0.0)
        for at, kind in ((30.0, "mood"), (10.0, "mood"), (20.0, "notice")):
            add_event(
                connection,
                at=at,
                kind=kind,
                data={"text": f"{kind} {at}"},
                person_id=anna.id if kind == "notice" else None,
                expires_at=at + 1,
            )
    with database.read() as connection:
        assert [event.at for event in events(connection)] == [10.0, 20.0, 30.0]
        assert [event.at for event in events(connection, "mood")] == [10.0, 30.0]
        assert [event.at for event in events(connection, since=10.0, until=30.0)] == [10.0, 20.0]
        found = events(connection, person_id=anna.id)
    assert found == (Event(3, 20.0, "notice", anna.id, {"text": "notice 20.0"}, 21.0),)


# People and contacts


def test_there_is_one_owner_made_on_demand(database: Database) -> None:
    with database.begin() as connection:
        owner = people.owner(connection, at=5.0, name="Margaret")
        assert people.owner(connection, at=9.0, name="Other") == owner
        assert (owner.name, owner.role, owner.created_at) == ("Margaret", "owner", 5.0)
        with pytest.raises(StorageError, match="one owner"):
            people.add_person(connection, "Second", "owner", at=1.0)


def test_people_are_found_however_they_are_typed(database: Database) -> None:
    with database.begin() as connection:
        zoe = people.add_person(connection, "  Zoe\u0308   Müller ", "nurse", at=1.0)
        assert zoe.name == "Zoë Müller"
        assert people.find_person(connection, "zoë  MÜLLER") == zoe
        assert people.find_person(connection, zoe.id) == zoe
        assert people.find_person(connection, "Zoe") is None
        with pytest.raises(StorageError, match="already a person called Zoë"):
            people.add_person(connection, "ZOË Müller", "friend", at=2.0)
        for bad in ("", "  ", "x" * 101, "a\x00b", "a\x1b[31m"):
            with pytest.raises(StorageError, match="needs a name"):
                people.add_person(connection, bad, "friend", at=2.0)
        with pytest.raises(StorageError, match="family"):
            people.add_person(connection, "Bob", "lodger", at=2.0)
        assert people.rename_person(connection, zoe.id, "Zoë M").name == "Zoë M"
        assert people.rename_person(connection, zoe.id, "zoë m").name == "zoë m"
        with pytest.raises(StorageError, match="no such person"):
            people.rename_person(connection, "nobody", "Bob")
        assert [person.name for person in people.list_people(connection)] == ["zoë m"]


def test_a_person_leaves_with_all_that_was_kept_about_them(database: Database) -> None:
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "family", at=0.0)
        people.add_contact(connection, anna.id, "ntfy://x/y", at=0.0)
        consents.give(
            connection, person_id=anna.id, subject="mood", how="typed", version="1", at=0.0
        )
        add_event(connection, at=0.0, kind="mood", data={}, person_id=anna.id)
        add_event(connection, at=0.0, kind="mood", data={})
    with database.begin() as connection:
        assert people.remove_person(connection, anna.id)
        assert not people.remove_person(connection, anna.id)
    with database.read() as connection:
        assert people.contacts(connection) == ()
        assert consents.history(connection, anna.id) == ()
        assert len(events(connection)) == 1


def test_contacts_keep_their_order(database: Database) -> None:
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "family", at=0.0)
        ben = people.add_person(connection, "Ben", "neighbour", at=0.0)
        people.add_contact(connection, anna.id, "mailto://a", at=1.0)
        people.add_contact(connection, ben.id, " ntfy://b ", at=2.0, position=9)
        first = people.add_contact(
            connection,
            ben.id,
            "ntfy://first",
            at=3.0,
            position=1,
            quiet=("22:00", "07:00"),
            categories=("scam", "abuse"),
            lowest_tier=2,
        )
        found = people.contacts(connection)
        assert [contact.channel for contact in found] == ["ntfy://first", "mailto://a", "ntfy://b"]
        assert [contact.position for contact in found] == [1, 2, 3]
        assert found[0] == first
        assert (first.name, first.role, first.quiet_from) == ("Ben", "neighbour", "22:00")
        assert (first.categories, first.lowest_tier) == (("abuse", "scam"), 2)
        assert len(people.contacts(connection, anna.id)) == 1
        assert people.remove_contact(connection, first.id)
        assert not people.remove_contact(connection, first.id)


def test_a_contact_that_could_not_work_is_refused(database: Database) -> None:
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "family", at=0.0)
        with pytest.raises(AlertError, match="channel"):
            people.add_contact(connection, anna.id, " ", at=0.0)
        for quiet in (("22:00", "7:00"), ("24:00", "07:00"), ("", ""), ("22:00\n", "07:00")):
            with pytest.raises(AlertError, match="quiet hours"):
                people.add_contact(connection, anna.id, "ntfy://x", at=0.0, quiet=quiet)
        with pytest.raises(AlertError, match="tier"):
            people.add_contact(connection, anna.id, "ntfy://x", at=0.0, lowest_tier=5)
    with pytest.raises(RecordError), database.begin() as connection:
        people.add_contact(connection, "nobody", "ntfy://x", at=0.0)


# Consent


def test_the_last_word_on_a_subject_counts_even_if_the_clock_was_wrong(database: Database) -> None:
    with database.begin() as connection:
        me = people.owner(connection, at=0.0).id
        assert consents.current(connection, me, "transcripts") is None
        consents.give(
            connection, person_id=me, subject="transcripts", how="spoken", version="1", at=900.0
        )
        consents.give(connection, person_id=me, subject="mood", how="typed", version="2", at=901.0)
        consents.withdraw(
            connection, person_id=me, subject="transcripts", how="typed", version="1", at=100.0
        )
        now = consents.current(connection, me, "transcripts")
        assert now == consents.Consent(me, "transcripts", False, "typed", "1", 100.0)
        assert [c.granted for c in consents.history(connection, me, "transcripts")] == [True, False]
        assert len(consents.history(connection, me)) == 3
        mood = consents.current(connection, me, "mood")
        assert mood is not None
        assert mood.granted


def test_consent_to_something_unknown_is_refused(database: Database) -> None:
    with database.begin() as connection:
        me = people.owner(connection, at=0.0).id
        with pytest.raises(StorageError, match="use alerts, evening"):
            consents.give(connection, person_id=me, subject="all", how="typed", version="1", at=0.0)
        with pytest.raises(StorageError, match="spoken or typed"):
            consents.give(connection, person_id=me, subject="mood", how="nod", version="1", at=0.0)
    with pytest.raises(RecordError), database.begin() as connection:
        consents.give(connection, person_id="x", subject="mood", how="typed", version="1", at=0.0)


# The diary


class Home:
    """A diary with a database behind it that can be taken away."""

    def __init__(self, path: Path, key: Key) -> None:
        self.path, self.key = path, key
        self.wrong: Exception | None = None
        self.troubles: list[str] = []
        self.opened = 0

    def open(self) -> Database:
        self.opened += 1
        if self.wrong is not None:
            raise self.wrong
        return open_database(self.path, self.key)

    def diary(self, **options: object) -> Diary:
        return Diary(self.open, self.troubles.append, **options)  # type: ignore[arg-type]

    def texts(self) -> list[object]:
        database = open_database(self.path, self.key)
        try:
            return texts(database)
        finally:
            database.close()


@pytest.fixture
def home(path: Path, key: Key) -> Iterator[Home]:
    before = threading.active_count()
    yield Home(path, key)
    assert threading.active_count() == before, "a diary was left open"


def test_notes_are_on_disk_after_a_flush(home: Home) -> None:
    diary = home.diary(days={"mood": 90.0})
    data: dict[str, object] = {"text": "one"}
    diary.note("mood", data, 1_000.0)
    data["text"] = "changed later"
    diary.note("safety", {"text": "two"}, 2_000.0)
    assert diary.flush(PATIENCE)
    database = open_database(home.path, home.key)
    with database.read() as connection:
        assert events(connection) == (
            Event(1, 1_000.0, "mood", None, {"text": "one"}, 1_000.0 + 90 * DAY_S),
            Event(2, 2_000.0, "safety", None, {"text": "two"}, None),
        )
    database.close()
    diary.close()
    assert (home.troubles, home.opened) == ([], 1)


def test_nothing_is_opened_or_kept_without_a_note(home: Home) -> None:
    diary = home.diary(days={"transcript": 0.0})
    diary.note("transcript", {"text": "secret"}, 1.0)
    assert diary.flush(PATIENCE)
    diary.close()
    assert home.opened == 0


def test_closing_writes_what_is_left(home: Home) -> None:
    diary = home.diary()
    for number in range(500):
        diary.note("mood", {"text": number}, float(number))
    diary.close()
    diary.note("mood", {"text": "too late"}, 1.0)
    diary.close()
    assert home.texts() == list(range(500))


def test_trouble_is_told_once_and_notes_wait_for_its_end(home: Home) -> None:
    home.wrong = StorageFullError("no space left for the diary: free some disk space")
    diary = home.diary(retry_s=0.01)
    diary.note("mood", {"text": "first"}, 1.0)
    assert not diary.flush(PATIENCE)
    diary.note("mood", {"text": "second"}, 2.0)
    while home.opened < 4:
        assert not diary.flush(PATIENCE)
    assert len(home.troubles) == 1
    assert "free some disk space (the talk goes on" in home.troubles[0]
    home.wrong = None
    while not diary.flush(PATIENCE):
        pass
    home.wrong = KeyMissingError("the key is missing")
    diary.close()
    assert home.texts() == ["first", "second"]


def test_a_new_trouble_after_a_mended_one_is_told_again(
    home: Home, full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    diary = home.diary(retry_s=600.0)
    for number in (1, 2):
        diary.note("mood", {"text": f"before {number}"}, 1.0)
        assert diary.flush(PATIENCE)
        with full_disk(1000):
            diary.note("mood", {"text": f"during {number}"}, 2.0)
            assert not diary.flush(PATIENCE)
        assert len(home.troubles) == number
        assert diary.flush(PATIENCE)
    diary.close()
    assert sorted(map(str, home.texts())) == ["before 1", "before 2", "during 1", "during 2"]


def test_a_database_that_cannot_be_opened_does_not_hold_up_the_end(home: Home) -> None:
    home.wrong = RuntimeError("a bug with /secret/words in it")
    diary = home.diary()
    diary.note("mood", {"text": "x"}, 1.0)
    diary.close()
    assert home.troubles == ["notes cannot be kept: RuntimeError (the talk goes on without notes)"]


def test_memory_stays_small_in_a_long_trouble(home: Home) -> None:
    home.wrong = StorageFullError("full")
    diary = home.diary(retry_s=600.0, capacity=10)
    for number in range(1000):
        diary.note("mood", {"text": number}, float(number))
    diary.flush(PATIENCE)
    for number in range(1000, 1100):
        diary.note("mood", {"text": number}, float(number))
    home.wrong = None
    assert diary.flush(PATIENCE)
    diary.close()
    kept = home.texts()
    assert len(kept) <= 20
    assert kept[-10:] == list(range(1090, 1100))


def test_one_bad_note_does_not_cost_the_others(home: Home) -> None:
    diary = home.diary()
    diary.note("mood", {"text": "good"}, 1.0)
    diary.note("mood", {"text": "of nobody"}, 2.0, person_id="nobody")
    diary.note("mood", {"text": float("nan")}, 3.0)
    diary.note("mood", {"text": object()}, 3.0)
    diary.note("mood", {"text": "also good"}, 4.0)
    assert diary.flush(PATIENCE)
    diary.close()
    assert home.texts() == ["good", "also good"]
    assert not any("of nobody" in trouble for trouble in home.troubles)
    assert any("unusable data" in trouble for trouble in home.troubles)


def test_notes_follow_a_database_that_was_erased_meanwhile(home: Home) -> None:
    diary = home.diary(retry_s=600.0)
    diary.note("mood", {"text": "old"}, 1.0)
    assert diary.flush(PATIENCE)
    for suffix in ("-wal", "-shm", ""):
        home.path.with_name(home.path.name + suffix).unlink()
    diary.note("mood", {"text": "new"}, 2.0)
    assert diary.flush(PATIENCE)
    diary.close()
    assert home.texts() == ["new"]
    assert home.troubles == []


def test_a_listener_that_fails_does_not_stop_the_diary(home: Home) -> None:
    def fail(_: str) -> None:
        raise RuntimeError

    home.wrong = StorageFullError("full")
    diary = Diary(home.open, fail, retry_s=600.0)
    diary.note("mood", {"text": "x"}, 1.0)
    assert not diary.flush(PATIENCE)
    home.wrong = None
    assert diary.flush(PATIENCE)
    diary.close()
    assert home.texts() == ["x"]


def test_a_note_never_waits_for_the_disk(home: Home) -> None:
    gate = threading.Event()

    def slow() -> Database:
        gate.wait(PATIENCE)
        return home.open()

    diary = Diary(slow, home.troubles.append)
    noted = threading.Thread(
        target=lambda: [diary.note("mood", {"text": n}, 1.0) for n in range(9)]
    )
    noted.start()
    noted.join(PATIENCE)
    assert not noted.is_alive()
    assert not diary.flush(0.0)
    gate.set()
    assert diary.flush(PATIENCE)
    diary.close()
    assert home.texts() == list(range(9))
