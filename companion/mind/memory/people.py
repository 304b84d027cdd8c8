"""Whom the person speaks of: kin, others of their life, pets, by relation or by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from companion.mind.memory.texts import People

ME: Final = "me"
_LONGEST: Final = 4
"""Words of a name, with its title."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a fact is about."""

    kin: str
    """``sister``, ``peter's wife``, ``cat``; empty for somebody known by name only; ``me``."""
    name: str = ""
    gender: str = ""
    """``she``, ``he``, ``it`` or ``they``."""

    @property
    def key(self) -> str:
        """As ``Memory.subject``."""
        return ME if self.kin == ME else f"{self.kin}/{self.name}".lower()

    @property
    def spoken(self) -> str:
        """How they are called to the person: "your sister Ruth"."""
        if self.kin == ME:
            return "you"
        kin = self.kin if "'s " in self.kin else f"your {self.kin}"
        if "'s " in kin:
            kin = kin[0].upper() + kin[1:]
        return f"{kin} {self.name}".strip() if self.kin else self.name


@dataclass(frozen=True, slots=True)
class Found:
    """A subject at the beginning of words."""

    subject: Subject
    rest: tuple[str, ...]
    sure: bool = True
    spoken: str = ""
    """What the person called them, said back; empty: as the subject is."""


def person_of(key: str) -> Subject:
    """Return the subject of a kept fact."""
    kin, _, name = key.partition("/")
    return Subject(kin, name.title())


class PeopleFinder:
    """Knows the words of one language."""

    def __init__(self, data: People) -> None:
        self._kin: dict[str, tuple[str, str]] = {}
        self.relatives: set[str] = set()
        for group in (data.kin, data.pets, data.others):
            for gender, rows in group.items():
                for first, *others in rows:
                    for word in (first, *others):
                        self._kin[word] = (first, gender)
                        self._kin[word.replace("-", " ")] = (first, gender)
                    if group is not data.others:
                        self.relatives.add(first)
        self._adjectives = set(data.words["adjectives"])
        self._with_the = set(data.words["with_the"])
        self._titles = set(data.words["titles"])
        self._no_name = set(data.words["no_name"])
        self._door = tuple(phrase.split() for phrase in data.words["next_door"])

    def kin(self, words: Sequence[str], at: int) -> tuple[str, str, int] | None:
        """Return relation, gender and end of a word of kinship at a place, or None."""
        for end in range(min(len(words), at + 3), at, -1):
            word = " ".join(words[at:end]).lower()
            for form in (word, word.removesuffix("'s")):
                if form in self._kin:
                    return *self._kin[form], end
        return None

    def name(self, words: Sequence[str], at: int) -> tuple[str, int] | None:
        """Return a name at a place and its end, or None: words with capitals."""
        end = at
        while end < len(words) and end - at < _LONGEST and self._is_name(words[end]):
            end += 1
            if words[end - 1].endswith("'s"):
                break
        if end == at or (end == at + 1 and words[at].lower() in self._titles):
            return None
        return " ".join(words[at:end]).removesuffix("'s"), end

    def _is_name(self, word: str) -> bool:
        bare = word.removesuffix("'s")
        return bool(re.fullmatch(r"[A-Z][\w'-]+", bare)) and bare.lower() not in self._no_name

    def after_my(self, words: Sequence[str], at: int) -> tuple[Subject, int] | None:
        """Return whom "my ..." names, the words after "my" beginning at a place."""
        while at < len(words) and words[at].lower() in self._adjectives:
            here = self.kin(words, at)
            # "best friend" is one word here, "eldest daughter" two.
            if here and (here[2] > at + 1 or not self._kin_after(words, at + 1)):
                break
            at += 1
        found = self.kin(words, at)
        if found is None:
            return None
        kin, gender, end = found
        owned = words[end - 1].lower().endswith("'s")
        named = None if owned else self._named(words, end)
        name, end = named or ("", end)
        beside = words[end : end + 4]  # "my grandson Callum, Alison's lad, he ..."
        if named and len(beside) > 2 and beside[0] == "," and beside[1].endswith("'s"):
            whose = self.kin(words, end + 2)
            if whose and words[whose[2] : whose[2] + 1] in ([], [","]):
                end = min(len(words), whose[2] + 1)
        return Subject(kin, name, gender), end

    def _kin_after(self, words: Sequence[str], at: int) -> bool:
        while at < len(words) and words[at].lower() in self._adjectives and not self.kin(words, at):
            at += 1
        return self.kin(words, at) is not None

    def _named(self, words: Sequence[str], at: int) -> tuple[str, int] | None:
        """Return the name in "Ruth", ", Ruth ," or ", that is Ruth ,", and its end."""
        plain = self.name(words, at)
        if plain is not None or words[at : at + 1] != [","]:
            return plain
        start = at + 1
        if [w.lower() for w in words[start : start + 2]] == ["that", "is"]:
            start += 2
        found = self.name(words, start)
        if found is None or words[found[1] : found[1] + 1] not in ([], [","]):
            return None
        return found[0], found[1] + 1 if found[1] < len(words) else found[1]

    def begin(self, words: Sequence[str], known: Iterable[Subject]) -> Found | None:
        """Return the subject that a clause begins with; pronouns are for others to resolve."""
        if not words:
            return None
        everybody = list(known)
        low = [word.lower() for word in words]
        for phrase in self._door:
            if low[: len(phrase)] == phrase:
                called = low[len(phrase) : len(phrase) + 1] == ["is"]
                who = self.name(words, len(phrase) + 1) if called else None
                return Found(
                    Subject("neighbour", who[0] if who else "", "they"),
                    tuple(words[len(phrase) :]),
                    spoken=" ".join(phrase),
                )
        pair = self._pair(words, everybody)
        if pair is not None:
            return pair
        if low[0] in ("everybody", "everyone") and low[1:3] in (["calls", "me"], ["call", "me"]):
            return Found(Subject(ME), tuple(words[1:]), spoken=words[0].lower())
        if low[0] == "there" and low[1:2] in (["was"], ["were"], ["are"]) and "us" in low[3:5]:
            return Found(Subject(ME), tuple(words[1:]), spoken="there")
        if low[0] == "the":
            for n in range(2, min(6, len(low) - 1)):
                if low[n : n + 2] in (["of", "my"], ["of", "our"]):
                    return self._of_mine(words, n + 2)
        if low[0] == "our" and self.after_my(words, 1) is None:
            ours = self.name(words, 1)
            if ours is not None:
                ours_is = self._one_named(ours[0], everybody)
                ours_who = ours_is or Subject("", ours[0], "they")
                return self._owned(ours_who, words, ours[1])
        if low[0] in ("i", "we"):
            return Found(Subject(ME), tuple(words[1:]), spoken="you")
        if low[0] in ("my", "our"):
            found = self.after_my(words, 1)
            if found is None:
                return Found(Subject(ME), tuple(words[1:]), spoken="your")
            subject, end = found
            return self._owned(resolve(subject, everybody), words, end)
        if low[0] == "the":
            for end in (3, 2):
                if " ".join(low[1:end]) in self._with_the:
                    kin = " ".join(low[1:end])
                    return Found(Subject(kin, "", "they"), tuple(words[end:]), spoken=f"the {kin}")
            return None
        parent = self.kin(words, 0)
        if parent and parent[0] in ("mother", "father", "grandmother", "grandfather"):
            return self._owned(
                resolve(Subject(parent[0], "", parent[1]), everybody), words, parent[2]
            )
        named = self.name(words, 0)
        if named is None:
            return None
        name, end = named
        same = [one for one in everybody if one.name.lower() == name.lower()]
        if len(low) > end + 1 and low[end : end + 2] == ["is", "my"]:
            told = self.after_my(words, end + 2)
            if told is not None and told[1] == len(words) and not told[0].name:
                subject = Subject(told[0].kin, name, told[0].gender)
                return Found(subject, ("is", "called", *name.split()))
            for n in range(end + 2, min(len(words), end + 5)):
                role = self.kin(words, n)  # "is my heart doctor"
                if role is not None and words[role[2] : role[2] + 1] in ([], [","]):
                    in_role = Subject(role[0], name, role[1])
                    return Found(in_role, tuple(words[end:]), spoken=name)
        if len(low) > end + 2 and low[end : end + 2] == ["and", "i"]:
            return Found(
                same[0] if same else Subject("", name),
                tuple(words[end + 2 :]),
                bool(same),
                f"{name} and you",
            )
        subject = same[0] if len(same) == 1 else Subject("", name, "they")
        found_one = self._owned(subject, words, end)
        return Found(found_one.subject, found_one.rest, bool(same), found_one.spoken)

    def _one_named(self, name: str, known: Iterable[Subject]) -> Subject | None:
        same = [one for one in known if one.name.lower() == name.lower()]
        return same[0] if len(same) == 1 else None

    def _of_mine(self, words: Sequence[str], at: int) -> Found | None:
        """Follow "the happiest day of my life": up to the verb it belongs to the person."""
        for n in range(at, min(len(words), at + 4)):
            if words[n].lower() in ("is", "was", "are", "were", "has", "had"):
                spoken = " ".join(["the", *words[1 : at - 1], "your", *words[at:n]])
                return Found(Subject(ME), tuple(words[n:]), spoken=spoken)
        return None

    def _pair(self, words: Sequence[str], known: Sequence[Subject]) -> Found | None:
        """Return "me and Ron" or "Jim and Carol" at the beginning of words."""
        low = [word.lower() for word in words]
        if low[:2] == ["me", "and"]:
            other = (
                self.after_my(words, 3) if low[2:3] in (["my"], ["our"]) else self.name(words, 2)
            )
            if other is None:
                return None
            who = other[0] if isinstance(other[0], str) else other[0].spoken
            return Found(Subject(ME), tuple(words[other[1] :]), spoken=f"you and {who}")
        first = self.name(words, 0)
        if first is None or low[first[1] : first[1] + 1] != ["and"]:
            return None
        end = first[1] + 1
        if low[end : end + 1] == ["me"]:
            return Found(Subject(ME), tuple(words[end + 1 :]), spoken=f"{first[0]} and you")
        second = self.name(words, end)
        if second is None:
            return None
        one = self._one_named(first[0], known) or self._one_named(second[0], known)
        spoken = f"{first[0]} and {second[0]}"
        who_first = one or Subject("", first[0], "they")
        return Found(who_first, tuple(words[second[1] :]), one is not None, spoken)

    def _owned(self, subject: Subject, words: Sequence[str], end: int) -> Found:
        """Follow "'s husband": only of kin and of people called by name."""
        if not words[end - 1].lower().endswith("'s"):
            return Found(subject, tuple(words[end:]))
        own = self.kin(words, end)
        named = subject.name or subject.kin in self.relatives
        if own is not None and named and own[0] in self.relatives:
            owner = subject.name or f"your {subject.kin}"
            name = self._named(words, own[2])
            rest = own[2] if name is None else name[1]
            other = Subject(f"{owner}'s {own[0]}", name[0] if name else "", own[1])
            return Found(other, tuple(words[rest:]))
        if own is not None:
            return Found(Subject("", "", "they"), (), sure=False)
        return Found(subject, ("'s", *words[end:]))


def resolve(subject: Subject, known: Iterable[Subject]) -> Subject:
    """Return the one known person that a relation without a name means, or the subject."""
    if subject.name or subject.kin == ME:
        return subject
    same = {one.key: one for one in known if one.kin == subject.kin and one.name}
    return next(iter(same.values())) if len(same) == 1 else subject


__all__ = ["ME", "Found", "PeopleFinder", "Subject", "person_of", "resolve"]
