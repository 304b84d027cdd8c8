"""How the person has been sounding lately: a state that moves slowly and lasts over days."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from companion.emotion.fusion import Estimate
from companion.errors import EmotionError

_HALF_LIFE_S: Final = 6 * 3600.0
"""Seconds after which what was heard counts half: a bad morning is over by night."""

_STEP: Final = 0.15
"""Share of a sure utterance in the state."""

_LOW: Final = -0.2
"""Valence at which somebody sounds low..."""

_WELL: Final = -0.08
"""...and at which no longer."""

_ENOUGH: Final = 4.0
"""Sure utterances before anything is said about lately."""

_DAY_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Mood:
    """The state; every change makes a new one."""

    valence: float = 0.0
    arousal: float = 0.0
    weight: float = 0.0
    """Evidence behind it, in sure utterances, fading."""
    at: float = 0.0
    """When it was last changed, seconds since the epoch."""
    low_since: float | None = None
    """When the person began to sound low, if they do."""

    def moved(self, estimate: Estimate, now: float) -> Mood:
        """Return the state after one more estimate at ``now``, seconds since the epoch."""
        fade = math.exp(-math.log(2) * max(0.0, now - self.at) / _HALF_LIFE_S) if self.at else 1.0
        valence, arousal, weight = self.valence * fade, self.arousal * fade, self.weight * fade
        sure = 0.0 if estimate.unsure else estimate.confidence
        step = _STEP * sure
        valence += step * (estimate.valence - valence)
        arousal += step * (estimate.arousal - arousal)
        weight += sure
        low_since = self.low_since
        if low_since is not None and (valence > _WELL or now - self.at > 2 * _DAY_S):
            low_since = None
        if low_since is None and valence < _LOW and weight >= _ENOUGH:
            low_since = now
        return Mood(valence, arousal, weight, now, low_since)

    def lately(self, now: float, subject: str = "They have") -> str:
        """Return a sentence about the last hours or days, empty when there is none to say."""
        if self.low_since is None:
            return ""
        days = _date(now).toordinal() - _date(self.low_since).toordinal()
        since = (
            "for a while" if days < 1 else "since yesterday" if days == 1 else f"for {days} days"
        )
        return f"{subject} sounded low {since}."

    def state(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "valence": self.valence,
            "arousal": self.arousal,
            "weight": self.weight,
            "at": self.at,
            "low_since": self.low_since,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Self:
        """Return a mood from its state.

        Raises:
            EmotionError: the state is damaged.
        """
        try:
            low = state["low_since"]
            mood = cls(
                valence=float(state["valence"]),
                arousal=float(state["arousal"]),
                weight=float(state["weight"]),
                at=float(state["at"]),
                low_since=None if low is None else float(low),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise EmotionError("the stored mood is damaged; reset it") from error
        if not all(map(math.isfinite, (mood.valence, mood.arousal, mood.weight, mood.at))):
            raise EmotionError("the stored mood is damaged; reset it")
        return mood


def _date(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds)
