"""What was said before, as far as it was heard.

Turns are only appended; the oldest are dropped in blocks while nobody speaks, so that between
two blocks every prompt begins like the one before and the model's cache stays valid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from companion.mind.model import Message

COMPACT_AT: Final = 0.75
"""Share of the room at which the oldest turns are dropped."""
COMPACT_TO: Final = 0.5
MOST_TURNS: Final = 200
"""Bounds memory where no model gives a token budget."""
TURN_OVERHEAD: Final = 12
"""Tokens a chat template adds to an exchange, at most."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange."""

    said: str
    heard: str
    """What the person heard of the reply; ends with a dash when cut short, may be empty."""


class History:
    """The turns of a talk, oldest first."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns that are kept."""
        return tuple(self._turns)

    def remember(self, said: str, heard: str) -> None:
        """Append a turn."""
        self._turns.append(Turn(said.strip(), heard.strip()))
        if len(self._turns) > MOST_TURNS:
            del self._turns[: MOST_TURNS // 2]

    def replies(self) -> list[str]:
        """Return what was heard of each reply, oldest first."""
        return [t.heard for t in self._turns if t.heard]

    def text(self) -> str:
        """Return everything both said."""
        return " . ".join(f"{t.said} . {t.heard}" for t in self._turns)

    def compact(self, room: int, count: Callable[[str], int]) -> bool:
        """Drop the oldest turns when they take up most of the room; True if any was dropped.

        Args:
            room: tokens there are for the history.
            count: how many tokens a text has.
        """
        sizes = [self._size(t, count) for t in self._turns]
        if sum(sizes) <= room * COMPACT_AT:
            return False
        dropped = 0
        while dropped < len(sizes) and sum(sizes[dropped:]) > room * COMPACT_TO:
            dropped += 1
        del self._turns[:dropped]
        return dropped > 0

    def messages(self, room: int, count: Callable[[str], int]) -> list[Message]:
        """Return the newest turns that fit the room, as messages."""
        kept: list[Turn] = []
        for turn in reversed(self._turns):
            room -= self._size(turn, count)
            if room < 0:
                break
            kept.append(turn)
        messages: list[Message] = []
        for turn in reversed(kept):
            said = turn.said
            if messages and messages[-1].role == "user":  # its reply was not heard at all
                said = f"{messages.pop().content} {said}"
            messages.append(Message("user", said))
            if turn.heard:
                messages.append(Message("assistant", turn.heard))
        return messages

    @staticmethod
    def _size(turn: Turn, count: Callable[[str], int]) -> int:
        return count(turn.said) + count(turn.heard) + TURN_OVERHEAD


__all__ = ["History", "Turn"]
