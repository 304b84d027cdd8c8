"""Everything that happens in a conversation, as typed events.

Each event has ``t``, seconds since the first input frame, and a ``type`` that is its
class name in snake case. ``--events FILE.jsonl`` writes one a line.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import ClassVar

from companion.domain import JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``t`` seconds on the input clock."""

    t: float

    type: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        """Name the event after its class."""
        cls.type = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def to_json(self) -> JsonObject:
        """Return the event as one flat JSON object."""
        data = asdict(self)
        t = round(data.pop("t"), 3)
        return {"t": t, "type": self.type} | {
            k: round(v, 3) if isinstance(v, float) else v for k, v in data.items()
        }


@dataclass(frozen=True, slots=True)
class Listening(Event):
    """The companion is ready to hear."""

    attention: str
    load_s: float
    """Seconds from the start of the process."""


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    """A person began to speak at about ``t``."""


@dataclass(frozen=True, slots=True)
class DraftStarted(Event):
    """A reply is being prepared at a pause, not yet spoken."""

    silence_s: float


@dataclass(frozen=True, slots=True)
class DraftDropped(Event):
    """The prepared reply was thrown away; nothing of it was said or stored."""

    reason: str


@dataclass(frozen=True, slots=True)
class Transcribed(Event):
    """The words so far, as heard at a pause."""

    text: str
    stt_s: float
    completeness: float
    """Probability that the turn is complete, 0-1."""


@dataclass(frozen=True, slots=True)
class TurnCommitted(Event):
    """The person's turn is judged complete."""

    text: str
    heard_until: float
    """End of speech on the input clock, seconds."""
    endpoint_wait_s: float
    """Seconds between the end of speech and this decision."""
    heard_from: float = 0.0
    """Start of speech on the input clock, seconds."""


@dataclass(frozen=True, slots=True)
class Screened(Event):
    """A committed turn is about danger or a delicate matter; carries no words."""

    tier: int
    category: str
    topic: str
    score: float
    script: str = ""
    addressed: bool = True


@dataclass(frozen=True, slots=True)
class Felt(Event):
    """How a committed turn was said, and by whom; of a visitor nothing but that it was one."""

    speaker: str = ""
    """``yes``, ``unsure``, ``no``, or empty when voices are not compared."""
    label: str = ""
    valence: float = 0.0
    arousal: float = 0.0
    confidence: float = 0.0
    unsure: bool = True
    stance: str = ""
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class AlertNews(Event):
    """Something became of an alert: a contact was reached, answered, or could not be reached."""

    kind: str
    tier: int
    contact: str = ""


@dataclass(frozen=True, slots=True)
class TurnMerged(Event):
    """The person went on just after a commit: both parts are one turn."""

    text: str
    """The first part."""


@dataclass(frozen=True, slots=True)
class Ignored(Event):
    """A sound or an utterance was not answered."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReplyStarted(Event):
    """The first sample of a reply was handed to the output."""

    ready_at_commit: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class ReplySentence(Event):
    """A sentence was handed to the output."""

    text: str
    source: str = ""
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BargeIn(Event):
    """The person spoke over the voice."""


@dataclass(frozen=True, slots=True)
class ReplyStopped(Event):
    """The reply was cut short."""

    reason: str
    heard: str
    """The words that had sounded."""


@dataclass(frozen=True, slots=True)
class ReplyFinished(Event):
    """The last sample of the reply has sounded."""

    heard: str


@dataclass(frozen=True, slots=True)
class AttentionChanged(Event):
    """The companion began or ceased to feel addressed."""

    engaged: bool
    reason: str


@dataclass(frozen=True, slots=True)
class EarconPlayed(Event):
    """A short signal sounded."""

    name: str


@dataclass(frozen=True, slots=True)
class Announced(Event):
    """The companion said something about its own devices."""

    text: str


@dataclass(frozen=True, slots=True)
class Offered(Event):
    """The companion spoke unasked: a reminder, a check-in, a scale."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OfferEnded(Event):
    """Somebody spoke after it, or nobody did."""

    kind: str
    answered: bool


@dataclass(frozen=True, slots=True)
class DeviceChanged(Event):
    """A microphone or speaker was lost, came back, or delivers nothing."""

    device: str
    """``microphone`` or ``speaker``."""
    state: str
    """``lost``, ``back``, ``silent`` or ``sounding``."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trouble(Event):
    """Something failed and the talk went on without it."""

    where: str
    what: str
    """One plain line."""
