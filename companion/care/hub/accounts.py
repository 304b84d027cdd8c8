"""Who of the team may look: accounts by role, Argon2id passwords, sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import delete, insert, select, update

from companion.care.hub.store import Store
from companion.care.hub.tables import accounts, sessions
from companion.errors import HubError

MAY: Final[Mapping[str, frozenset[str]]] = {
    "nurse": frozenset({"ward", "summary", "mood", "alerts", "answer", "devices"}),
    "therapist": frozenset({"ward", "summary", "mood"}),
    "technician": frozenset({"devices"}),
}
"""Role -> what it may see and do; all else is denied."""

SHORTEST: Final = 10
"""Characters of a password (NIST SP 800-63B-4 asks for 8 beside a second factor)."""
_LONGEST: Final = 256
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
IDLE_S: Final = 30 * 60.0
"""A shared ward computer is left alone: without a page so long, the session ends."""
LONGEST_S: Final = 12 * 3600.0
_AT_ONCE: Final = BoundedSemaphore(2)
"""Each hash takes 64 MiB; more at once would let strangers fill the memory."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in."""

    login: str
    name: str
    role: str
    csrf: str
    digest: str

    def may(self, what: str) -> bool:
        """Return whether their role may see or do something."""
        return what in MAY.get(self.role, frozenset())


class Accounts:
    """Accounts and sessions in the hub's database."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None) -> None:
        """Prepare; by default RFC 9106's second option (t=3, p=4, 64 MiB).

        Args:
            store: the hub's database.
            hasher: a lighter one, for tests.
        """
        self._store = store
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash("nobody has this password")

    def put(self, login: str, name: str, role: str, password: str, now: float) -> None:
        """Make an account, or give one a new name, role and password; its sessions end.

        Raises:
            HubError: an unusable login or password, or an unknown role.
        """
        if not _LOGIN.fullmatch(login):
            raise HubError("a login has 2 to 63 small letters, digits, dots and dashes")
        if role not in MAY:
            raise HubError(f"no role is called {role}: use {', '.join(MAY)}")
        if not SHORTEST <= len(password) <= _LONGEST or len(set(password)) < 4:
            raise HubError(f"a password has {SHORTEST} to {_LONGEST} different characters")
        with _AT_ONCE:
            hashed = self._hasher.hash(password)
        values = {"name": name, "role": role, "password": hashed, "disabled_at": None}
        with self._store.begin() as connection:
            found = connection.scalar(select(accounts.c.id).where(accounts.c.login == login))
            if found is None:
                connection.execute(insert(accounts).values(login=login, made_at=now, **values))
                return
            connection.execute(update(accounts).where(accounts.c.id == found).values(**values))
            connection.execute(delete(sessions).where(sessions.c.account_id == found))

    def close(self, login: str, now: float) -> bool:
        """Close an account and end its sessions; return whether there was one."""
        with self._store.begin() as connection:
            found = connection.scalar(
                update(accounts)
                .where(accounts.c.login == login, accounts.c.disabled_at.is_(None))
                .values(disabled_at=now)
                .returning(accounts.c.id)
            )
            connection.execute(delete(sessions).where(sessions.c.account_id == found))
        return found is not None

    def log_in(self, login: str, password: str, now: float) -> str | None:
        """Return a new session's cookie; None when login or password are wrong.

        A wrong login takes as long as a wrong password.
        """
        with self._store.begin() as connection:
            row = connection.execute(
                select(accounts.c.id, accounts.c.password).where(
                    accounts.c.login == login.strip().lower(), accounts.c.disabled_at.is_(None)
                )
            ).first()
        if not self._fits(row.password if row else self._nobody, password) or row is None:
            return None
        cookie = secrets.token_urlsafe(32)
        with self._store.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    digest=_digest(cookie),
                    account_id=row.id,
                    csrf=secrets.token_urlsafe(24),
                    seen_at=now,
                    ends_at=now + LONGEST_S,
                )
            )
        return cookie

    def session(self, cookie: str, now: float) -> Session | None:
        """Return whose cookie this is, if it is still good."""
        with self._store.begin() as connection:
            row = connection.execute(
                select(accounts, sessions.c.csrf, sessions.c.digest, sessions.c.seen_at)
                .join(sessions, sessions.c.account_id == accounts.c.id)
                .where(
                    sessions.c.digest == _digest(cookie),
                    sessions.c.ends_at > now,
                    sessions.c.seen_at > now - IDLE_S,
                    accounts.c.disabled_at.is_(None),
                )
            ).first()
            if row is None:
                return None
            if now - row.seen_at > 60.0:
                mine = sessions.c.digest == row.digest
                connection.execute(update(sessions).where(mine).values(seen_at=now))
        return Session(row.login, row.name, row.role, row.csrf, row.digest)

    def log_out(self, session: Session) -> None:
        """End a session."""
        with self._store.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == session.digest))

    def _fits(self, hashed: str, password: str) -> bool:
        with _AT_ONCE:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
