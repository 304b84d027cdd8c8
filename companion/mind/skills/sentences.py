"""Sentence templates (hassil): what is asked of the skills, however it is wrapped up politely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from companion.errors import MindError
from companion.mind.mending import Mending, mending_from
from companion.mind.skills.texts import SkillTexts, load_skill_texts
from companion.mind.skills.when import Times, When, load_times
from companion.resources import data_dir

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList

LONGEST: Final = 28
"""Words of a sentence; a longer one tells something."""
_POLITE_MOST: Final = 6
"""Polite expressions taken off the ends, in all."""
_CLAUSES: Final = re.compile(r",\s+")
_ASKED: Final = frozenset(
    {
        *("time", "day", "date", "timer_set", "timer_left", "timer_cancel", "remind"),
        *("remind_timed", "reminder_list", "joke", "help", "cannot_know"),
        *("reminder_cancel", "reminder_move", "call", "message_bare"),
    }
)
"""A request in any clause. All else is one only by itself: who says more than "good night" or "I've
taken my tablets" may say the more important thing in the rest."""
_TOLD: Final = frozenset(
    {
        *("appointment", "message", "memory_lane"),
    }
)
"""A request in any sentence."""
_CIVIL: Final = frozenset(("thanks", "good_morning", "good_night"))
_SOMEBODY: Final = "my daughter"
_TO_SOMEBODY: Final = frozenset(("call", "message_bare"))
_SORT_WORDS: Final = 4
"""Of a kind of tablet."""
_ENDS: Final = re.compile(r"(?<=[a-z0-9'\"][a-z0-9'\"])[.!?…]+\s+|\s[-–—]+\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meant:
    """What one sentence asks for."""

    intent: str
    when: When
    slots: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    """The sentence as it was heard."""
    rest: str = ""
    """Its words without the time and what is polite."""

    def slot(self, name: str) -> str:
        """Return what was said in a gap; empty when it was not."""
        return self.slots.get(name, "").strip()

    def verbatim(self, name: str) -> str:
        """Return what was said in a gap as it was written down, with capitals and signs."""
        words = [re.escape(word) for word in self.slot(name).split()]
        if not words:
            return ""
        found = re.search(r"\W+".join(words), self.text.replace("’", "'"), re.IGNORECASE)
        return found.group() if found else self.slot(name)


class Sentences:
    """Recognises requests in one language; the first template that fits wins."""

    def __init__(
        self,
        intents: Intents,
        texts: SkillTexts,
        times: Times,
        companion: str = "",
        near: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """Take them.

        Args:
            intents: templates.
            texts: what is polite.
            times: hears when.
            companion: its name.
            near: the intent of words that no template knows; as ``Near.find``.
        """
        self._near = near
        self._companion = companion.lower()
        self._intents = intents
        self.texts = texts
        self.times = times
        polite = texts.tree["polite"]
        self._before = _longest_first(polite["before"], companion)
        self._after = _longest_first(polite["after"], companion)
        self._mending = _mending(texts)

    def read(self, text: str, now: datetime, people: Sequence[str] = ()) -> Iterator[Meant]:
        """Yield what may be meant: by the utterance, its last sentences, questions in its clauses.

        Args:
            text: as it was heard.
            now: with the person's time zone.
            people: names and roles of those a message may go to.
        """
        from hassil.intents import TextSlotList

        words = [(self.times.words(one), one) for one in people] or [("nobody at all", "")]
        lists: dict[str, SlotList] = {"person": TextSlotList.from_tuples(words)}
        said = [one for one in _ENDS.split(text) if one.strip()]
        yield from self._read(text, now, lists)
        clauses = [one for part in said for one in _CLAUSES.split(part) if one.strip()]
        for parts, known in ((said, _TOLD | _ASKED), (clauses, _ASKED)):
            for part in reversed(parts):
                if part != text:
                    found = self._read(part, now, lists)
                    yield from (one for one in found if one.intent in known)
        yield from self._civil(clauses, now, lists)
        yield from self._mended(text, [*reversed(said), *reversed(clauses)], now, lists)
        yield from self._alike(text, now, [one for _, one in words if one])

    def _mended(
        self, text: str, parts: Sequence[str], now: datetime, lists: dict[str, SlotList]
    ) -> Iterator[Meant]:
        """Yield what is meant by them once mended, and by an end that begins as a request does."""
        whole = self._words(text)
        if len(whole.split()) > LONGEST:
            return
        whole = self._mending.mend(whole)
        told, asked = [], list(self._mending.ends(whole))
        for part in parts:
            told.append(self._mending.mend(self._words(part)))
            asked.extend(self._mending.ends(told[-1]))
        as_heard = {self._words(one) for one in parts}
        some: list[tuple[str, frozenset[str] | None]]
        some = [(whole, None)] if whole != self._words(text) else []
        some += [(one, _TOLD | _ASKED) for one in told if one not in (whole, *as_heard)]
        some += [(one, _ASKED) for one in asked if one not in (whole, *told, *as_heard)]
        for words, known in dict.fromkeys(some):
            for one in self._read(words, now, lists):
                if known is None or one.intent in known:
                    yield replace(one, text=text)

    def _civil(
        self, clauses: Sequence[str], now: datetime, lists: dict[str, SlotList]
    ) -> Iterator[Meant]:
        """Yield the last of several greetings and thanks, if there is nothing else."""
        last = None
        small = {*self._before, *self._after}
        for clause in clauses:
            if self._words(clause) in small or self._words(clause) == self._companion:
                continue
            meant = (one for one in self._read(clause, now, lists) if one.intent in _CIVIL)
            last = next(meant, None)
            if last is None:
                return
        if last is not None:
            yield last

    def _alike(self, text: str, now: datetime, people: Sequence[str]) -> Iterator[Meant]:
        """Yield what is nearest by meaning; the examples speak of one person only."""
        when, rest = self.times.take(self._mending.mend(self._words(text)), now)
        barest, slots = self._bare(rest)[-1], {}
        for one in people:
            name = re.escape(self.times.words(one))
            masked, count = re.subn(rf"\b(?:my |our |the )?{name}(?= |$|'s)", _SOMEBODY, barest)
            if count:
                barest, slots = masked, {"who": one}
                break
        intent = self._near(barest)
        if intent is not None and (slots or intent not in _TO_SOMEBODY):
            yield Meant(intent, when, slots, text, barest)

    def _read(self, sentence: str, now: datetime, lists: dict[str, SlotList]) -> Iterator[Meant]:
        from hassil.recognize import recognize_all

        words = self._words(sentence)
        if not 0 < len(words.split()) <= LONGEST:
            return
        whole = self._bare(words)
        when, rest = self.times.take(words, now)
        # The barest first, so that "please" does not end up in a gap.
        tried = [(one, when) for one in reversed(self._bare(rest))] if when.said else []
        tried += [(one, When()) for one in reversed(whole)]
        for candidate, meant in tried:
            found = [
                Meant(
                    one.intent.name,
                    meant,
                    {name: str(entity.value) for name, entity in one.entities.items()},
                    sentence,
                    candidate,
                )
                for one in recognize_all(candidate, self._intents, lists)
                if "sort" not in one.entities
                or len(str(one.entities["sort"].value).split()) <= _SORT_WORDS
            ]
            # Of several readings the one that leaves least to a gap.
            found.sort(key=lambda one: sum(len(word) for word in one.slots.values()))
            yield from found

    def _words(self, text: str) -> str:
        """Return the words without the companion's name, wherever it was called by it."""
        words = self.times.words(text).split()
        return " ".join(word for word in words if word != self._companion) or " ".join(words)

    def _bare(self, words: str) -> list[str]:
        """Return the words, and the words without what is polite at either end; longest first."""
        found = {words}
        edge = [words]
        for _ in range(_POLITE_MOST):
            fewer = []
            for now in edge:
                opener = next((one for one in self._before if now.startswith(f"{one} ")), None)
                closer = next((one for one in self._after if now.endswith(f" {one}")), None)
                if opener is not None:
                    fewer.append(now[len(opener) + 1 :])
                if closer is not None:
                    fewer.append(now[: -len(closer) - 1])
            edge = [one for one in dict.fromkeys(fewer) if one not in found]
            found.update(edge)
        return sorted(found, key=len, reverse=True)


def _mending(texts: SkillTexts) -> Mending:
    try:
        return mending_from(texts.tree.get("mending", {}))
    except ValueError as error:
        raise MindError(f"{texts.path} has a mistake in [mending]: {error}") from error


def _longest_first(words: Sequence[str], companion: str) -> list[str]:
    named = {word.replace("{name}", companion.lower()) for word in words}
    return sorted(named - {""}, key=len, reverse=True)


def load_sentences(
    language: str = "en",
    person: str | None = None,
    companion: str = "",
    near: Callable[[str], str | None] = lambda _: None,
) -> Sentences:
    """Read ``skills/sentences.yaml``, ``say.toml`` and ``when.toml``.

    Args:
        language: ISO code.
        person: what the person is called.
        companion: what the companion is called.
        near: as of ``Sentences``.

    Raises:
        MindError: a file is missing or has a mistake.
    """
    texts, times = load_skill_texts(language, person), load_times(language)
    return Sentences(_intents(language), texts, times, companion, near)


@lru_cache
def _intents(language: str) -> Intents:
    from hassil.intents import Intents

    path = data_dir("prompts") / language / "skills" / "sentences.yaml"
    try:
        intents = Intents.from_dict(yaml.safe_load(path.read_text(encoding="utf-8")))
        # Templates are parsed at their first use: a mistake is to be seen now.
        for intent in intents.intents.values():
            for data in intent.data:
                _ = data.sentences
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MindError(f"cannot read {path}: {error}") from error
    except Exception as error:
        # hassil raises errors of several kinds, some of them bare.
        raise MindError(f"{path} has a mistake: {error}") from error
    return intents


__all__ = ["Meant", "Sentences", "load_sentences"]
