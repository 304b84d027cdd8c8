"""The words of check-ins, and what a person wishes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from companion.config import CheckinSettings
from companion.errors import WellbeingError
from companion.patterns import Patterns, normalise
from companion.wellbeing.texts import Section, prompt_path, read

Mood = Literal["low", "good", "tired", "pain", "sleep_bad", "weekend"]
NOT_NOW: Final = timedelta(hours=3)
LONGER: Final = timedelta(days=14)
LONGEST_WISH: Final = 14
"""Words; a longer utterance tells something."""


class Wish(StrEnum):
    """What a person wants of check-ins; in the order they are looked for."""

    LONGER = "longer"
    TODAY = "today"
    NOT_NOW = "not_now"
    RESUME = "resume"


class Line(Section):
    """One way to say something."""

    id: str
    text: tuple[str, ...]
    when: tuple[Mood, ...] = ()


class _Concern(Section):
    unheard: str
    somebody: str


class _File(Section):
    morning: tuple[Line, ...]
    evening: tuple[Line, ...]
    silence: tuple[Line, ...]
    appointment: tuple[Line, ...]
    anniversary: tuple[Line, ...]
    low_week: tuple[Line, ...]
    missed_walk: tuple[Line, ...]
    answers: dict[str, tuple[str, ...]]
    concern: _Concern
    wishes: dict[Wish, tuple[str, ...]]
    replies: dict[Wish, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CheckinWords:
    """All that is said and understood about check-ins."""

    file: _File
    wishes: Sequence[tuple[Wish, Patterns]]
    """What is a wish whenever it is said."""
    replies: Sequence[tuple[Wish, Patterns]]
    """What is one as an answer to a check-in."""

    def lines(self, kind: str) -> tuple[Line, ...]:
        """Return all ways to say a kind of check-in."""
        found: tuple[Line, ...] = getattr(self.file, kind, ())
        return found

    def choose(self, kind: str, state: Collection[str], said: Sequence[str], day: int) -> Line:
        """Return a line that suits the person's state and was not said lately.

        Args:
            kind: of check-in.
            state: as ``habits.state_of``.
            said: ids of lines said before, oldest first.
            day: number of the day; the same day chooses the same line.

        Raises:
            WellbeingError: there are no words for that kind.
        """
        suiting = [one for one in self.lines(kind) if not one.when or set(one.when) & set(state)]
        if not suiting:
            raise WellbeingError(f"there are no words for a check-in of kind {kind}")
        place = {line: n for n, line in enumerate(said)}
        oldest = min(place.get(one.id, -1) for one in suiting)
        fresh = [one for one in suiting if place.get(one.id, -1) == oldest]
        special = [one for one in fresh if one.when]
        pool = special or fresh
        return pool[day % len(pool)]

    def wish(self, text: str, *, answer: bool = False) -> Wish | None:
        """Return what somebody wants of check-ins; None when they speak of something else.

        Args:
            text: what was said.
            answer: it answers a check-in, where "not today" is enough.
        """
        said = normalise(text)
        if len(said.replace(" . ", " ").split()) > LONGEST_WISH:
            return None
        known = (*self.wishes, *self.replies) if answer else self.wishes
        return next((wish for wish, patterns in known if patterns.find(said)), None)

    def answer(self, wish: str) -> tuple[str, ...]:
        """Return what is said to a wish."""
        return self.file.answers[wish]

    def unheard(self, who: str | None, since: str) -> str:
        """Return how those who care are told of an unusual silence."""
        concern = self.file.concern
        return concern.unheard.format(who=who or concern.somebody, since=since)


def until(wish: Wish, settings: CheckinSettings, now: datetime) -> float:
    """Return until when nothing is said first after a wish; seconds since 1970."""
    if wish is Wish.RESUME:
        return 0.0
    if wish is Wish.NOT_NOW:
        return now.timestamp() + NOT_NOW.total_seconds()
    if wish is Wish.LONGER:
        return now.timestamp() + LONGER.total_seconds()
    hour, minute = int(settings.quiet_to[:2]), int(settings.quiet_to[3:])
    tomorrow = now + timedelta(days=1)
    return tomorrow.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()


@lru_cache
def load_checkin_words(language: str = "en", path: Path | None = None) -> CheckinWords:
    """Read ``checkins.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    path = path or prompt_path(language, "checkins.toml")
    file = read(_File, path)
    missing = {"not_now", "today", "longer", "resume"} - set(file.answers)
    if missing:
        raise WellbeingError(f"{path}: 'answers' lacks {', '.join(sorted(missing))}")
    try:
        wishes = [(wish, Patterns(file.wishes.get(wish, ()), {})) for wish in Wish]
        replies = [(wish, Patterns(file.replies.get(wish, ()), {})) for wish in Wish]
    except ValueError as error:
        raise WellbeingError(f"{path}: 'wishes': {error}") from error
    return CheckinWords(file, wishes, replies)


__all__ = ["CheckinWords", "Line", "Wish", "load_checkin_words", "until"]
