"""The check of every sentence a language model wants to say.

Pure and fast. What is forbidden lies in ``prompts/<language>/safety/replies.toml``; here are the
checks that need more than a pattern: numbers and links, names taken on, and what may be said at all
while somebody is in danger. It errs on the side of silence: whoever asks puts safe words instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from companion.domain import Screening
from companion.errors import SafetyError
from companion.patterns import Patterns, normalise
from companion.reading import parse, read_toml
from companion.resources import data_dir
from companion.safety.regions import Region

FAILED: Final = "check_failed"
"""Reason given when the check itself broke: then nothing is let through."""
DANGER_TIER: Final = 3

_LINK: Final = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|org|net|info|co|io|gov|edu|uk|us)\b|\S@\S", re.IGNORECASE
)
_MARKUP: Final = re.compile(r"[<>{}\[\]|`\\*#_~^=]|&\w+;|\$\{")
_NUMBER: Final = re.compile(r"\d(?:[\d().\s-]*\d)?")
_YEAR: Final = re.compile(r"^(?:1[0-9]|20)\d\d$")
_DIAL: Final = re.compile(
    r"\b(?:call|ring|dial|phone|number|text|reach|contact|telephone)\b", re.IGNORECASE
)
_DIGIT_WORDS: Final = frozenset(
    {
        "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        "double", "triple", "hundred", "thousand", "ten", "eleven", "twelve", "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    }
)  # fmt: skip
_LONG: Final = 6
"""So many digits are a phone or account number wherever they stand."""
_NAME: Final = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+\b")
_CLAIM: Final = re.compile(
    r"\b(?:i am|i'm|it is|it's|this is|that is|yes,?)\s+(?:(?:really|only|here|your)\s+)*(%s)\b",
    re.IGNORECASE,
)


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Check(_Data):
    name: str
    why: str
    patterns: list[str]
    unless: list[str] = []
    said: list[str] = []
    said_not: list[str] = []
    questions: bool = True


class _Only(_Data):
    name: str
    why: str
    said: list[str]
    said_not: list[str] = []
    screened: list[str] = []
    allow: list[str]
    questions: bool = True


class _FirstPerson(_Data):
    mine: list[str]
    allow: list[str]


class _Danger(_Data):
    helps: list[str]
    comforts: list[str]


class _File(_Data):
    words: dict[str, list[str]]
    check: list[_Check]
    groups: dict[str, list[str]]
    only: list[_Only]
    first_person: _FirstPerson
    danger: _Danger


@dataclass(frozen=True, slots=True)
class _Compiled:
    name: str
    patterns: Patterns
    unless: Patterns
    said: Patterns | None
    said_not: Patterns
    questions: bool

    def fails(self, reply: str, heard: str, *, asks: bool) -> bool:
        if asks and not self.questions:
            return False
        if self.said is not None and not self.said.find(heard):
            return False
        if self.patterns.find(reply) is None:
            return False
        return not (self.unless.find(reply) or self.said_not.find(heard))


@dataclass(frozen=True, slots=True)
class _Narrow:
    """A delicate matter, in which only some kinds of sentence may be said."""

    name: str
    said: Patterns
    said_not: Patterns
    screened: Mapping[str, int]
    """Lowest tier by category at which the screening alone is enough."""
    allow: Patterns
    questions: bool

    def fails(self, reply: str, heard: str, screening: Screening | None, *, asks: bool) -> bool:
        if not self._concerns(heard, screening):
            return False
        return not ((asks and self.questions) or self.allow.find(reply))

    def _concerns(self, heard: str, screening: Screening | None) -> bool:
        if screening is not None:
            least = self.screened.get(screening.category.value)
            if least is not None and screening.tier >= least:
                return True
        return bool(self.said.find(heard)) and not self.said_not.find(heard)


class SafetyCheck:
    """Says what is wrong with a sentence; safe to use from several threads."""

    def __init__(
        self,
        region: Region,
        language: str = "en",
        *,
        name: str = "Molly",
        folder: Path | None = None,
    ) -> None:
        """Compile.

        Args:
            region: whose numbers may be given.
            language: name of the folder under ``prompts``.
            name: what the companion is called; it may say so.
            folder: where ``replies.toml`` lies, instead of the installed one.

        Raises:
            SafetyError: the file is missing or has a mistake.
        """
        path = (folder or data_dir("prompts") / language / "safety") / "replies.toml"
        data = parse(_File, read_toml(path, SafetyError), path, SafetyError)
        self._name = name.lower()
        self._digits = region.known_digits()
        self._spoken = tuple(
            f" {' '.join(re.findall('[a-z]+', n.spoken.lower()))} " for _, n in region.numbers()
        )
        # The region's own numbers are words for help too.
        words = dict(data.words)
        words["health"] = [*words.get("health", ()), *(s.strip() for s in self._spoken)]
        try:
            self._checks = [_compile(check, words) for check in data.check]
            self._only = [_narrow(only, data.groups, words) for only in data.only]
            self._mine = Patterns(data.first_person.mine, words)
            self._may = Patterns(data.first_person.allow, words)
            self._helps = Patterns([*data.danger.helps, *data.danger.comforts], words)
        except (ValueError, KeyError) as error:
            raise SafetyError(f"{path}: {error}") from error

    def failed(
        self, sentence: str, said: str = "", screening: Screening | None = None
    ) -> tuple[str, ...]:
        """Return the names of the checks a sentence fails, empty when it may be spoken.

        Never raises: a fault of its own is a failure, ``check_failed``.

        Args:
            sentence: one sentence of a reply.
            said: what the person just said.
            screening: what that means; in danger only help and comfort may be spoken.
        """
        try:
            return self._failed(sentence, said, screening)
        except Exception:
            return (FAILED,)

    def _failed(self, sentence: str, said: str, screening: Screening | None) -> tuple[str, ...]:
        plain = sentence.replace("’", "'").replace("‘", "'").strip()
        reply, heard = _seen(plain), _seen(said)
        asks = plain.endswith("?")
        names = [c.name for c in self._checks if c.fails(reply, heard, asks=asks)]
        names += [n.name for n in self._only if n.fails(reply, heard, screening, asks=asks)]
        if self._mine.find(reply) and not self._may.find(reply):
            names.append("first_person")
        if _LINK.search(plain) or _MARKUP.search(plain) or self._strange_number(plain):
            names.append("link")
        if self._takes_name(plain, said):
            names.append("relative")
        if screening is not None and screening.tier >= DANGER_TIER and not self._helps.find(reply):
            names.append("not_helping")
        return tuple(dict.fromkeys(names))

    def _strange_number(self, text: str) -> bool:
        """Whether a number to call is given that is not the region's."""
        dial = _DIAL.search(text) is not None
        for found in _NUMBER.findall(text):
            digits = re.sub(r"\D", "", found)
            if digits in self._digits or f"1{digits}" in self._digits:
                continue
            if len(digits) >= _LONG or (dial and len(digits) >= 3 and not _YEAR.match(digits)):
                return True
        run: list[str] = []
        for word in [*re.findall(r"[a-z]+", text.lower()), ""]:
            if word in _DIGIT_WORDS:
                run.append(word)
                continue
            if len(run) >= (3 if dial else 5) and not self._is_spoken(run):
                return True
            run = []
        return False

    def _is_spoken(self, run: Sequence[str]) -> bool:
        text = f" {' '.join(run)} "
        return any(known in text for known in self._spoken)

    def _takes_name(self, reply: str, said: str) -> bool:
        """Whether it says to be somebody the person named: "Yes, this is Anna"."""
        names = {n for n in _NAME.findall(said) if n.lower() != self._name and n != "I"}
        if not names:
            return False
        claim = re.compile(_CLAIM.pattern % "|".join(map(re.escape, names)), re.IGNORECASE)
        found = claim.search(reply)
        return found is not None and " not " not in f" {reply.lower()} "


def load_check(region: Region, language: str = "en", *, name: str = "Molly") -> SafetyCheck:
    """Read a language's check.

    Raises:
        SafetyError: the file is missing or has a mistake.
    """
    return SafetyCheck(region, language, name=name)


def _compile(check: _Check, words: Mapping[str, Sequence[str]]) -> _Compiled:
    return _Compiled(
        check.name,
        Patterns(check.patterns, words),
        Patterns(check.unless, words),
        Patterns(check.said, words) if check.said else None,
        Patterns(check.said_not, words),
        check.questions,
    )


def _narrow(
    only: _Only, groups: Mapping[str, Sequence[str]], words: Mapping[str, Sequence[str]]
) -> _Narrow:
    allow = [pattern for name in only.allow for pattern in groups[name]]
    return _Narrow(
        only.name,
        Patterns(only.said, words),
        Patterns(only.said_not, words),
        {kind: int(tier) for kind, _, tier in (s.partition(":") for s in only.screened)},
        Patterns(allow, words),
        only.questions,
    )


def _seen(text: str) -> str:
    """Normalise, with every number in digits as "9" and apart from its unit."""
    apart = re.sub(r"(?<=\d)(?=[A-Za-z])", " ", text)
    return normalise(re.sub(r"\d+(?:[.,:/]\d+)*", "9", apart))


__all__ = ["DANGER_TIER", "FAILED", "SafetyCheck", "load_check"]
