"""Tells asking from telling, sentence by sentence.

A rule about questions must not be set off by a word in a story, nor a rule about feelings by a
question; so an utterance is first parted into what it asks and what it tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from companion.mind.prompts import ActData
from companion.patterns import normalise

_SENTENCE = re.compile(r"[^.!?…]+(?:\.(?=\w)[^.!?…]+)*[.!?…]*")
_CLAUSE = re.compile(r"[,;:]\s|\s[-–—]+\s")


@dataclass(frozen=True, slots=True)
class Acts:
    """An utterance in parts, each normalised, without the words people begin with."""

    all: str
    asked: str
    """The questions; " " when there are none."""
    told: str
    """The rest."""
    sentences: tuple[str, ...]
    """What is told, as it was written, one sentence each, without opening words."""

    @property
    def asks(self) -> bool:
        """Whether an answer is expected: something is asked, and not just in passing."""
        return bool(self.asked.strip()) and self.all.endswith(self.asked.lstrip())


class ActEar:
    """One language's way of asking."""

    def __init__(self, data: ActData) -> None:
        """Sort the words.

        Args:
            data: the language's words.
        """
        self._openers = sorted((o.split() for o in data.openers), key=len, reverse=True)
        self._wh = set(data.question_words)
        self._short = set(data.short_question_words)
        self._degree = set(data.degree_words)
        self._aux = set(data.auxiliaries)
        self._subjects = set(data.question_subjects)
        self._tellers = set(data.tellers)
        self._tags = [t.split() for t in data.tags]

    def hear(self, text: str) -> Acts:
        """Part an utterance."""
        asked, told, parts, raw = " ", " ", " ", []
        for match in _SENTENCE.finditer(text):
            sentence = self._begin(match.group().strip())
            norm = normalise(sentence)
            if not norm.strip():
                continue
            parts += norm.lstrip()
            if self._is_question(sentence):
                asked += norm.lstrip()
            else:
                told += norm.lstrip()
                raw.append(sentence)
        return Acts(parts, asked, told, tuple(raw))

    def _begin(self, sentence: str) -> str:
        """Take off "well", "oh", "you know"."""
        again = True
        while again:
            again = False
            words = sentence.split()
            heads = [w.lower().strip(",.!?'\"") for w in words]
            for opener in self._openers:
                n = len(opener)
                if heads[:n] == opener and len(words) > n:
                    sentence, again = " ".join(words[n:]), True
                    break
        return sentence

    def _is_question(self, sentence: str) -> bool:
        words = normalise(sentence).replace(".", "").split()
        marked = "?" in sentence
        clauses = [normalise(c).replace(".", "").split() for c in _CLAUSE.split(sentence)]
        tagged = len(clauses) > 1 and (clauses[-1] in self._tags or self._echoes(clauses[-1]))
        if tagged or (marked and any(words[-len(t) :] == t != words for t in self._tags)):
            return False
        if any(self._inverted(c, marked=marked) for c in (clauses[0], clauses[-1]) if len(c) > 1):
            return True
        return marked and bool(words) and words[0] not in self._tellers

    def _echoes(self, words: list[str]) -> bool:
        """Whether it is a tag such as "aren't we"."""
        return len(words) == 2 and words[0] in self._aux and words[1] in self._subjects

    def _inverted(self, words: list[str], *, marked: bool) -> bool:
        first, second = words[0], words[1]
        if first in self._short:
            return True
        if first in self._wh:
            return second in self._aux or (
                (marked or second in self._degree) and any(w in self._aux for w in words[2:6])
            )
        return first in self._aux and second in self._subjects


__all__ = ["ActEar", "Acts"]
