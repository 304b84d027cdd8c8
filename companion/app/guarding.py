"""Builds the guard: screening, protocols, the reply check, notices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from companion.config import Config
from companion.errors import ModelError

if TYPE_CHECKING:
    from companion.safety.guard import SafetyGuard
    from companion.safety.screen import Screener


def embedding_dir(config: Config) -> Path | None:
    """Return where the sentence embeddings lie; None when they are not on this device."""
    from companion.service.store import open_store

    try:
        return open_store(config).path(config.safety.embedding)
    except ModelError:
        return None


def load_screener(config: Config) -> Screener:
    """Load patterns and classifier; without the classifier's model the patterns work alone.

    Raises:
        SafetyError: the patterns have a mistake.
    """
    from companion.safety.screen import Screener

    return Screener(config.persona.language, embedding_dir(config))


def load_guard(config: Config) -> SafetyGuard:
    """Build the guard without alerts; a talk adds them.

    Raises:
        SafetyError: patterns, scripts or the region's numbers have a mistake.
    """
    from companion.safety.guard import build_guard

    return build_guard(config, load_screener(config))
