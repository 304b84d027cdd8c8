"""What the companion says unasked: when it may, and how long it then listens. A pure machine."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from companion.domain import Initiative

QUIET_S: Final = 3.0
"""Nobody has spoken for so long before something is said unasked."""

ANSWER_S: Final = 12.0
"""An answer is waited for so long after the voice; old people think before they speak."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say this now."""

    initiative: Initiative


@dataclass(frozen=True, slots=True)
class Late:
    """This was not said in time."""

    initiative: Initiative


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nobody answered this."""

    initiative: Initiative


Step = Say | Late | Unheard


class Offers:
    """Keeps initiatives until they may be said, one at a time."""

    def __init__(self, quiet_s: float = QUIET_S, answer_s: float = ANSWER_S) -> None:
        self._quiet_s = quiet_s
        self._answer_s = answer_s
        self._waiting: deque[Initiative] = deque()
        self._saying: Initiative | None = None
        self._open: Initiative | None = None

    def add(self, initiative: Initiative) -> None:
        """Queue it; an urgent one goes first."""
        if initiative.urgent:
            self._waiting.appendleft(initiative)
        else:
            self._waiting.append(initiative)

    def said(self, initiative: Initiative) -> None:
        """Learn that it began to sound."""
        self._saying = None
        self._open = initiative if initiative.exchange.then is not None else None

    def listen(self, initiative: Initiative) -> None:
        """Wait for an answer to this, which was said otherwise."""
        self._open = initiative

    def interrupted(self, initiative: Initiative) -> None:
        """Learn that somebody spoke before it could sound: it waits again."""
        self._saying = None
        self._waiting.appendleft(initiative)

    def answered(self) -> Initiative | None:
        """Learn that the person spoke; return what they answered, if anything was open."""
        opened, self._open = self._open, None
        return opened

    def step(self, quiet_s: float, wall: float) -> Step | None:
        """Say what to do now.

        Args:
            quiet_s: seconds in which nobody spoke and nothing sounded; 0 while somebody does.
            wall: seconds since 1970.
        """
        if self._open is not None:
            if quiet_s < self._answer_s:
                return None
            late, self._open = self._open, None
            return Unheard(late)
        if self._saying is not None or not self._waiting:
            return None
        if self._waiting[0].expires_at <= wall:
            return Late(self._waiting.popleft())
        if quiet_s < self._quiet_s:
            return None
        self._saying = self._waiting.popleft()
        return Say(self._saying)


__all__ = ["ANSWER_S", "QUIET_S", "Late", "Offers", "Say", "Step", "Unheard"]
