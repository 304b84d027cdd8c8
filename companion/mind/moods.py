"""Good or bad, from the words, with their negations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from companion.mind.prompts import Mood
from companion.patterns import Patterns

NEGATION_REACH = 3
"""Words a "not" reaches forward."""


class MoodEar:
    """One language's good, unpleasant and serious words."""

    def __init__(self, lists: Mapping[str, Sequence[str]], negation: Sequence[str]) -> None:
        """Compile.

        Args:
            lists: word lists, with ``good``, ``nuisance``, ``serious`` and ``idiom``.
            negation: words that turn what follows into its opposite.
        """
        self._idioms = [f" {i} " for i in lists["idiom"]]
        self._good = Patterns(lists["good"], {})
        self._nuisance = Patterns(lists["nuisance"], {})
        self._serious = Patterns(lists["serious"], {})
        self._negation = set(negation)

    def mood(self, said: str) -> Mood | None:
        """Return the mood of a normalised text, None when it is even or unclear."""
        good, good_not = self._weigh(said, self._good)
        nuisance, _ = self._weigh(said, self._nuisance)
        bad = nuisance or good_not or self.serious(said)
        if good and not bad:
            return "good"
        return "bad" if bad and not good else None

    def serious(self, said: str) -> bool:
        """Whether something grave is told, and not denied."""
        return self._weigh(said, self._serious)[0]

    def _weigh(self, said: str, words: Patterns) -> tuple[bool, bool]:
        """Return whether one of the words stands there, and whether one is denied."""
        plain = denied = False
        for idiom in self._idioms:
            said = said.replace(idiom, " ")
        for at in words.places(said):
            before = said[:at].rsplit(". ", 1)[-1].split()[-NEGATION_REACH:]
            if self._negation & set(before):
                denied = True
            else:
                plain = True
        return plain, denied


__all__ = ["MoodEar"]
