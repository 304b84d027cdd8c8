"""When a person's turn begins, pauses, goes on and ends: a pure machine.

It is fed the time and the probability of speech for every frame, and how long to wait at a
pause; it owns no clock, no sound and no words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

ON: Final = 0.5
"""Speech begins at this probability (Silero VAD's own default)."""

OFF: Final = 0.35
"""Speech goes on above this one (Silero's default hysteresis of 0.15)."""

SURE: Final = 0.9
"""Speech is judged this sure or surer most of the time; noise that opens a turn hardly ever
(share of chunks on 24 voices: 0.67-0.95, on household noise: 0-0.05; docs/measurements.md)."""

ON_OVER_VOICE: Final = 0.7
"""Onset while the companion itself speaks. At 0.5 and 0.07 s the voice stopped within 0.3 s of a
person's onset in 95% instead of about 85%, but in a live room it now and then stopped for its own
echo (docs/measurements.md): not hearing itself comes first."""


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Times, in seconds."""

    onset_s: float = 0.06
    """Speech this long is a beginning; two chunks of the detector."""
    onset_over_voice_s: float = 0.12
    """The same while the companion speaks."""
    onset_converging_s: float = 0.3
    """The same while the echo canceller is still converging."""
    draft_after_s: float = 0.2
    min_wait_s: float = 0.45
    max_wait_s: float = 2.6
    hold_s: float = 1.0
    """A turn that is over stays open this long for a reply that is not ready: nothing could be
    said anyway, and whoever goes on meanwhile has not been cut off."""


@dataclass(frozen=True, slots=True)
class Began:
    """Speech began at ``t``."""

    t: float


@dataclass(frozen=True, slots=True)
class Paused:
    """Silence has lasted long enough to prepare a reply."""

    heard_until: float
    silence_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """Speech went on after a pause that was long enough to prepare a reply."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Complete:
    """The turn is over."""

    began: float
    heard_until: float
    wait_s: float
    """Seconds of silence so far."""
    due_s: float
    """Seconds of silence that would have ended it, had the reply been ready."""


Signal = Began | Paused | Resumed | Complete


class _Phase(Enum):
    IDLE = auto()
    SPEAKING = auto()
    PAUSED = auto()


class TurnMachine:
    """Follows one person's turns; ``step`` once a frame."""

    def __init__(self, limits: TurnLimits | None = None) -> None:
        self.limits = limits or TurnLimits()
        self._phase = _Phase.IDLE
        self._rising_since: float | None = None
        self._began = 0.0
        self._heard_until = 0.0
        self._wait_s: float | None = None
        self._voiced = 0
        self._sure = 0
        self._before = (0, 0)

    @property
    def certainty(self) -> float:
        """Share of the open or last turn's voiced frames that were surely speech, 0-1."""
        return self._sure / self._voiced if self._voiced else 0.0

    @property
    def voiced_frames(self) -> int:
        """Frames of the open or last turn in which somebody spoke."""
        return self._voiced

    @property
    def speaking(self) -> bool:
        """Whether a turn is open, pauses included."""
        return self._phase is not _Phase.IDLE

    @property
    def paused(self) -> bool:
        """Whether the turn is open and silent for now."""
        return self._phase is _Phase.PAUSED

    def silence(self, t: float) -> float:
        """Return seconds since the last voiced frame."""
        return t - self._heard_until

    def be_patient(self, wait_s: float | None) -> None:
        """Say how much silence ends this turn, or None while that is not known."""
        self._wait_s = wait_s

    def reopen(self, began: float) -> None:
        """Continue an earlier turn: the next ``Complete`` reaches back to ``began``."""
        self._began = began
        self._voiced += self._before[0]
        self._sure += self._before[1]

    def cancel(self) -> None:
        """Forget the open turn."""
        self._phase = _Phase.IDLE
        self._rising_since = None
        self._wait_s = None

    def step(
        self,
        t: float,
        probability: float,
        *,
        over_voice: bool = False,
        converging: bool = False,
        ready: bool = True,
    ) -> list[Signal]:
        """Advance to the end of a frame.

        Args:
            t: seconds on the input clock.
            probability: of speech in this frame, 0-1.
            over_voice: the companion is speaking now.
            converging: the echo canceller is not to be trusted yet.
            ready: there is something to say, or nothing will be said, when the turn is over.

        Returns:
            What follows from it, in order.
        """
        if probability >= OFF:
            self._voiced += 1
            self._sure += probability >= SURE
        if self._phase is _Phase.IDLE:
            return self._idle(t, probability, over_voice=over_voice, converging=converging)
        if self._phase is _Phase.SPEAKING:
            return self._speaking(t, probability)
        return self._paused_step(t, probability, ready=ready)

    def _idle(
        self, t: float, probability: float, *, over_voice: bool, converging: bool
    ) -> list[Signal]:
        if not self._rising(t, probability, ON_OVER_VOICE if over_voice else ON):
            return []
        assert self._rising_since is not None
        needed = self.limits.onset_s
        if over_voice:
            needed = (
                self.limits.onset_converging_s if converging else self.limits.onset_over_voice_s
            )
        if t - self._rising_since < needed:
            return []
        self._phase = _Phase.SPEAKING
        self._began = self._rising_since
        self._heard_until = t
        self._rising_since = None
        self._wait_s = None
        return [Began(self._began)]

    def _speaking(self, t: float, probability: float) -> list[Signal]:
        if probability >= OFF:
            self._heard_until = t
            return []
        if self.silence(t) < self.limits.draft_after_s:
            return []
        self._phase = _Phase.PAUSED
        self._rising_since = None
        return [Paused(self._heard_until, self.silence(t))]

    def _paused_step(self, t: float, probability: float, *, ready: bool) -> list[Signal]:
        if self._rising(t, probability, ON):
            assert self._rising_since is not None
            if t - self._rising_since >= self.limits.onset_s:
                pause = self._rising_since - self._heard_until
                self._phase = _Phase.SPEAKING
                self._heard_until = t
                self._rising_since = None
                self._wait_s = None
                return [Resumed(pause)]
            return []
        silence = self.silence(t)
        if self._wait_s is None:
            return []
        wait = min(max(self._wait_s, self.limits.min_wait_s), self.limits.max_wait_s)
        if silence < wait or (not ready and silence < wait + self.limits.hold_s):
            return []
        complete = Complete(self._began, self._heard_until, silence, wait)
        self.cancel()
        return [complete]

    def _rising(self, t: float, probability: float, threshold: float) -> bool:
        if probability < threshold:
            self._rising_since = None
            return False
        if self._rising_since is None:
            self._rising_since = t - 0.032  # the detector judges 32 ms at a time
            if self._phase is _Phase.IDLE:
                self._before = (self._voiced, self._sure)
                self._voiced, self._sure = 1, int(probability >= SURE)
        return True
