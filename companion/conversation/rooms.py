"""What the conversation talks to."""

from __future__ import annotations

from dataclasses import dataclass

from companion.conversation.protocols import (
    Detector,
    Ears,
    EchoControl,
    Feeler,
    Guard,
    Journal,
    Mind,
    Player,
    Source,
    TurnJudge,
    Voice,
    Wakeword,
    WhoSpeaks,
)


@dataclass(slots=True)
class Rooms:
    """Everything behind the seams; tests put fakes here."""

    source: Source
    player: Player
    ears: Ears
    mind: Mind
    voice: Voice
    judge: TurnJudge
    detector: Detector
    echo: EchoControl | None = None
    wakeword: Wakeword | None = None
    feeler: Feeler | None = None
    who: WhoSpeaks | None = None
    journal: Journal | None = None
    guard: Guard | None = None
    """None screens nothing: only for tests of other things."""
