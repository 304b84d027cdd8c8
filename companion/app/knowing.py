"""Builds the speaker check: the worker, the enrolled, and the seam for the loop."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from companion.config import Config
from companion.errors import CompanionError, SpeakerError, StorageError

if TYPE_CHECKING:
    from companion.domain import Samples
    from companion.hearing.speakers.nouns import Taken, Voiceprint
    from companion.hearing.speakers.process import WorkerProcess
    from companion.hearing.speakers.who import Who
    from companion.storage.database import Database

_EXTRA: Final = ("torch", "pyannote")


def extra_installed() -> bool:
    """Tell whether the extra ``speakers`` is there, without importing it."""
    return all(importlib.util.find_spec(name) is not None for name in _EXTRA)


def load_speaker_worker(config: Config) -> WorkerProcess:
    """Return the worker, which starts when it is first asked.

    Raises:
        SpeakerError: the extra is not installed.
        ModelError: a model is missing or corrupt; names the command that mends it.
    """
    from companion.hearing.speakers.process import Weights, WorkerProcess
    from companion.service.needs import SEGMENTATION, VOICES
    from companion.service.store import open_store

    if not extra_installed():
        raise SpeakerError(
            "the speaker check needs the extra 'speakers', which is not installed; "
            "see docs/speakers.md"
        )
    store = open_store(config)
    weights = Weights(store.path(SEGMENTATION), store.path(VOICES))
    return WorkerProcess(weights, idle_s=config.speakers.idle_s)


def load_prints(database: Database) -> tuple[Voiceprint, ...]:
    """Return the prints of everybody who is enrolled and agrees.

    Raises:
        StorageError: the database cannot be read, or a print was tampered with.
        SpeakerError: a print is broken.
    """
    from companion.hearing.speakers.enrolment import from_bytes
    from companion.hearing.speakers.nouns import Voiceprint
    from companion.storage.voiceprints import prints

    with database.read() as connection:
        return tuple(
            Voiceprint(
                kept.person_id,
                kept.name,
                kept.device,
                from_bytes(kept.vectors),
                float(kept.seconds),
                kept.model,
                kept.made_at,
            )
            for kept in prints(connection)
        )


def store_print(database: Database, made: Voiceprint) -> None:
    """Keep a print.

    Raises:
        StorageError: the person did not agree, or the database cannot be written.
    """
    from companion.hearing.speakers.enrolment import to_bytes
    from companion.storage import voiceprints

    with database.begin() as connection:
        voiceprints.store_print(
            connection,
            person_id=made.person_id,
            device=made.device,
            model=made.model,
            seconds=made.seconds,
            vectors=to_bytes(made.centroids),
            at=made.made_at,
        )


def hear_pieces(worker: WorkerProcess, recordings: Sequence[Samples]) -> list[Taken]:
    """Take recordings apart piece by piece.

    Raises:
        SpeakerError: the worker cannot be started or does not answer.
    """
    from companion.hearing.speakers.enrolment import pieces

    return [worker.take_apart(part) for one in recordings for part in pieces(one)]


def load_who(config: Config, on_trouble: Callable[[str], None] = lambda _: None) -> Who:
    """Build the seam for the loop; it always works, and says once what it cannot do.

    Args:
        config: settings.
        on_trouble: told one plain line, now or later, from the loop.
    """
    from companion.app.keeping import UNNAMED, open_storage
    from companion.hearing.speakers import background
    from companion.hearing.speakers.who import Who
    from companion.storage.people import list_people

    owner: tuple[str | None, str | None] = (config.persona.person, None)
    prints: tuple[Voiceprint, ...] = ()
    with suppress(StorageError):
        database = open_storage(config)
        try:
            with database.read() as connection:
                found = next((p for p in list_people(connection) if p.role == "owner"), None)
            if found is not None:
                owner = (found.name if found.name != UNNAMED else owner[0], found.id)
            if config.speakers.enabled:
                prints = load_prints(database)
        except CompanionError as error:
            on_trouble(str(error))
        finally:
            database.close()
    assume = config.speakers.assume_owner
    if not config.speakers.enabled:
        return Who(owner=owner, assume_owner=assume)
    try:
        worker, known = load_speaker_worker(config), background.load()
    except CompanionError as error:
        on_trouble(str(error))
        return Who(owner=owner, assume_owner=assume)
    return Who(worker, known, prints, owner=owner, on_trouble=on_trouble)
