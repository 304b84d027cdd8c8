"""Builds the guard: screening, protocols, the reply check, notices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from companion.config import Config
from companion.errors import ModelError

if TYPE_CHECKING:
    from companion.safety.guard import SafetyGuard
    from companion.safety.screen import Screener


def embedding_dir(config: Config) -> Path:
    """Return where the sentence embeddings lie, or where they should."""
    from companion.service.store import open_store

    try:
        return open_store(config).path(config.safety.embedding)
    except ModelError:
        return config.models.dir / config.safety.embedding


def load_screener(config: Config) -> Screener:
    """Load patterns and classifier; without the classifier's model the patterns work alone.

    Raises:
        SafetyError: the patterns have a mistake.
    """
    from companion.safety.screen import Screener

    return Screener(config.persona.language, embedding_dir(config))


def load_guard(config: Config) -> SafetyGuard:
    """Build the guard; it neither stores nor alerts before ``go_live``.

    Raises:
        SafetyError: patterns, scripts or the region's numbers have a mistake.
    """
    from companion.safety.dialogue import load_dialogue
    from companion.safety.disclosure import load_disclosure
    from companion.safety.guard import SafetyGuard
    from companion.safety.protocols import load_protocols
    from companion.safety.regions import load_region
    from companion.safety.reply_check import load_check

    persona, language = config.persona, config.persona.language
    screener = load_screener(config)
    region = load_region(config.safety.region, language)
    return SafetyGuard(
        screener,
        load_dialogue(language, screener.screen),
        load_protocols(region, language, person=persona.person, name=persona.name),
        load_check(region, language, name=persona.name),
        load_disclosure(language, config.safety.notice_every_h * 3600, name=persona.name),
        countdown_s=config.safety.fall_countdown_s,
    )
