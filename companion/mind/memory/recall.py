"""Finds the kept sentence that answers a question; none rather than a wrong one.

Words (FTS5, BM25) and meaning (cosine of sentence vectors) are fused by reciprocal rank (Cormack,
Clarke, Buettcher, SIGIR 2009); what is found must be about whom was asked and hold what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from companion.mind.memory.fits import fits, stem
from companion.mind.memory.people import ME, PeopleFinder, Subject
from companion.mind.memory.store import Memories, known_people
from companion.mind.memory.texts import MemoryTexts
from companion.patterns import Patterns, normalise
from companion.storage.memories import Memory

LIKE: Final = 0.45
"""Cosine from which a sentence may be what is meant when it also shares words."""
NEAR: Final = 0.30
"""Cosine from which a sentence that holds every word of the question may be meant."""
KIND: Final = 0.44
KIND_LIKED: Final = 0.30
"""Cosine from which a word may be of a kind, what is liked and the rest: "fish" and "haddock" have
0.34, "instrument" and "rugby" 0.26, "instrument" and "violin" 0.69."""
SAME: Final = 0.6
RELEVANT: Final = 0.45
"""Cosine from which a sentence bears on what is being said. Of 42 remarks 33 found theirs, 48 of 52
sentences bore on them, and none came up for 30 remarks on nothing (0.40: 36, 53 of 60, 2)."""
RELEVANT_NAMED: Final = 0.15
"""The same where the person of the sentence is named."""
_NAMED_FIRST: Final = 0.25
A_FEW: Final = 3
_RANK: Final = 60
"""The constant of reciprocal rank fusion."""
_STRICT: Final = frozenset(
    {
        "name",
        "other_name",
        "birthday",
        "anniversary",
        "age",
        "died",
        "lives",
        "work",
        "from",
        "favourite",
        "grew",
        "retired",
    }
)
"""Relations that only a fact of the same relation answers."""
_OF_SOMEBODY: Final = frozenset({"work", "lives", "age", "birthday", "from", "grew", "retired"})
_ALSO: Final = {
    "lives": ("lives", "moved_in"),
    "work": ("work", "retired"),
    "birthday": ("birthday",),
    "name": ("name",),
    "from": ("from", "born", "grew"),
    "spouse": ("spouse", "name"),
    "anniversary": ("anniversary", "wedding"),
    "other_name": ("other_name", "name"),
    "met": ("met", "life"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    relation: str | None
    people: tuple[Subject, ...]
    """Who is asked about; empty: the person themselves."""
    stranger: bool
    """Somebody is named of whom nothing is kept."""
    words: tuple[str, ...]
    """What must be found, stemmed."""
    kind_of: tuple[str, ...]
    """The stems of "what kind": in "what meat", "meat"."""
    kind: str
    named: tuple[str, ...]
    """Stems of what has a capital and is nobody known: it must be found too."""
    personal: bool
    """Plainly about the person's own life."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a question brings to mind."""

    facts: tuple[Memory, ...]
    asked: bool
    """Whether it was a question about the person's own life at all."""


class Recaller:
    """One language's way of asking."""

    def __init__(self, texts: MemoryTexts) -> None:
        """Compile.

        Raises:
            ValueError: a pattern has a mistake.
        """
        self._relations = texts.relations
        self.people = PeopleFinder(texts.people)
        self._opened = Patterns(texts.questions.opened, {})
        self._memory = Patterns(texts.questions.memory, {})
        self._stop = frozenset(texts.questions.stop)
        self._expand = texts.clauses.expand
        self._same = texts.questions.same
        self._spelt = texts.questions.spelt
        groups = (texts.people.kin, texts.people.others, texts.people.pets)
        self.genders = {
            row[0]: gender for g in groups for gender, rows in g.items() for row in rows
        }

    def known(self, store: Memories) -> tuple[Subject, ...]:
        """Return everybody of whom something is kept."""
        return known_people(store.facts(), self.genders)

    def read(self, text: str, known: Sequence[Subject]) -> Question | None:
        """Return what is asked of memory, or None when it is no question to it."""
        words = [self._expand.get(w.lower(), w) for w in text.replace("’", "'").split()]
        words = [self._spelt.get(w.lower().strip(",.?"), w) for w in words]
        plain = normalise(" ".join(words))
        if not self._opened.find(plain):
            return None
        people, stranger, used = self._people_in(text, known)
        mine = bool({"i", "me", "my", "mine", "we", "our"} & set(plain.split()))
        remember = bool(self._memory.find(plain))
        relation = next((one.name for one in self._relations if one.asked.find(plain)), None)
        if not (people or mine or remember or stranger) and not (known and _wh(plain)):
            return None
        rest = tuple(
            dict.fromkeys(
                self._stem(w)
                for w in re.findall(r"[\w-]+", plain)
                if w not in self._stop and w not in used
            )
        )
        personal = remember or (
            bool(people or mine or stranger)
            and _wh(plain)
            and (relation is not None or bool(people))
        )
        kind = _KIND.search(plain)
        asked = kind[1] if kind else ""
        stems = tuple(self._stem(w) for w in asked.split() if w not in self._stop)
        named = tuple(
            self._stem(w)
            for w in re.findall(r"[\w'-]+", text.replace("’", "'"))[1:]
            if w[:1].isupper()
            and len(w) > 1
            and "'" not in w.removesuffix("'s")
            and w.lower().removesuffix("'s") not in used
        )
        return Question(relation, people, stranger, rest, stems, asked, named, personal)

    def _stem(self, word: str) -> str:
        word = word.lower().removesuffix("'s")
        return stem(self._same.get(word, self._spelt.get(word, word)))

    def people_in(self, text: str, known: Sequence[Subject]) -> tuple[Subject, ...]:
        """Return who is named in a text."""
        return self._people_in(text, known)[0]

    def _people_in(
        self, text: str, known: Sequence[Subject]
    ) -> tuple[tuple[Subject, ...], bool, set[str]]:
        raw = re.findall(r"[\w'-]+", text.replace("’", "'"))
        low = [word.lower() for word in raw]
        found: list[Subject] = []
        used: set[str] = set()
        stranger = False
        n = 0
        while n < len(raw):
            mine = low[n] in ("my", "our")
            if mine or (n and low[n - 1] == "the" and self.people.kin(raw, n)):
                begin = self.people.begin(["my", *raw[n + mine :]], known)
                start = n + 1
                if begin is not None and begin.subject.kin != ME:
                    taken = len(raw) - len([w for w in begin.rest if w != "'s"])
                    same = [one for one in known if _same(one, begin.subject)]
                    found += same or [begin.subject]
                    used |= {w.removesuffix("'s") for w in low[n:taken]}
                    n = max(start, taken)
                    continue
            named = self.people.name(raw, n) if n else None
            if named is not None:
                begin = self.people.begin(raw[n:], known)
                if begin is not None and (begin.subject.name or begin.subject.kin):
                    taken = len(raw) - len([w for w in begin.rest if w != "'s"])
                    same = [one for one in known if _same(one, begin.subject)]
                    if same:
                        found += same
                        used |= {w.removesuffix("'s") for w in low[n:taken]}
                    elif begin.subject.kin or raw[n].endswith("'s"):
                        found.append(begin.subject)
                        stranger = stranger or not begin.subject.kin
                        used |= {w.removesuffix("'s") for w in low[n:taken]}
                    n = max(taken, n + 1)
                    continue
            n += 1
        return tuple(dict.fromkeys(found)), stranger, used

    def recall(self, text: str, store: Memories) -> Recalled | None:
        """Return what a question brings to mind; None when it is no question to memory."""
        known = self.known(store)
        question = self.read(text, known)
        if question is None:
            return None
        facts = [] if question.stranger else self._candidates(question, store.facts())
        if not facts:
            return Recalled((), question.personal)
        likeness = store.likeness(text)
        order = self._fused(text, facts, store, likeness)

        def answering(among: Sequence[Memory], *, strict: bool) -> list[Memory]:
            return [
                f
                for f in among
                if self._answers(f, question, text, likeness.get(f.id, 0.0), store, strict=strict)
            ]

        strict = self._is_strict(question)
        good: list[Memory] = []
        if strict:
            wanted = _ALSO.get(question.relation or "", (question.relation,))
            close = [f for f in order if f.relation in wanted]
            close.sort(key=lambda f: f.relation != question.relation)
            good = answering(close, strict=True)
        if good and len(question.people) > 1:
            good = list({f.subject: f for f in reversed(good)}.values())[:A_FEW]
        elif good and question.relation == "work":
            good = [f for f in good if f.relation == good[0].relation][:2]
        elif strict and not good:
            every = self._fused(text, store.facts(), store, likeness)
            good = [f for f in every if self._told_beside(f, question, text)][:1]
        elif not strict:
            good = answering(order, strict=False)
        if not (strict and (question.relation == "work" or len(question.people) > 1)):
            good = good[:1]
        return Recalled(tuple(good), bool(good) or question.personal)

    def _is_strict(self, question: Question) -> bool:
        """Whether only a fact of the relation itself answers."""
        if question.relation == "name" and question.people and question.words:
            return False  # "Peter's boat": the thing, not him
        if question.relation in ("lives", "work") and question.people:
            return set(question.words) <= _ABOUT_WORK_AND_HOME
        return question.relation in _STRICT

    def _told_beside(self, fact: Memory, question: Question, text: str) -> bool:
        """Whether a strict question is answered by what was told for another reason."""
        have = {self._stem(w) for w in re.findall(r"[\w-]+", fact.sentence.lower())}
        if not fits(text, fact) or not all(w in have for w in question.named):
            return False
        if question.people:
            if not any(same_key(fact.subject, one) for one in question.people):
                # "You have been going to the same hairdresser, Sandra".
                kins = "|".join(re.escape(one.kin) for one in question.people if one.kin)
                return bool(
                    question.relation == "name"
                    and not question.words
                    and kins
                    and fact.subject == ME
                    and re.search(rf"\b(?:your|same) (?:\w+ )?(?:{kins}),? [A-Z]", fact.sentence)
                )
            if question.relation == "lives":
                return not question.words and bool(_GONE.search(fact.sentence))
            if question.relation == "name":
                # "Your great-grandson Noah was born in May" tells his name.
                return not question.words and bool(
                    fact.subject.partition("/")[2]
                    or (fact.relation in ("told", "work") and _CALLED.search(fact.sentence))
                )
            return False
        wanted = question.words
        if question.named and question.relation in _OF_SOMEBODY:
            return False
        if question.relation == "name" and len(wanted) < 2 and not have & {"nam", "call"}:
            return False
        return bool(wanted) and question.relation != "favourite" and all(w in have for w in wanted)

    def _candidates(self, question: Question, facts: Sequence[Memory]) -> list[Memory]:
        if not question.people:
            return [
                f
                for f in facts
                if question.relation not in _STRICT or f.subject == ME or question.words
            ]
        found = []
        for fact in facts:
            for person in question.people:
                if (
                    same_key(fact.subject, person)
                    or (
                        question.relation not in _STRICT
                        and person.name
                        and re.search(
                            rf"\b{re.escape(person.name.lower())}\b", fact.sentence.lower()
                        )
                    )
                    or (
                        question.relation not in _STRICT
                        and fact.subject == ME
                        and re.search(
                            rf"\byour (?:\w+ )?{re.escape(person.kin)}\b", fact.sentence.lower()
                        )
                    )
                ):
                    found.append(fact)
        return list(dict.fromkeys(found))

    def _fused(
        self, text: str, facts: Sequence[Memory], store: Memories, likeness: Mapping[str, float]
    ) -> list[Memory]:
        scores = dict.fromkeys((f.id for f in facts), 0.0)
        words = [w for w in re.findall(r"[\w-]+", text.lower()) if w not in self._stop]
        by_meaning = sorted(likeness, key=lambda i: -likeness[i])
        for ranked in (store.search(words), [i for i in by_meaning if i in scores]):
            for rank, found in enumerate(i for i in ranked if i in scores):
                scores[found] += 1 / (_RANK + rank)
        return sorted(facts, key=lambda f: -scores[f.id])

    def _answers(
        self,
        fact: Memory,
        question: Question,
        text: str,
        like: float,
        store: Memories,
        *,
        strict: bool,
    ) -> bool:
        if not fits(text, fact):
            return False
        have = {self._stem(w) for w in re.findall(r"[\w-]+", fact.sentence.lower())}
        if not all(w in have for w in question.named):
            return False
        if not question.people and _I.search(normalise(text)) and not _of_me(fact):
            return False
        if question.relation == "spouse":
            wed = any(_is_spouse(fact, one) for one in question.people)
            return wed or (fact.relation == "spouse" and bool(question.people))
        hits = sum(w in have for w in question.words)
        share = hits / len(question.words) if question.words else 0.0
        if strict:
            if question.relation == "favourite":
                return hits > 0 and (like >= LIKE or share == 1)
            if question.people:
                return not question.words or question.relation != "name"
            if fact.subject != ME:
                return False
            return self._named(text, have) is not False or like >= SAME
        if question.relation == "medicine" and fact.relation not in ("medicine", "told", "habit"):
            return False
        liked = question.relation in ("like", "favourite", "dislike")
        if not liked and len(question.words) == 2 and share < 1 and " which " in normalise(text):
            return False  # "which knee hurts" is not "a bad knee"
        if question.kind_of and not all(w in have for w in question.kind_of):
            # "What meat": the kind need not be in the sentence, but something of it must be.
            rest = [w for w in question.words if w not in question.kind_of]
            if rest and sum(w in have for w in rest) < len(rest):
                return False
            others = [
                w
                for w in re.findall(r"[\w-]+", fact.sentence)
                if w.lower() not in self._stop
                and self._stem(w) not in question.words
                and w.lower() not in fact.subject
            ]
            # A name says nothing about its kind.
            name = liked and any(w[:1].isupper() for w in others[1:])
            near = 1.0 if name else max(store.alike(question.kind, others), default=0.0)
            if near < (KIND_LIKED if liked else KIND):
                return False
            if rest or (question.people and fact.relation == question.relation):
                return True
        if not question.people and self._named(text, have) is False and like < SAME:
            return False
        if fact.relation == question.relation and question.people and fact.relation in _TOLD_ONCE:
            return like >= NEAR
        if fact.relation == question.relation:
            if not question.words and not question.people:
                return fact.subject == ME and like >= NEAR
            return (
                share >= 0.5
                or (hits > 0 and like >= LIKE)
                or (not question.words and bool(question.people))
            )
        theirs = any(same_key(fact.subject, one) for one in question.people)
        if theirs and share >= 0.5 and like >= NEAR:
            return True
        return (share == 1 and like >= NEAR) or (share >= 0.5 and like >= LIKE)

    def _named(self, text: str, have: set[str]) -> bool | None:
        """Whether a sentence holds all of "my house number"; None when nothing is named so."""
        found = _THING.search(text.lower())
        words = [self._stem(w) for w in found[1].split() if w not in self._stop] if found else []
        return all(w in have for w in words) if words else None

    def relevant(self, text: str, store: Memories, most: int = 3) -> tuple[str, ...]:
        """Return kept sentences that bear on what is being said, the nearest first."""
        likeness = store.likeness(text)
        low = f" {normalise(text)} "
        names = {one.key: one for one in self.known(store)}
        found = []
        for fact in store.facts():
            person = names.get(fact.subject)
            named = person is not None and (
                (person.name and f" {person.name.lower()} " in low)
                or (person.kin and f" my {person.kin} " in low)
            )
            like = likeness.get(fact.id, 0.0)
            if like >= (RELEVANT_NAMED if named else RELEVANT):
                found.append((like + _NAMED_FIRST * bool(named), fact.sentence))
        return tuple(s for _, s in sorted(found, key=lambda one: -one[0])[:most])


_ABOUT_WORK_AND_HOME: Final = frozenset(
    stem(w)
    for w in (
        *("live", "living", "stay", "reside", "based", "move", "moved", "emigrate", "town", "city"),
        *("country", "street", "place", "village", "road", "part", "house", "home"),
        *("work", "working", "job", "profession", "occupation", "career", "line", "trade"),
        *("employed", "earn"),
    )
)
_CALLED: Final = re.compile(
    r", (?:[A-Z][a-z]+ ?)+(?:,|\.)"
    r"|\b(?:Doctor|Dr|Mr|Mrs|Miss|Ms|Nurse|Reverend|Father|Sister) [A-Z]"
)
_GONE: Final = re.compile(r"\b(?:went|gone|came) (?:off |out |over |back )?to [A-Z]")
_WH: Final = re.compile(
    r" (?:who|whom|whose|what|which|where|when|whereabouts|how (?:old|many|long|often|tall)) "
)
_THING: Final = re.compile(
    r"\bmy ((?:[\w-]+ ){0,2}?[\w-]+?)(?:'s)?(?= (?:called|named|name|birthday)\b|[?.!]*$)"
)
_KIND: Final = re.compile(
    r"\b(?:what|which) (?!my |our |the )((?:[\w-]+ )??[\w-]+) (?:do|does|did|am|is|was|can|has)\b"
)
_TOLD_ONCE: Final = frozenset({"met", "died", "born", "grew", "school", "wedding", "lived"})
_I: Final = re.compile(r" (?:i|we) ")


def _of_me(fact: Memory) -> bool:
    """Whether the person has a part in a fact: theirs, or "Your aunt brought you up"."""
    return fact.subject == ME or bool(re.search(r"\b(?:you|yourself)\b", fact.sentence.lower()))


def _is_spouse(fact: Memory, person: Subject) -> bool:
    """Whether a fact tells the name of somebody's husband, wife or partner."""
    kin = fact.subject.partition("/")[0]
    return (
        fact.relation == "name"
        and bool(person.name)
        and kin in {f"{person.name.lower()}'s {w}" for w in ("wife", "husband", "partner")}
    )


def _wh(plain: str) -> bool:
    return bool(_WH.search(plain)) or " how do i like " in plain


def _same(known: Subject, asked: Subject) -> bool:
    return same_key(known.key, asked)


def same_key(key: str, person: Subject) -> bool:
    """Return whether a kept fact's subject is a person: by name, else by kinship."""
    kin, _, name = key.partition("/")
    if person.name:
        return name == person.name.lower() or (not name and kin == person.kin.lower() != "")
    return kin == person.kin.lower() and bool(kin)


__all__ = ["Question", "Recalled", "Recaller", "same_key"]
