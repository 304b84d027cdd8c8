"""A key, an encrypted database, and a real PostgreSQL server where one is installed."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from support.postgres import new_database, private_postgres

from companion.storage.database import Database, open_database
from companion.storage.keys import Key

NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.fixture
def key() -> Key:
    return Key(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "companion.db"


@pytest.fixture
def database(path: Path, key: Key) -> Iterator[Database]:
    opened = open_database(path, key)
    yield opened
    opened.close()


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A disk on which no file can grow past so many bytes."""

    @contextmanager
    def full(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return full


@pytest.fixture
def locked_folder() -> Iterator[Callable[[Path], AbstractContextManager[None]]]:
    """A folder that may be read but not written; root becomes nobody meanwhile."""

    @contextmanager
    def lock(folder: Path) -> Iterator[None]:
        root = os.geteuid() == 0
        files = [folder, *folder.iterdir()]
        for file in files:
            if root:
                os.chown(file, NOBODY, NOBODY)
            file.chmod(0o500 if file.is_dir() else 0o400)
        if root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)
            for file in files:
                file.chmod(0o700 if file.is_dir() else 0o600)

    return lock


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A new folder that anybody could reach, unlike ``tmp_path``."""
    folder = Path(tempfile.mkdtemp(prefix="companion-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """A private PostgreSQL; its socket lies in this folder."""
    with private_postgres() as folder:
        yield folder


@pytest.fixture
def server_url(server: Path) -> str:
    """The URL of a new, empty PostgreSQL database."""
    return new_database(server)
