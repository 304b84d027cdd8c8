"""Finds in one utterance what is worth remembering; pure, and rather too little than wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from companion.mind.memory.dates import spoken_date
from companion.mind.memory.people import ME, Found, PeopleFinder, Subject, resolve
from companion.mind.memory.texts import MemoryTexts, Relation
from companion.mind.sentences import split
from companion.patterns import Patterns, normalise

SURE: Final = 0.8
"""From this confidence a fact is kept without asking."""
LONGEST: Final = 28
"""Words of a clause; longer ones are stories."""
_QUOTED: Final = re.compile(r"[\"“”«»]")
_JOINT: Final = re.compile(r"[,;:]\s+|\s[-–—]+\s")
_CHILD: Final = re.compile(
    r"^(?:have|has|had)(?: got)? (?:a|an|another|one)(?: \w+)?? (?P<kin>[\w-]+) "
    r"(?:called|named) (?P<name>.+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be remembered."""

    kind: str
    subject: Subject
    relation: str
    value: str
    sentence: str
    """As it is said back: "Your sister Ruth lives in Leeds."."""
    day: str = ""
    confidence: float = 0.9
    one: bool = False
    changed: bool = False
    """The words themselves say that it is new: "has moved"."""

    @property
    def sure(self) -> bool:
        """Whether it may be kept without asking."""
        return self.confidence >= SURE


class Extractor:
    """One language's way of telling."""

    def __init__(self, texts: MemoryTexts) -> None:
        """Compile.

        Raises:
            ValueError: a pattern has a mistake.
        """
        data = texts.clauses
        self._relations = texts.relations
        self._people = PeopleFinder(texts.people)
        self._asks = Patterns(data.asks, {})
        self._unreal = Patterns(data.unreal, {})
        self._doubtful = Patterns(data.doubtful, {})
        self._negation = Patterns(data.negation, {})
        self._passing = Patterns(data.passing, {})
        self._openers = _by_length(data.openers)
        self._doubts = _by_length(data.doubt_openers)
        self._joints = set(data.joints)
        self._subjects = set(data.subjects)
        self._expand = data.expand
        self._has = set(data.after_has["words"])
        self._swap = data.swap

    def extract(
        self, text: str, known: Iterable[Subject] = (), about: Subject | None = None
    ) -> tuple[Candidate, ...]:
        """Return what one utterance of the owner tells.

        Args:
            text: the utterance as it was understood.
            known: people of whom something is kept already.
            about: whom "she" means at the beginning.
        """
        if _QUOTED.search(text):
            return ()
        everybody = list(known)
        found: list[Candidate] = []
        last = about
        for sentence in split(text):
            if self._unreal.find(normalise(sentence)):
                last = None
                continue
            words, doubt = self._bare(sentence)
            if "?" in sentence or self._asks.find(normalise(" ".join(words))):
                continue
            for clause in self._clauses(words):
                made, last = self._clause(clause, everybody, last, doubt=doubt)
                found += made
                everybody += [one.subject for one in made]
        return tuple(found)

    def worded(self, text: str, known: Iterable[Subject] = ()) -> Candidate:
        """Return whatever the person asked to be remembered, in words said back to them."""
        made = self.extract(text, known)
        if len(made) == 1:
            return replace(made[0], confidence=1.0)
        words, _ = self._bare(text)
        return Candidate(
            "other",
            Subject(ME),
            "said",
            " ".join(words),
            self._sentence("", words),
            spoken_date(text),
            1.0,
        )

    # -- one clause ----------------------------------------------------------------------

    def _bare(self, sentence: str) -> tuple[list[str], bool]:
        text = sentence.replace("’", "'").strip(" .!?")
        doubt, again = bool(self._doubtful.find(normalise(text))), True
        while again:
            again = False
            low = re.sub(r"[,]", "", text.lower())
            for opener in (*self._openers, *self._doubts):
                if low.startswith(f"{opener} "):
                    text = " ".join(text.split()[len(opener.split()) :])
                    again = True
                    break
        return text.split(), doubt

    def _clauses(self, words: Sequence[str]) -> list[list[str]]:
        """Part a sentence before a comma or a joint that a new subject follows."""
        clauses: list[list[str]] = [[]]
        n = 0
        while n < len(words):
            word = words[n]
            follows = words[n + 1].lower().strip(",") if n + 1 < len(words) else ""
            pair = len(clauses[-1]) < 3 and follows == "i"  # "Doris and I"
            splits = word.lower() in self._joints and follows in self._subjects
            if clauses[-1] and splits and not pair:
                clauses.append([])
            else:
                clauses[-1].append(word.strip(",;:"))
                if word.endswith((",", ";", ":")) and follows in self._subjects:
                    clauses.append([])
            n += 1
        return [clause for clause in clauses if 2 < len(clause) + 1 <= LONGEST]

    def _expanded(self, words: Sequence[str]) -> list[str]:
        out: list[str] = []
        for n, word in enumerate(words):
            follows = words[n + 1].lower() if n + 1 < len(words) else ""
            full = self._expand.get(word.lower())
            if full is not None:
                first, *rest = full.split()
                if rest == ["is"] and follows in self._has:
                    rest = ["has"]
                out += [word.split("'")[0] if rest and rest[0] in ("is", "has") else first, *rest]
                continue
            # "Anna's a nurse", but not "Anna's husband".
            if (
                n == 0
                and word.endswith("'s")
                and (
                    follows in self._has
                    or follows
                    in (
                        "a",
                        "an",
                        "the",
                        "in",
                        "at",
                        "called",
                        "from",
                        "very",
                        "always",
                        "not",
                        "out",
                        "going",
                        "studying",
                        "working",
                        "living",
                        "mad",
                    )
                )
            ):
                out += [word[:-2], "has" if follows in self._has else "is"]
                continue
            out.append(word)
        return out

    def _clause(
        self, clause: Sequence[str], known: list[Subject], last: Subject | None, *, doubt: bool
    ) -> tuple[list[Candidate], Subject | None]:
        words = self._expanded(clause)
        front: list[str] = []
        if words[0].lower() in ("every", "on", "in", "at") and len(words) > 3:
            for n, word in enumerate(words[1:4], 1):
                if word.lower() in ("i", "we", "my"):
                    front, words = words[:n], words[n:]
                    break
        if words and words[0].lower() in ("he", "she", "it"):
            if last is None or last.kin == ME or last.gender not in (words[0].lower(), "they", ""):
                return [], last
            found: Found | None = Found(last, tuple(words[1:]))
        else:
            found = self._people.begin(words, known)
        if found is None or not found.rest:
            return [], last
        made = self._told(found, front, doubt=doubt, known=known)
        subject = made[0].subject if made else found.subject
        return made, (last if subject.kin == ME and last is not None else subject)

    def _told(
        self, found: Found, front: list[str], *, doubt: bool, known: list[Subject]
    ) -> list[Candidate]:
        rest = list(found.rest)
        plain = " ".join(rest)
        # A word before it, since a text never begins with "'s".
        told = normalise(f"x {plain} {' '.join(front)}").replace(" x", "", 1)
        whole = f" {' '.join(front).lower()} i {told.strip()} "
        if self._passing.find(whole):
            return []
        subject, confidence = found.subject, (0.9 if found.sure else 0.5) - 0.4 * doubt
        child = _CHILD.match(plain)
        if child:
            kin = self._people.kin([child["kin"]], 0)
            name = self._people.name(child["name"].split(), 0)
            if kin and name:
                owner = "" if subject.kin == ME else f"{subject.name or 'your ' + subject.kin}'s "
                one = Subject(owner + kin[0], name[0], kin[1])
                first = child.group(0).split(child["kin"])[0]
                past = first.lower().startswith("had")
                verb = "was" if past else "is"
                return [
                    Candidate(
                        "people",
                        one,
                        "name",
                        name[0],
                        _capital(f"{Subject(one.kin).spoken} {verb} called {name[0]}."),
                        confidence=confidence,
                    )
                ]
        if subject.kin not in (ME, "") and not subject.name and rest[0].lower() in ("is", "was"):
            name = self._people.name(rest, 1)
            if name is not None and name[1] == len(rest):
                told = f" {rest[0].lower()} called {name[0].lower()} . "
        negated = bool(self._negation.find(told))
        for relation in self._relations:
            match = relation.told.find(told)
            if match is None or (negated and not relation.negated):
                continue
            return [
                self._candidate(
                    relation, match.kept.get("rest", ""), found, front, confidence, told
                )
            ]
        return []

    def _candidate(
        self,
        relation: Relation,
        value: str,
        found: Found,
        front: list[str],
        confidence: float,
        told: str,
    ) -> Candidate:
        subject, rest = found.subject, list(found.rest)
        spoken = found.spoken or subject.spoken
        if relation.name == "name" and subject.kin != ME:
            named = self._people.name(
                rest, next((n for n, w in enumerate(rest) if w[:1].isupper()), len(rest))
            )
            if named:
                subject = Subject(subject.kin, named[0], subject.gender)
                value = named[0]
                spoken = found.spoken or Subject(subject.kin).spoken
        sentence = self._sentence(spoken, rest)
        if front:
            sentence = _capital(
                f"{' '.join(self._swapped(front))} {sentence[0].lower()}{sentence[1:]}"
            )
        changed = bool(re.search(r" (moved|now|emigrated|no longer|changed) ", told))
        return Candidate(
            relation.kind,
            subject,
            relation.name,
            value,
            sentence,
            spoken_date(" ".join(rest)),
            confidence,
            relation.one,
            changed,
        )

    def _sentence(self, spoken: str, rest: Sequence[str]) -> str:
        words = list(rest)
        if words and words[0] == "'s":
            words = words[1:]
            spoken += "'s"
        if spoken == "you" or spoken.endswith(" and you"):
            first = {"am": "are", "was": "were"}.get(words[0].lower() if words else "")
            if first:
                words[0] = first
        return _capital(" ".join([*([spoken] if spoken else []), *self._swapped(words)]) + ".")

    def _swapped(self, words: Sequence[str]) -> list[str]:
        out: list[str] = []
        for n, word in enumerate(words):
            before = words[n - 1].lower() if n else ""
            pair = self._swap.get(f"{before} {word.lower()}")
            if pair is not None:
                out[-1:] = pair.split()
            else:
                out.append(self._swap.get(word.lower(), word))
        return out


def _by_length(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(phrases, key=len, reverse=True))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


__all__ = ["SURE", "Candidate", "Extractor", "resolve"]
