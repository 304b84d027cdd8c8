"""Everything that is kept, written out for a person to read and take along."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Float, LargeBinary, Table, select

from companion.errors import StorageError, StorageFullError
from companion.storage import audit
from companion.storage.channels import HIDDEN, masked
from companion.storage.columns import TABLES, ExportedTable
from companion.storage.database import Database
from companion.storage.disk import make_folder, sync_folder
from companion.storage.tables import meta, sessions
from companion.storage.trouble import explain_os

JSON_FILE: Final = "companion.json"
README: Final = "README.txt"
COUNTS: Final = "counts"
SEALED: Final = "(kept, encrypted)"
"""Instead of numbers that tell a person by their voice, and of what opens an account."""

_COUNT: Final = "count:"
_SECRET: Final = frozenset({"sealed", "password", "invitation"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets (OWASP, CSV injection)."""

_HALF: Final = re.compile(r"\.(\d+)-[0-9a-f]{8}")

Cell = str | int | float | bool | None | list[object] | dict[str, object]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    rows: Mapping[str, int]
    """By table."""
    private: bool
    """False when the disk cannot keep others from reading, as on most USB sticks."""
    audited: bool
    """False when the database could not be written to, so that no trace of the export is kept."""


def export(database: Database, folder: Path, now: float, actor: str = "command") -> Exported:
    """Write everything that is kept into a folder: JSON, a CSV for each table, and a README.

    The folder appears complete or not at all. Passwords of channels, reply codes of alerts
    and the numbers of voiceprints are not in it.

    Args:
        database: an open one.
        folder: new, or empty; nothing is ever overwritten.
        now: seconds since 1970.
        actor: who asked, for the audit.

    Raises:
        StorageFullError: no space, or a read-only disk.
        StorageError: the folder is in use or cannot be made, or the database cannot be read.
    """
    folder = folder.absolute()
    _need_free(folder)
    audited = _note(database, now, actor)
    make_folder(folder.parent)
    _clear_halves(folder)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        try:
            fresh.mkdir(mode=0o700)
            with database.read() as connection:
                rows = _write_tables(connection, fresh, now)
            _write_text(fresh / README, _readme(rows, now))
            sync_folder(fresh)
            private = not fresh.stat().st_mode & 0o077
            fresh.rename(folder)
            with suppress(OSError):
                sync_folder(folder.parent)
        except OSError as error:
            _need_free(folder)
            raise explain_os(error, str(folder)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Exported(folder, rows, private, audited)


def safe_cell(value: Cell) -> str | int | float | None:
    """Return a value as a CSV cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.lstrip(" \n").startswith(_FORMULA):
        return f"'{value}"
    return value


def iso(at: float | None) -> str | None:
    """Return seconds since 1970 as UTC in ISO 8601; None for none, or beyond the calendar."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None


def _need_free(folder: Path) -> None:
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise StorageError(f"{folder} is not a folder: name a new one")
        if folder.exists() and any(folder.iterdir()):
            raise StorageError(f"{folder} is not empty: name a new folder")
        if folder.is_mount():
            raise StorageError(f"{folder} is a whole disk: name a new folder on it")
    except OSError as error:
        raise explain_os(error, str(folder)) from error


def _clear_halves(folder: Path) -> None:
    """Remove what an export to the same folder left behind when it was killed."""
    with suppress(OSError):
        for other in folder.parent.iterdir():
            half = _HALF.fullmatch(other.name.removeprefix(f".{folder.name}"))
            if half and not Path(f"/proc/{half[1]}").exists():
                shutil.rmtree(other, ignore_errors=True)


def _note(database: Database, now: float, actor: str) -> bool:
    try:
        with database.begin() as connection:
            audit.append(connection, now, actor, "export", {})
    except StorageFullError:
        # A full disk must not keep people from their own data.
        return False
    return True


def _write_tables(connection: Connection, folder: Path, now: float) -> dict[str, int]:
    rows: dict[str, int] = {}
    with ExitStack() as files:
        whole = files.enter_context(_open(folder / JSON_FILE))
        head = {"format": "companion-export-1", "made_at": now, "made_at_iso": iso(now)}
        whole.write(json.dumps(head, indent=1)[:-2] + ',\n "tables": {')
        for number, shown in enumerate(TABLES):
            whole.write("," * bool(number) + f"\n  {json.dumps(shown.name)}: ")
            rows[shown.name] = _write_table(whole, folder, shown, _rows(connection, shown))
        whole.write("\n }\n}\n")
        _settle(whole)
    return rows


def _write_table(
    whole: IO[str], folder: Path, shown: ExportedTable, rows: Iterator[dict[str, Cell]]
) -> int:
    about = {"about": shown.about, "columns": dict(shown.columns)}
    whole.write(json.dumps(about, ensure_ascii=False)[:-1] + ', "rows": [')
    count = 0
    with _open(folder / f"{shown.name}.csv") as file:
        sheet = csv.writer(file)
        sheet.writerow(shown.columns)
        for row in rows:
            sheet.writerow([safe_cell(row[name]) for name in shown.columns])
            whole.write("," * bool(count) + "\n   " + json.dumps(row, ensure_ascii=False))
            count += 1
        _settle(file)
    whole.write("]}")
    return count


def _rows(connection: Connection, shown: ExportedTable) -> Iterator[dict[str, Cell]]:
    if shown.table is None:
        for row in connection.execute(select(meta).order_by(meta.c.key)):
            if row.key.startswith(_COUNT):
                year, _, name = row.key.removeprefix(_COUNT).partition(":")
                yield {"year": int(year), "name": name, "count": int(row.value)}
        return
    order = [shown.table.c[name] for name in shown.order]
    for row in connection.execute(select(shown.table).order_by(*order)):
        yield _shown(shown.table, dict(row._mapping))


def _shown(table: Table, values: Mapping[str, Cell]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for column in table.columns:
        value = values[column.name]
        if column.name == "channel":
            value = masked(str(value))
        elif column.name == "code":
            value = HIDDEN
        elif (
            column.name in _SECRET
            or isinstance(column.type, LargeBinary)
            or (table is sessions and column.name == "id")
        ):
            value = SEALED if value is not None else None
        found[column.name] = value
        if isinstance(column.type, Float):
            found[f"{column.name}_iso"] = iso(value if isinstance(value, float) else None)
    return found


def _readme(rows: Mapping[str, int], now: float) -> str:
    lines = [
        "What the companion keeps",
        "========================",
        "",
        f"Written on {iso(now)}. This is everything that was kept at that moment, except keys,",
        "passwords, reply codes and the numbers of voiceprints. Sound is never kept, so there is",
        "none here.",
        "",
        "These files are NOT encrypted. Whoever has them can read them: keep them safe, and delete",
        "them when they are no longer needed.",
        "",
        f"{JSON_FILE} holds all tables in one file, for programs. The .csv files hold one table",
        "each and open in any spreadsheet (UTF-8). A cell that begins with ' was given that sign",
        "so that the spreadsheet does not take it for a formula.",
        "",
        'Times stand twice: as seconds since 1970, and (ending in "_iso") as date and time in UTC.',
        "An empty cell means: nothing known, or it does not apply.",
    ]
    for shown in TABLES:
        count = rows[shown.name]
        title = f"{shown.name}.csv ({count} {'row' if count == 1 else 'rows'})"
        lines += ["", "", title, "-" * len(title), shown.about, ""]
        lines += [f"  {name}: {words}" for name, words in shown.columns.items()]
    return "\n".join(lines) + "\n"


def _open(path: Path) -> IO[str]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8", newline="")


def _settle(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write_text(path: Path, text: str) -> None:
    with _open(path) as file:
        file.write(text)
        _settle(file)
