"""From a minute of somebody's speech to their voiceprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples
from companion.errors import SpeakerError
from companion.hearing.speakers.background import unit
from companion.hearing.speakers.judge import merged
from companion.hearing.speakers.nouns import Taken, Voiceprint

PIECE_S: Final = 4.0
"""Speech is described in pieces of about this length: those that will be compared with it."""

ENOUGH_S: Final = 60.0
"""What a guided enrolment aims at."""

LEAST_S: Final = 20.0
"""Less speech than this makes no print."""

_SHORTEST_S: Final = 1.0
"""A piece with less speech than this is left out."""

_ALIKE: Final = 0.3
_OWN: Final = 0.4
"""A piece less like the rest than this was somebody else, or noise; of one person's pieces in
acted emotions 3 in 1000 are, of strangers' two in three."""
_OWN_SHARE: Final = 0.7
"""So much of it must be one person."""


def pieces(samples: Samples) -> list[Samples]:
    """Cut a recording into pieces of about four seconds; a short rest joins the last."""
    count = max(1, round(len(samples) / (PIECE_S * SAMPLE_RATE)))
    return [part for part in np.array_split(samples, count) if len(part)]


def make_print(
    taken: Sequence[Taken],
    *,
    person_id: str,
    name: str,
    device: str,
    model: str,
    at: float,
    least_s: float = LEAST_S,
) -> Voiceprint:
    """Make a print of what was taken from each piece of a recording.

    Args:
        taken: of each piece.
        person_id: whose voice.
        name: what they are called.
        device: the microphone.
        model: the network that described the pieces.
        at: now, seconds since 1970.
        least_s: less speech than this is refused.

    Raises:
        SpeakerError: too little speech, or not all of one person.
    """
    mains = [merged(one.voices)[0] for one in taken if one.voices]
    heard = [voice for voice in mains if voice.seconds >= _SHORTEST_S]
    total = sum(voice.seconds for voice in heard)
    if total < least_s:
        raise SpeakerError(
            f"only {total:.0f} s of speech were heard and {least_s:.0f} s are needed: "
            "speak closer to the microphone, or give more recordings"
        )
    vectors = unit(np.stack([np.asarray(voice.embedding, np.float64) for voice in heard]))
    # The piece most like all others, those like it, and then all like their mean.
    likeness = vectors @ vectors.T
    first = likeness[int(likeness.sum(axis=1).argmax())] >= _ALIKE
    own = vectors @ unit(vectors[first].sum(axis=0)) >= _OWN
    seconds = float(np.array([voice.seconds for voice in heard])[own].sum())
    if seconds < _OWN_SHARE * total or seconds < least_s:
        raise SpeakerError(
            "more than one person was heard, or much noise: enrol again in a quiet room, alone"
        )
    return Voiceprint(person_id, name, device, vectors[own].astype(np.float32), seconds, model, at)


def to_bytes(centroids: NDArray[np.float32]) -> bytes:
    """Return the ways a person speaks as they are stored: width (uint32), then float32."""
    width = np.array([centroids.shape[1]], "<u4").tobytes()
    return width + np.ascontiguousarray(centroids, "<f4").tobytes()


def from_bytes(content: bytes) -> NDArray[np.float32]:
    """Read what ``to_bytes`` wrote.

    Raises:
        SpeakerError: it is something else.
    """
    try:
        width = int(np.frombuffer(content[:4], "<u4")[0])
        found = np.frombuffer(content[4:], "<f4").reshape(-1, width)
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise SpeakerError("a voiceprint is broken: enrol that person again") from error
    if not len(found) or not np.isfinite(found).all():
        raise SpeakerError("a voiceprint is broken: enrol that person again")
    return found.astype(np.float32)
