from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.mind.memory.extract import Extractor
from companion.mind.memory.recall import Recaller
from companion.mind.memory.skill import MemorySkill, load_skill_texts
from companion.mind.memory.store import MemoryStore
from companion.mind.memory.texts import load_memory_texts
from companion.storage import people
from companion.storage.database import open_database
from companion.storage.keys import Key


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    """By words alone; nobody has agreed yet."""
    database = open_database(tmp_path / "companion.db", Key(bytes(range(32))))
    with database.begin() as connection:
        person = people.owner(connection, at=0.0, name="Margaret")
    yield MemoryStore(database, person.id)
    database.close()


@pytest.fixture
def skill(store: MemoryStore) -> MemorySkill:
    texts = load_memory_texts()
    return MemorySkill(Extractor(texts), Recaller(texts), store, load_skill_texts())
