"""Whether a clause that fits no known relation still tells something that lasts."""

from __future__ import annotations

import re
from typing import Final

from companion.mind.memory.people import ME, Found
from companion.mind.memory.texts import Lasting
from companion.patterns import Match, Patterns, normalise

_VERB: Final = 5
"""Words of "my left knee" or "'s people" at most, before the verb."""
_NEGATED: Final = 4


class LastingTold:
    """Tells what is so for long from what is only so today; in one language."""

    def __init__(self, data: Lasting) -> None:
        """Compile.

        Raises:
            ValueError: a pattern has a mistake.
        """
        lists = data.lists
        self._moment = Patterns(data.moment, lists)
        self._mine = Patterns(data.moment_of_mine, lists)
        self._marked = Patterns(data.marked, lists)
        self._states = Patterns(data.states, lists)
        self._never = Patterns(data.negated, lists)
        self._negation = Patterns(data.negation, lists)
        try:
            self._occupied = re.compile(data.occupation)
        except re.error as error:
            raise ValueError(f"occupation: {error}") from error
        self._no_occupation = frozenset(data.no_occupation)
        self._past = frozenset(data.past)
        self._deeds = frozenset(data.deeds)
        self._present = frozenset(data.present)
        self._links = frozenset(data.links)
        self._ongoing = frozenset(data.ongoing)
        self._participles = frozenset(data.participles)
        self._determiners = frozenset(data.determiners)
        self._adverbs = frozenset(data.adverbs)

    def tells(self, found: Found, front: str) -> bool:
        """Return whether what follows a subject is worth keeping as it stands.

        Args:
            found: whom it is about, and the rest of the clause.
            front: what stood before the subject, such as "every summer".
        """
        words = normalise(f"x {' '.join(found.rest)}").split()[1:]
        noun = found.spoken in ("your", "our") or words[:1] == ["'s"]
        if found.spoken.startswith("the ") and words[:1] and words[0] in self._links:
            noun = True
        elif noun:
            at = next((n for n, w in enumerate(words[:_VERB]) if n and w in self._links), 0)
            if not at:
                return False
            words = words[at:]
        if len(words) < 3 or words[0] in ("from", "in", "at", "with", "of", "who", "that", "to"):
            return False
        told = f" {' '.join(words)} "
        marked = bool(self._marked.find(f"{told}{front} "))
        if self._negation.find(opening(told)) and not self._never.find(told):
            return False
        if self._moment.find(told) or (noun and self._mine.find(told)):
            return False
        if self._never.find(told) or self._states.find(told):
            return True
        first = next((w for w in words if w not in self._adverbs), "")
        after = words[words.index(first) + 1] if first in words else ""
        if first in ("do", "does", "did") and after in self._present:
            first = after  # "I do like"
        if first in ("do", "does", "did") and after not in self._determiners:
            return marked and first == "did"
        second = words[words.index(first) + 1] if first in words else ""
        if (
            not noun
            and first in ("have", "has", "had")
            and (second in self._participles or re.fullmatch(r"[a-z]{2,}(?:ed|en|wn)", second))
        ):
            return marked
        if first in self._links and second.endswith("ing") and len(second) > 4:
            return second in self._ongoing or marked
        if noun and first in self._links:
            theirs = found.subject.kin != ME or found.spoken.startswith("the ")
            return marked or theirs or first not in self._past
        if first in self._past or re.fullmatch(r"[a-z]{2,}ed", first):
            theirs = first in ("was", "were") and found.subject.kin != ME
            return marked or theirs or first in self._deeds
        if found.subject.kin == ME:
            return marked or first in self._present
        return (
            first in self._links
            or first in self._present
            or (first.endswith("s") and first[:-1] in self._present)
        )

    def occupation(self, told: str) -> Match | None:
        """Return "is a dental hygienist", by how the words for what people do end."""
        found = self._occupied.search(told)
        if found is None or found["what"] in self._no_occupation:
            return None
        return Match({"rest": found["rest"]}, found.start())


def opening(told: str) -> str:
    """Return the words in which "not" turns the sentence into its opposite, not a part of it."""
    return f" {' '.join(told.split()[:_NEGATED])} "


__all__ = ["LastingTold", "opening"]
