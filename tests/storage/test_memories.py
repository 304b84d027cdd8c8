from __future__ import annotations

import pytest

from companion.errors import StorageError
from companion.storage import consents, memories, people
from companion.storage.database import Database
from companion.storage.erase_rows import erase_person
from companion.storage.memories import Memory
from companion.storage.retention import sweep_withdrawn

NOW = 1_800_000_000.0


@pytest.fixture
def owner(database: Database) -> str:
    with database.begin() as connection:
        person = people.owner(connection, at=1.0, name="Margaret")
        consents.give(
            connection, person_id=person.id, subject="memory", how="spoken", version="1", at=1.0
        )
    return person.id


def tell(database: Database, owner: str, sentence: str) -> Memory:
    with database.begin() as connection:
        return memories.remember(
            connection,
            person_id=owner,
            kind="people",
            subject="daughter/anna",
            relation="said",
            value="",
            sentence=sentence,
            told_at=NOW,
            at=NOW,
        )


def found(database: Database, owner: str, *words: str) -> list[str]:
    with database.read() as connection:
        ids = memories.search(connection, owner, words)
        by_id = {one.id: one.sentence for one in memories.recite(connection, owner)}
    return [by_id[one] for one in ids]


def indexed(database: Database, word: str) -> int:
    with database.read() as connection:
        return int(
            connection.exec_driver_sql(
                f"SELECT count(*) FROM memory_words WHERE memory_words MATCH '{word}'"
            ).scalar_one()
        )


def test_words_and_their_forms_find_a_memory(database: Database, owner: str) -> None:
    tell(database, owner, "Your daughter Anna lives in Leeds.")
    tell(database, owner, "You like rhubarb.")
    assert found(database, owner, "living") == ["Your daughter Anna lives in Leeds."]
    assert found(database, owner, 'rhubarb" OR "x', "*") == ["You like rhubarb."]
    assert found(database, owner, "York") == []
    assert found(database, owner, "?!") == []


def test_nothing_is_kept_without_consent(database: Database) -> None:
    with database.begin() as connection:
        person = people.owner(connection, at=1.0)
    with pytest.raises(StorageError, match="companion data consent give memory"):
        tell(database, person.id, "You like rhubarb.")
    with database.read() as connection:
        assert memories.recite(connection, person.id) == ()


def test_what_is_forgotten_or_reworded_leaves_the_index(database: Database, owner: str) -> None:
    kept = tell(database, owner, "Your daughter Anna lives in Leeds.")
    with database.begin() as connection:
        memories.reword(connection, kept.id, "Your daughter Anna lives in York.", value="York")
    assert (indexed(database, "leeds"), indexed(database, "york")) == (0, 1)
    with database.begin() as connection:
        assert memories.forget(connection, [kept.id]) == 1
    assert indexed(database, "york") == 0


def test_withdrawn_consent_takes_the_memories_away(database: Database, owner: str) -> None:
    tell(database, owner, "You like rhubarb.")
    assert sweep_withdrawn(database) == 0
    with database.begin() as connection:
        consents.withdraw(
            connection, person_id=owner, subject="memory", how="spoken", version="1", at=2.0
        )
    assert sweep_withdrawn(database) == 1
    assert indexed(database, "rhubarb") == 0


def test_an_erased_person_takes_their_memories_along(database: Database, owner: str) -> None:
    tell(database, owner, "You like rhubarb.")
    with database.begin() as connection:
        person = people.find_person(connection, "Margaret")
        assert person is not None
        assert erase_person(connection, person)["memories"] == 1
    assert indexed(database, "rhubarb") == 0
