"""Forgetting: everything, or all about one person.

A full erase of the encrypted file takes its key away first, so that whatever old pages a disk still
holds stay unreadable, then removes the file and begins a new one under a new key. With PostgreSQL
there are no such pages of ours: rows are deleted and the tables rewritten.

A marker file says that an erase has begun. It appears before the first change and goes after the
last, so a power cut leaves an erase that has not begun or one that ``resume`` completes at the next
start. The marker holds no names. Whoever works on the erase holds a lock on it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select

from companion.errors import KeyMissingError, StorageError, StorageFullError
from companion.storage import audit, erase_rows, keys
from companion.storage.database import Database, open_database
from companion.storage.disk import locked, make_folder, sync_folder
from companion.storage.leftovers import (
    database_files,
    half_written,
    remove_learned,
    strangers,
    wipe,
)
from companion.storage.marker import LONGEST_S, Place, held, marked, read_order, unmark
from companion.storage.people import Person
from companion.storage.tables import meta, metadata
from companion.storage.trouble import explain_os

__all__ = ["Erased", "Place", "erase", "resume"]

_STEP_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Erased:
    """What went."""

    rows: Mapping[str, int]
    """By table; empty when the old file could not be read."""
    files: int
    """Caches and learned files."""
    left: tuple[str, ...]
    """Names in the state folder that are not ours."""
    new_key: bool
    passphrase_lost: bool = False
    """The new key has no passphrase, though the old one had."""
    complete: bool = True
    """False when a program in the way kept old pages in use; the next start completes it."""


def erase(
    database: Database | None,
    place: Place,
    now: float,
    *,
    person: Person | None = None,
    passphrase: str | None = None,
    actor: str = "command",
) -> Erased:
    """Erase everything, or all about one person.

    Args:
        database: open; it is closed by a full erase of a file: open the new one. None when the
            file cannot be read; then only everything can be erased.
        place: where things lie.
        now: seconds since 1970.
        person: whom to forget: their rows, contacts and consents, and every event that names them.
            None is everything.
        passphrase: put on the new key if the old one has one.
        actor: who asked, for the audit.

    Raises:
        StorageError: it could not be begun, or not be completed yet; the text says which.
    """
    if database is None and (person is not None or place.path is None):
        raise StorageError("the database must be open for this")
    order: dict[str, object] = {"format": 1, "at": now, "actor": actor, "scope": "person"}
    rows: Mapping[str, int] = {}
    if database is not None:
        with suppress(StorageError), database.read() as connection:
            rows = erase_rows.planned(connection, person)
    if person is None:
        order |= {"scope": "everything", "new_key": _is_ours(place), "counts": {}}
        order["wrapped"] = _is_wrapped(place.key_path)
        if database is not None:
            with suppress(StorageError):
                order["counts"] = _counts(database)
    if place.path is not None and place.path.parent != place.state_dir:
        make_folder(place.state_dir)
    with marked(place, order):
        if database is not None and (person is not None or place.path is None):
            try:
                with database.begin() as connection:
                    if person is not None:
                        rows = erase_rows.erase_person(connection, person)
                    else:
                        erase_rows.erase_all(connection)
                    audit.append(connection, now, actor, "erase", {"scope": order["scope"]})
            except BaseException:
                unmark(place)  # nothing was changed
                raise
            done = _settle(place, database)
        else:
            if database is not None:
                _turn_away(database)
            done = _begin_anew(place, order, passphrase)
        if done.complete:
            unmark(place)
    return replace(done, rows=rows)


def resume(place: Place, *, url: str | None = None, passphrase: str | None = None) -> bool:
    """Complete an erase that was cut short; call it before the key is loaded.

    Args:
        place: where things lie.
        url: of PostgreSQL.
        passphrase: of the key.

    Returns:
        Whether there was something to complete.

    Raises:
        StorageError: it cannot be completed; what is left must not be used.
    """
    order = read_order(place)
    if order is None:
        return False
    if order.get("scope") != "everything" or place.path is None:
        # The rows were deleted all together or not at all; what is left is to let go of the bytes.
        with suppress(StorageError), held(place, wait_s=0.0) as mine:
            if mine:
                key = keys.load_key(place.key_path, passphrase=passphrase, create=False)
                database = open_database(place.path, key, url=url)
                try:
                    if _settle(place, database).complete:
                        unmark(place)
                finally:
                    database.close()
        return True
    with held(place, wait_s=LONGEST_S) as mine:
        if mine:
            _begin_anew(place, order, passphrase)
            unmark(place)
    return True


def _begin_anew(place: Place, order: Mapping[str, object], passphrase: str | None) -> Erased:
    """Take key and file away and begin new ones; may be repeated from any point."""
    path = place.path
    assert path is not None
    new_key = bool(order.get("new_key"))
    fresh = path.with_name(f"{path.name}.next")
    make_folder(path.parent)
    try:
        with locked(path):
            if new_key:
                make_folder(place.key_path.parent)
                for old in (place.key_path, *half_written(place.key_path)):
                    wipe(old)
                sync_folder(place.key_path.parent)
            for old in database_files(path):
                # Without its key a file is noise already.
                old.unlink(missing_ok=True) if new_key else wipe(old)
            sync_folder(path.parent)
            gone = remove_learned(place.state_dir)
            key = keys.load_key(place.key_path, passphrase=passphrase, create=True)
            bare = bool(order.get("wrapped")) and new_key
            if bare and passphrase:
                with suppress(KeyMissingError):
                    keys.wrap_key(place.key_path, passphrase)
                    bare = False
            _found(fresh, key, order)
            fresh.rename(path)
            fresh.with_name(f"{fresh.name}.lock").unlink(missing_ok=True)
            sync_folder(path.parent)
    except OSError as error:
        raise explain_os(error, str(path)) from error
    left = strangers(place.state_dir, path, place.key_path, place.marker)
    return Erased({}, gone, left, new_key, passphrase_lost=bare)


def _found(fresh: Path, key: keys.Key, order: Mapping[str, object]) -> None:
    database = open_database(fresh, key)
    try:
        with database.begin() as connection:
            counts = order.get("counts")
            for name, value in (counts if isinstance(counts, dict) else {}).items():
                connection.execute(insert(meta).values(key=str(name), value=str(value)))
            at = order.get("at")
            audit.append(
                connection,
                float(at) if isinstance(at, (int, float)) else 0.0,
                str(order.get("actor", "command")),
                "erase",
                {"scope": "everything"},
            )
        database.checkpoint()
    finally:
        database.close()


def _settle(place: Place, database: Database) -> Erased:
    """Let the bytes of deleted rows go, and what was learned."""
    gone = remove_learned(place.state_dir)
    complete = _let_go(database) if database.is_sqlite else erase_rows.rewrite(database)
    left = strangers(place.state_dir, place.path, place.key_path, place.marker)
    return Erased({}, gone, left, False, complete=complete)


def _let_go(database: Database) -> bool:
    """Rewrite the file and empty its journal, however long somebody is in the way."""
    patience = time.monotonic() + LONGEST_S
    rewritten = False
    while True:
        with suppress(StorageError):
            try:
                done = database.checkpoint() if rewritten else database.vacuum()
                rewritten = True
            except StorageFullError:
                # Deleted rows are overwritten in place all the same.
                done = database.checkpoint()
            if done:
                return True
        if time.monotonic() > patience:
            return False
        time.sleep(_STEP_S)


def _turn_away(database: Database) -> None:
    """Make a program that is about to write to the old file fail there, and look for the new."""
    with suppress(StorageError), database.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
    database.close()


def _counts(database: Database) -> dict[str, str]:
    with database.read() as connection:
        query = select(meta).where(meta.c.key.startswith(erase_rows.COUNT, autoescape=True))
        return {row.key: row.value for row in connection.execute(query)}


def _is_ours(place: Place) -> bool:
    """Return whether the key in use is a file that can be replaced."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / keys.CREDENTIAL).exists():
        return False
    try:
        return os.access(place.key_path.parent, os.W_OK) or not place.key_path.parent.exists()
    except OSError:
        return False


def _is_wrapped(key_path: Path) -> bool:
    with suppress(StorageError):
        return keys.is_wrapped(key_path)
    return False
