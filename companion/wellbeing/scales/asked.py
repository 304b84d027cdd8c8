"""A questionnaire asked for by voice: it is begun, or kindly put off until a week is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from companion.domain import Exchange
from companion.errors import WellbeingError
from companion.patterns import Patterns, normalise
from companion.wellbeing.scales.scale import Scale
from companion.wellbeing.scales.when import WEEK_S, ScaleHistory
from companion.wellbeing.texts import Section, prompt_path, read, spoken


class AskedWords(Section):
    """How a questionnaire is asked for, and what is said to it."""

    any: tuple[str, ...]
    named: dict[str, tuple[str, ...]]
    too_soon: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScaleSkill:
    """Begins the scale that is asked for; a ``domain.Skill``."""

    scales: Sequence[Scale]
    words: AskedWords
    history: Callable[[datetime], ScaleHistory]
    begin: Callable[[Scale], Exchange]

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return the offer of the scale, or that it is too soon; None if none is asked for."""
        said = normalise(text)
        by_name = {one.name: one for one in self.scales}
        wanted = next(
            (
                by_name[name]
                for name, patterns in self.words.named.items()
                if name in by_name and Patterns(patterns, {}).find(said)
            ),
            None,
        )
        if wanted is None and not Patterns(self.words.any, {}).find(said):
            return None
        history = self.history(now)
        last = max((at for at, _ in history.finished), default=None)
        if last is not None and now.timestamp() - last < WEEK_S:
            day = datetime.fromtimestamp(last, now.tzinfo)
            return Exchange(spoken(self.words.too_soon, {"day": day.strftime("%A")}))
        if wanted is None:
            done = {name: at for at, name in history.finished}
            wanted = min(self.scales, key=lambda one: done.get(one.name, 0.0), default=None)
        return self.begin(wanted) if wanted is not None else None


@lru_cache
def load_asked_words(language: str = "en", path: Path | None = None) -> AskedWords:
    """Read ``scale_asked.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    path = path or prompt_path(language, "scale_asked.toml")
    words = read(AskedWords, path)
    try:
        for patterns in (words.any, *words.named.values()):
            Patterns(patterns, {})
    except ValueError as error:
        raise WellbeingError(f"{path}: {error}") from error
    return words


__all__ = ["AskedWords", "ScaleSkill", "load_asked_words"]
