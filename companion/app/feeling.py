"""Builds the ear for feeling, and keeps what it learns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from companion.app.guarding import embedding_dir
from companion.config import Config
from companion.domain import JsonObject
from companion.errors import CompanionError, StorageError

if TYPE_CHECKING:
    from companion.emotion.feeler import EmbeddedWords, PersonFeeler
    from companion.emotion.kept import KeptFeeler
    from companion.storage.database import Database

KIND: Final = "feeling"
"""Of what is kept; see ``storage.learned``."""
CONSENT: Final = "mood"
_WORDS_KNOWN: Final = "en"
"""The word head was taught English."""


def load_words(config: Config) -> EmbeddedWords | None:
    """Return what judges words, or None without the sentence model or in another language."""
    from companion.emotion.feeler import EmbeddedWords

    if config.persona.language != _WORDS_KNOWN:
        return None
    try:
        return EmbeddedWords(embedding_dir(config))
    except CompanionError:
        return None


def load_person_feeler(config: Config) -> PersonFeeler:
    """Return a feeler that knows nobody yet, with a clock.

    Raises:
        EmotionError: the weights cannot be read.
    """
    from companion.emotion.feeler import PersonFeeler

    name = config.persona.person
    return PersonFeeler(
        words=load_words(config),
        clock=time.time,
        subject=f"{name} sounds" if name else "They sound",
    )


def load_feeler(config: Config) -> KeptFeeler | None:
    """Return the feeler of a talk, or None when it is switched off.

    Raises:
        EmotionError: the weights cannot be read.
    """
    from companion.emotion.kept import KeptFeeler

    return KeptFeeler(load_person_feeler(config)) if config.emotion.enabled else None


def may_feel(database: Database, person_id: str) -> bool:
    """Tell whether the owner did not withdraw the consent to mood.

    Raises:
        StorageError: the database cannot be read.
    """
    from companion.storage import consents

    with database.read() as connection:
        word = consents.current(connection, person_id, CONSENT)
    return word is None or word.granted


def keep_learning(feeler: KeptFeeler, database: Database, person_id: str) -> None:
    """Give a feeler what it learned before, and keep what it learns.

    Raises:
        StorageError: the database cannot be read, or the state was tampered with.
        EmotionError: the state is damaged.
    """
    from companion.storage import learned

    with database.read() as connection:
        state = learned.recall(connection, person_id, KIND)
    kept = state is not None

    def keep(new: JsonObject) -> bool:
        nonlocal kept
        try:
            with database.begin() as connection:
                if kept and learned.recall(connection, person_id, KIND) is None:
                    kept = False
                    return False
                learned.keep(connection, person_id, KIND, new, at=time.time())
                kept = True
        except StorageError:
            pass  # the diary reports a disk that fails; the next time tries again
        return True

    feeler.keep_with(keep, state)


def forget_learning(database: Database, person_id: str) -> bool:
    """Forget how a person usually sounds; a running companion begins anew as well.

    Raises:
        StorageError: the database cannot be written.
    """
    from companion.storage import learned

    with database.begin() as connection:
        return learned.forget(connection, person_id, KIND)
