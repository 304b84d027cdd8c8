"""What is settled without the language model: skills, and whoever waits for an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from companion.domain import Exchange, Hearing, ReplyPart, Skill


@dataclass(frozen=True, slots=True)
class _Proposed:
    text: str
    exchange: Exchange | None


class Exchanges:
    """Asks whoever waits, then each skill; nothing becomes real before ``commit``.

    Used from one thread at a time.
    """

    def __init__(self, skills: Sequence[Skill], now: Callable[[], datetime]) -> None:
        """Wait for nobody.

        Args:
            skills: in order; the first that knows answers.
            now: tells the local time.
        """
        self._skills = tuple(skills)
        self._now = now
        self._waiting: Hearing | None = None
        self._proposed: _Proposed | None = None

    def answer(self, text: str) -> tuple[ReplyPart, ...]:
        """Return what is said, empty when nobody knows."""
        now = self._now()
        exchange = self._waiting.hear(text, now) if self._waiting is not None else None
        if exchange is None:
            found = (skill.answer(text, now) for skill in self._skills)
            exchange = next((one for one in found if one is not None), None)
        self._proposed = _Proposed(text, exchange)
        return exchange.parts if exchange is not None else ()

    def commit(self, text: str) -> None:
        """Make what was proposed for these words real.

        Whoever waited and was not answered is told so, since the talk went elsewhere.
        """
        proposed, self._proposed = self._proposed, None
        exchange = proposed.exchange if proposed is not None and proposed.text == text else None
        waited, self._waiting = self._waiting, None
        if exchange is None:
            self._passed_over(waited)
            return
        self._real(exchange)

    def expect(self, exchange: Exchange) -> None:
        """Learn that this was said unasked: its effect is real, and the answer belongs to it."""
        self._proposed = None
        self._real(exchange)

    def unheard(self) -> tuple[ReplyPart, ...]:
        """Learn that nobody answered; return what is said to that."""
        waited, self._waiting = self._waiting, None
        late = waited.unheard(self._now()) if waited is not None else None
        if late is None:
            return ()
        self._real(late)
        return late.parts

    def unsaid(self, exchange: Exchange) -> None:
        """Learn that this was never said; whoever else waits goes on waiting."""
        self._passed_over(exchange.then)

    def forget(self) -> None:
        """Wait for nobody any more."""
        self._waiting = self._proposed = None

    def _passed_over(self, waited: Hearing | None) -> None:
        """Let whoever waited note that nobody answered; nothing is said to that."""
        late = waited.unheard(self._now()) if waited is not None else None
        if late is not None and late.effect is not None:
            late.effect()

    def _real(self, exchange: Exchange) -> None:
        if exchange.effect is not None:
            exchange.effect()
        self._waiting = exchange.then


__all__ = ["Exchanges"]
