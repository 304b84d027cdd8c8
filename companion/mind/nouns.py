"""Finds what a sentence is about, so that it can be named: "your choir", "the parcel".

Without a grammar only some phrases have sure ends; of the others none is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from companion.mind.prompts import NounData

MOST_WORDS = 3
"""Words after the article."""


class NounFinder:
    """The rules of one language."""

    def __init__(self, data: NounData, known: Iterable[str]) -> None:
        """Sort the words.

        Args:
            data: the language's words.
            known: nouns that end a phrase wherever they stand, such as "daughter".
        """
        self._turned: Mapping[str, str] = data.determiners
        self._ends = set(data.ends)
        self._vague = set(data.vague)
        self._joiners = set(data.joiners)
        self._places = set(data.places)
        self._copulas = set(data.copulas)
        self._suffixes = tuple(data.loose_suffixes)
        self._known = {tuple(k.split()) for k in known}

    def find(self, sentence: str) -> str | None:
        """Return the best phrase of one raw sentence, turned towards the person, or None."""
        tokens = sentence.replace("’", "'").split()
        words = [t.lower().strip('.,;:!?"()') for t in tokens]
        best: tuple[int, str] | None = None
        for i, word in enumerate(words):
            if word not in self._turned or (i and words[i - 1] in self._copulas):
                continue
            phrase, score = self._phrase(words, tokens, i)
            if phrase and (best is None or score > best[0]):
                best = score, f"{self._turned[word]} {phrase}"
        return best[1] if best else None

    def _phrase(
        self, words: Sequence[str], tokens: Sequence[str], start: int
    ) -> tuple[str | None, int]:
        subject = not start or words[start - 1] in self._joiners or tokens[start - 1][-1] in ",;:"
        found: list[int] = []
        closed = False
        for i in range(start + 1, len(words)):
            word = words[i]
            if word in self._ends or not word.replace("-", "").isalpha():
                closed = word in self._ends and bool(word)
                break
            found.append(i)
            if self._own(words[start]) and self._is_known(words, found):
                following = words[i + 1] if i + 1 < len(words) else ""
                named = tokens[i][-1].isalpha() and following.isalpha()
                if named and tokens[i + 1][0].isupper() and following not in self._ends:
                    found.append(i + 1)
                closed = True
                break
            if not tokens[i][-1].isalpha():
                closed = True
                break
        else:
            closed = True
        mine = self._own(words[start])
        known = self._is_known(words, found) or self._is_known(words, found[:-1])
        if not known:
            while len(found) > 1 and words[found[-1]].endswith(self._suffixes):
                found.pop()
        most = 1 if subject and not known else MOST_WORDS
        place = start > 0 and words[start - 1] in self._places
        if place and not (known and mine):
            return None, 0
        if not found or not closed or len(found) > most or self._bad(words, found):
            return None, 0
        phrase = " ".join(self._written(tokens[i]) for i in found)
        return phrase, (2 if known and mine else 0) + (0 if subject else 1)

    def _own(self, determiner: str) -> bool:
        """Whether it changes with the speaker, as "my" does."""
        return self._turned[determiner] not in self._turned

    def _bad(self, words: Sequence[str], found: Sequence[int]) -> bool:
        return any(words[i] in self._vague for i in found) or len(words[found[-1]]) < 3

    def _is_known(self, words: Sequence[str], found: Sequence[int]) -> bool:
        return any(
            tuple(words[i] for i in found[-n:]) in self._known for n in (1, 2) if len(found) >= n
        )

    @staticmethod
    def _written(token: str) -> str:
        return token.strip('.,;:!?"()')


__all__ = ["NounFinder"]
