"""When to say that it is no person; clock-free.

New York General Business Law 1702 asks for it at the beginning of an interaction, which need not be
more than once a day, and at least every three hours of continuing interaction
(https://www.nysenate.gov/legislation/laws/GBS/1702). California SB 243 asks for the three hours
where the user is a minor; the EU AI Act, Art. 50(1), for telling people in the first place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from companion.domain import JsonObject
from companion.errors import SafetyError
from companion.reading import parse, read_toml
from companion.resources import data_dir

LONGEST_S: Final = 3 * 3600.0
"""GBL 1702; a longer ``every_s`` is cut to it."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    notices: list[str] = Field(min_length=1)


@dataclass(slots=True)
class Disclosure:
    """Remembers when it was last said; its state survives a restart as JSON."""

    every_s: float = LONGEST_S
    """Seconds of continuing use after which it is due again; also the pause that ends such use."""
    notices: tuple[str, ...] = ("I am a computer program, not a person.",)
    name: str = "Molly"
    day: date | None = None
    """The local day on which it was last said; None for never."""
    said_at: float = 0.0
    began_at: float = 0.0
    """When the use began that still goes on."""
    used_at: float = 0.0
    count: int = 0
    """How often it was said; wordings take turns."""

    def __post_init__(self) -> None:
        """Keep within the law."""
        self.every_s = min(self.every_s, LONGEST_S)

    def due(self, now: datetime, t: float | None = None) -> bool:
        """Return whether it must be said with the next reply.

        Args:
            now: the local time of day.
            t: seconds since 1970; None takes them from ``now``.
        """
        if self.day is None or now.date() != self.day:
            return True
        t = now.timestamp() if t is None else t
        since = max(self.said_at, self._began(t))
        # A clock that was set back by hours says nothing about how long ago it was.
        return abs(t - since) >= self.every_s

    def said(self, now: datetime, t: float | None = None) -> None:
        """Learn that the person heard it."""
        t = now.timestamp() if t is None else t
        self.used(t)
        self.day, self.said_at = now.date(), t
        self.count += 1

    def used(self, t: float) -> None:
        """Learn of a turn; ``t`` as in ``due``."""
        self.began_at = self._began(t)
        self.used_at = t

    def words(self) -> str:
        """Return the wording whose turn it is."""
        return self.notices[self.count % len(self.notices)].format(name=self.name)

    def _began(self, t: float) -> float:
        return t if t - self.used_at >= self.every_s else self.began_at

    def to_json(self) -> JsonObject:
        """Return what must survive a restart."""
        return {
            "day": self.day.isoformat() if self.day else None,
            "said_at": self.said_at,
            "began_at": self.began_at,
            "used_at": self.used_at,
            "count": self.count,
        }

    def restore(self, state: JsonObject) -> None:
        """Take over the state of an earlier run; a broken one is as good as none."""
        try:
            day = date.fromisoformat(state["day"]) if state["day"] else None
            times = [float(state[key]) for key in ("said_at", "began_at", "used_at")]
            count = max(0, int(state["count"]))
        except (KeyError, TypeError, ValueError):
            return
        self.day, self.count = day, count
        self.said_at, self.began_at, self.used_at = times


def load_disclosure(
    language: str = "en", every_s: float = LONGEST_S, *, name: str = "Molly"
) -> Disclosure:
    """Read a language's wordings.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    return Disclosure(every_s, load_notices(language), name)


def load_notices(language: str = "en", folder: Path | None = None) -> tuple[str, ...]:
    """Read the wordings from ``notice.toml``.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    path = (folder or data_dir("prompts") / language / "safety") / "notice.toml"
    return tuple(parse(_File, read_toml(path, SafetyError), path, SafetyError).notices)


__all__ = ["LONGEST_S", "Disclosure", "load_disclosure", "load_notices"]
