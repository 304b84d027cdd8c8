"""Chooses among ways to say the same, so that nothing is said twice running."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from companion.mind.prompts import fill
from companion.mind.sentences import split

REMEMBERED = 6
"""So many replies back nothing is repeated, where there is a choice."""


def pick(
    choices: Sequence[str], words: Mapping[str, str], key: str, recent: Sequence[str]
) -> str | None:
    """Return one filled text, the same for the same arguments, or None when none can be filled.

    Args:
        choices: templates.
        words: what may be put in; a template that lacks a word is skipped.
        key: varies the choice between subjects.
        recent: the latest replies, oldest first.
    """
    filled = [t for c in choices if (t := fill(c, words)) is not None]
    if not filled:
        return None
    start = (len(recent) + zlib.crc32(f"{key} {sorted(words.items())}".encode())) % len(filled)
    order = filled[start:] + filled[:start]
    latest = [s for r in recent[-REMEMBERED:] for s in split(r)]
    fresh = [t for t in order if latest.count(split(t)[-1]) == 0 and t not in latest]
    opening = recent[-1].split(" ", 2)[:2] if recent else []
    other = [t for t in fresh if t.split(" ", 2)[:2] != opening]
    rest = [t for t in order if not recent or t != recent[-1]]
    return next(iter([*other, *fresh, *rest, *order]))


__all__ = ["pick"]
