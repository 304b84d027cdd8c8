"""Finds in one utterance what is worth remembering; pure, and rather too little than wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from companion.mind.memory.clauses import ClauseReader
from companion.mind.memory.dates import spoken_date
from companion.mind.memory.lasting import LastingTold, opening
from companion.mind.memory.people import ME, Found, PeopleFinder, Subject, resolve
from companion.mind.memory.texts import MemoryTexts, Relation
from companion.mind.sentences import split
from companion.patterns import Patterns, normalise

SURE: Final = 0.8
"""From this confidence a fact is kept without asking."""
_QUOTED: Final = re.compile(r"[\"“”«»]")
_CHILD: Final = re.compile(
    r"^(?:have|has|had|got)(?: got| always had)? (?:a|an|another|one|my|this)(?: \w+)??"
    r" (?P<kin>[\w-]+)(?: now| too| as well)?(?: called| named| by the name of|(?P<comma> ,))"
    r"(?: (?:that is|called|named))? (?P<name>.+)$",
    re.IGNORECASE,
)
_ALONE: Final = ("he", "she", "it", "they")
_TENS: Final = re.compile(r"\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty)-(\w+)")
GUESS: Final = 0.5
"""Confidence in what a person says of somebody unknown."""


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


_AS_SAID: Final = Relation("told", "other", Patterns((), {}), Patterns((), {}), False, True)
"""What no relation knows."""


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
        self._reader = ClauseReader(data)
        self._lasting = LastingTold(texts.lasting)
        self._negation = Patterns(data.negation, {})
        self._passing = Patterns(data.passing, {})
        self._taken_back = Patterns(data.taken_back, {})
        self._swap = data.swap
        self._alike = texts.questions.spelt

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
            if self._taken_back.find(normalise(sentence)):
                found = found[:-1]
            told = self._reader.read(sentence)
            if told is None:
                last = None if "?" not in sentence else last
                continue
            before = len(found)
            for clause in told.clauses:
                if clause[0].lower() in ("it", "they") and len(found) > before:
                    longer = self._gone_on(found[-1], clause, last)
                    if longer is not None:
                        found[-1] = longer
                        continue
                made, last = self._clause(clause, everybody, last, doubt=told.doubt)
                found += made
                everybody += [one.subject for one in made]
        return tuple(found)

    def _gone_on(
        self, one: Candidate, clause: Sequence[str], last: Subject | None
    ) -> Candidate | None:
        """Add "it was too hot for me" to what was told before it; None where it is somebody."""
        if last is not None and last.kin != ME:
            return None
        if self._passing.find(f" {normalise(' '.join(clause)).strip()} "):
            return one
        more = " ".join(self._swapped(clause)).replace(" ,", ",")
        return replace(one, sentence=f"{one.sentence[:-1]}, {more}.")

    def worded(self, text: str, known: Iterable[Subject] = ()) -> Candidate:
        """Return whatever the person asked to be remembered, in words said back to them."""
        made = self.extract(text, known)
        if len(made) == 1:
            return replace(made[0], confidence=1.0)
        words = self._reader.words(text)
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

    def _clause(
        self, clause: Sequence[str], known: list[Subject], last: Subject | None, *, doubt: bool
    ) -> tuple[list[Candidate], Subject | None]:
        words = list(clause)
        front: list[str] = []
        if words[0].lower() in ("every", "on", "in", "at", "of") and len(words) > 3:
            for n, word in enumerate(words[1:5], 1):
                if word.lower() in ("i", "we", "my"):
                    front, words = [w for w in words[:n] if w != ","], words[n:]
                    break
        if words and words[0].lower() in _ALONE:
            if last is None or last.kin == ME or not _may_be(last.gender, words[0].lower()):
                return [], last
            sure = bool(last.kin) or any(one.key == last.key for one in known)
            found: Found | None = Found(last, tuple(words[1:]), sure)
        else:
            found = self._people.begin(words, known)
        if found is None:
            return [], last
        if not found.rest:
            alone = found.subject
            if alone.kin == ME:
                return [], last
            new = alone.kin and alone.name and all(one.key != alone.key for one in known)
            return ([self._called(alone, doubt=doubt)] if new else []), alone
        made = self._told(found, front, doubt=doubt)
        subject = made[-1].subject if made else found.subject
        return made, (last if subject.kin == ME and last is not None else subject)

    def _called(self, who: Subject, *, doubt: bool) -> Candidate:
        """Return that somebody has a name: "my pal Wilf" tells it by itself."""
        sentence = _capital(f"{Subject(who.kin).spoken} is called {who.name}.")
        sure = 0.9 - 0.4 * doubt
        return Candidate("people", who, "name", who.name, sentence, confidence=sure)

    def _told(self, found: Found, front: list[str], *, doubt: bool) -> list[Candidate]:
        rest = list(found.rest)
        plain = " ".join(rest)
        # A word before it, since a text never begins with "'s".
        told = normalise(f"x {plain} {' '.join(front)}").replace(" x", "", 1)
        told = _TENS.sub(r"\1 \2", told)
        told = " ".join(self._alike.get(w, w) for w in told.split(" "))
        whole = f" {' '.join([*front, 'i', told.strip()]).lower()} "
        if self._passing.find(whole):
            return []
        subject, confidence = found.subject, (0.9 if found.sure else GUESS) - 0.4 * doubt
        child = _CHILD.match(plain)
        if child:
            kin = self._people.kin([child["kin"]], 0)
            name = self._people.name(child["name"].split(), 0)
            if child["comma"] and name and name[1] < len(child["name"].split()):
                after = child["name"].split()[name[1]]
                name = name if after in (",", "and") or after in _ALONE else None
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
        negated = bool(self._negation.find(opening(told)))
        for relation in self._relations:
            match = relation.told.find(told)
            if match is None and relation.name == "work":
                match = self._lasting.occupation(told)
            if match is None or (negated and not relation.negated):
                continue
            lost = relation.name == "died" and rest[0].lower() == "lost"
            if lost and self._people.after_my(rest, 2) is None:
                continue  # "lost my cap"
            return [
                self._candidate(
                    relation, match.kept.get("rest", ""), found, front, confidence, told
                )
            ]
        if found.sure and self._lasting.tells(found, " ".join(front).lower()):
            return [self._candidate(_AS_SAID, "", found, front, confidence, told)]
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
        if relation.name == "died" and rest[0].lower() == "lost" and len(rest) > 2:
            lost = self._people.after_my(rest, 2)  # "lost my husband Ron"
            if lost is not None and lost[0].name:
                return Candidate(
                    relation.kind,
                    lost[0],
                    relation.name,
                    value,
                    self._sentence(found.spoken or subject.spoken, rest),
                    spoken_date(" ".join(rest)),
                    confidence,
                    relation.one,
                )
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
        said = " ".join([*([spoken] if spoken else []), *self._swapped(words)])
        return _capital(f"{said.replace(' ,', ',')}.")

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


def _may_be(gender: str, word: str) -> bool:
    return gender in (word, "they", "", "it")  # a budgie is "he" to its owner


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


__all__ = ["SURE", "Candidate", "Extractor", "resolve"]
