"""Takes one spoken sentence apart: fillers away, what is hearsay or only a wish away, clauses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from companion.mind.memory.texts import Clauses
from companion.patterns import Patterns, normalise

LONGEST: Final = 30
"""Words of a clause; longer ones are stories."""
_COMMA: Final = re.compile(r"\s*[,;:]+(?=\s|$)|\s+[-–—]+(?=\s)|\s*—\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence taken apart."""

    clauses: tuple[tuple[str, ...], ...]
    """Words, contractions written out; a comma is a word of its own."""
    doubt: bool
    """The person says that they are not sure of it."""


class ClauseReader:
    """One language's way of stringing things together."""

    def __init__(self, data: Clauses) -> None:
        """Compile.

        Raises:
            ValueError: a pattern has a mistake.
        """
        self._asks = Patterns(data.asks, {})
        self._hearsay = Patterns(data.hearsay, {})
        self._unreal = Patterns(data.unreal, {})
        self._doubtful = Patterns(data.doubtful, {})
        self._firm = Patterns(data.firm, {})
        openers = sorted((*data.openers, *data.doubt_openers), key=len, reverse=True)
        self._openers = tuple(openers)
        fillers = "|".join(map(re.escape, sorted(data.fillers, key=len, reverse=True)))
        unended = "|".join(map(re.escape, data.unended))
        self._within = re.compile(rf"\b({unended}),\s*(?:{fillers}),\s*", re.IGNORECASE)
        self._filler = re.compile(rf"(?:^|,)\s*(?:{fillers})\s*(?=,|$)", re.IGNORECASE)
        try:
            self._rewritten = [
                (re.compile(what, re.IGNORECASE), into) for what, into in data.rewritten
            ]
        except re.error as error:
            raise ValueError(f"rewritten: {error}") from error
        self._joints = set(data.joints)
        self._subjects = set(data.subjects)
        self._cut = set(data.cut)
        self._of_it = set(data.of_it)
        self._expand = data.expand
        self._has = set(data.after_has["words"])
        self._is = set(data.after_has["is"])

    def words(self, sentence: str) -> list[str]:
        """Return the words of a sentence without what it opens with."""
        return self._bare(sentence).split()

    def read(self, sentence: str) -> Told | None:
        """Return what a sentence tells; None when it asks, repeats hearsay, or only imagines."""
        plain = normalise(sentence)
        firm = bool(self._firm.find(plain.replace("-", " ")))
        text = self._bare(sentence)
        said = normalise(text)
        if "?" in sentence or not text or self._asks.find(said) or self._hearsay.find(said):
            return None
        doubt = bool(self._doubtful.find(plain))
        clauses: list[tuple[str, ...]] = []
        for clause in self._clauses(_tokens(text)):
            told = normalise(" ".join(clause))
            if self._unreal.find(told) and not firm:
                break  # what is wished or supposed goes on to the end
            if 1 < len(clause) <= LONGEST:
                clauses.append(tuple(self._expanded(clause)))
        return Told(tuple(clauses), doubt) if clauses else None

    def _bare(self, sentence: str) -> str:
        text = sentence.replace("’", "'").strip(" .!?")
        before = ""
        while text != before:
            before = text
            text = self._within.sub(r"\1 ", text)
            text = self._filler.sub("", text).lstrip(" ,")
            low = text.lower().replace(",", "")
            for opener in self._openers:
                if low.startswith(f"{opener} "):
                    text = " ".join(text.split()[len(opener.split()) :])
                    break
        for what, into in self._rewritten:
            text = what.sub(into, text)
        return text

    def _clauses(self, words: Sequence[str]) -> list[list[str]]:
        """Part a sentence before a comma or a joint that a new subject follows."""
        clauses: list[list[str]] = [[]]
        cut = False
        for n, word in enumerate(words):
            low = word.lower()
            follows = words[n + 1].lower() if n + 1 < len(words) else ""
            after = words[n + 2].lower() if n + 2 < len(words) else ""
            # "A dog, the last one was a beagle"; "a tablet, the warfarin, for my heart".
            beside = after in self._of_it or "," in [*words, ","][n + 2 : n + 6]
            if word == "," and follows == "the" and beside:
                follows = ""
            if word == "," or low in self._joints:
                pair = word != "," and len(clauses[-1]) < 3 and follows == "i"  # "Doris and I"
                joined = word == "," and follows in self._joints and after in self._subjects
                # "I have asthma, so I'm on the brown inhaler"
                cause = "so" in (low, follows) and len(clauses[-1]) < 5
                if clauses[-1] and not pair and not cause and (follows in self._subjects or joined):
                    clauses.append([])
                    cut = False
                    continue
            if low in self._cut and clauses[-1]:
                cut = True  # "if somebody gives me a lift"
            if not cut:
                clauses[-1].append(word)
        return [_trimmed(clause) for clause in clauses if clause]

    def _expanded(self, words: Sequence[str]) -> list[str]:
        out: list[str] = []
        verb = False
        for n, word in enumerate(words):
            follows = words[n + 1] if n + 1 < len(words) else ""
            full = self._expand.get(word.lower())
            if full is not None:
                first, *rest = full.split()
                if rest == ["is"] and follows.lower() in self._has:
                    rest = ["has"]
                out += [word.split("'")[0] if rest and rest[0] in ("is", "has") else first, *rest]
                verb = True
                continue
            # "Anna's a nurse", "my birthday's the ninth", but not "Anna's husband".
            if word.endswith("'s") and not verb and n < 6:
                has = follows.lower() in self._has
                named = follows[:1].isupper() and (
                    word.lower() in ("name's", "birthday's")
                    or (n and words[n - 1].lower() in ("favourite", "favorite"))
                )
                if has or follows.lower() in self._is or _goes_on(follows) or named:
                    out += [word[:-2], "has" if has else "is"]
                    verb = True
                    continue
            out.append(word)
        return out


def _tokens(text: str) -> list[str]:
    return _COMMA.sub(" , ", text).split()


def _goes_on(word: str) -> bool:
    return word.endswith("ing") and word[:1].islower() and len(word) > 5


def _trimmed(clause: Iterable[str]) -> list[str]:
    words = list(clause)
    while words and words[0].lower() in (",", "and", "but", "so"):
        words = words[1:]
    while words and (words[-1] == "," or words[-1].lower() in ("and", "but", "so")):
        words.pop()
    return words


__all__ = ["LONGEST", "ClauseReader", "Told"]
