"""A small pattern language that a person who does not program can read and change.

========== ==================================================================
``word``    that word; ``word~`` any word that begins so
``(a|b c)`` one of these
``[a|b]``   one of these or nothing
``*``       up to six words of the same sentence
``_``       one word
``+``       one to eight words, kept as ``{rest}``
``++``      one word or more, to the end of the sentence, kept as ``{rest}``
``<list>``  a word from the list of that name, kept under the list's name
``^  $``    beginning and end of a sentence
``/``       beginning of a clause: of a sentence, or after a word of the list ``joiner``
========== ==================================================================

Patterns are matched on text without capitals and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

_UNIT = re.compile(r"<\w+>|\+\+|[()\[\]|*+^$/]|[^\s()\[\]<>|*+^$/]+")
_SIGNS = {
    "*": r"(?:[^ .]+ ){0,6}?",
    "_": r"[^ .]+ ",
    "+": r"(?P<rest>(?:[^ .]+ ){1,8}?)(?=\. |$)",
    "++": r"(?P<rest>(?:[^ .]+ )+?)(?=\. |$)",
    "^": r"(?:(?<=^ )|(?<=\. ))",
    "$": r"(?=\. |$)",
}
_ENDS = re.compile(r"[.!?;:…]+(?=\s|$)|\s[-–—]+\s|—")
_OTHER = re.compile(r"[^\w\s'.-]|(?<![\w ])'|(?<= )'(?!s\b)|^'|'(?!\w)|\.(?!\s|$)")
_POSSESSED = re.compile(
    r"\b(?!(?:it|that|he|she|what|where|who|how|let|there|here|when|this|name)'s\b)([a-z]{2,})'s\b"
)
"""The "'s" of "the cat's" or "nobody's" becomes a word of its own."""
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return lower-case words between single spaces, each sentence ended by " . "."""
    text = text.lower().replace("’", "'").replace("‘", "'")
    text = _ENDS.sub(" . ", text)
    text = _OTHER.sub(" ", text)
    text = _POSSESSED.sub(r"\1 's", text)
    words = _SPACE.sub(" ", f"{text} . ").strip()
    words = re.sub(r"(?:^|(?<= ))\.(?: \.)+", ".", words)
    return f" {words.removeprefix('. ')} " if words != "." else " "


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found, and the words it kept."""

    kept: Mapping[str, str]
    start: int
    """Position in the normalised text."""


class Patterns:
    """Several patterns; the first that is found counts."""

    def __init__(
        self, patterns: Iterable[str], lists: Mapping[str, Sequence[str]], *, whole: bool = False
    ) -> None:
        """Compile.

        Args:
            patterns: in the language above.
            lists: the words for ``<list>``.
            whole: a pattern must cover the whole text.

        Raises:
            ValueError: a pattern has a mistake; the text says which.
        """
        self._all = [_Compiler(p, lists).compile(whole=whole) for p in patterns]

    def find(self, normalised: str) -> Match | None:
        """Return the first match in a normalised text."""
        for pattern in self._all:
            if found := pattern.search(normalised):
                kept = {k: v.strip() for k, v in found.groupdict().items() if v}
                return Match(kept, found.start())
        return None

    def places(self, normalised: str) -> list[int]:
        """Return where matches begin, over all patterns."""
        return [m.start() for pattern in self._all for m in pattern.finditer(normalised)]

    def found(self, normalised: str) -> str | None:
        """Return the words of the first match, or None."""
        for pattern in self._all:
            if match := pattern.search(normalised):
                return match.group().strip(" .")
        return None


_compiled = cache(re.compile)
"""Rooms are built anew for every talk and command of a process; compiling takes seconds."""


@cache
def _word(text: str) -> str:
    if text == "'s":  # a word of its own once normalised: "the cat 's"
        return "'s "
    if text.endswith("~"):
        return re.escape(text[:-1]) + r"[\w']* "
    return re.escape(normalise(text)[1:-3]) + " "


@cache
def _options(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join("".join(map(_word, normalise(w)[1:-3].split())) for w in longest_first)


class _Compiler:
    """Reads one pattern from left to right; brackets may hold brackets."""

    def __init__(self, pattern: str, lists: Mapping[str, Sequence[str]]) -> None:
        self._pattern = pattern
        self._lists = lists
        self._units = [m.group() for m in _UNIT.finditer(pattern)]
        self._seen: set[str] = set()

    def compile(self, *, whole: bool) -> re.Pattern[str]:
        body = self._choices("")
        start, end = ("^ ", r"(?:\. )*$") if whole else ("(?<= )", "")
        return _compiled(f"{start}(?:{body}){end}")

    def _choices(self, closing: str) -> str:
        """Read up to the closing bracket; ``|`` parts the choices."""
        choices, current = [], ""
        while self._units:
            unit = self._units.pop(0)
            if unit == closing:
                closing = ""
                break
            if unit == "|":
                choices.append(current)
                current = ""
            else:
                current += self._unit(unit)
        choices.append(current)
        if closing:
            raise ValueError(f"pattern '{self._pattern}' lacks a '{closing}'")
        if not all(choices):
            raise ValueError(f"pattern '{self._pattern}' has an empty part")
        return "|".join(choices)

    def _unit(self, unit: str) -> str:
        if unit == "(":
            return f"(?:{self._choices(')')})"
        if unit == "[":
            return f"(?:{self._choices(']')})?"
        if unit in (")", "]"):
            raise ValueError(f"pattern '{self._pattern}' has a '{unit}' too many")
        if unit[0] == "<":
            return self._list(unit[1:-1])
        if unit == "/":
            joined = "".join(f"|(?<= {re.escape(j)} )" for j in self._lists.get("joiner", ()))
            return rf"(?:(?<=^ )|(?<=\. ){joined})"
        return _SIGNS.get(unit) or _word(unit)

    def _list(self, name: str) -> str:
        if name not in self._lists:
            raise ValueError(f"pattern '{self._pattern}' names an unknown list '{name}'")
        options = _options(tuple(self._lists[name]))
        if name in self._seen:
            return f"(?:{options})(?:'s )?"
        self._seen.add(name)
        return f"(?P<{name}>{options})(?:'s )?"


__all__ = ["Match", "Patterns", "normalise"]
