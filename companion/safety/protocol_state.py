"""Where a talk stands between the scripts, and what one turn of it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from companion.domain import Danger, Tone

CLOSE_AFTER: Final = 12
"""Everyday turns after which an event counts as over."""


@dataclass(frozen=True, slots=True)
class ProtocolState:
    """Where the talk stands; starts empty."""

    script: str = ""
    """The open event's script, or empty."""
    category: Danger = Danger.NONE
    topic: str = ""
    tier: int = 0
    other: bool = False
    answering: str = ""
    """The script whose question was the last, while an answer to it may come."""
    since: int = 0
    """Turns since a script spoke."""
    quiet: int = 0
    """Turns since the event was spoken of."""
    checked: bool = False
    counting: bool = False
    """A countdown was announced and not yet cancelled."""
    said: tuple[tuple[str, int], ...] = ()
    """How often each script has spoken."""

    def times(self, script_id: str) -> int:
        """Return how often a script has spoken."""
        return dict(self.said).get(script_id, 0)


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said in a turn, and what it does."""

    state: ProtocolState
    """The state after it; to be kept only when the turn is committed."""
    script: str | None = None
    """None: the mind may answer."""
    lines: tuple[str, ...] = ()
    tone: Tone = Tone.CALM
    tier: int = 0
    """The danger as far as the protocol knows; a bare "yes" can raise it above the screening's."""
    category: Danger = Danger.NONE
    """What it is about: the screening's, or the open event's when this answers to it."""
    topic: str = ""
    countdown: bool = False
    """Help should be called for only after the countdown."""
    cancels: bool = False
    """A running countdown is to be cancelled."""


def quieter(state: ProtocolState) -> ProtocolState:
    """Return the state after a turn that the mind answers."""
    if not state.script and not state.answering:
        return state
    quiet = state.quiet + 1
    if quiet >= CLOSE_AFTER:
        return ProtocolState(said=state.said)
    return replace(state, quiet=quiet, since=state.since + 1)


__all__ = ["CLOSE_AFTER", "ProtocolState", "Turn", "quieter"]
