"""Everything a page may need, in one place; ``companion/app`` builds it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from companion.care.limits import Limits
from companion.care.passwords import Passwords
from companion.care.readings import Readings
from companion.care.reminding import ReminderStore
from companion.config import CareSettings
from companion.safety.alerts.names import Kin
from companion.storage import carers, consents, people
from companion.storage.database import Database
from companion.storage.erase import Place
from companion.storage.retention import Retention

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_code() -> str:
    """Return a code that can be read out and typed: ``abcd-efgh-jkmn`` (59 bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


@dataclass(slots=True)
class Store:
    """The database, which a full erase replaces."""

    open: Callable[[], Database]
    """Opens it anew; blocks, raises ``StorageError``."""
    _database: Database | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def database(self) -> Database:
        """The open database.

        Raises:
            StorageError: it cannot be opened.
        """
        with self._lock:
            if self._database is None:
                self._database = self.open()
            return self._database

    def close(self) -> None:
        """Close it; the next use opens it anew."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None


@dataclass(slots=True)
class House:
    """What the pages work with."""

    store: Store
    place: Place
    retention: Retention
    settings: CareSettings
    kin: Kin
    consent_texts: Callable[[], tuple[str, ...]]
    """Subjects that can be agreed to, in the order they are shown."""
    consent_version: str
    readings: Readings | None
    """None when this device has no journal."""
    reminders: ReminderStore | None
    """None when this device keeps no reminders."""
    health_file: Path
    companion_name: str
    language: str
    names: frozenset[str]
    """By which this machine may be called."""
    secure: bool
    """Whether browsers come by TLS."""
    now: Callable[[], float]
    """Seconds since 1970."""
    announce: Callable[[str], None]
    """Told a new setup code, to be printed where only whoever has the device sees it."""
    passphrase: str | None = None
    """Of the key, for an erase."""
    passwords: Passwords = field(default_factory=Passwords)
    limits: Limits = field(default_factory=Limits)
    setup_code: str | None = None

    def look_for_owner(self, connection: Connection) -> bool:
        """Return whether somebody can log in as the owner; else a setup code is there."""
        if carers.has_owner(connection):
            self.setup_code = None
            return True
        self.begin_setup()
        return False

    def begin_setup(self) -> str:
        """Make the one-time code for the first start and have it printed."""
        if self.setup_code is None:
            self.setup_code = one_time_code()
            self.announce(self.setup_code)
        return self.setup_code


def given(connection: Connection) -> tuple[people.Person | None, frozenset[str]]:
    """Return the owner, and what they agree to at present."""
    owner = next((one for one in people.list_people(connection) if one.role == "owner"), None)
    if owner is None:
        return None, frozenset()
    latest = {word.subject: word.granted for word in consents.history(connection, owner.id)}
    return owner, frozenset(subject for subject, granted in latest.items() if granted)
