"""What the doctor says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from companion.domain import JsonObject


class State(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is wrong."""
    WARN = "warn"
    """It works, but not as it should."""
    FAIL = "fail"
    """Something of what it is there for does not work."""


EXIT_CODES: Final = {State.OK: 0, State.NOTE: 0, State.WARN: 20, State.FAIL: 21}
"""Apart from those of ``companion/errors.py`` and of wrong usage (2)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    """A short name that stays the same, such as ``microphone.level``."""
    state: State
    says: str
    """One plain sentence, without names and words of anybody."""
    do: str = ""
    """What to do about it; empty when there is nothing."""

    def data(self) -> JsonObject:
        """Return it as JSON."""
        return asdict(self)


def worst(findings: Sequence[Finding]) -> State:
    """Return the gravest state."""
    order = list(State)
    return max((one.state for one in findings), key=order.index, default=State.OK)


def ok(about: str, says: str) -> Finding:
    """Return that all is well."""
    return Finding(about, State.OK, says)


def note(about: str, says: str, do: str = "") -> Finding:
    """Return what is worth knowing."""
    return Finding(about, State.NOTE, says, do)


def warn(about: str, says: str, do: str) -> Finding:
    """Return what is not as it should be."""
    return Finding(about, State.WARN, says, do)


def fail(about: str, says: str, do: str) -> Finding:
    """Return what does not work."""
    return Finding(about, State.FAIL, says, do)


__all__ = ["EXIT_CODES", "Finding", "State", "fail", "note", "ok", "warn", "worst"]
