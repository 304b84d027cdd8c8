"""Turns a person's short sentence round, "I planted my roses" to "You planted your roses".

Only where that is safe: a wrong reflection sounds worse than none.
"""

from __future__ import annotations

import re

from companion.mind.prompts import Fallback
from companion.patterns import normalise

SHORTEST: int = 3
LONGEST: int = 10
"""Words; longer sentences have more than one clause too often."""


class Reflector:
    """The rules of one language."""

    def __init__(self, data: Fallback) -> None:
        self._swap = data.swap
        self._unsafe = set(data.unsafe)
        mine = {w for w in data.subjects if w in data.swap}
        self._first = {w for w in mine if not data.swap[w].endswith("r")}
        self._verbs = data.verbs
        self._dangling = set(data.dangling)
        self._subjects = set(data.subjects)

    def reflect(self, text: str) -> str | None:
        """Return the last sentence turned round, capitalised, without its full stop, or None."""
        if "?" in text or "," in text.strip(" .,!"):
            return None
        original = {w.lower().strip(".,!'\""): w.strip('.,!"') for w in text.split()[1:]}
        sentences = [
            s.strip() for s in normalise(text).replace(" 's ", "'s ").split(" . ") if s.strip()
        ]
        if len(sentences) != 1:
            return None
        words = sentences[0].split()
        if not SHORTEST <= len(words) <= LONGEST or words[0] not in self._subjects:
            return None
        if self._first & set(words[1:]):  # a second clause begins
            return None
        if self._unsafe & set(words) or words[-1] in self._dangling:
            return None
        out: list[str] = []
        for i, word in enumerate(words):
            before = words[i - 1] if i else ""
            if f"{before} {word}" in self._verbs:
                out.append(self._verbs[f"{before} {word}"])
            elif word in self._swap:
                out.append(self._swap[word])
            else:
                known = original.get(word, word)
                out.append(known if known[:1].isupper() else word)
        turned = " ".join(out)
        if re.search(r"\b(\w+) \1\b", turned) or re.search(r"\d", turned):
            return None
        return turned[0].upper() + turned[1:]


__all__ = ["Reflector"]
