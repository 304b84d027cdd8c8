"""Builds what reaches out: scales and check-ins, with their texts and their memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.config import Config
from companion.errors import StorageError, WellbeingError

if TYPE_CHECKING:
    from companion.domain import Exchange, Initiative, JsonObject
    from companion.safety.screen import Screener
    from companion.storage.database import Database
    from companion.wellbeing.initiatives import Concern, Initiatives
    from companion.wellbeing.known_facts import Occasions
    from companion.wellbeing.scales import Scale, Score
    from companion.wellbeing.scales.talk import Note

_LOG: Final = "checkins"
"""Under this kind the memory of check-ins is kept among what was learned."""
_CONCERN: Final = 2
"""The tier from which help goes before questions."""


def no_occasions(_: datetime) -> Occasions:
    """Return that nothing is known of appointments and anniversaries."""
    return (), ()


def load_scale(config: Config, name: str) -> Scale:
    """Return a scale in the persona's language.

    Raises:
        WellbeingError: there is none of that name, or its file has a mistake.
    """
    from companion.wellbeing import scales

    return scales.load_scale(name, config.persona.language)


def begin_scale(
    config: Config, scale: Scale, note: Note, screener: Screener | None = None
) -> Exchange:
    """Return the offer of a scale.

    Args:
        config: settings.
        scale: which.
        note: keeps the result.
        screener: danger in an answer ends the questions; None where it is screened before.

    Raises:
        WellbeingError: the texts have a mistake.
    """
    from companion.wellbeing.replies import load_ear
    from companion.wellbeing.scales import begin
    from companion.wellbeing.scales.talk import load_scale_texts, never

    def is_danger(text: str) -> bool:
        return screener is not None and screener.screen(text).tier >= _CONCERN

    language = config.persona.language
    danger = never if screener is None else is_danger
    texts = load_scale_texts(language)
    return begin(scale, load_ear(language), texts, note, is_danger=danger)


def explain_score(config: Config, scale: Scale, result: Score) -> list[str]:
    """Return what is said of a result, line by line."""
    from companion.wellbeing.scales.talk import load_scale_texts, told

    texts = load_scale_texts(config.persona.language)
    return [part.text for part in told(scale, texts, result)]


def keep_event(config: Config, database: Database, kind: str, data: JsonObject, at: float) -> None:
    """Keep an event about the owner, as long as its class is kept.

    Raises:
        StorageError: it cannot be written.
    """
    from companion.app.keeping import retention_of
    from companion.storage.people import owner
    from companion.storage.records import DAY_S, add_event

    days = retention_of(config).by_kind().get(kind)
    with database.begin() as connection:
        name = config.persona.person
        person = owner(connection, at=time.time(), **({"name": name} if name else {}))
        add_event(
            connection,
            at=at,
            kind=kind,
            data=data,
            person_id=person.id,
            expires_at=None if days is None else at + days * DAY_S,
        )


def load_initiatives(
    config: Config,
    database: Database,
    person_id: str,
    note: Note,
    emit: Callable[[Initiative], None],
    *,
    concern: Concern | None = None,
    occasions: Callable[[datetime], Occasions] = no_occasions,
    screener: Screener | None = None,
) -> Initiatives:
    """Build what speaks first; call its ``tick`` every minute and ``heard`` for every owner's turn.

    Args:
        config: settings.
        database: an open one; what is remembered of check-ins is kept there, sealed.
        person_id: the owner's row.
        note: keeps events, as ``Diary.note``.
        emit: takes what is to be said, softly, when nobody is speaking.
        concern: takes a concern about an unusual silence; whether anybody is told is its matter.
        occasions: appointments of the next hours, and what today is the anniversary of.
        screener: danger in an answer to a scale ends the questions.

    Raises:
        CompanionError: a text has a mistake, or the database cannot be read.
    """
    from companion.storage import learned
    from companion.wellbeing.checkin_log import CheckinLog, log_from_json
    from companion.wellbeing.checkin_words import load_checkin_words
    from companion.wellbeing.initiatives import Initiatives
    from companion.wellbeing.known_facts import KnownFacts
    from companion.wellbeing.scales import load_scale, scale_names
    from companion.wellbeing.zones import local_zone

    language = config.persona.language
    zone = local_zone(config.checkins.timezone)
    scales = tuple(load_scale(name, language) for name in scale_names(language))
    facts = KnownFacts(database, person_id, scales, occasions)
    with database.read() as connection:
        kept = learned.recall(connection, person_id, _LOG)
    log = CheckinLog()
    if kept is not None:
        with suppress(WellbeingError):
            log = log_from_json(kept)

    def save(data: JsonObject) -> None:
        # What cannot be kept now is kept with the next change; the diary reports the trouble.
        with suppress(StorageError), database.begin() as connection:
            learned.keep(connection, person_id, _LOG, data, at=time.time())

    return Initiatives(
        config.checkins,
        facts,
        emit,
        lambda: datetime.now(zone),
        load_checkin_words(language),
        note,
        save,
        log if log.heard_at is not None else replace(log, heard_at=facts.last_heard()),
        concern,
        lambda name: begin_scale(config, load_scale(name, language), note, screener),
        config.persona.person,
    )


__all__ = ["begin_scale", "explain_score", "keep_event", "load_initiatives", "load_scale"]
