from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from companion.storage import people
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.wellbeing.phrasing import Texts, load_texts
from companion.wellbeing.simulated import Remembering
from companion.wellbeing.topics import TopicReader

LONDON = ZoneInfo("Europe/London")
FIRST = date(2026, 3, 2)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return load_texts()


@pytest.fixture(scope="session")
def reader() -> Remembering:
    """By patterns alone, which needs no model."""
    return Remembering(TopicReader())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "companion.db", Key(bytes(range(32))))
    yield opened
    opened.close()


@pytest.fixture
def owner(database: Database) -> str:
    with database.begin() as connection:
        return people.owner(connection, at=0.0, name="Anna").id
