"""What several people say to one mind, kept apart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from companion.conversation.guarded import guarded_reply
from companion.conversation.protocols import Guard, Mind
from companion.domain import Screening, TurnContext

_MOST_TALKS: Final = 32
_MOST_TURNS: Final = 6
_IDLE_S: Final = 300.0


@dataclass(slots=True)
class _Talk:
    turns: list[tuple[str, Screening, str]] = field(default_factory=list)
    """Said, what the guard made of it, and the reply."""
    used_at: float = 0.0


class Talks:
    """Answers texts; one thread at a time. Nothing is stored, and nobody is alerted."""

    def __init__(self, mind: Mind, guard: Guard, *, now: Callable[[], float] = monotonic) -> None:
        self._mind = mind
        self._guard = guard
        self._now = now
        self._talks: OrderedDict[str, _Talk] = OrderedDict()

    def answer(self, key: str, text: str) -> str | None:
        """Return the reply; None to what is a command to the voice, which is elsewhere.

        Args:
            key: of the talk it belongs to; one that is new or was idle for five minutes is new.
            text: what was said.
        """
        talk = self._taken_up(key)
        mind, guard = self._mind, self._guard
        mind.start_afresh()
        guard.start_afresh()
        for said, screening, reply in talk.turns:
            guard.commit(said, screening, addressed=True)
            mind.remember(said, reply)
        seen: list[Screening] = []
        parts = list(guarded_reply(mind, guard, text, TurnContext(), screened=seen.append))
        if any(part.control is not None for part in parts):
            return None
        reply = " ".join(part.text for part in parts if part.text)
        talk.turns.append((text, seen[0] if seen else Screening(), reply))
        del talk.turns[:-_MOST_TURNS]
        if any(part.source == "notice" for part in parts):
            guard.noticed()
        return reply or None

    def _taken_up(self, key: str) -> _Talk:
        now = self._now()
        talk = self._talks.pop(key, None)
        if talk is None or now - talk.used_at > _IDLE_S:
            talk = _Talk()
        talk.used_at = now
        self._talks[key] = talk
        while len(self._talks) > _MOST_TALKS:
            self._talks.popitem(last=False)
        return talk


__all__ = ["Talks"]
