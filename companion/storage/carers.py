"""Accounts on the dashboard: who they belong to, how they log in, what each may see.

A password is kept as an Argon2id hash, an invitation as a SHA-256 (random, so that is enough), the
second factor sealed (see ``sealing``).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from companion.errors import StorageError
from companion.storage.sealing import seal, unseal
from companion.storage.tables import carers, people, sessions, sharing

ROLES: Final = ("owner", "family", "nurse", "therapist")

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor: time-based codes (RFC 6238), and codes on paper for a lost phone."""

    secret: str = field(repr=False)
    """Base32."""
    confirmed: bool = False
    """Only a confirmed one is asked for."""
    last_step: int = 0
    """The newest time step a code was accepted for; no older code is taken again."""
    recovery: tuple[str, ...] = field(default=(), repr=False)
    """SHA-256 of the paper codes that are left."""


@dataclass(frozen=True, slots=True)
class Carer:
    """An account."""

    id: str
    person_id: str
    name: str
    """Of the person."""
    relation: str
    """The person's role in ``people``, such as daughter."""
    login: str
    role: str
    password: str | None = field(repr=False)
    """Argon2id; None until the invitation was used."""
    invitation: str | None = field(repr=False)
    invited_until: float | None
    factor: Factor | None
    created_at: float
    """Seconds since 1970, as all times here."""
    disabled_at: float | None
    shared: Mapping[str, bool] = field(default_factory=dict)
    """Subject -> what the owner decided; subjects without a decision are missing."""


def is_login(text: str) -> bool:
    """Return whether a text can be a login."""
    return _LOGIN.fullmatch(text.strip().lower()) is not None


def add_carer(connection: Connection, person_id: str, login: str, role: str, *, at: float) -> Carer:
    """Make an account for a person; it cannot be used before a password is set.

    Args:
        connection: of ``Database.begin()``.
        person_id: whose.
        login: the name used to log in; capitals do not matter.
        role: one of ``ROLES``.
        at: now, seconds since 1970.

    Raises:
        StorageError: a bad or taken login, an unknown role, or the person has an account.
    """
    login = login.strip().lower()
    if not is_login(login):
        raise StorageError("a login has 1 to 64 letters a-z, digits, or . _ @ -")
    if role not in ROLES:
        raise StorageError(f"no role is called {role}: use {', '.join(ROLES[1:])}")
    if by_login(connection, login) is not None:
        raise StorageError(f"the login {login} is taken: choose another")
    if connection.scalar(select(carers.c.id).where(carers.c.person_id == person_id)):
        raise StorageError("this person has an account already")
    carer_id = secrets.token_hex(16)
    connection.execute(
        insert(carers).values(
            id=carer_id, person_id=person_id, login=login, role=role, created_at=at
        )
    )
    return get(connection, carer_id)


def list_carers(connection: Connection) -> tuple[Carer, ...]:
    """Return all accounts, the oldest first."""
    rows = connection.execute(_query().order_by(carers.c.created_at, carers.c.id)).all()
    return tuple(_carer(connection, row) for row in rows)


def has_owner(connection: Connection) -> bool:
    """Return whether somebody can log in as the owner."""
    usable = (carers.c.password.is_not(None), carers.c.disabled_at.is_(None))
    found = select(carers.c.id).where(carers.c.role == "owner", *usable).limit(1)
    return connection.execute(found).first() is not None


def by_login(connection: Connection, login: str) -> Carer | None:
    """Return the account of that login (capitals do not matter), or None."""
    return _one(connection, carers.c.login, login.strip().lower())


def by_invitation(connection: Connection, digest: str, now: float) -> Carer | None:
    """Return the account whose open invitation has this SHA-256 (hex), or None."""
    found = _one(connection, carers.c.invitation, digest)
    if found is None or found.disabled_at is not None or (found.invited_until or 0) <= now:
        return None
    return found


def find(connection: Connection, carer_id: str) -> Carer | None:
    """Return the account of that id, or None."""
    return _one(connection, carers.c.id, carer_id)


def get(connection: Connection, carer_id: str) -> Carer:
    """Return the account of that id.

    Raises:
        StorageError: there is none.
    """
    found = find(connection, carer_id)
    if found is None:
        raise StorageError("there is no such account")
    return found


def invite(connection: Connection, carer_id: str, digest: str, *, until: float) -> None:
    """Open an invitation; an earlier one ends."""
    _set(connection, carer_id, invitation=digest, invited_until=until)


def set_password(connection: Connection, carer_id: str, hashed: str) -> None:
    """Set a new password (its Argon2id hash); an open invitation ends."""
    _set(connection, carer_id, password=hashed, invitation=None, invited_until=None)


def set_factor(connection: Connection, carer_id: str, factor: Factor | None) -> None:
    """Set or remove the second factor."""
    sealed = None
    if factor is not None:
        content = {
            "secret": factor.secret,
            "confirmed": factor.confirmed,
            "last_step": factor.last_step,
            "recovery": list(factor.recovery),
        }
        sealed = seal(connection, json.dumps(content).encode(), _bound(carer_id))
    _set(connection, carer_id, sealed=sealed)


def set_disabled(connection: Connection, carer_id: str, at: float | None) -> None:
    """Close an account, or (None) open it again; whoever is logged in with it is logged out."""
    _set(connection, carer_id, disabled_at=at)
    connection.execute(delete(sessions).where(sessions.c.carer_id == carer_id))


def remove_carer(connection: Connection, carer_id: str) -> bool:
    """Remove an account, not the person; return whether there was one."""
    return bool(connection.execute(delete(carers).where(carers.c.id == carer_id)).rowcount)


def share(
    connection: Connection,
    carer_id: str,
    decided: Mapping[str, bool],
    *,
    granted_by: str,
    at: float,
) -> None:
    """Record what the owner lets an account see.

    Args:
        connection: of ``Database.begin()``.
        carer_id: the account.
        decided: subject -> yes or no; subjects that are missing stay as they are.
        granted_by: the owner's id in ``people``.
        at: now, seconds since 1970.
    """
    for subject, allowed in decided.items():
        where = (sharing.c.carer_id == carer_id, sharing.c.subject == subject)
        connection.execute(delete(sharing).where(*where))
        connection.execute(
            insert(sharing).values(
                carer_id=carer_id, subject=subject, allowed=allowed, granted_by=granted_by, at=at
            )
        )


def _query() -> Any:
    return select(carers, people.c.name, people.c.role.label("relation")).join(
        people, people.c.id == carers.c.person_id
    )


def _one(connection: Connection, column: Any, value: str) -> Carer | None:
    row = connection.execute(_query().where(column == value)).first()
    return _carer(connection, row) if row is not None else None


def _set(connection: Connection, carer_id: str, **values: object) -> None:
    done = connection.execute(update(carers).where(carers.c.id == carer_id).values(**values))
    if done.rowcount != 1:
        raise StorageError("there is no such account")


def _carer(connection: Connection, row: Row[Any]) -> Carer:
    decided = connection.execute(
        select(sharing.c.subject, sharing.c.allowed).where(sharing.c.carer_id == row.id)
    )
    return Carer(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        relation=row.relation,
        login=row.login,
        role=row.role,
        password=row.password,
        invitation=row.invitation,
        invited_until=row.invited_until,
        factor=_factor(connection, row),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        shared={one.subject: one.allowed for one in decided},
    )


def _factor(connection: Connection, row: Row[Any]) -> Factor | None:
    if row.sealed is None:
        return None
    content = unseal(connection, row.sealed, _bound(row.id))
    if content is None:
        raise StorageError(
            f"the second factor of {row.login} was tampered with: remove the account"
        )
    found = json.loads(content)
    return Factor(found["secret"], found["confirmed"], found["last_step"], tuple(found["recovery"]))


def _bound(carer_id: str) -> str:
    return f"carer:{carer_id}"
