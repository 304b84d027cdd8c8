"""What is said about memory: keeping, asking, recalling, correcting, forgetting.

Pure until an exchange's effect: a draft leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from companion.domain import Exchange, ReplyPart
from companion.errors import ConfigError, StorageError
from companion.mind.memory.extract import Candidate, Extractor
from companion.mind.memory.people import Subject
from companion.mind.memory.recall import Recaller, same_key
from companion.mind.memory.store import Memories, conflict
from companion.patterns import Patterns, normalise
from companion.reading import parse, read_toml
from companion.resources import data_dir
from companion.storage.memories import Memory

A_FEW: Final = 3
"""Facts told at a time."""
RECENT_S: Final = 600.0
""""Forget that" means what was kept or told within this time."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    yes: tuple[str, ...]
    no: tuple[str, ...]
    asked: dict[str, tuple[str, ...]]
    said: dict[str, tuple[str, ...]]


class SkillTexts:
    """What is heard and said, in one language."""

    def __init__(self, file: _File) -> None:
        self._said = file.said
        self.yes, self.no = Patterns(file.yes, {}), Patterns(file.no, {})
        self.asked = {name: Patterns(patterns, {}) for name, patterns in file.asked.items()}

    def say(self, key: str, **gaps: str) -> tuple[ReplyPart, ...]:
        """Return the lines of that name, their gaps filled."""
        return tuple(ReplyPart(line.format_map(gaps), "skill") for line in self._said[key])

    def answer(self, text: str) -> bool | None:
        """Return yes or no; None when it is neither."""
        said = normalise(text)
        if self.no.find(said):
            return False
        return True if self.yes.find(said) else None


@lru_cache
def load_skill_texts(language: str = "en", path: Path | None = None) -> SkillTexts:
    """Read ``memory.toml``.

    Raises:
        ConfigError: the file is missing or has a mistake.
    """
    path = path or data_dir("prompts") / language / "memory.toml"
    file = parse(_File, read_toml(path, ConfigError), path, ConfigError)
    try:
        return SkillTexts(file)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Ask:
    """Waits for a yes or a no."""

    texts: SkillTexts
    yes: Callable[[datetime], Exchange]
    no: tuple[ReplyPart, ...]

    def hear(self, text: str, now: datetime) -> Exchange | None:
        answer = self.texts.answer(text)
        if answer is None:
            return None
        return self.yes(now) if answer else Exchange(self.no)

    def unheard(self, now: datetime) -> Exchange | None:
        return None


class MemorySkill:
    """Satisfies ``Skill``; also listens to what is told in passing. Used from one thread."""

    def __init__(
        self, extractor: Extractor, recaller: Recaller, store: Memories, texts: SkillTexts
    ) -> None:
        self._extractor = extractor
        self._recaller = recaller
        self._store = store
        self._texts = texts
        self._latest: tuple[float, tuple[str, ...]] = (float("-inf"), ())
        """When something was kept or recalled last, and its sentences."""

    # -- what is said --------------------------------------------------------------------

    def answer(self, text: str, now: datetime) -> Exchange | None:
        """Return what is said to a request, a question, or something that must be asked back."""
        try:
            return self._answer(text, now)
        except StorageError:
            return Exchange(self._texts.say("trouble")) if self._wish(text) else None

    def _wish(self, text: str) -> tuple[str, str] | None:
        said = normalise(text)
        for name, patterns in self._texts.asked.items():
            if (match := patterns.find(said)) is not None:
                return name, match.kept.get("rest", "")
        return None

    def _answer(self, text: str, now: datetime) -> Exchange | None:
        wish = self._wish(text)
        if wish is not None:
            name, rest = wish
            if name == "remember":
                return self._remember(_tail(text, rest), now)
            if name == "all_of_me":
                return self._tell(self._store.facts(), "nothing")
            if name == "about":
                return self._tell(self._about(_tail(text, rest)), "nothing_about")
            if name == "forget_last":
                return self._forget_last(now)
            if name == "forget_about":
                return self._forget_about(_tail(text, rest))
            if name == "forget_all":
                return self._forget_all()
            if name == "correct":
                return self._correct(_tail(text, rest), now)
        if not self._store.agreed():
            return None
        recalled = self._recaller.recall(text, self._store)
        if recalled is not None:
            if recalled.facts:
                sentences = tuple(one.sentence for one in recalled.facts)
                parts = tuple(ReplyPart(one, "skill") for one in sentences)
                return Exchange(parts, lambda: self._note(now, sentences))
            return Exchange(self._texts.say("unknown")) if recalled.asked else None
        return self._ask_back(text, now)

    def _ask_back(self, text: str, now: datetime) -> Exchange | None:
        facts = self._store.facts()
        for one in self._extractor.extract(text, self._recaller.known(self._store)):
            old = conflict(one, facts)
            if old is not None and not (one.changed and one.sure):
                parts = self._texts.say("changed", old=old.sentence, new=one.sentence)
                no = self._texts.say("not_changed")
            elif not one.sure and all(f.sentence != one.sentence for f in facts):
                parts = self._texts.say("shall", what=one.sentence)
                no = self._texts.say("declined")
            else:
                continue
            return Exchange(parts, then=_Ask(self._texts, self._keeper(one), no))
        return None

    def _keeper(self, one: Candidate, key: str = "kept") -> Callable[[datetime], Exchange]:
        def keep(now: datetime) -> Exchange:
            parts = self._texts.say(key, what=one.sentence)
            return Exchange(parts, lambda: self._keep(one, now))

        return keep

    def _keep(self, one: Candidate, now: datetime) -> None:
        self._store.keep(one, now.timestamp(), now.timestamp())
        self._note(now, (one.sentence,))

    def _note(self, now: datetime, sentences: tuple[str, ...]) -> None:
        self._latest = (now.timestamp(), sentences)

    def _remember(self, text: str, now: datetime) -> Exchange:
        if not text.strip(" ."):
            return Exchange(self._texts.say("unclear"))
        one = self._extractor.worded(text, self._recaller.known(self._store))
        if self._store.agreed():
            return self._keeper(replace(one, confidence=1.0))(now)

        def agree(then: datetime) -> Exchange:
            def effect() -> None:
                self._store.agree(then.timestamp())
                self._keep(one, then)

            return Exchange(self._texts.say("agreed", what=one.sentence), effect)

        ask = _Ask(self._texts, agree, self._texts.say("declined"))
        return Exchange(self._texts.say("need_consent"), then=ask)

    # -- what is known -------------------------------------------------------------------

    def _about(self, what: str, *, past: bool = False) -> tuple[Memory, ...]:
        facts = self._store.everything() if past else self._store.facts()
        question = f"what about {what}?"
        people = self._recaller.people_in(question, self._recaller.known(self._store))
        if people:
            return tuple(f for f in facts if any(_concerns(f, one) for one in people))
        words = [w for w in normalise(what).split() if w not in (".", "my", "the", "a")]
        found = set(self._store.search(words)) if words else set()
        return tuple(f for f in facts if f.id in found)

    def about(self, what: str, *, past: bool = False) -> tuple[Memory, ...]:
        """Return all that is kept about somebody or something, oldest first.

        Args:
            what: a name, "my sister", or any word.
            past: also what was so once.

        Raises:
            StorageError: the database cannot be read.
        """
        return self._about(what, past=past)

    def understand(self, text: str) -> Candidate:
        """Return what somebody asks to be remembered, said back to them."""
        return self._extractor.worded(text, self._recaller.known(self._store))

    def recall(self, question: str) -> tuple[Memory, ...]:
        """Return the facts that answer a question; none when it was not told."""
        found = self._recaller.recall(question, self._store)
        return found.facts if found is not None else ()

    def _tell(self, facts: Sequence[Memory], nothing: str) -> Exchange:
        if not facts:
            return Exchange(self._texts.say(nothing))
        now_said, rest = facts[:A_FEW], facts[A_FEW:]
        parts = tuple(ReplyPart(one.sentence, "skill") for one in now_said)
        if not rest:
            return Exchange(parts)
        ask = _Ask(self._texts, lambda now: self._tell(rest, nothing), self._texts.say("enough"))
        return Exchange((*parts, *self._texts.say("more")), then=ask)

    # -- forgetting and correcting -------------------------------------------------------

    def _recent(self, now: datetime) -> tuple[Memory, ...]:
        at, sentences = self._latest
        if now.timestamp() - at > RECENT_S:
            return ()
        return tuple(f for f in self._store.facts() if f.sentence in sentences)

    def _forget_last(self, now: datetime) -> Exchange:
        facts = self._recent(now)
        if not facts:
            return Exchange(self._texts.say("nothing_to_forget"))
        return self._forgetting(facts, "forgotten")(now)

    def _forget_about(self, what: str) -> Exchange:
        facts = self._about(what, past=True)
        if not facts:
            return Exchange(self._texts.say("nothing_about"))
        ask = _Ask(self._texts, self._forgetting(facts, "forgotten"), self._texts.say("stays"))
        if len(facts) == 1:
            parts = (ReplyPart(facts[0].sentence, "skill"),)
            return Exchange((*parts, *self._texts.say("sure_about", count="1")[:1]), then=ask)
        return Exchange(self._texts.say("sure_about", count=str(len(facts))), then=ask)

    def _forget_all(self) -> Exchange:
        if not self._store.facts():
            return Exchange(self._texts.say("nothing_to_forget"))
        yes = self._forgetting(None, "all_forgotten")
        return Exchange(
            self._texts.say("sure_all"), then=_Ask(self._texts, yes, self._texts.say("stays"))
        )

    def _forgetting(
        self, facts: Sequence[Memory] | None, key: str
    ) -> Callable[[datetime], Exchange]:
        def forget(now: datetime) -> Exchange:
            def effect() -> None:
                gone = self._store.everything() if facts is None else facts
                self._store.forget([one.id for one in gone], now.timestamp())

            return Exchange(self._texts.say(key), effect)

        return forget

    def _correct(self, text: str, now: datetime) -> Exchange:
        facts = self._recent(now)
        known = self._recaller.known(self._store)
        about = [one for one in known if any(f.subject == one.key for f in facts)]
        if len(facts) == 1:
            made = self._extractor.extract(text, known, about[0] if about else None)
            if len(made) == 1 and made[0].relation == facts[0].relation:
                one, old = replace(made[0], confidence=1.0), facts[0]

                def effect() -> None:
                    # It never was so: it is not kept as past.
                    self._store.forget([old.id], now.timestamp())
                    self._keep(one, now)

                return Exchange(self._texts.say("corrected", what=one.sentence), effect)
        return Exchange(self._texts.say("not_corrected"))

    # -- in passing ----------------------------------------------------------------------

    def told(self, text: str, now: datetime) -> int:
        """Keep what a committed turn of the owner plainly told; return how many facts.

        Raises:
            StorageError: it cannot be written.
        """
        if not self._store.agreed() or self._wish(text) is not None:
            return 0
        kept = 0
        for one in self._extractor.extract(text, self._recaller.known(self._store)):
            old = conflict(one, self._store.facts())
            if one.sure and (old is None or one.changed):
                self._keep(one, now)
                kept += 1
        return kept

    def relevant(self, text: str, now: datetime) -> tuple[str, ...]:
        """Return at most three kept sentences that bear on what is being said."""
        try:
            return self._recaller.relevant(text, self._store)
        except StorageError:
            return ()


def _concerns(fact: Memory, one: Subject) -> bool:
    if same_key(fact.subject, one):
        return True
    name = one.name.lower()
    return bool(name) and f" {name} " in f" {normalise(fact.sentence)} ".replace("'s", " 's")


def _tail(text: str, rest: str) -> str:
    """Return the end of a text as it was written, from where the pattern's rest begins."""
    count = len(rest.replace(" 's", "'s").split())
    words = text.split()
    if not count:
        return ""
    # ``+`` keeps eight words at most; what follows them belongs to it.
    plain = normalise(text).replace(" 's", "'s").replace(" . ", " ").split()
    wanted = rest.replace(" 's", "'s").split()
    for n in range(len(plain) - count + 1):
        if plain[n : n + count] == wanted:
            return " ".join(words[-(len(plain) - n) :])
    return rest


__all__ = ["A_FEW", "MemorySkill", "SkillTexts", "load_skill_texts"]
