"""Who is accused in what a person tells, so that no alert ever reaches them.

Doubt counts against telling: where it is not clear who did it, everybody who is spoken of counts,
but for those the person only wishes to tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from companion.errors import SafetyError
from companion.patterns import Patterns, normalise
from companion.safety.answers import load_accusing

_NAME: Final = re.compile(r"[A-Z][a-z]+(?:-[A-Z]?[a-z]+)?")
_LISTS: Final = {"relations", "harms", "by", "fear", "stop", "parts", "trusted"}
_PRONOUNS: Final = frozenset({"he", "she", "they", "he's", "she's", "they're", "who", "and"})


@dataclass(frozen=True, slots=True)
class _Person:
    names: frozenset[str]
    start: int
    """Word index within the clause."""
    end: int


@dataclass(frozen=True)
class Accusations:
    """Finds the accused; pure."""

    relations: frozenset[str]
    stop: frozenset[str]
    parts: frozenset[str]
    harms: Patterns
    fear: Patterns
    trusted: Patterns
    by: frozenset[str] = field(default=frozenset())

    def find(self, text: str) -> frozenset[str]:
        """Return relations and names, in lower case, of those an utterance accuses.

        Args:
            text: what was said, in the matter of abuse, neglect or money.
        """
        called = {n.lower() for n in _NAME.findall(text)} - self.stop
        spelled = bool(called) or re.search(r"[A-HJ-Z]", text) is not None
        accused: set[str] = set()
        mentioned: set[str] = set()
        latest: frozenset[str] = frozenset()
        beside: frozenset[str] = frozenset()
        """Named just before without a verb: "my son and ...", "the carer, Denise, ..."."""
        waiting = False
        for clause in self._clauses(text):
            words = clause.split()
            people = self._people(words, called, spelled=spelled)
            harms = [len(clause[:p].split()) for p in self.harms.places(f" {clause} . ")]
            feared = self.fear.find(f" {clause} . ") is not None
            guilty = [p for p in people if self._did(p, people, words, harms, feared=feared)]
            for person in guilty:
                accused |= person.names | beside
            if not people and harms:
                accused |= beside
            bare = bool(people) and len(words) - sum(p.end - p.start for p in people) <= 1
            beside = beside.union(*(p.names for p in people)) if bare else frozenset()
            spoken = [p for p in people if not self._only_told(p, words)]
            mentioned |= {n for p in spoken for n in p.names}
            if (
                (harms or feared)
                and not guilty
                and (not words or words[0] in _PRONOUNS or not people)
            ):
                accused |= latest
                waiting = not latest
            if waiting and spoken:
                accused |= spoken[0].names
                waiting = False
            if guilty or spoken:
                latest = (guilty or spoken)[-1].names
        return frozenset(accused or mentioned)

    def _clauses(self, text: str) -> list[str]:
        """Cut into clauses; commas and the words in ``parts`` cut too."""
        clauses: list[str] = []
        for sentence in re.split(r"[,;:]|\s[-–—]\s", text):
            current: list[str] = []
            for word in normalise(sentence).split():
                if word == "." or (word in self.parts and current):
                    clauses.append(" ".join(current))
                    current = []
                elif word not in self.parts:
                    current.append(word)
            clauses.append(" ".join(current))
        return [c for c in clauses if c]

    def _people(self, words: list[str], called: set[str], *, spelled: bool) -> list[_Person]:
        found: list[_Person] = []
        index = 0
        while index < len(words):
            two = " ".join(words[index : index + 2])
            word = words[index]
            singular = word.removesuffix("s")
            if two in self.relations:
                names, end = {two}, index + 2
            elif word in self.relations or singular in self.relations:
                names, end = {word if word in self.relations else singular}, index + 1
            elif word in called:
                names, end = {word}, index + 1
            else:
                index += 1
                continue
            while end < len(words) and (
                words[end] in called
                or words[end] in self.relations
                or (end == index + 1 and not spelled and self._is_name(words[end]))
            ):
                names.add(words[end])
                end += 1
            found.append(_Person(frozenset(names), index, end))
            index = end
        return found

    def _is_name(self, word: str) -> bool:
        """Whether a word right after "my daughter" may be her name, in a text without capitals."""
        return (
            word not in self.stop
            and word.isalpha()
            and not word.endswith(("ing", "ed", "ly"))
            and self.harms.find(f" {word} me . ") is None
        )

    def _did(
        self,
        person: _Person,
        people: list[_Person],
        words: list[str],
        harms: list[int],
        *,
        feared: bool,
    ) -> bool:
        before = words[max(0, person.start - 4) : person.start]
        if feared and self.by.intersection(before):
            return True
        later = [h for h in harms if h >= person.end]
        if not later:
            # "I was hit by my son"; "taken from me by Anna"
            return bool(harms) and bool({"by", "of", "from"} & set(before))
        between = [p for p in people if person.end <= p.start < later[0]]
        if between and words[between[0].start - 1] not in {"'s", "and", "or"}:
            return "and" in words[person.end : between[0].start]
        return not self._only_told(person, words)

    def _only_told(self, person: _Person, words: list[str]) -> bool:
        start = " ".join(w for w in words[max(0, person.start - 4) : person.start])
        return self.trusted.find(f" {start} . ") is not None


@cache
def _load(language: str, folder: Path | None) -> Accusations:
    lists = load_accusing(language, folder)
    if missing := sorted(_LISTS - lists.keys()):
        raise SafetyError(f"answers.toml: 'accused.{missing[0]}' is missing")
    try:
        return Accusations(
            frozenset(lists["relations"]),
            frozenset(lists["stop"]),
            frozenset(lists["parts"]),
            Patterns(lists["harms"], {}),
            Patterns(lists["fear"], {}),
            Patterns(lists["trusted"], {}),
            frozenset(w for w in lists["by"] if " " not in w),
        )
    except ValueError as error:
        raise SafetyError(f"answers.toml: 'accused': {error}") from error


def accused(text: str, language: str = "en") -> frozenset[str]:
    """Return relations and names, in lower case, of those an utterance accuses.

    To be asked only where somebody is accused at all: abuse, neglect, money pressed for.

    Raises:
        SafetyError: the word lists have a mistake.
    """
    return _load(language, None).find(text)


__all__ = ["Accusations", "accused"]
