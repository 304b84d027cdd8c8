"""Runs "people first": in a lull of a talk, seldom, a nudge to somebody real, or a break."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from companion.domain import Exchange, Initiative, JsonObject
from companion.wellbeing.people_first import (
    Known,
    PeopleLog,
    PeopleTexts,
    may_suggest_break,
    nudge,
    suggest_break,
    whom_to_suggest,
)
from companion.wellbeing.replies import ReplyEar
from companion.wellbeing.turns import Turn

LULL_S: Final = (25.0, 240.0)
"""So long after the last word the person is still there, and nothing is cut short."""
TROUBLE_S: Final = 6 * 3_600.0
"""After danger or a very low moment nobody is sent to the telephone for so long."""
_GOOD_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the person's days and people."""

    turns: tuple[Turn, ...] = ()
    """Of the last days, oldest first."""
    circle: tuple[Known, ...] = ()

    def known(self) -> Sequence[Known]:
        """Return the people, as ``Circle``."""
        return self.circle


@dataclass(slots=True)
class Company:
    """Call ``tick`` every half minute and ``heard`` for each of the owner's turns; one thread."""

    read: Callable[[datetime], Around]
    """Reads what is around; asked only in a lull."""
    emit: Callable[[Initiative], None]
    texts: PeopleTexts
    ear: ReplyEar
    save: Callable[[JsonObject], None]
    welcome: Callable[[datetime], bool]
    """Whether anything may be said unasked now."""
    avoid: Callable[[], Collection[str]] = frozenset
    """Roles and ids nobody is sent to: whoever is feared or accused."""
    log: PeopleLog = field(default_factory=PeopleLog)
    name: str | None = None
    """What the person is called."""
    _heard_at: float | None = field(default=None, init=False)
    _trouble_at: float | None = field(default=None, init=False)
    _looked: bool = field(default=False, init=False)

    def heard(self, at: float, *, troubled: bool = False) -> None:
        """Take note that the person spoke.

        Args:
            at: seconds since 1970.
            troubled: something was said that help may be needed for.
        """
        self._heard_at, self._looked = at, False
        if troubled:
            self._trouble_at = at

    def tick(self, now: datetime) -> None:
        """Suggest what is due, once in each lull."""
        at, heard = now.timestamp(), self._heard_at
        if heard is None or self._looked or not LULL_S[0] <= at - heard <= LULL_S[1]:
            return
        self._looked = True
        if self._trouble_at is not None and at - self._trouble_at < TROUBLE_S:
            return
        if not self.welcome(now):
            return
        around = self.read(now)
        if may_suggest_break(around.turns, self.log, now):
            whole = suggest_break(self.texts, now, self.name)
            self._offer("break", whole, self.log.paused(at), at)
            return
        who = whom_to_suggest(around, around.turns, self.log, now, self.avoid())
        if who is not None:
            whole = nudge(who, self.texts, self.ear, now, self.name)
            self._offer("nudge", whole, self.log.nudged(at, who.id), at)

    def _offer(self, kind: str, whole: Exchange, log: PeopleLog, at: float) -> None:
        said = replace(whole, effect=lambda: self._set(log))
        self.emit(Initiative(kind, said, expires_at=at + _GOOD_S))

    def _set(self, log: PeopleLog) -> None:
        self.log = log
        self.save(log.to_json())


__all__ = ["Around", "Company"]
