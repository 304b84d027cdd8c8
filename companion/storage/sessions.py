"""Who is logged in to the dashboard. Only the SHA-256 of a token is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from companion.storage.tables import sessions

_SEEN_EVERY_S: Final = 60.0
"""``seen_at`` is written this often at most, so that reading rarely writes."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is logged in."""

    id: str
    carer_id: str
    created_at: float
    """Seconds since 1970, as all times here."""
    expires_at: float
    seen_at: float
    complete: bool
    """False while the second factor is missing."""


def digest(token: str) -> str:
    """Return what is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    connection: Connection, carer_id: str, *, now: float, lasts_s: float, complete: bool
) -> str:
    """Log somebody in; return the token for the cookie (256 random bits)."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sessions).values(
            id=digest(token),
            carer_id=carer_id,
            created_at=now,
            expires_at=now + lasts_s,
            seen_at=now,
            complete=complete,
        )
    )
    return token


def find_session(
    connection: Connection, token: str, *, now: float, idle_s: float
) -> Session | None:
    """Return the session of a token, unless it is over or was idle for too long."""
    row = connection.execute(select(sessions).where(sessions.c.id == digest(token))).first()
    if row is None or row.expires_at <= now or now - row.seen_at > idle_s:
        return None
    # A clock that was put back must not prolong anything.
    if row.created_at > now + _SEEN_EVERY_S:
        return None
    return Session(row.id, row.carer_id, row.created_at, row.expires_at, row.seen_at, row.complete)


def needs_touch(session: Session, now: float) -> bool:
    """Return whether ``touch`` is due."""
    return now - session.seen_at >= _SEEN_EVERY_S


def touch(connection: Connection, session: Session, now: float) -> None:
    """Write down that a session was used."""
    connection.execute(update(sessions).where(sessions.c.id == session.id).values(seen_at=now))


def close_session(connection: Connection, session_id: str) -> None:
    """Log one browser out."""
    connection.execute(delete(sessions).where(sessions.c.id == session_id))


def close_sessions(connection: Connection, carer_id: str, *, but: str | None = None) -> int:
    """Log an account out everywhere, except in one session; return how many ended."""
    where = sessions.c.carer_id == carer_id
    if but is not None:
        where &= sessions.c.id != but
    return connection.execute(delete(sessions).where(where)).rowcount


def count_sessions(connection: Connection, carer_id: str, now: float) -> int:
    """Return in how many browsers an account is logged in."""
    rows = connection.execute(
        select(sessions.c.id).where(sessions.c.carer_id == carer_id, sessions.c.expires_at > now)
    )
    return len(rows.all())
