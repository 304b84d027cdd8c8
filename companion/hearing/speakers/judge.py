"""Is this the enrolled person? A pure judge: voices and prints in, yes, unsure or no out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from companion.domain import Match, Speaker
from companion.hearing.speakers.background import Background, unit
from companion.hearing.speakers.nouns import Taken, Voice, Voiceprint

SHORTEST_S: Final = 1.5
"""Less speech than this is never judged."""

_SAME: Final = 0.45
"""Voices in one stretch at least this alike are one person in two moods; the segmentation parts
people at a change of voice, and acted emotion is one. Of people truly apart hardly any are."""

_GUEST_S: Final = 1.0
"""A second voice counts from here on; less may be a cough or a laugh."""

_EDGE: Final = 1e-6

_OVERLAP: Final = 0.25
"""With more than this share spoken over, nobody's voice is clean."""


@dataclass(frozen=True, slots=True)
class Likely:
    """The best match of one voice."""

    print: Voiceprint
    probability: float


class SpeakerJudge:
    """Compares voices with enrolled people.

    Args:
        background: what strangers taught.
        prints: the enrolled; several of one person (one a microphone) count as the best of them.
            Those another network made are left out.
    """

    def __init__(self, background: Background, prints: Sequence[Voiceprint]) -> None:
        self._background = background
        self.prints = tuple(one for one in prints if one.model == background.model)

    def judge(self, taken: Taken) -> Speaker:
        """Say who spoke.

        A yes needs every voice that is heard for a second or more to be the same known person.
        """
        if not self.prints:
            return Speaker(Match.UNSURE, why="nobody is enrolled")
        voices = merged(taken.voices)
        if taken.overlap_s > _OVERLAP * (taken.seconds + taken.overlap_s):
            return Speaker(Match.UNSURE, several=True, why="two people at once")
        if not voices or voices[0].seconds < SHORTEST_S:
            return Speaker(Match.UNSURE, several=len(voices) > 1, why="too short")
        heard = [voice for voice in voices[1:] if voice.seconds >= _GUEST_S]
        found = [self.likely(voice) for voice in (voices[0], *heard)]
        best = max(found, key=lambda one: one.probability)
        matches = {self._match(one, best) for one in found}
        several = len(found) > 1
        if {Match.YES, Match.NO} <= matches:
            return _speaker(Match.UNSURE, best, several, "two people")
        worst = next(one for one in (Match.UNSURE, Match.NO, Match.YES) if one in matches)
        return _speaker(worst, best, several, "in between" if worst is Match.UNSURE else "")

    def likely(self, voice: Voice) -> Likely:
        """Return who a voice is most like, and how probably it is them."""
        background = self._background
        rows = np.asarray(voice.embedding, np.float64)[None]
        seconds = np.array([voice.seconds])
        found: list[Likely] = []
        for one in self.prints:
            ways = np.asarray(one.centroids, np.float64)
            features = background.features(ways, rows, seconds)
            chance = float(background.probabilities(features)[0])
            if features[0, 0] < background.stranger(ways, rows)[0]:
                # As like somebody else: whatever that is, it is no yes.
                chance = min(chance, background.accept - _EDGE)
            found.append(Likely(one, max(0.0, chance)))
        return max(found, key=lambda one: one.probability)

    def _match(self, found: Likely, best: Likely) -> Match:
        """Judge one voice; another enrolled person beside the best match is not that person."""
        if found.probability < self._background.refuse:
            return Match.NO
        if found.probability < self._background.accept:
            return Match.UNSURE
        return Match.YES if found.print.person_id == best.print.person_id else Match.NO


def merged(voices: Sequence[Voice]) -> list[Voice]:
    """Join voices that are one person's, the longest first."""
    people: list[tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], float]] = []
    for voice in sorted(voices, key=lambda one: -one.seconds):
        vector = unit(np.asarray(voice.embedding, np.float64)) * voice.seconds
        alike = [float(unit(total) @ unit(vector)) for total, _ in people]
        if alike and max(alike) >= _SAME:
            best = int(np.argmax(alike))
            total, seconds = people[best]
            people[best] = (total + vector, seconds + voice.seconds)
        else:
            people.append((vector, voice.seconds))
    joined = [Voice(unit(total).astype(np.float32), seconds) for total, seconds in people]
    return sorted(joined, key=lambda one: -one.seconds)


def _speaker(match: Match, likely: Likely, several: bool, why: str) -> Speaker:
    """Name the person only when it may be them: a stranger is not to be called by their name."""
    known = match is not Match.NO
    return Speaker(
        match,
        likely.print.name if known else None,
        likely.print.person_id if known else None,
        round(likely.probability, 4),
        several,
        why,
    )
