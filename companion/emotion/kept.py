"""The feeler of a live talk: what it learns is handed over to be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from companion.domain import JsonObject, Utterance
from companion.emotion.feeler import PersonFeeler, Sensed

EVERY: Final = 5
"""Utterances after which what was learned is kept: so much is lost at most when power fails."""

Keep = Callable[[JsonObject], bool]
"""Keeps a state; False when what was kept before has been removed, to begin anew."""


class KeptFeeler:
    """Satisfies the conversation's ``Feeler``; one person's."""

    def __init__(self, feeler: PersonFeeler) -> None:
        """Wrap a feeler; nothing is kept before ``keep_with``."""
        self._feeler = feeler
        self._keep: Keep | None = None
        self._since = 0

    @property
    def utterances(self) -> int:
        """How many utterances of this person were learned from."""
        return self._feeler.usual.utterances

    def keep_with(self, keep: Keep, state: JsonObject | None) -> None:
        """Take up what was learned before and keep it from now on.

        Args:
            keep: keeps a state; may block.
            state: kept earlier; None begins anew.

        Raises:
            EmotionError: the state is damaged; nothing was changed.
        """
        self._keep = keep
        if state is not None:
            self._feeler.restore(state)

    def feel(self, utterance: Utterance) -> Sensed | None:
        """Judge an utterance; leaves no trace."""
        transcript = utterance.transcript
        text = "" if transcript.rejected else transcript.text
        return self._feeler.sense(utterance.samples, text, transcript.words)

    def learn(self, impression: Sensed) -> None:
        """Take in an utterance that surely was this person's."""
        self._feeler.learn(impression)
        self._since += 1
        if self._since >= EVERY:
            self.keep()

    def keep(self) -> None:
        """Keep what was learned since the last time."""
        if self._keep is not None and self._since:
            self._since = 0
            if not self._keep(self._feeler.state()):
                self._feeler.reset()


__all__ = ["EVERY", "KeptFeeler"]
