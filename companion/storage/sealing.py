"""Seals what must not be read even by whoever administers the database (PostgreSQL).

AES-256-GCM under a key of its own, bound to the row it belongs to, so that nothing can be put in
another's place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from companion.errors import StorageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET: Final = "companion_sealing"
"""Execution option under which ``Database`` hands the sealing key to its connections."""

_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """The key; never in a repr."""

    raw: bytes = field(repr=False)


def seal(connection: Connection, content: bytes, bound: str) -> bytes:
    """Return the sealed content.

    Args:
        connection: of ``Database.begin()``.
        content: what is sealed.
        bound: names the row; the same is needed to open it.
    """
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(connection).encrypt(nonce, content, bound.encode())


def unseal(connection: Connection, sealed: bytes, bound: str) -> bytes | None:
    """Return the content; None when it was tampered with or sealed for another row."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(connection).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
    except (InvalidTag, ValueError):
        return None


def _cipher(connection: Connection) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    secret = connection.get_execution_options().get(SECRET)
    if not isinstance(secret, Secret):
        raise StorageError("sealing needs a connection of Database.begin() or .read()")
    return AESGCM(secret.raw)


__all__ = ["SECRET", "Secret", "seal", "unseal"]
