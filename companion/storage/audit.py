"""The audit: who did what to the data, in a chain that shows if it was tampered with.

Each row carries an HMAC-SHA256, under a key derived from the database's, of itself and of the row
before. ``meta`` holds two signed anchors, ``audit-head`` (the newest row) and ``audit-start`` (the
oldest that must be there), so that rows missing at either end show as well.

What it is good for: a row that was changed, removed, added or moved by anybody without the key is
found. With the encrypted file the cipher already keeps such people out; with PostgreSQL it is the
only guard against the server's administrator. It does not help against somebody who has the key
(root on the device), nor does it notice that the whole database was put back to an older copy.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from companion.errors import StorageError
from companion.storage.tables import audit, meta

SECRET: Final = "companion_audit"
"""Execution option under which ``Database`` hands the signing key to its connections."""

_HEAD: Final = "audit-head"
_START: Final = "audit-start"
_DROP: Final = "audit-drop"
_NOTHING: Final = "0" * 64
_LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Secret:
    """The key that signs the audit; never in a repr."""

    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act."""

    id: int
    at: float
    actor: str
    action: str
    data: Mapping[str, object]


def begin(connection: Connection) -> None:
    """Start the chain of a new database.

    Raises:
        StorageError: the connection does not come from a ``Database``.
    """
    secret = _secret(connection)
    head = _signed(secret, _HEAD, 0, _NOTHING)
    start = _signed(secret, _START, 1, _NOTHING)
    connection.execute(insert(meta), [{"key": _HEAD, "value": head}])
    connection.execute(insert(meta), [{"key": _START, "value": start}])


def append(
    connection: Connection, at: float, actor: str, action: str, data: Mapping[str, object]
) -> int:
    """Add one act at the end.

    Args:
        connection: of ``Database.begin()``.
        at: seconds since 1970.
        actor: who: ``owner``, ``sweeper``, a command ... ; at most 64 characters are kept.
        action: what: ``erase``, ``export``, ``consent`` ... ; at most 64 characters are kept.
        data: details that JSON can hold; never what a person said.

    Returns:
        The row's id.

    Raises:
        StorageError: the chain has no beginning, or ``data`` is not JSON.
    """
    secret = _secret(connection)
    last, previous = _anchor(connection, secret, _HEAD, lock=True)
    try:
        plain = json.loads(json.dumps(data, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StorageError("an audit row must be plain JSON") from error
    row = AuditRow(last + 1, float(at), actor[:_LONGEST_NAME], action[:_LONGEST_NAME], plain)
    digest = _digest(secret, row, previous)
    connection.execute(
        insert(audit).values(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            data=plain,
            previous=previous,
            digest=digest,
        )
    )
    _set_anchor(connection, secret, _HEAD, row.id, digest)
    return row.id


def rows(connection: Connection, since: float | None = None) -> tuple[AuditRow, ...]:
    """Return the acts since a time (seconds since 1970), or all, oldest first."""
    query = select(audit).order_by(audit.c.id)
    if since is not None:
        query = query.where(audit.c.at >= since)
    return tuple(
        AuditRow(row.id, row.at, row.actor, row.action, row.data)
        for row in connection.execute(query)
    )


def newest(connection: Connection, limit: int, *, actors: str = "") -> tuple[AuditRow, ...]:
    """Return the newest acts, newest first.

    Args:
        connection: of ``Database.read()``.
        limit: how many.
        actors: only of actors whose name begins so.
    """
    query = select(audit).where(audit.c.actor.startswith(actors, autoescape=True))
    return tuple(
        AuditRow(row.id, row.at, row.actor, row.action, row.data)
        for row in connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    )


def verify(connection: Connection) -> int | None:
    """Check the whole chain.

    Returns:
        The id of the first row that was changed or is missing; None when all is as it was written.

    Raises:
        StorageError: the connection does not come from a ``Database``.
    """
    secret = _secret(connection)
    try:
        expected, _ = _anchor(connection, secret, _START)
        last, last_digest = _anchor(connection, secret, _HEAD)
    except StorageError:
        return connection.scalar(select(func.min(audit.c.id))) or 1
    previous = None
    for found in connection.execute(select(audit).order_by(audit.c.id)):
        row = AuditRow(found.id, found.at, found.actor, found.action, found.data)
        if row.id != expected:
            return min(row.id, expected)
        if previous is not None and found.previous != previous:
            return row.id
        if not hmac.compare_digest(found.digest, _digest(secret, row, found.previous)):
            return row.id
        previous = found.digest
        expected += 1
    if expected != last + 1:
        return min(expected, last + 1)
    if previous is not None and previous != last_digest:
        return last
    return None


def drop_before(connection: Connection, at: float) -> int:
    """Forget the oldest rows: those in front of the first that is from ``at`` or later.

    Args:
        connection: of ``Database.begin()``.
        at: seconds since 1970.

    Returns:
        How many rows went.

    Raises:
        StorageError: the chain has no beginning.
    """
    secret = _secret(connection)
    last, _ = _anchor(connection, secret, _HEAD, lock=True)
    start, _ = _anchor(connection, secret, _START)
    kept = connection.scalar(select(func.min(audit.c.id)).where(audit.c.at >= at))
    upto = last if kept is None else kept - 1
    if upto < start:
        return 0
    # The trigger lets rows go only while this is there, and only up to it.
    connection.execute(insert(meta).values(key=_DROP, value=str(upto)))
    gone = connection.execute(delete(audit).where(audit.c.id <= upto)).rowcount
    connection.execute(delete(meta).where(meta.c.key == _DROP))
    _set_anchor(connection, secret, _START, upto + 1, _NOTHING)
    return gone


def _secret(connection: Connection) -> bytes:
    secret = connection.get_execution_options().get(SECRET)
    if not isinstance(secret, Secret):
        raise StorageError("the audit needs a connection of Database.begin()")
    return secret.raw


def _digest(secret: bytes, row: AuditRow, previous: str) -> str:
    content = json.dumps(
        [row.id, row.at, row.actor, row.action, row.data, previous], sort_keys=True
    )
    return hmac.digest(secret, content.encode(), "sha256").hex()


def _signed(secret: bytes, name: str, number: int, digest: str) -> str:
    content = f"{name}:{number}:{digest}"
    return f"{number}:{digest}:{hmac.digest(secret, content.encode(), 'sha256').hex()}"


def _anchor(
    connection: Connection, secret: bytes, name: str, *, lock: bool = False
) -> tuple[int, str]:
    query = select(meta.c.value).where(meta.c.key == name)
    value = connection.scalar(query.with_for_update() if lock else query)
    number, _, rest = (value or "").partition(":")
    digest = rest.partition(":")[0]
    if not number.isascii() or not number.isdigit():
        raise StorageError("the audit has lost its beginning or its end")
    if not hmac.compare_digest(str(value), _signed(secret, name, int(number), digest)):
        raise StorageError("the audit was tampered with: its beginning or end is not signed")
    return int(number), digest


def _set_anchor(connection: Connection, secret: bytes, name: str, number: int, digest: str) -> None:
    value = _signed(secret, name, number, digest)
    connection.execute(update(meta).where(meta.c.key == name).values(value=value))
