"""What is kept of one committed turn: numbers and topics, never the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Protocol

from companion.domain import Danger, Feeling, JsonObject, Match, Screening, Speaker
from companion.errors import WellbeingError

KIND: Final = "turn"
"""Of the event."""

TOPICS: Final = (
    *("sleep_bad", "sleep_good", "pain", "appetite_low", "appetite_good", "mobility", "fall"),
    *("medicines", "people_contact", "loneliness", "outing", "low_mood", "good_mood"),
    *("tired", "confusion", "worry"),
)
MEASURES: Final = ("pitch", "range", "loudness", "tempo", "pauses")
"""Of the voice, in deviations from what is usual for the person."""
SOURCES: Final = ("model", "fallback", "script", "skill", "command")
"""Who answered the turn."""
_REQUESTS: Final = ("skill", "command")
SPEAKERS: Final = ("yes", "unsure", "")
"""``""`` when voices are not told apart."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was found in the words, which are then dropped."""

    topics: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Kinship and role words, such as ``daughter``; never names."""


class Reader(Protocol):
    """Finds topics and people in words."""

    def read(self, text: str) -> Said:
        """Return what the words are about."""
        ...


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One committed turn."""

    seconds: float
    """Of speech."""
    words: int
    speaker: str
    label: str = ""
    valence: float | None = None
    """-1 to 1; None where it was not inferred."""
    arousal: float | None = None
    confidence: float = 0.0
    unsure: bool = True
    against_usual: Mapping[str, float] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    tier: int = 0
    category: str = Danger.NONE.value
    source: str = "model"
    prompted: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is surely enough the person's to be looked at."""
        return self.speaker != Match.UNSURE.value

    def data(self) -> JsonObject:
        """Return it as the event's data."""
        return {
            "seconds": self.seconds,
            "words": self.words,
            "speaker": self.speaker,
            "label": self.label,
            "valence": self.valence,
            "arousal": self.arousal,
            "confidence": self.confidence,
            "unsure": self.unsure,
            "against_usual": dict(self.against_usual),
            "topics": list(self.topics),
            "people": list(self.people),
            "tier": self.tier,
            "category": self.category,
            "source": self.source,
            "prompted": self.prompted,
        }


def turn_record(
    text: str,
    *,
    reader: Reader,
    feeling: Feeling | None = None,
    against_usual: Mapping[str, float] | None = None,
    speaker: Speaker | None = None,
    screening: Screening | None = None,
    seconds: float = 0.0,
    source: str = "model",
    prompted: bool = False,
) -> TurnRecord | None:
    """Return what is kept of a turn, or None of a visitor's.

    Args:
        text: what was said; only counted and searched for topics.
        reader: finds topics.
        feeling: None where it is not inferred.
        against_usual: ``MEASURES`` in deviations from the person's usual.
        speaker: None when voices are not told apart; of an unsure one only length is kept.
        screening: of the same turn.
        seconds: of speech.
        source: who answered, of ``SOURCES``.
        prompted: it answers a question the companion asked unasked.
    """
    match = speaker.match if speaker is not None else None
    if match is Match.NO:
        return None
    seconds, words = round(max(0.0, seconds), 2), len(text.split())
    if match is Match.UNSURE or (speaker is not None and speaker.several):
        return TurnRecord(seconds, words, Match.UNSURE.value, source=source, prompted=prompted)
    # A request tells of nothing but itself: "leave me alone" is no loneliness.
    said = Said() if source in _REQUESTS else reader.read(text)
    usual = against_usual or {}
    return TurnRecord(
        seconds=seconds,
        words=words,
        speaker=Match.YES.value if match is Match.YES else "",
        label=feeling.label if feeling else "",
        valence=round(feeling.valence, 3) if feeling else None,
        arousal=round(feeling.arousal, 3) if feeling else None,
        confidence=round(feeling.confidence, 3) if feeling else 0.0,
        unsure=feeling.unsure if feeling else True,
        against_usual={
            name: round(float(usual[name]), 2)
            for name in MEASURES
            if name in usual and isfinite(usual[name])
        },
        topics=said.topics,
        people=said.people,
        tier=screening.tier if screening else 0,
        category=(screening.category if screening else Danger.NONE).value,
        source=source,
        prompted=prompted,
    )


def read_turn(data: Mapping[str, Any]) -> TurnRecord:
    """Return the record of an event's data.

    Raises:
        WellbeingError: something is missing or out of range; the text says what.
    """
    known = set(TurnRecord.__dataclass_fields__)
    if odd := sorted(set(data) - known):
        raise WellbeingError(f"a turn has no {odd[0]!r}: it has {', '.join(sorted(known))}")
    usual = data.get("against_usual", {})
    if not isinstance(usual, Mapping):
        raise WellbeingError('against_usual is an object of numbers, such as {"tempo": -1.2}')
    return TurnRecord(
        seconds=_number(data, "seconds", 0, 3600),
        words=int(_number(data, "words", 0, 10_000)),
        speaker=_one_of(data, "speaker", SPEAKERS),
        label=_text(data, "label"),
        valence=_maybe(data, "valence", -1, 1),
        arousal=_maybe(data, "arousal", -1, 1),
        confidence=_number(data, "confidence", 0, 1, 0.0),
        unsure=_flag(data, "unsure", True),
        against_usual={name: _number(usual, name, -50, 50) for name in usual if _measure(name)},
        topics=_list(data, "topics", TOPICS),
        people=_list(data, "people", None),
        tier=int(_number(data, "tier", 0, 4, 0)),
        category=_one_of(data, "category", [d.value for d in Danger], Danger.NONE.value),
        source=_one_of(data, "source", SOURCES, "model"),
        prompted=_flag(data, "prompted", False),
    )


def _measure(name: str) -> bool:
    if name not in MEASURES:
        raise WellbeingError(f"against_usual has no {name!r}: it has {', '.join(MEASURES)}")
    return True


def _number(
    data: Mapping[str, Any], name: str, low: float, high: float, default: float | None = None
) -> float:
    value = data.get(name, default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not isfinite(value) or not low <= value <= high:
        raise WellbeingError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _maybe(data: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    return None if data.get(name) is None else _number(data, name, low, high)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > 20 or " " in value:
        raise WellbeingError(f"{name} must be one short word, not {str(value)[:30]!r}")
    return value


def _flag(data: Mapping[str, Any], name: str, default: bool) -> bool:
    value = data.get(name, default)
    if not isinstance(value, bool):
        raise WellbeingError(f"{name} must be true or false, not {value!r}")
    return value


def _one_of(data: Mapping[str, Any], name: str, known: Any, default: str | None = None) -> str:
    value = data.get(name, default)
    if value not in known:
        shown = ", ".join(one or '""' for one in known)
        raise WellbeingError(f"{name} must be one of {shown}, not {value!r}")
    return str(value)


def _list(data: Mapping[str, Any], name: str, known: Any) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise WellbeingError(f"{name} must be a list of words")
    for one in value:
        if known is not None and one not in known:
            raise WellbeingError(f"{name} has no {one!r}: it has {', '.join(known)}")
        # Only words for kin and roles: a name would tell who it is.
        if known is None and (len(one) > 20 or one != one.lower()):
            raise WellbeingError(f"{name} holds words such as daughter or nurse, not {one[:30]!r}")
    return tuple(dict.fromkeys(value))
