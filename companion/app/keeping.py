"""Opens what is kept: the key, the database, the diary and the alerts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from companion.app.feeling import keep_learning, may_feel
from companion.app.zones import minutes_of
from companion.config import Config
from companion.domain import JsonObject, Screening
from companion.errors import StorageError

if TYPE_CHECKING:
    from companion.emotion.kept import KeptFeeler
    from companion.safety.alerts.news import News
    from companion.safety.alerts.service import AlertService
    from companion.storage.database import Database
    from companion.storage.erase import Place
    from companion.storage.keys import Key
    from companion.storage.records import Diary
    from companion.storage.retention import Retention

DATABASE: Final = "companion.db"
KEY: Final = "key"
UNNAMED: Final = "owner"
"""What storage calls an owner whose name nobody gave."""
_DAY_S: Final = 86_400.0
PASSPHRASE: Final = "COMPANION_PASSPHRASE"
"""Environment variable that opens a wrapped key."""


def database_path(config: Config) -> Path | None:
    """Return where the encrypted file lies; None with a PostgreSQL URL."""
    return None if config.storage.url else config.state_dir / DATABASE


def key_path(config: Config) -> Path:
    """Return where the key file lies."""
    return config.storage.key_file or config.state_dir / KEY


def place_of(config: Config) -> Place:
    """Return where everything that is kept lies."""
    from companion.storage.erase import Place

    return Place(config.state_dir, database_path(config), key_path(config))


def load_key(config: Config) -> Key:
    """Return the key of the database; a new one on first use.

    An erase that was cut short is completed first.

    Raises:
        StorageError: it is missing, open to others, or wants a passphrase.
    """
    from companion.storage import erase, keys

    path, passphrase = database_path(config), os.environ.get(PASSPHRASE)
    erase.resume(place_of(config), url=config.storage.url, passphrase=passphrase)
    return keys.load_key(
        key_path(config),
        passphrase=passphrase,
        database_exists=path is not None and path.exists(),
    )


def open_storage(config: Config) -> Database:
    """Open the database, making or upgrading it as needed.

    Raises:
        StorageError: it cannot be opened; the text says what to do. Nothing is ever deleted.
    """
    from companion.storage.database import open_database

    return open_database(database_path(config), load_key(config), url=config.storage.url)


def retention_of(config: Config) -> Retention:
    """Return how long each class is kept."""
    from companion.storage.retention import Retention

    kept = config.storage
    return Retention(
        transcripts=kept.transcripts_days,
        mood=kept.mood_days,
        summaries=kept.summaries_days,
        safety=kept.safety_days,
        audit=kept.audit_days,
    )


def new_diary(config: Config, on_trouble: Callable[[str], None]) -> Diary:
    """Return the diary of a talk: never in its way, whatever the disk does."""
    from companion.storage.records import Diary

    return Diary(lambda: open_storage(config), on_trouble, days=retention_of(config).by_kind())


@dataclass(slots=True)
class Keeping:
    """What a live talk keeps and sends: diary, database, alerts."""

    diary: Diary
    alerts: AlertService
    person_id: str | None
    """The owner's row; None while the database cannot be opened."""
    database: Database | None
    owner_name: str | None = None
    """What the owner is called, if anybody said."""
    _closing: Event = field(default_factory=Event)

    def sweep_daily(self, retention: Retention) -> None:
        """Delete what has expired, now and every day, on a thread of its own."""
        from companion.storage.retention import sweep

        def run(database: Database) -> None:
            while True:
                # A disk that fails is reported by the diary; the next day tries again.
                with suppress(StorageError):
                    sweep(database, time.time(), retention)
                if self._closing.wait(_DAY_S):
                    return

        if self.database is not None:
            Thread(target=run, args=(self.database,), name="sweeper", daemon=True).start()

    def count(self, screening: Screening, year: int) -> None:
        """Count a protocol's use; blocking, errors are left to the diary to report."""
        from companion.safety.report import count_activation

        if self.database is not None:
            with suppress(StorageError), self.database.begin() as connection:
                count_activation(connection, year, screening)

    def notices(self) -> JsonObject | None:
        """Return when the person last heard that it is no person, for ``Disclosure.restore``."""
        from companion.storage.records import events

        if self.database is None:
            return None
        with suppress(StorageError), self.database.read() as connection:
            heard = events(connection, "notice", since=time.time() - 2 * _DAY_S)
            return dict(heard[-1].data) if heard else None
        return None

    def learn_feeling(self, feeler: KeptFeeler) -> bool:
        """Let a feeler take up and keep what it learns.

        Returns:
            Whether feelings may be inferred at all: the owner may have withdrawn their consent.

        Raises:
            CompanionError: what was learned cannot be read; it begins anew.
        """
        if self.database is None or self.person_id is None:
            return True
        if not may_feel(self.database, self.person_id):
            return False
        keep_learning(feeler, self.database, self.person_id)
        return True

    def close(self) -> None:
        """Write what is left and stop."""
        self._closing.set()
        self.alerts.stop()
        self.diary.close()
        if self.database is not None:
            self.database.close()


def start_keeping(
    config: Config, on_trouble: Callable[[str], None], on_news: Callable[[News], None]
) -> Keeping:
    """Open the diary and start the alerts; a database that fails is reported, not raised.

    Args:
        config: settings.
        on_trouble: told one plain line when something cannot be kept; any thread.
        on_news: told what the owner should hear about their alerts; any thread.

    Raises:
        SafetyError: the alerts' texts have a mistake.
    """
    from companion.storage.people import owner

    database: Database | None = None
    key: Key | None = None
    person_id = None
    name = config.persona.person
    try:
        key = load_key(config)
        database = open_storage(config)
        with database.begin() as connection:
            person = owner(connection, at=time.time(), **({"name": name} if name else {}))
        person_id = person.id
        if name is None and person.name != UNNAMED:
            name = person.name
    except StorageError as error:
        on_trouble(f"nothing can be kept, the talk goes on: {error}")
    alerts = load_alerts(
        config,
        on_news,
        database=database,
        key=key,
        person_id=person_id,
        owner_name=name,
        hand_over=config.service.post,
    )
    alerts.start()
    keeping = Keeping(new_diary(config, on_trouble), alerts, person_id, database, name)
    keeping.sweep_daily(retention_of(config))
    return keeping


def load_alerts(
    config: Config,
    on_news: Callable[[News], None] = lambda _: None,
    *,
    database: Database | None = None,
    key: Key | None = None,
    person_id: str | None = None,
    owner_name: str | None = None,
    hand_over: bool = False,
) -> AlertService:
    """Return the alert service, not yet started.

    Args:
        config: settings.
        on_news: told what the owner should hear.
        database: None when it cannot be opened: alerts then live in memory.
        key: of the database; None makes a passing one, for when there is none.
        person_id: the owner's row.
        owner_name: what messages call the owner; by default the configured name.
        hand_over: whether another program sends.

    Raises:
        SafetyError: the texts have a mistake.
    """
    from companion.safety.alerts.service import AlertService
    from companion.storage.keys import KEY_BYTES, Key

    return AlertService(
        database,
        key or Key(os.urandom(KEY_BYTES)),
        config.alerts,
        on_news=on_news,
        owner_name=owner_name or config.persona.person,
        companion_name=config.persona.name,
        language=config.persona.language,
        person_id=person_id,
        keep_days=config.storage.safety_days,
        minute=minutes_of(config),
        hand_over=hand_over,
    )
