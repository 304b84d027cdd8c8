"""How people sound: sealed, with consent, gone with the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from companion.errors import StorageError
from companion.storage import consents, people
from companion.storage.database import Database, open_database
from companion.storage.erase_rows import erase_person, planned
from companion.storage.export import SEALED, export
from companion.storage.keys import Key
from companion.storage.retention import sweep_withdrawn
from companion.storage.tables import voiceprints
from companion.storage.voiceprints import forget_prints, prints, store_print

NUMBERS = bytes(range(200))


@pytest.fixture
def margaret(database: Database) -> str:
    with database.begin() as connection:
        owner = people.owner(connection, at=1.0, name="Margaret")
    agree(database, owner.id)
    return owner.id


def agree(database: Database, person_id: str, granted: bool = True) -> None:
    record = consents.give if granted else consents.withdraw
    with database.begin() as connection:
        record(
            connection, person_id=person_id, subject="voiceprint", how="typed", version="1", at=2.0
        )


def keep(database: Database, person_id: str, device: str = "mic", content: bytes = NUMBERS) -> None:
    with database.begin() as connection:
        store_print(
            connection,
            person_id=person_id,
            device=device,
            model="net",
            seconds=61.4,
            vectors=content,
            at=3.0,
        )


def count(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(voiceprints)).all())


def test_a_print_comes_back_as_it_was_kept(database: Database, margaret: str) -> None:
    keep(database, margaret)
    with database.read() as connection:
        (kept,) = prints(connection)
    assert (kept.person_id, kept.name, kept.device, kept.model) == (
        margaret,
        "Margaret",
        "mic",
        "net",
    )
    assert (kept.seconds, kept.vectors, kept.made_at) == (61, NUMBERS, 3.0)
    assert "vectors" not in repr(kept)


def test_nothing_is_kept_without_consent(database: Database, margaret: str) -> None:
    with database.begin() as connection:
        tom = people.add_person(connection, "Tom", "visitor", at=1.0)
    with pytest.raises(StorageError, match="consent"):
        keep(database, tom.id)
    agree(database, margaret, granted=False)
    with pytest.raises(StorageError, match="consent"):
        keep(database, margaret)
    assert count(database) == 0


def test_a_person_has_one_print_for_each_microphone(database: Database, margaret: str) -> None:
    keep(database, margaret)
    keep(database, margaret, "bedroom", b"other")
    keep(database, margaret, content=b"newer")
    with database.read() as connection:
        assert {(one.device, one.vectors) for one in prints(connection, margaret)} == {
            ("mic", b"newer"),
            ("bedroom", b"other"),
        }
        assert prints(connection, "nobody") == ()


def test_withdrawing_consent_removes_the_print(database: Database, margaret: str) -> None:
    keep(database, margaret)
    agree(database, margaret, granted=False)
    with database.read() as connection:
        assert prints(connection) == ()
    assert sweep_withdrawn(database) == 1
    assert count(database) == 0
    assert sweep_withdrawn(database) == 0


def test_forgetting_and_erasing_take_it_away(database: Database, margaret: str) -> None:
    keep(database, margaret)
    with database.begin() as connection:
        assert forget_prints(connection, margaret) == 1
        assert forget_prints(connection, margaret) == 0
    keep(database, margaret)
    with database.begin() as connection:
        (person,) = people.list_people(connection)
        assert planned(connection, person)["voiceprints"] == 1
        assert planned(connection, None)["voiceprints"] == 1
        assert erase_person(connection, person)["voiceprints"] == 1
    assert count(database) == 0


def test_the_numbers_are_sealed_even_inside_the_database(
    database: Database, margaret: str, path: Path
) -> None:
    keep(database, margaret)
    with database.read() as connection:
        sealed = connection.scalar(select(voiceprints.c.sealed))
    assert sealed is not None
    assert NUMBERS[:16] not in sealed
    database.checkpoint()
    assert NUMBERS[:16] not in path.read_bytes()


def test_a_print_cannot_be_put_in_anothers_place(database: Database, margaret: str) -> None:
    keep(database, margaret)
    with database.begin() as connection:
        tom = people.add_person(connection, "Tom", "visitor", at=1.0)
    agree(database, tom.id)
    with database.begin() as connection:
        connection.execute(update(voiceprints).values(person_id=tom.id))
    with pytest.raises(StorageError, match="tampered"), database.read() as connection:
        prints(connection)


def test_a_bare_connection_cannot_open_it(
    database: Database, margaret: str, key: Key, path: Path
) -> None:
    keep(database, margaret)
    database.close()
    again = open_database(path, key)
    with again.read() as connection:
        assert prints(connection)[0].vectors == NUMBERS
    bare = again.engine.execution_options(companion_sealing=None)
    with bare.connect() as connection, pytest.raises(StorageError, match="begin"):
        prints(connection)
    again.close()


def test_too_large_a_print_is_refused(database: Database, margaret: str) -> None:
    with pytest.raises(StorageError, match="too large"):
        keep(database, margaret, content=bytes(1 << 21))


def test_an_export_says_that_it_is_there_and_no_more(
    database: Database, margaret: str, tmp_path: Path
) -> None:
    keep(database, margaret)
    folder = export(database, tmp_path / "out", 4.0).folder
    sheet = (folder / "voiceprints.csv").read_text(encoding="utf-8")
    assert SEALED in sheet
    assert "mic" in sheet
