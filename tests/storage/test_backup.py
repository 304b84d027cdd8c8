"""Backups: whole, secret, and never in the way of what is there."""

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from companion.errors import KeyMissingError, StorageCorruptError, StorageError, StorageFullError
from companion.storage.backup import SUFFIX, back_up, name_of, restore, rotate
from companion.storage.database import Database, check, open_database
from companion.storage.keys import Key, load_key
from companion.storage.records import add_event, events

PHRASE = "seven blue herons"
QUICK = (1, 64, 1)


def note(database: Database, what: str) -> None:
    with database.begin() as connection:
        add_event(connection, at=1.0, kind="notice", data={"what": what}, person_id=None)


def noted(path: Path, key: Key) -> list[str]:
    database = open_database(path, key)
    try:
        assert check(database) == ()
        with database.read() as connection:
            return [str(row.data["what"]) for row in events(connection)]
    finally:
        database.close()


@pytest.fixture
def file(tmp_path: Path, database: Database, key: Key) -> Path:
    note(database, "canary of the garden")
    file = tmp_path / "out" / f"a{SUFFIX}"
    back_up(database, key, file, PHRASE, 1_760_000_000.0, cost=QUICK)
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "new device" / "companion.db"


def test_a_new_device_gets_everything_back(file: Path, elsewhere: Path, key: Key) -> None:
    key_path = elsewhere.with_name("key")
    done = restore(file, PHRASE, elsewhere, key_path)
    assert done.made_at == 1_760_000_000.0
    assert done.replaced is None
    assert done.new_key
    assert load_key(key_path, create=False) == key
    assert noted(elsewhere, key) == ["canary of the garden"]
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert {one.name for one in elsewhere.parent.iterdir()} <= {
        *("companion.db", "companion.db-wal", "companion.db-shm", "companion.db.lock", "key")
    }


def test_a_backup_shows_nothing_and_leaves_nothing_beside(
    file: Path, database: Database, key: Key
) -> None:
    raw = file.read_bytes()
    assert b"canary" not in raw
    assert key.raw not in raw
    assert key.hex.encode() not in raw
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert database.path is not None
    assert not [p for p in database.path.parent.iterdir() if "backup" in p.name]


def test_a_backup_of_a_database_in_use_is_of_one_moment(
    tmp_path: Path, database: Database, key: Key, elsewhere: Path
) -> None:
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            note(database, f"n{len(written)}")
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            stop.wait(0.01)
        file = tmp_path / "b.companion"
        back_up(database, key, file, PHRASE, 1.0, cost=QUICK)
    finally:
        stop.set()
        writer.join()
    restore(file, PHRASE, elsewhere, elsewhere.with_name("key"))
    found = noted(elsewhere, key)
    assert found == [f"n{i}" for i in range(len(found))]
    assert 5 <= len(found) <= len(written)


def test_what_was_there_is_kept_beside(file: Path, database: Database, key: Key) -> None:
    path = database.path
    assert path is not None
    key_path = path.with_name("key")
    key_path.write_text(key.hex)
    note(database, "after the backup")
    database.close()
    done = restore(file, PHRASE, path, key_path)
    assert not done.new_key
    assert noted(path, key) == ["canary of the garden"]
    assert done.replaced is not None
    moved = path.with_name("looked.db")
    for side in ("", "-wal"):
        old = done.replaced.with_name(done.replaced.name + side)
        if old.exists():
            shutil.copy(old, moved.with_name(moved.name + side))
    assert noted(moved, key) == ["canary of the garden", "after the backup"]


def test_another_key_is_kept_beside_too(file: Path, tmp_path: Path, key: Key) -> None:
    other, path = Key(b"\1" * 32), tmp_path / "other" / "companion.db"
    database = open_database(path, other)
    note(database, "of another")
    database.close()
    key_path = path.with_name("key")
    key_path.write_text(other.hex)
    key_path.chmod(0o600)
    done = restore(file, PHRASE, path, key_path)
    assert done.new_key
    assert load_key(key_path, create=False) == key
    assert load_key(key_path.with_name("key.replaced"), create=False) == other
    assert noted(path, key) == ["canary of the garden"]


def test_a_damaged_database_is_no_hindrance(file: Path, elsewhere: Path, key: Key) -> None:
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"rubbish" * 4000)
    restore(file, PHRASE, elsewhere, elsewhere.with_name("key"))
    assert noted(elsewhere, key) == ["canary of the garden"]


def unchanged(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.parent.iterdir() if "lock" not in one.name}


@pytest.mark.parametrize("size", [0, 1, 50, 300, 5000, -1, -16, -17])
def test_a_file_that_was_cut_changes_nothing(
    file: Path, database: Database, key: Key, size: int
) -> None:
    assert database.path is not None
    database.close()
    before = unchanged(database.path)
    raw = file.read_bytes()
    file.write_bytes(raw[:size])
    with pytest.raises(StorageCorruptError) as caught:
        restore(file, PHRASE, database.path, database.path.with_name("key"))
    assert "\n" not in str(caught.value)
    assert unchanged(database.path) == before


def test_any_changed_byte_is_noticed(file: Path, database: Database) -> None:
    assert database.path is not None
    database.close()
    before = unchanged(database.path)
    raw = file.read_bytes()
    places = [3, 40, 100, 200, *range(300, len(raw), max(len(raw) // 12, 1)), len(raw) - 1]
    for place in places:
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises((StorageCorruptError, KeyMissingError)):
            restore(file, PHRASE, database.path, database.path.with_name("key"))
    assert unchanged(database.path) == before


def test_a_wrong_passphrase_and_a_foreign_file_are_said_plainly(
    file: Path, elsewhere: Path, tmp_path: Path
) -> None:
    key_path = elsewhere.with_name("key")
    with pytest.raises(KeyMissingError, match="the passphrase does not open"):
        restore(file, "eight blue herons", elsewhere, key_path)
    foreign = tmp_path / "photo.jpg"
    foreign.write_bytes(os.urandom(5000))
    with pytest.raises(StorageCorruptError, match="not a backup of companion"):
        restore(foreign, PHRASE, elsewhere, key_path)
    with pytest.raises(StorageError, match="cannot read the backup"):
        restore(tmp_path / "nothing", PHRASE, elsewhere, key_path)
    assert not key_path.exists()
    assert not elsewhere.exists()


def test_a_passphrase_typed_on_another_keyboard_opens(
    database: Database, key: Key, tmp_path: Path, elsewhere: Path
) -> None:
    file = tmp_path / "c.companion"
    back_up(database, key, file, "Gr\u00fc\u00dfe an alle", 1.0, cost=QUICK)
    restore(file, "Gru\u0308\u00dfe an alle", elsewhere, elsewhere.with_name("key"))
    with pytest.raises(KeyMissingError, match="at least 8"):
        back_up(database, key, file, "short", 1.0, cost=QUICK)


def test_a_full_disk_leaves_the_old_backup(
    file: Path, database: Database, key: Key, full_disk: object
) -> None:
    before = file.read_bytes()
    with full_disk(30_000), pytest.raises(StorageFullError):  # type: ignore[operator]
        back_up(database, key, file, PHRASE, 2.0, cost=QUICK)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_only_the_newest_are_kept_and_only_ours_go(tmp_path: Path) -> None:
    for day in range(10):
        (tmp_path / name_of(day * 86_400.0)).write_text("")
    (tmp_path / "photo.jpg").write_text("")
    gone = rotate(tmp_path, 7)
    assert [one.name for one in gone] == [name_of(day * 86_400.0) for day in range(3)]
    assert len(list(tmp_path.iterdir())) == 8
    assert rotate(tmp_path, 7) == ()


def test_a_folder_given_to_the_group_is_shared_by_the_services(tmp_path: Path, key: Key) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o2770)
    open_database(folder / "companion.db", key).close()
    assert stat.S_IMODE((folder / "companion.db").stat().st_mode) == 0o660
    assert stat.S_IMODE((folder / "companion.db.lock").stat().st_mode) == 0o660
    folder.chmod(0o2775)
    open_database(folder / "companion.db", key).close()
    assert stat.S_IMODE((folder / "companion.db").stat().st_mode) == 0o600
