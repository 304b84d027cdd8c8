"""Opens what is kept: the key, the database, the diary and the alerts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.config import Config

if TYPE_CHECKING:
    from companion.safety.alerts.news import News
    from companion.safety.alerts.service import AlertService
    from companion.storage.database import Database
    from companion.storage.keys import Key
    from companion.storage.records import Diary

DATABASE: Final = "companion.db"
KEY: Final = "key"
PASSPHRASE: Final = "COMPANION_PASSPHRASE"
"""Environment variable that opens a wrapped key."""


def database_path(config: Config) -> Path | None:
    """Return where the encrypted file lies; None with a PostgreSQL URL."""
    return None if config.storage.url else config.state_dir / DATABASE


def key_path(config: Config) -> Path:
    """Return where the key file lies."""
    return config.storage.key_file or config.state_dir / KEY


def load_key(config: Config) -> Key:
    """Return the key of the database; a new one on first use.

    Raises:
        StorageError: it is missing, open to others, or wants a passphrase.
    """
    from companion.storage import keys

    path = database_path(config)
    return keys.load_key(
        key_path(config),
        passphrase=os.environ.get(PASSPHRASE),
        database_exists=path is not None and path.exists(),
    )


def open_storage(config: Config) -> Database:
    """Open the database, making or upgrading it as needed.

    Raises:
        StorageError: it cannot be opened; the text says what to do. Nothing is ever deleted.
    """
    from companion.storage.database import open_database

    return open_database(database_path(config), load_key(config), url=config.storage.url)


def retention_days(config: Config) -> dict[str, float]:
    """Return how many days each kind of event is kept."""
    kept = config.storage
    return {
        "transcript": kept.transcripts_days,
        "mood": kept.mood_days,
        "summary": kept.summaries_days,
        "safety": kept.safety_days,
    }


def new_diary(config: Config, on_trouble: Callable[[str], None]) -> Diary:
    """Return the diary of a talk: never in its way, whatever the disk does."""
    from companion.storage.records import Diary

    return Diary(lambda: open_storage(config), on_trouble, days=retention_days(config))


def load_alerts(
    config: Config,
    on_news: Callable[[News], None] = lambda _: None,
    *,
    database: Database | None = None,
    key: Key | None = None,
) -> AlertService:
    """Return the alert service, not yet started.

    Args:
        config: settings.
        on_news: told what the owner should hear.
        database: None when it cannot be opened: alerts then live in memory.
        key: of the database; None makes a passing one, for when there is none.

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
        owner_name=config.persona.person,
        companion_name=config.persona.name,
        language=config.persona.language,
        keep_days=config.storage.safety_days,
    )
