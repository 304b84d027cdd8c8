"""Whether the companion still hears and thinks, from how old its signs of life are.

Pure: time and ages come in, a verdict goes out. A sound server that restarts, one slow job, a
machine that was asleep or a moment without a processor are no reasons; what stays bad is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Why = Literal["", "deaf", "stuck", "hung"]
"""``deaf``: no sound arrives; ``stuck``: sound arrives but is not taken; ``hung``: a loop or worker
does not answer."""

_LONGEST_PATIENCE_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Signs:
    """Seconds since each part last gave a sign; all are taken at the same moment."""

    frame_s: float
    """Since the talk took a frame, be it of silence."""
    loop_s: float
    """Since the event loop answered."""
    sound_s: float | None = None
    """Since the microphone delivered sound; None while muted or without a microphone."""
    lost: bool = False
    """The microphone has gone and is being looked for."""
    plugged: bool | None = None
    """Whether the machine has any microphone; None when nobody can tell."""
    workers: Mapping[str, float] = field(default_factory=dict)
    """Name -> seconds without a sign; infinite when it has ended."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too old, in seconds. Each, with the looks, stays under a minute."""

    frame_s: float = 20.0
    loop_s: float = 15.0
    sound_s: float = 30.0
    """A sound server that restarts is back within a few seconds, a USB device within ten."""
    worker_s: float = 45.0
    """The longest single job, a language model reading its instructions on a Raspberry Pi."""
    looks: int = 3
    """So many looks in a row must agree."""
    gap_s: float = 10.0
    """After so long without a look we were asleep ourselves: nothing is held against anybody."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Well or not, and why, in words without anything of the person."""

    healthy: bool
    why: Why = ""
    text: str = ""


WELL: Final = Verdict(True)


class Watchdog:
    """Judges signs; one for each run.

    Args:
        limits: what is too old.
        deaf_before: restarts for deafness within the last hour: each doubles the patience, since
            what a restart did not mend it will hardly mend the next time.
    """

    def __init__(self, limits: Limits | None = None, *, deaf_before: int = 0) -> None:
        self.limits: Final = limits or Limits()
        self._sound_s = min(self.limits.sound_s * 2.0**deaf_before, _LONGEST_PATIENCE_S)
        self._bad = 0
        self._looked: float | None = None
        self._not_before = -math.inf

    def look(self, now: float, signs: Signs) -> Verdict:
        """Return whether all is well.

        Args:
            now: seconds on a monotonic clock.
            signs: as they are now.
        """
        if self._looked is not None and now - self._looked > self.limits.gap_s:
            self._bad = 0
            self._not_before = now + self.limits.gap_s
        self._looked = now
        found = self._judge(signs)
        if found.healthy or now < self._not_before:
            self._bad = 0
            return WELL
        self._bad += 1
        return found if self._bad >= self.limits.looks else WELL

    def _judge(self, signs: Signs) -> Verdict:
        limits = self.limits
        if signs.loop_s > limits.loop_s:
            return Verdict(False, "hung", f"the talk has not answered for {signs.loop_s:.0f} s")
        for name, age in signs.workers.items():
            if age == math.inf:
                return Verdict(False, "hung", f"the {name} worker has ended")
            if age > limits.worker_s:
                return Verdict(False, "hung", f"the {name} worker is stuck for {age:.0f} s")
        if signs.frame_s > limits.frame_s:
            return Verdict(False, "stuck", f"no sound was taken for {signs.frame_s:.0f} s")
        # With nothing plugged in no restart helps, and reminders and alerts must go on.
        hopeless = signs.lost and signs.plugged is not True
        if signs.sound_s is not None and signs.sound_s > self._sound_s and not hopeless:
            return Verdict(False, "deaf", f"no sound arrived for {signs.sound_s:.0f} s")
        return WELL


__all__ = ["WELL", "Limits", "Signs", "Verdict", "Watchdog", "Why"]
