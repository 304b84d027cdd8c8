"""Invitations: a code that lets somebody choose their password, once."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sqlalchemy import Connection

from companion.care.house import one_time_code
from companion.storage import carers
from companion.storage.sessions import digest

LASTS_S: Final = 7 * 86_400.0
"""A week."""


def invite(connection: Connection, carer_id: str, *, now: float) -> str:
    """Open an invitation for an account; return its code, which is kept as a hash only.

    Args:
        connection: of ``Database.begin()``.
        carer_id: the account; an earlier invitation of it ends.
        now: seconds since 1970.
    """
    code = one_time_code()
    carers.invite(connection, carer_id, digest(code.replace("-", "")), until=now + LASTS_S)
    return code


def suggested(name: str) -> str:
    """Return a login made of a name: ``Änne Müller`` is ``anne.muller``."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return re.sub(r"[^a-z0-9]+", ".", plain.encode("ascii", "ignore").decode()).strip(".")[:64]
