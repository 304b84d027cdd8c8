"""Builds what remembers the person's life: store, skill, occasions, circle."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.app.guarding import embedding_dir
from companion.config import Config
from companion.errors import ModelError, StorageError

if TYPE_CHECKING:
    from companion.mind.memory.extract import Extractor
    from companion.mind.memory.recall import Recaller
    from companion.mind.memory.skill import MemorySkill
    from companion.mind.memory.store import MemoryStore
    from companion.storage.database import Database
    from companion.storage.memories import Memory
    from companion.wellbeing.known_facts import Occasions
    from companion.wellbeing.people_first import Known

_TAUGHT: Final = "en"
_DAYS: Final = ("birthday", "anniversary", "died")


def load_store(config: Config, database: Database, person_id: str) -> MemoryStore:
    """Return the store of a person; without the sentence model it finds by words alone."""
    from companion.embedding import sentence_vectors
    from companion.mind.memory.store import MemoryStore

    with suppress(ModelError):
        model = sentence_vectors(embedding_dir(config))
        return MemoryStore(database, person_id, lambda texts: model.encode(list(texts)))
    return MemoryStore(database, person_id)


def load_ears(config: Config) -> tuple[Extractor, Recaller]:
    """Return what finds facts, and what finds the answers; English where a language has none.

    Raises:
        ConfigError: a pattern has a mistake.
    """
    from companion.errors import ConfigError
    from companion.mind.memory.extract import Extractor
    from companion.mind.memory.recall import Recaller
    from companion.mind.memory.texts import load_memory_texts
    from companion.resources import data_dir

    language = config.persona.language
    known = (data_dir("prompts") / language / "memory").is_dir()
    texts = load_memory_texts(language if known else _TAUGHT)
    try:
        return Extractor(texts), Recaller(texts)
    except ValueError as error:
        raise ConfigError(f"prompts: memory: {error}") from error


def load_memory(config: Config, store: MemoryStore) -> MemorySkill:
    """Return the skill.

    Raises:
        ConfigError: a text has a mistake.
    """
    from companion.mind.memory.skill import MemorySkill, load_skill_texts
    from companion.resources import data_dir

    language = config.persona.language
    known = (data_dir("prompts") / language / "memory.toml").is_file()
    return MemorySkill(*load_ears(config), store, load_skill_texts(language if known else _TAUGHT))


def occasions_from(store: MemoryStore) -> Callable[[datetime], Occasions]:
    """Return what tells today's birthdays and anniversaries, as check-ins take them."""
    from companion.wellbeing.checkins import Occasion

    def today(now: datetime) -> Occasions:
        day = now.strftime("%m-%d")
        try:
            facts = store.facts()
        except StorageError:
            return (), ()
        found = [one for one in facts if one.relation in _DAYS and one.day[-5:] == day]
        return (), tuple(Occasion(one.id, _what(one)) for one in found)

    return today


def _what(fact: Memory) -> str:
    """Return the day as it is said: "your sister Ruth's birthday", "your wedding anniversary"."""
    from companion.mind.memory.people import ME, person_of

    if fact.relation == "anniversary":
        return "your wedding anniversary"
    whose = "your" if fact.subject == ME else f"{person_of(fact.subject).spoken}'s"
    return f"{whose} birthday" if fact.relation == "birthday" else f"the day {whose[:-2]} died"


@dataclass(frozen=True, slots=True)
class RememberedCircle:
    """The people table, and kin and friends of whom the person told; satisfies ``Circle``."""

    database: Database
    store: MemoryStore
    language: str
    person_id: str

    def known(self) -> Sequence[Known]:
        """Return them.

        Raises:
            StorageError: the database cannot be read.
        """
        from companion.mind.memory.people import ME, person_of
        from companion.wellbeing.people_first import Known, load_people_texts, read_circle
        from companion.wellbeing.turns import read_turns

        texts = load_people_texts(self.language)
        with self.database.read() as connection:
            turns = read_turns(connection, 0.0, self.person_id)
            listed = read_circle(connection, turns, texts)
        facts = self.store.facts()
        # Whoever has died is never suggested.
        gone = {one.subject for one in facts if one.relation == "died"}
        names = {one.name.lower() for one in listed}
        told: dict[str, Known] = {}
        for fact in facts:
            one = person_of(fact.subject)
            role = next((r for r, words in texts.roles.items() if one.kin in words.words), None)
            if fact.subject == ME or fact.subject in gone or not one.name or role is None:
                continue
            if one.name.lower() in names or fact.sentence.startswith("Your late "):
                continue
            words = set(texts.roles[role].words)
            said = max((t.at for t in turns if words & set(t.people)), default=None)
            told.setdefault(fact.subject, Known(fact.subject, one.name, role, said))
        return (*listed, *told.values())


def scratch_store(config: Config, folder: Path) -> MemoryStore:
    """Return an empty store of somebody who agrees, in a folder that is thrown away.

    Raises:
        StorageError: it cannot be made.
    """
    from companion.storage.database import open_database
    from companion.storage.keys import KEY_BYTES, Key
    from companion.storage.people import owner

    database = open_database(folder / "memory.db", Key(os.urandom(KEY_BYTES)))
    with database.begin() as connection:
        person = owner(connection, at=0.0)
    store = load_store(config, database, person.id)
    store.agree(0.0)
    return store


__all__ = [
    "RememberedCircle",
    "load_ears",
    "load_memory",
    "load_store",
    "occasions_from",
    "scratch_store",
]
