"""The nouns that travel between the rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
"""Hz; everything between microphone and models is mono at this rate."""

FRAME_SAMPLES: Final = 320
FRAME_S: Final = FRAME_SAMPLES / SAMPLE_RATE
"""Seconds a frame lasts: 20 ms."""

Pcm = NDArray[np.int16]
"""Mono samples, shape (n,)."""

Samples = NDArray[np.float32]
"""Mono samples in [-1, 1], shape (n,)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of sound from the microphone."""

    pcm: Pcm
    """Shape (320,), 16 kHz mono."""
    t: float
    """Seconds from the first input frame to the end of this one."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word and when it was said."""

    text: str
    start: float
    """Seconds from the start of the utterance."""
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """What Whisper's encoder made of an utterance, kept so nobody encodes twice."""

    features: NDArray[np.float32]
    """Shape (positions, width); one position is 20 ms of speech, padding removed."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, and how far it can be trusted."""

    text: str
    language: str = "en"
    no_speech: float = 0.0
    """Whisper's probability that there is no speech, 0-1."""
    logprob: float = 0.0
    """Mean log-probability per token; near 0 is sure, below -1 is guessing."""
    compression: float = 1.0
    """gzip ratio of the text; above 2.4 the decoder is looping."""
    rejected: str | None = None
    """Why this is not believed (``no_speech``, ``loop``, ``ghost`` ...), or None."""
    words: tuple[Word, ...] = ()
    encoding: Encoding | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of a person's speech between two silences that end a turn."""

    samples: Samples = field(repr=False)
    start: float
    """Seconds on the input clock, pre-roll excluded."""
    end: float
    """Seconds on the input clock: the last voiced frame."""
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Feeling:
    """How something was said."""

    valence: float
    """-1 (unpleasant) to 1 (pleasant)."""
    arousal: float
    """-1 (calm) to 1 (excited)."""
    label: str
    """The likeliest of ``probabilities``."""
    confidence: float
    """Calibrated probability that ``label`` is right, 0-1."""
    unsure: bool = False
    """The evidence is thin: nothing should be built on it."""
    voiced: bool = True
    """The voice itself says so, against this person's usual; otherwise it is the words, and
    nothing may be claimed of the voice."""
    evidence: tuple[str, ...] = ()
    """Why, in plain words, such as ``slower than usual``."""
    phrase: str = ""
    """One short sentence for the prompt."""
    against_usual: Mapping[str, float] = field(default_factory=dict)
    """``pitch``, ``range``, ``loudness``, ``tempo`` and ``pauses`` in robust deviations from this
    person's usual; empty while that is not known."""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Of angry, happy, sad, neutral, fearful, bored (or tired), surprise and disgust; sum 1."""


class Match(StrEnum):
    """Whether a voice is that of somebody known."""

    YES = "yes"
    UNSURE = "unsure"
    """Too short, too noisy, several people, or in between: nothing may be learned from it."""
    NO = "no"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who said something; only ``yes`` may feed baseline, memory and journal."""

    match: Match
    name: str | None = None
    """Of the likeliest person; None when it is nobody known."""
    person_id: str | None = None
    """Their row in the database, if they have one."""
    probability: float = 0.0
    """That it is this person, 0-1, calibrated."""
    several: bool = False
    """More than one person was heard."""
    why: str = ""
    """In plain words, such as ``too short``."""


class Danger(StrEnum):
    """What kind of danger, or of delicate matter, an utterance is about."""

    NONE = "none"
    SUPPORT = "support"
    """Sad, lonely, worried: no danger (tier 1)."""
    CRISIS = "crisis"
    """Wish to die, suicide, self-harm, harm to others; their own or somebody else's."""
    MEDICAL = "medical_emergency"
    """Illness, injury, fall, fire, gas, intruder: help is needed now or soon."""
    ABUSE = "abuse"
    """Violence, threat, humiliation, neglect, self-neglect, isolation by others."""
    SCAM = "scam"
    """Fraud, a live scam, money taken or pressed for, by strangers or family."""
    MEDICAL_ADVICE = "medical_advice"
    """A question only a pharmacist or doctor may answer."""
    HARMFUL = "harmful_request"
    """Asks for help to harm somebody or break the law."""
    IDENTITY = "identity"
    """Asks who or what it is, whether it loves, keeps secrets, replaces someone."""
    INJECTION = "injection"
    """Tries to change its rules, or is plainly not said by the owner (television)."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What the safety guard makes of an utterance."""

    tier: int = 0
    """0 nothing, 1 warm support, 2 concern, 3 urgent, 4 emergency."""
    category: Danger = Danger.NONE
    topic: str = ""
    """The kind within the category, such as ``fall``, ``stroke``, ``plan`` or ``bank``."""
    score: float = 0.0
    """Calibrated probability that the tier is at least this one, 0-1."""
    evidence: tuple[str, ...] = ()
    """Why, for a reviewer: names of patterns and ``model:<what>=<probability>``."""
    script: str | None = None
    """Id of a scripted answer that replaces the mind's."""
    other: bool = False
    """The person in danger is somebody else."""


class Stance(StrEnum):
    """How the reply should meet the person."""

    LISTEN = "listen"
    COMFORT = "comfort"
    CELEBRATE = "celebrate"
    STEADY = "steady"
    CALM = "calm"
    ENCOURAGE_CONTACT = "encourage_contact"


class Tone(StrEnum):
    """How the reply should sound."""

    NEUTRAL = "neutral"
    WARM = "warm"
    CALM = "calm"
    BRIGHT = "bright"
    CONCERNED = "concerned"
    STEADY = "steady"


class Control(StrEnum):
    """What a spoken command does to the voice; understood without the language model."""

    REPEAT = "repeat"
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    QUIETER = "quieter"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What the mind is told besides the words."""

    feeling: Feeling | None = None
    screening: Screening | None = None
    stance: Stance = Stance.LISTEN
    interrupted: bool = False
    """The person spoke over the previous reply."""


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """One sentence of a reply, checked and ready to be spoken."""

    text: str
    source: str
    """``model``, ``fallback``, ``command`` or ``script``."""
    checks: tuple[str, ...] = ()
    """Names of the checks that earlier attempts failed."""
    control: Control | None = None
    tone: Tone = Tone.WARM


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a skill, a reminder or a scale says, and what becomes real once it is committed."""

    parts: tuple[ReplyPart, ...]
    """Spoken; ``source`` is ``skill``."""
    effect: Callable[[], None] | None = None
    """Run once, after the turn is committed and not before: a draft leaves no trace."""
    then: Hearing | None = None
    """Hears the next utterance first; None ends the exchange."""


class Hearing(Protocol):
    """Somebody who waits for an answer."""

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Return what follows, or None when the words are not meant for it: it then gives way.

        Pure: several drafts of the same utterance may ask.
        """
        ...

    def unheard(self, now: datetime) -> Exchange | None:
        """Return what follows when nobody answered within the listening window, or None."""
        ...


class Skill(Protocol):
    """Knows one kind of request."""

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return what it says, or None when the words are not for it; leaves no trace."""
        ...


@dataclass(frozen=True, slots=True)
class Initiative:
    """Something the companion says unasked, softly, when nobody is speaking."""

    kind: str
    """``morning``, ``evening``, ``silence``, ``appointment``, ``reminder``, ``scale`` ..."""
    exchange: Exchange
    """Its parts are spoken after an earcon; ``then`` hears the answer."""
    urgent: bool = False
    """May break quiet hours, as a medicine at its hour; never interrupts speech."""
    expires_at: float = float("inf")
    """Seconds since 1970; later it is dropped and ``unheard`` is asked."""


@dataclass(frozen=True, slots=True)
class CommittedTurn:
    """A turn of the talk that was answered, for the journal."""

    text: str
    """To be searched for topics and dropped."""
    seconds: float
    """Of speech, from its beginning to its end."""
    source: str
    """Of the reply's first sentence; as of ``ReplyPart``."""
    feeling: Feeling | None = None
    speaker: Speaker | None = None
    screening: Screening | None = None
    prompted: bool = False
    """It answers what the companion said unasked."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """When a word of a spoken sentence sounds."""

    text: str
    start: float
    """Seconds from the start of the sentence's audio."""
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """A sentence as sound."""

    text: str
    pcm: Pcm = field(repr=False)
    rate: int
    """Hz."""
    words: tuple[SpokenWord, ...] = ()
    pause: float = 0.0
    """Seconds of silence due before whatever is said next."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / self.rate


JsonObject = dict[str, Any]
