"""Yearly counts without identities: they outlive what they counted, and erasure."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from companion.storage.tables import meta

_PREFIX: Final = "count:"


def add_count(connection: Connection, year: int, name: str) -> None:
    """Count one more ``name`` (letters, digits, ``_ . -``) in a year."""
    key = f"{_PREFIX}{year}:{name}"
    row = connection.execute(
        select(meta.c.value).where(meta.c.key == key).with_for_update()
    ).one_or_none()
    if row is None:
        connection.execute(meta.insert().values(key=key, value="1"))
    else:
        connection.execute(
            meta.update().where(meta.c.key == key).values(value=str(int(row.value) + 1))
        )


def counts(connection: Connection, year: int) -> dict[str, int]:
    """Return every count of a year, by name."""
    start = f"{_PREFIX}{year}:"
    rows = connection.execute(select(meta).where(meta.c.key.startswith(start, autoescape=True)))
    return {row.key.removeprefix(start): int(row.value) for row in rows}


__all__ = ["add_count", "counts"]
