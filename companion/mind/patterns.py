"""A small pattern language that a person who does not program can read and change.

========== ==================================================================
``word``    that word; ``word~`` any word that begins so
``(a|b c)`` one of these
``[a|b]``   one of these or nothing
``*``       up to six words of the same sentence
``+``       one to eight words, kept as ``{rest}``
``<list>``  a word from the list of that name, kept under the list's name
``^  $``    beginning and end of a sentence
========== ==================================================================

Patterns are matched on text without capitals and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_UNIT = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]|<(\w+)>|([*+^$])|([^\s()\[\]<>*+^$]+)")
_ENDS = re.compile(r"[.!?;:…]+(?=\s|$)|\s[-–—]+\s|—")
_OTHER = re.compile(r"[^\w\s'.]|(?<!\w)'|'(?!\w)|\.(?!\s|$)")
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return lower-case words between single spaces, each sentence ended by " . "."""
    text = text.lower().replace("’", "'").replace("‘", "'")
    text = _ENDS.sub(" . ", text)
    text = _OTHER.sub(" ", text)
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
            ValueError: a pattern names a list that is not there, or is empty.
        """
        self._all = [_compile(p, lists, whole=whole) for p in patterns]

    def find(self, normalised: str) -> Match | None:
        """Return the first match in a normalised text."""
        for pattern in self._all:
            if found := pattern.search(normalised):
                kept = {k: v.strip() for k, v in found.groupdict().items() if v}
                return Match(kept, found.start())
        return None


def _words(text: str) -> str:
    return "".join(
        re.escape(w[:-1]) + r"[\w']* " if w.endswith("~") else re.escape(w) + " "
        for w in text.split()
    )


def _choice(text: str) -> str:
    return "(?:" + "|".join(_words(part) for part in text.split("|")) + ")"


def _compile(pattern: str, lists: Mapping[str, Sequence[str]], *, whole: bool) -> re.Pattern[str]:
    out = ["^ " if whole else "(?<= )"]
    seen: set[str] = set()
    for group, maybe, name, sign, word in _UNIT.findall(pattern):
        if group:
            out.append(_choice(group))
        elif maybe:
            out.append(_choice(maybe) + "?")
        elif name:
            if name not in lists:
                raise ValueError(f"pattern '{pattern}' names a list '{name}' that is not there")
            longest_first = sorted(lists[name], key=len, reverse=True)
            options = "|".join(_words(w) for w in longest_first)
            out.append(f"(?:{options})" if name in seen else f"(?P<{name}>{options})")
            seen.add(name)
        elif sign == "*":
            out.append(r"(?:[^ .]+ ){0,6}?")
        elif sign == "+":
            out.append(r"(?P<rest>(?:[^ .]+ ){1,8}?)(?=\. |$)")
        elif sign == "^":
            out.append(r"(?:(?<=^ )|(?<=\. ))")
        elif sign == "$":
            out.append(r"(?=\. |$)")
        else:
            out.append(_words(word))
    if len(out) == 1:
        raise ValueError("a pattern is empty")
    if whole:
        out.append(r"(?:\. )*$")
    return re.compile("".join(out))


__all__ = ["Match", "Patterns", "normalise"]
