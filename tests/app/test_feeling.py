"""What a feeler learns is kept, sealed, and forgotten when told so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.app.feeling import forget_learning, keep_learning, may_feel
from companion.domain import Transcript, Utterance
from companion.emotion.feeler import PersonFeeler
from companion.emotion.kept import EVERY, KeptFeeler
from companion.emotion.prosody import Measurer
from companion.errors import StorageError
from companion.storage import consents, learned, people
from companion.storage.database import Database, open_database
from companion.storage.erase import Place, erase
from companion.storage.keys import KEY_BYTES, Key

RATE = 16_000


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return Measurer()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "companion.db", Key(bytes(KEY_BYTES)))
    yield opened
    opened.close()


@pytest.fixture
def owner(database: Database) -> str:
    with database.begin() as connection:
        return people.owner(connection, at=1.0, name="Margaret").id


def feeler(measurer: Measurer) -> KeptFeeler:
    return KeptFeeler(PersonFeeler(measurer=measurer))


def uttered() -> Utterance:
    t = np.arange(int(1.5 * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20))
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * t)
    samples = (0.05 * tone * syllables).astype(np.float32)
    return Utterance(samples, 0.0, 1.5, Transcript("I went home today"))


def speak(one: KeptFeeler, times: int) -> None:
    for _ in range(times):
        impression = one.feel(uttered())
        assert impression is not None
        one.learn(impression)


def test_what_was_learned_is_there_after_a_restart(
    database: Database, owner: str, measurer: Measurer
) -> None:
    first = feeler(measurer)
    keep_learning(first, database, owner)
    speak(first, EVERY + 2)
    first.keep()
    second = feeler(measurer)
    keep_learning(second, database, owner)
    assert second.utterances == EVERY + 2


def test_it_is_kept_now_and_then_without_being_asked(
    database: Database, owner: str, measurer: Measurer
) -> None:
    one = feeler(measurer)
    keep_learning(one, database, owner)
    speak(one, EVERY)
    with database.read() as connection:
        assert learned.recall(connection, owner, "feeling") is not None


def test_told_to_forget_a_running_feeler_begins_anew(
    database: Database, owner: str, measurer: Measurer
) -> None:
    one = feeler(measurer)
    keep_learning(one, database, owner)
    speak(one, EVERY)
    assert forget_learning(database, owner)
    assert not forget_learning(database, owner)
    speak(one, EVERY)
    assert one.utterances == 0
    with database.read() as connection:
        assert learned.recall(connection, owner, "feeling") is None


def test_it_is_sealed_and_bound_to_the_person(database: Database, owner: str) -> None:
    with database.begin() as connection:
        other = people.add_person(connection, "Anna", "daughter", at=2.0).id
        learned.keep(connection, owner, "feeling", {"usual": 3}, at=1.0)
        row = connection.exec_driver_sql("select sealed from learned").scalar()
        assert b"usual" not in bytes(row)
        connection.exec_driver_sql("update learned set person_id = ?", (other,))
        with pytest.raises(StorageError, match="tampered"):
            learned.recall(connection, other, "feeling")


def test_it_goes_with_the_person(database: Database, owner: str, tmp_path: Path) -> None:
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "daughter", at=2.0)
        learned.keep(connection, anna.id, "feeling", {}, at=1.0)
    place = Place(tmp_path, tmp_path / "companion.db", tmp_path / "key")
    erase(database, place, 3.0, person=anna)
    with database.read() as connection:
        assert learned.recall(connection, anna.id, "feeling") is None


def test_whoever_withdrew_is_not_judged(database: Database, owner: str) -> None:
    assert may_feel(database, owner)
    with database.begin() as connection:
        consents.withdraw(
            connection, person_id=owner, subject="mood", how="typed", version="1", at=3.0
        )
    assert not may_feel(database, owner)
