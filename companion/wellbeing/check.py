"""Drops every sentence that the facts do not support."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Final

from companion.wellbeing.facts import Fact
from companion.wellbeing.phrasing import Texts

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_NUMBER_WORDS: Final = {
    "once": 1,
    "twice": 2,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "dozen": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "hundred": 100,
    "zero": 0,
    "thrice": 3,
    "half": 0.5,
    "double": 2,
    "forty": 40,
    "fifty": 50,
}
_RUN: Final = 5
"""So many of the person's words in a row are a quotation."""


def check(
    text: str,
    facts: Sequence[Fact],
    texts: Texts,
    who: str,
    *,
    of: str | None = None,
    said: Iterable[str] = (),
) -> str | None:
    """Return why a sentence must not be written, or None when the facts support it.

    Args:
        text: the sentence.
        facts: those it rests on; all of one kind.
        texts: claims and words.
        who: the person's name.
        of: the template's sentence, when this is a rephrasing of it.
        said: words of the person that are known, none of which may be quoted.
    """
    if not facts:
        return "it rests on nothing"
    template = texts.templates.get(facts[0].kind)
    if template is None or any(fact.kind != facts[0].kind for fact in facts):
        return "its facts have no template"
    if found := _found(text, texts.raw["checks"]["diagnosis"]):
        return f"it names a finding: {found}"
    plain = text.replace(who, " ") if who else text
    if odd := _numbers(plain) - _allowed(facts, texts, of or ""):
        return f"number {min(odd):g} is in no fact"
    if not template.free or of is not None:
        claims = claims_of(plain, texts)
        wanted = claims_of(of.replace(who, " "), texts) if of is not None else template.claims
        if claims != wanted:
            odd_one = sorted(claims ^ wanted)[0]
            return f"claim {odd_one} is {'not in' if odd_one in claims else 'missing from'} it"
    if of is not None and (why := _added(plain, of, texts)):
        return why
    return next(
        (f"it quotes the person: {q}" for q in said if _quoted(plain, q, template.text)), None
    )


def claims_of(text: str, texts: Texts) -> frozenset[str]:
    """Return the claims a sentence makes."""
    return frozenset(name for name, words in texts.raw["claims"].items() if _found(text, words))


def _found(text: str, words: Sequence[str]) -> str | None:
    match = _any_of(tuple(words)).search(text.replace("’", "'"))
    return match.group() if match else None


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = (re.escape(w.rstrip("~")) + (r"[\w']*" if w.endswith("~") else "") for w in words)
    return re.compile(rf"(?<![\w'])(?:{'|'.join(parts)})(?![\w'])", re.IGNORECASE)


def _numbers(text: str) -> set[float]:
    found = {float(number) for number in _NUMBER.findall(text)}
    return found | {
        float(_NUMBER_WORDS[word]) for word in _WORD.findall(text.lower()) if word in _NUMBER_WORDS
    }


def _allowed(facts: Sequence[Fact], texts: Texts, of: str) -> set[float]:
    """Return the numbers that the facts, their dates and the template itself hold."""
    template = texts.templates[facts[0].kind]
    fixed = re.sub(r"\{\w+\}", " ", template.text)
    allowed = _numbers(fixed)
    for fact in facts:
        allowed |= {float(value) for value in fact.numbers.values()}
        allowed |= {float(date.fromisoformat(day).day) for day in fact.days}
        if "minutes" in fact.numbers:
            allowed |= _numbers(texts.span(fact.numbers["minutes"]))
    return allowed


def _added(text: str, of: str, texts: Texts) -> str | None:
    """Return what a rephrasing adds: no word may carry anything that was not there."""
    known = {word.lower() for word in _WORD.findall(of)} | set(texts.raw["checks"]["neutral"])
    for word in _WORD.findall(text):
        if word.lower() not in known and word.lower() not in _NUMBER_WORDS:
            return f"word {word} is added"
    if _numbers(of) != _numbers(text):
        return "a number is left out"
    return None


def _quoted(text: str, said: str, template: str) -> bool:
    words = [word.lower() for word in _WORD.findall(text)]
    own = [word.lower() for word in _WORD.findall(said)]
    runs = {tuple(own[i : i + _RUN]) for i in range(max(0, len(own) - _RUN + 1))}
    fixed = [word.lower() for word in _WORD.findall(template)]
    runs -= {tuple(fixed[i : i + _RUN]) for i in range(len(fixed))}
    return any(tuple(words[i : i + _RUN]) in runs for i in range(len(words)))
