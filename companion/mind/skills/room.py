"""All skills behind one door: finds what is asked, and who answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from companion.domain import Exchange
from companion.errors import CompanionError
from companion.mind.skills.sentences import Meant, Sentences

Consent = Callable[[str], bool | None]
"""Hears yes (True) or no (False) in an answer; None when it is neither."""


class Handler(Protocol):
    """Answers some intents."""

    @property
    def intents(self) -> Mapping[str, Callable[[Meant, datetime], Exchange | None]]:
        """Intent -> what answers it; None gives way to whoever else knows."""
        ...


@dataclass(frozen=True, slots=True)
class SpokenSkills:
    """A ``domain.Skill``: asks each handler that knows what was meant."""

    sentences: Sentences
    handlers: Sequence[Handler]
    tz: tzinfo
    """The person's."""
    people: Callable[[], Sequence[str]] = tuple
    """Names and roles of those a message may go to; may raise ``CompanionError``."""
    close: Callable[[], None] = lambda: None
    """Gives up what is still being loaded."""

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return what is said to a request, or None when it is none."""
        here = now.astimezone(self.tz)
        by_intent = {
            intent: call for handler in self.handlers for intent, call in handler.intents.items()
        }
        try:
            people = self.people()
        except CompanionError:
            people = ()
        for meant in self.sentences.read(text, here, people):
            call = by_intent.get(meant.intent)
            exchange = call(meant, here) if call is not None else None
            if exchange is not None:
                return exchange
        return None


__all__ = ["Consent", "Handler", "SpokenSkills"]
