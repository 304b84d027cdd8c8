"""The audit shows whatever was done to it behind its back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, text, update

from companion.errors import StorageError
from companion.storage import audit
from companion.storage.database import Database
from companion.storage.tables import audit as table
from companion.storage.tables import meta
from companion.storage.trouble import RecordError


def fill(database: Database, count: int = 6) -> None:
    for number in range(1, count + 1):
        with database.begin() as connection:
            audit.append(
                connection, number * 10.0 + 0.1, "owner", "export", {"n": number, "to": "é"}
            )


def verdict(database: Database) -> int | None:
    with database.read() as connection:
        return audit.verify(connection)


def tamper(database: Database, *statements: str) -> None:
    """Change the table as somebody would who got past the triggers but has no key."""
    with database.begin() as connection:
        for name in ("audit_no_update", "audit_no_delete", "audit_no_insert"):
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def test_rows_come_back_as_they_were_written(database: Database) -> None:
    fill(database)
    with database.read() as connection:
        rows = audit.rows(connection)
        late = audit.rows(connection, since=50.0)
    assert rows[0] == audit.AuditRow(1, 10.1, "owner", "export", {"n": 1, "to": "é"})
    assert [row.id for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.id for row in late] == [5, 6]
    assert verdict(database) is None


def test_an_empty_audit_is_whole(database: Database) -> None:
    assert verdict(database) is None


def test_data_that_json_changes_is_still_whole(database: Database) -> None:
    with database.begin() as connection:
        audit.append(
            connection, 1, "x" * 100, "y", {"tuple": (1, 2.50), "none": None, "big": 2**70}
        )
    with database.read() as connection:
        row = audit.rows(connection)[0]
    assert row.data == {"tuple": [1, 2.5], "none": None, "big": 2**70}
    assert len(row.actor) == 64
    assert verdict(database) is None


def test_data_that_is_not_json_is_refused(database: Database) -> None:
    for bad in ({"x": object()}, {"x": float("inf")}):
        with pytest.raises(StorageError, match="plain JSON"), database.begin() as connection:
            audit.append(connection, 1.0, "a", "b", bad)
    assert verdict(database) is None


@pytest.mark.parametrize(
    "statement",
    [
        update(table).values(actor="nobody"),
        update(table).where(table.c.id == 2).values(data={}),
        delete(table),
        delete(table).where(table.c.id == 1),
        delete(table).where(table.c.id == 6),
        insert(table).values(id=3, at=0, actor="", action="", data={}, previous="", digest=""),
        text("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 3"),
    ],
    ids=["update all", "update one", "empty", "first", "last", "insert", "replace"],
)
def test_the_database_itself_forbids_changes(database: Database, statement) -> None:  # type: ignore[no-untyped-def]
    fill(database)
    with pytest.raises(RecordError, match="audit"), database.begin() as connection:
        connection.execute(statement)
    assert verdict(database) is None


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit SET actor = 'nobody' WHERE id = 3"], 3),
        (["UPDATE audit SET at = at + 1 WHERE id = 1"], 1),
        (["UPDATE audit SET data = '{}' WHERE id = 6"], 6),
        (["UPDATE audit SET digest = previous WHERE id = 4"], 4),
        (["DELETE FROM audit WHERE id = 1"], 1),
        (["DELETE FROM audit WHERE id = 4"], 4),
        (["DELETE FROM audit WHERE id = 6"], 6),
        (["DELETE FROM audit WHERE id >= 3"], 3),
        (["DELETE FROM audit"], 1),
        (["DELETE FROM audit", "DELETE FROM meta WHERE key LIKE 'audit-%'"], 1),
        (["DELETE FROM meta WHERE key = 'audit-head'"], 1),
        (
            [
                "DELETE FROM audit WHERE id = 6",
                "UPDATE meta SET value = replace(value, '6:', '5:') WHERE key = 'audit-head'",
            ],
            1,
        ),
        (
            [
                "INSERT INTO audit SELECT 7, at, actor, action, data, digest, digest "
                "FROM audit WHERE id = 6"
            ],
            7,
        ),
        (
            [
                "UPDATE audit SET id = 100 WHERE id = 2",
                "UPDATE audit SET id = 2 WHERE id = 3",
                "UPDATE audit SET id = 3 WHERE id = 100",
            ],
            2,
        ),
    ],
)
def test_tampering_is_found_at_its_row(
    database: Database, statements: list[str], broken: int
) -> None:
    fill(database)
    tamper(database, *statements)
    assert verdict(database) == broken


def test_a_row_signed_with_another_key_is_found(database: Database) -> None:
    fill(database)
    with database.begin() as connection:
        other = connection.execution_options(**{audit.SECRET: audit.Secret(b"\x01" * 32)})
        with pytest.raises(StorageError, match="tampered"):
            audit.append(other, 1.0, "a", "b", {})


def test_a_broken_end_is_not_built_upon(database: Database) -> None:
    fill(database)
    tamper(database, "UPDATE meta SET value = '9:x:y' WHERE key = 'audit-head'")
    with pytest.raises(StorageError, match="tampered"):
        fill(database, 1)


def test_old_rows_leave_from_the_front_and_the_rest_stays_whole(database: Database) -> None:
    fill(database)
    with database.begin() as connection:
        assert audit.drop_before(connection, 35.0) == 3
        assert audit.drop_before(connection, 35.0) == 0
    assert verdict(database) is None
    fill(database, 2)
    assert verdict(database) is None
    with database.read() as connection:
        assert [row.id for row in audit.rows(connection)] == [4, 5, 6, 7, 8]
        assert not connection.execute(select(meta).where(meta.c.key == "audit-drop")).all()
    # Rows 7 and 8 carry early times, but they are not in front.
    with database.begin() as connection:
        assert audit.drop_before(connection, 35.0) == 0
        assert audit.drop_before(connection, 1e12) == 5
    assert verdict(database) is None
    fill(database, 1)
    assert verdict(database) is None


def test_a_dropped_front_does_not_hide_a_missing_row(database: Database) -> None:
    fill(database)
    with database.begin() as connection:
        audit.drop_before(connection, 25.0)
    tamper(database, "DELETE FROM audit WHERE id = 3")
    assert verdict(database) == 3


def test_a_connection_from_elsewhere_cannot_sign(database: Database) -> None:
    work: tuple[Callable[..., object], ...] = (audit.verify, audit.begin)
    with database.read() as connection:
        bare = connection.execution_options(**{audit.SECRET: None})
        for act in work:
            with pytest.raises(StorageError, match=r"Database\.begin"):
                act(bare)
