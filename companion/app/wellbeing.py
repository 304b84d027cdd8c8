"""Builds what turns days into a summary."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.app.guarding import embedding_dir
from companion.app.keeping import UNNAMED, load_key, open_storage, retention_of
from companion.config import Config
from companion.errors import ModelError, WellbeingError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from companion.storage.database import Database
    from companion.storage.people import Person
    from companion.storage.records import Diary
    from companion.wellbeing.keeper import JournalKeeper
    from companion.wellbeing.summary import Summary
    from companion.wellbeing.topics import TopicReader

_TAUGHT: Final = "en"
"""The topic classifier was taught English."""


def load_topics(config: Config) -> TopicReader:
    """Return what finds topics; without the sentence model by patterns alone.

    Raises:
        WellbeingError: the patterns or weights cannot be read.
    """
    from companion.embedding import sentence_vectors
    from companion.wellbeing.topics import TopicReader, load_head

    language = config.persona.language
    if language == _TAUGHT:
        with suppress(ModelError):
            model = sentence_vectors(embedding_dir(config))
            return TopicReader(
                language, vectorise=lambda texts: model.encode(list(texts)), head=load_head()
            )
    return TopicReader(language)


def load_keeper(
    config: Config, diary: Diary, person_id: str | None, *, keeps_turns: bool
) -> JournalKeeper:
    """Return the journal of a talk.

    Args:
        config: settings.
        diary: written to.
        person_id: the owner.
        keeps_turns: False where the consent to ``mood`` was withdrawn.

    Raises:
        WellbeingError: the patterns or weights cannot be read.
    """
    from companion.wellbeing.keeper import JournalKeeper

    reader = load_topics(config)
    return JournalKeeper(diary, reader, person_id, clock=time.time, keeps_turns=keeps_turns)


def owner_of(connection: Connection) -> Person:
    """Return the owner.

    Raises:
        WellbeingError: nobody is known yet.
    """
    from companion.storage.people import list_people

    for person in list_people(connection):
        if person.role == "owner":
            return person
    raise WellbeingError("nobody has talked here yet: there is nothing to sum up")


def named(person: Person, config: Config) -> str | None:
    """Return what to call the owner in a summary; None when nobody said."""
    return person.name if person.name != UNNAMED else config.persona.person


def keep_summary(database: Database, summary: Summary, config: Config, *, open: bool) -> bool:
    """Keep the summary of a day, unless the owner withdrew the consent to it.

    Returns:
        Whether it was kept.

    Raises:
        StorageError: the database cannot be written.
    """
    from companion.storage import consents
    from companion.storage.records import DAY_S
    from companion.wellbeing.shared import store

    days = retention_of(config).summaries
    with database.begin() as connection:
        person = owner_of(connection)
        word = consents.current(connection, person.id, "summary")
        if days <= 0 or (word is not None and not word.granted):
            return False
        store(connection, summary, person.id, expires_at=summary.made_at + days * DAY_S, open=open)
    return True


def elsewhere(config: Config, folder: Path | None) -> Config:
    """Return the settings with another state folder, whose own key and file are used."""
    if folder is None:
        return config
    kept = config.storage.model_copy(update={"url": None, "key_file": None})
    return config.model_copy(update={"state_dir": folder.absolute(), "storage": kept})


def simulate_days(
    config: Config, *, days: int, seed: int, plants: tuple[str, ...], last: date, tz: tzinfo
) -> Mapping[str, int]:
    """Write a made-up life into a scratch store that ``config`` names, through the real journal.

    Args:
        config: of the scratch store; see ``elsewhere``.
        days: how many, the last included.
        seed: the same gives the same life.
        plants: changes; they are on at the end.
        last: the last day.
        tz: of the made-up person.

    Returns:
        How many events of each kind were written.

    Raises:
        WellbeingError: the store holds real records, or no such change can be planted.
        StorageError: it cannot be written.
    """
    from companion.storage import people
    from companion.wellbeing.importing import write
    from companion.wellbeing.marker import is_simulated, mark_simulated
    from companion.wellbeing.simulated import PLANT_DAYS, PLANTS, Life, Remembering, simulate
    from companion.wellbeing.topics import read_lines

    if odd := [one for one in plants if one not in PLANTS]:
        raise WellbeingError(f"{odd[0]} cannot be planted: use {', '.join(PLANTS)} or none")
    load_key(config)
    database = open_storage(config)
    try:
        with database.begin() as connection:
            if is_simulated(connection):
                raise WellbeingError("a life was simulated there before: name a new folder")
            mark_simulated(connection, f"seed {seed}, {days} days")
            person = people.owner(connection, at=time.time(), name="Anna Example")
            begin = max(0, days - PLANT_DAYS)
            first = last - timedelta(days=days - 1)
            life = Life(days, first, tz, seed, dict.fromkeys(plants, begin))
            found = list(simulate(life, Remembering(load_topics(config)), read_lines()))
            # A made-up year must not be swept before it is looked at.
            write(connection, found, person.id, days={}, now=time.time())
    finally:
        database.close()
    counts: dict[str, int] = {}
    for note in found:
        counts[note.kind] = counts.get(note.kind, 0) + 1
    return counts


__all__ = [
    "elsewhere",
    "keep_summary",
    "load_keeper",
    "load_topics",
    "named",
    "owner_of",
    "simulate_days",
]
