"""The encrypted file: private, whole, shared by many, and clear about what is wrong."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select, text

from companion.errors import (
    KeyMissingError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
)
from companion.storage import audit, database, migrations
from companion.storage.database import Database, check, open_database
from companion.storage.keys import Key
from companion.storage.records import add_event, events
from companion.storage.tables import events as events_table
from companion.storage.tables import meta, metadata
from companion.storage.trouble import RecordError

WORDS = "my cat Biscuit died on Tuesday"
PAGE = 4096
Limit = Callable[[int], AbstractContextManager[None]]
Lock = Callable[[Path], AbstractContextManager[None]]


def say(opened: Database, words: str = WORDS, count: int = 1) -> None:
    with opened.begin() as connection:
        for number in range(count):
            add_event(connection, at=float(number), kind="transcript", data={"text": words})


def said(opened: Database) -> list[str]:
    with opened.read() as connection:
        return [str(event.data["text"]) for event in events(connection)]


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def filled(path: Path, key: Key) -> bytes:
    """Make a database of many pages; return its bytes."""
    opened = open_database(path, key)
    say(opened, "x" * 1000, 200)
    opened.checkpoint()
    opened.close()
    return path.read_bytes()


# What is on the disk


def test_nothing_said_is_readable_in_any_file(database: Database, path: Path) -> None:
    say(database)
    seen = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert len(seen) > 10 * PAGE
    for secret in (WORDS.encode(), b"transcript", b"CREATE TABLE", b"SQLite format"):
        assert secret not in seen


def test_the_files_are_for_their_owner_only(database: Database, path: Path) -> None:
    say(database)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {file.name for file in path.parent.iterdir()} == {
        "companion.db",
        "companion.db-wal",
        "companion.db-shm",
        "companion.db.lock",
    }
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_file_opened_to_others_is_closed_again(path: Path, key: Key) -> None:
    open_database(path, key).close()
    path.chmod(0o644)
    open_database(path, key).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_connection_is_durable_and_wipes_what_is_deleted(database: Database) -> None:
    with database.read() as one, database.read() as two:
        for connection in (one, two):
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "secure_delete") == 1
            assert pragma(connection, "temp_store") == 2
            assert str(pragma(connection, "cipher_memory_security")) == "1"


def test_a_checkpoint_empties_the_wal(database: Database, path: Path) -> None:
    say(database)
    wal = path.with_name("companion.db-wal")
    assert wal.stat().st_size > 0
    assert database.checkpoint()
    assert wal.stat().st_size == 0
    assert said(database) == [WORDS]


def test_a_vacuum_gives_room_back_and_keeps_the_rest(database: Database, path: Path) -> None:
    say(database, "x" * 1000, 500)
    say(database)
    with database.begin() as connection:
        connection.execute(events_table.delete().where(events_table.c.at > 0))
    database.checkpoint()
    before = path.stat().st_size
    assert database.vacuum()
    assert path.stat().st_size < before / 3
    assert WORDS in said(database)
    assert check(database) == ()


# Transactions


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            add_event(connection, at=0.0, kind="mood", data={"text": "half"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert said(database) == []


def test_a_look_cannot_write_and_a_write_after_it_can(database: Database) -> None:
    with pytest.raises(StorageError), database.read() as connection:
        add_event(connection, at=0.0, kind="mood", data={"text": "half"})
    say(database)
    assert said(database) == [WORDS]


def test_a_look_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        before = connection.scalar(select(func.count()).select_from(events_table))
        say(database)
        assert connection.scalar(select(func.count()).select_from(events_table)) == before
    assert said(database) == [WORDS]


def test_threads_and_programs_write_at_the_same_time(path: Path, key: Key) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from companion.storage.database import open_database\n"
        "from companion.storage.keys import Key\n"
        "from companion.storage.records import add_event\n"
        "opened = open_database(Path(sys.argv[1]), Key(bytes.fromhex(sys.argv[2])))\n"
        "for n in range(40):\n"
        "    with opened.begin() as c: add_event(c, at=n, kind='mood', data={'text': 'program'})\n"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), key.hex],
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]
    opened = open_database(path, key)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: say(opened, "thread"), range(160)))
    for program in programs:
        _, noise = program.communicate(timeout=60)
        assert (program.returncode, noise) == (0, b"")
    words = said(opened)
    assert (words.count("thread"), words.count("program")) == (160, 120)
    assert check(opened) == ()
    opened.close()


def test_many_may_open_a_new_database_at_once(path: Path, key: Key) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_database(path, key), range(8)))
    for number, one in enumerate(opened):
        say(one, str(number))
    assert sorted(said(opened[0])) == [str(number) for number in range(8)]
    for one in opened:
        one.close()


def test_a_refused_record_is_told_without_its_words(database: Database) -> None:
    with pytest.raises(RecordError) as refused, database.begin() as connection:
        add_event(connection, at=0, kind="mood", data={"text": WORDS}, person_id="nobody")
    assert WORDS not in f"{refused.value!r}"
    assert refused.value.__suppress_context__
    with pytest.raises(RecordError, match="unusable data"), database.begin() as connection:
        add_event(connection, at=0, kind="mood", data={"text": float("nan")})
    with pytest.raises(RecordError, match="unusable data"), database.begin() as connection:
        add_event(connection, at=0, kind="mood", data={"text": object()})
    say(database)


def test_a_database_that_was_erased_and_begun_anew_gets_the_next_records(
    database: Database, path: Path, key: Key
) -> None:
    say(database, "old")
    for name in ("companion.db-wal", "companion.db-shm", "companion.db"):
        path.with_name(name).unlink()
    with pytest.raises(StorageError, match="is gone"):
        say(database, "lost")
    assert not path.exists()
    other = open_database(path, key)
    say(database, "new")
    assert said(other) == ["new"]
    other.close()


# The key


def test_a_wrong_key_is_named_and_changes_nothing(
    path: Path, key: Key, capfd: pytest.CaptureFixture[str]
) -> None:
    before = filled(path, key)
    with pytest.raises(KeyMissingError, match="put back the key"):
        open_database(path, Key(b"\x01" * 32))
    assert path.read_bytes() == before
    assert capfd.readouterr() == ("", "")
    opened = open_database(path, key)
    assert len(said(opened)) == 200
    opened.close()


def test_no_key_is_told(path: Path) -> None:
    with pytest.raises(KeyMissingError, match="needs its key"):
        open_database(path, None)
    assert not path.exists()


# Damage


def _plain(path: Path) -> None:
    path.unlink()
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE t (a)")
    plain.close()


def _overwritten(first: int, last: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[first * PAGE : last * PAGE] = os.urandom((last - first) * PAGE)
        path.write_bytes(content)

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"Dear diary,\n" * 500), "not a database of ours"),
        (_plain, "not encrypted"),
        (_overwritten(0, 1), "damaged at its beginning"),
        (_overwritten(0, 20), "damaged at its beginning"),
        (lambda path: path.write_bytes(path.read_bytes()[: PAGE // 2]), "damaged"),
    ],
    ids=["empty", "foreign", "plain", "page 1", "pages 1-20", "half a page"],
)
def test_a_damaged_beginning_is_told_and_kept(
    path: Path,
    key: Key,
    capfd: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
    words: str,
) -> None:
    filled(path, key)
    damage(path)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageCorruptError, match=words):
            open_database(path, key)
    assert path.read_bytes() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "damage",
    [
        None,
        _overwritten(45, 60),
        lambda path: path.write_bytes(path.read_bytes()[: 45 * PAGE]),
        lambda path: path.write_bytes(path.read_bytes()[: 45 * PAGE + 100]),
    ],
    ids=["one page", "many pages", "cut short", "cut inside a page"],
)
def test_damage_further_in_is_found_and_kept(
    path: Path,
    key: Key,
    capfd: pytest.CaptureFixture[str],
    damage: Callable[[Path], None] | None,
) -> None:
    filled(path, key)
    if damage is None:  # the page where the events begin, wherever the migrations put it
        opened = open_database(path, key)
        with opened.read() as connection:
            where = "SELECT rootpage FROM sqlite_master WHERE name = 'events'"
            page = int(connection.scalar(text(where)))
        opened.close()
        damage = _overwritten(page - 1, page)
    damage(path)
    before = path.read_bytes()

    def look() -> None:
        opened = open_database(path, key)
        try:
            assert check(opened) != ()
            said(opened)
        finally:
            opened.close()

    with pytest.raises(StorageCorruptError, match=r"is damaged; it was left as it is"):
        look()
    assert path.read_bytes() == before
    assert capfd.readouterr() == ("", "")


def test_an_empty_file_does_not_cost_the_records_in_its_wal(path: Path, key: Key) -> None:
    opened = open_database(path, key)
    say(opened)
    wal = path.with_name("companion.db-wal")
    kept = wal.read_bytes()
    opened.close()
    wal.write_bytes(kept)
    path.write_bytes(b"")
    with pytest.raises(StorageCorruptError, match="is empty"):
        open_database(path, key)
    assert wal.read_bytes() == kept


def test_a_wal_without_its_database_is_not_overwritten(path: Path, key: Key) -> None:
    opened = open_database(path, key)
    say(opened)
    wal = path.with_name("companion.db-wal")
    kept = wal.read_bytes()
    opened.close()
    path.unlink()
    wal.write_bytes(kept)
    with pytest.raises(StorageCorruptError, match=r"companion\.db is missing"):
        open_database(path, key)
    assert wal.read_bytes() == kept
    assert not path.exists()


def test_an_encrypted_database_of_another_program_is_left_alone(path: Path, key: Key) -> None:
    from companion.storage.cipher import connect

    path.parent.mkdir()
    path.touch()
    foreign = connect(path, key, fresh=True)
    foreign.execute("CREATE TABLE t (a)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StorageCorruptError, match="not a database of ours"):
        open_database(path, key)
    assert path.read_bytes() == before


def test_a_start_that_was_cut_short_begins_again(path: Path, key: Key) -> None:
    path.parent.mkdir()
    path.with_name("companion.db.new").write_bytes(os.urandom(3 * PAGE))
    path.with_name("companion.db.new-wal").write_bytes(os.urandom(PAGE))
    opened = open_database(path, key)
    say(opened)
    opened.close()
    assert {file.name for file in path.parent.iterdir()} == {"companion.db", "companion.db.lock"}


# A full or read-only disk


def test_a_full_disk_loses_nothing_and_heals(
    database: Database, path: Path, full_disk: Limit
) -> None:
    say(database, count=3)
    database.checkpoint()
    with full_disk(path.stat().st_size):
        for _ in range(3):
            with pytest.raises(StorageFullError, match="disk"):
                say(database, "y" * 200_000)
            assert said(database) == [WORDS] * 3
    say(database, "again")
    assert said(database) == [WORDS, "again", WORDS, WORDS]
    assert check(database) == ()


def test_a_full_database_loses_nothing(database: Database) -> None:
    def overfill() -> None:
        with database.begin() as connection:
            pages = pragma(connection, "page_count")
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            add_event(connection, at=1, kind="mood", data={"text": "y" * 100_000})

    say(database)
    with pytest.raises(StorageFullError, match="free some disk space"):
        overfill()
    assert said(database) == [WORDS]
    say(database, "y" * 100_000)


def test_a_full_disk_leaves_no_half_database(path: Path, key: Key, full_disk: Limit) -> None:
    for size in (0, 100, PAGE, 5 * PAGE):
        with full_disk(size), pytest.raises(StorageFullError):
            open_database(path, key)
        assert not path.exists()
    opened = open_database(path, key)
    say(opened)
    opened.close()


def test_a_new_database_appears_only_when_it_is_whole(
    path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    from companion.storage.cipher import connect

    real, held = migrations.upgrade, []

    def upgrade(connection: Connection, where: str) -> None:
        # With somebody still there, closing cannot move the WAL into the file: as on a full disk.
        held.append(connect(path.with_name("companion.db.new"), key, fresh=True))
        real(connection, where)

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "upgrade", upgrade)
        with pytest.raises(StorageFullError):
            open_database(path, key)
    assert not path.exists()
    held[0].close()
    open_database(path, key).close()


def test_a_read_only_folder_is_told(open_folder: Path, key: Key, locked_folder: Lock) -> None:
    path = open_folder / "companion.db"
    opened = open_database(path, key)
    say(opened)
    opened.close()
    before = path.read_bytes()
    with locked_folder(open_folder), pytest.raises(StorageFullError, match="read-only"):
        say(open_database(path, key))
    assert path.read_bytes() == before
    opened = open_database(path, key)
    assert said(opened) == [WORDS]
    opened.close()
    path.unlink()
    with locked_folder(open_folder), pytest.raises(StorageFullError, match="read-only"):
        open_database(path, key)


# Migrations


def _revisions() -> list[str]:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _old_database(path: Path, key: Key, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = migrations.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "HEAD", revision)
        patch.setattr(
            database.migrations, "upgrade", lambda c, where: real(c, where, revision=revision)
        )
        open_database(path, key).close()


def test_the_newest_revision_is_the_one_the_code_knows() -> None:
    assert _revisions()[-1] == migrations.HEAD


def _differences(connection: Connection) -> list[object]:
    def ours(name: str | None, kind: str, parents: object) -> bool:
        # An FTS5 index keeps tables of its own.
        return kind != "table" or not (name or "").startswith("memory_words")

    context = MigrationContext.configure(connection, opts={"include_name": ours})
    return list(compare_metadata(context, metadata))


def test_migrations_make_the_tables_the_code_uses(database: Database) -> None:
    with database.begin() as connection:
        found = _differences(connection)
    assert found == []


@pytest.mark.parametrize("revision", _revisions())
def test_every_earlier_database_is_upgraded_with_its_records(
    path: Path, key: Key, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_database(path, key, revision, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "HEAD", revision)
        opened = open_database(path, key)
        say(opened)
        opened.close()
    opened = open_database(path, key)
    with opened.begin() as connection:
        assert migrations.current(connection) == migrations.HEAD
        assert _differences(connection) == []
        audit.append(connection, 1.0, "test", "upgrade", {})
        assert audit.verify(connection) is None
    with pytest.raises(RecordError), opened.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'x'"))
    assert said(opened) == [WORDS]
    opened.close()


def test_many_may_upgrade_an_old_database_at_once(
    path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_database(path, key, "0001", monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        for opened in pool.map(lambda _: open_database(path, key), range(6)):
            opened.close()


def test_a_migration_that_fails_leaves_the_old_tables(
    path: Path, key: Key, full_disk: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_database(path, key, "0001", monkeypatch)
    with full_disk(path.stat().st_size // 4), pytest.raises(StorageFullError):
        open_database(path, key)
    open_database(path, key).close()


def test_a_database_of_a_newer_version_is_left_alone(path: Path, key: Key) -> None:
    opened = open_database(path, key)
    with opened.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.checkpoint()
    opened.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer version"):
        open_database(path, key)
    assert path.read_bytes() == before


def test_opening_makes_no_noise(
    path: Path, key: Key, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    open_database(path, key).close()
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_path_with_odd_characters_works(tmp_path: Path, key: Key) -> None:
    opened = open_database(tmp_path / "a %20?#'x' ü" / "companion.db", key)
    say(opened)
    assert said(opened) == [WORDS]
    opened.close()


# PostgreSQL


def test_a_server_keeps_records_and_guards_the_audit(server_url: str, key: Key) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened, *others = pool.map(lambda _: open_database(None, key, url=server_url), range(4))
    say(opened)
    assert not opened.is_sqlite
    assert opened.path is None
    assert said(others[0]) == [WORDS]
    with opened.begin() as connection:
        assert _differences(connection) == []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: _audited(one, 10), [opened, *others]))
    with opened.read() as connection:
        assert [row.id for row in audit.rows(connection)] == list(range(1, 41))
        assert audit.verify(connection) is None
    for act in (
        "UPDATE audit SET actor = 'x' WHERE id = 3",
        "DELETE FROM audit WHERE id = 1",
        "TRUNCATE audit",
    ):
        with pytest.raises(RecordError), opened.begin() as connection:
            connection.execute(text(act))
    with opened.begin() as connection:
        assert audit.drop_before(connection, 5.0) == 0 or audit.verify(connection) is None
    with pytest.raises(RecordError) as refused, opened.begin() as connection:
        add_event(connection, at=0, kind="mood", data={"text": WORDS}, person_id="nobody")
    assert WORDS not in repr(refused.value)
    with pytest.raises(StorageError), opened.read() as connection:
        add_event(connection, at=0, kind="mood", data={"text": "half"})
    say(opened, "after")
    assert opened.vacuum()
    assert check(opened) == ()
    for one in (opened, *others):
        one.close()
    with pytest.raises(KeyMissingError, match="put that one back"):
        open_database(None, Key(b"\x01" * 32), url=server_url)


def _audited(opened: Database, count: int) -> None:
    for number in range(count):
        with opened.begin() as connection:
            audit.append(connection, float(number), "test", "count", {"n": number})


@pytest.mark.parametrize("revision", _revisions())
def test_every_earlier_server_database_is_upgraded(
    server_url: str, key: Key, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = migrations.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "HEAD", revision)
        patch.setattr(migrations, "upgrade", lambda c, where: real(c, where, revision=revision))
        opened = open_database(None, key, url=server_url)
        say(opened)
        opened.close()
    opened = open_database(None, key, url=server_url)
    assert said(opened) == [WORDS]
    with opened.read() as connection:
        assert migrations.current(connection) == migrations.HEAD
    opened.close()


def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path, key: Key) -> None:
    url = f"postgresql://me:hunter2@/companion?host={tmp_path}"
    with pytest.raises(StorageError, match="is the server running") as away:
        open_database(None, key, url=url)
    assert "hunter2" not in str(away.value)


def test_a_server_without_that_database_is_told(server: Path, key: Key) -> None:
    with pytest.raises(StorageError) as missing:
        open_database(None, key, url=f"postgresql://companion@/nowhere?host={server}")
    assert "nowhere" in str(missing.value)


@pytest.mark.parametrize("url", ["mysql://me:hunter2@host/x", "hunter2", "sqlite:///x.db", ""])
def test_a_url_of_another_kind_is_refused(url: str, key: Key) -> None:
    with pytest.raises(StorageError, match="postgresql://") as refused:
        open_database(None, key, url=url)
    assert "hunter2" not in str(refused.value)


def test_a_missing_driver_is_told(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StorageError, match="pip install"):
        open_database(None, key, url="postgresql://me@host/x")


def test_small_facts_survive(database: Database, path: Path, key: Key) -> None:
    with database.begin() as connection:
        connection.execute(insert(meta).values(key="a", value="b"))
    database.close()
    opened = open_database(path, key)
    with opened.read() as connection:
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "a")) == "b"
    opened.close()
