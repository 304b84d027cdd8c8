"""A database, real servers on loopback, and a house for alerts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alert_servers import Ntfy, Smtp
from support.alert_support import KEY, Clock, FakeSender, House

from companion.storage.database import Database, open_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "companion.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    made = open_database(path, KEY)
    yield made
    made.close()


@pytest.fixture
def house(database: Database) -> House:
    return House(database, Clock(), FakeSender())


@pytest.fixture
def ntfy() -> Iterator[Ntfy]:
    made = Ntfy()
    yield made
    made.cut()


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    made = Smtp()
    yield made
    made.cut()
