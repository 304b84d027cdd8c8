"""Builds what reaches out: scales and check-ins, with their texts and their memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from companion.config import Config

if TYPE_CHECKING:
    from companion.domain import Exchange, JsonObject
    from companion.safety.screen import Screener
    from companion.storage.database import Database
    from companion.wellbeing.scales import Scale, Score
    from companion.wellbeing.scales.talk import Note

_CONCERN: Final = 2
"""The tier from which help goes before questions."""


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


__all__ = ["begin_scale", "explain_score", "keep_event", "load_scale"]
