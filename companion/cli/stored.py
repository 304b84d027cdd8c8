"""What the commands on stored data share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from companion.config import Config
    from companion.storage.database import Database
    from companion.storage.people import Person

ACTOR = "command"
"""Who the audit names for what the command line does."""


def open_here(config: Path | None) -> tuple[Config, Database]:
    """Open the database that a config names.

    Raises:
        CompanionError: a bad config, or a database that cannot be used.
    """
    from companion import app as house
    from companion.config import load_config

    settings = load_config(config)
    return settings, house.open_storage(settings)


def find(connection: Connection, name: str) -> Person:
    """Return the person of that name; "owner" is whoever that is.

    Raises:
        StorageError: there is none.
    """
    from companion.errors import StorageError
    from companion.storage import people

    found = people.find_person(connection, name)
    if found is None and name.strip().lower() == "owner":
        found = next((p for p in people.list_people(connection) if p.role == "owner"), None)
    if found is None:
        raise StorageError(f"nobody here is called {name}: see companion people list")
    return found


def local(at: float) -> str:
    """Return seconds since 1970 as local date and time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return "at an impossible time"
