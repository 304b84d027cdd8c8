"""How many requests to the skills are understood, typed and through the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

import numpy as np

from companion.domain import JsonObject
from companion.errors import MeasureError
from companion.measure.spoken import Ears, Voice, said, with_pauses
from companion.mind.skills.sentences import Sentences
from companion.resources import data_dir

NONE: Final = "-"
SPLITS: Final = ("dev", "held")
PEOPLE: Final = ("Sarah", "daughter", "son")
"""Whom the sentences speak of."""
_NEEDS_TIME: Final = ("appointment", "reminder_move")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence and what it asks for."""

    split: str
    intent: str
    """``-`` is no request."""
    text: str


def read_lines(path: Path | None = None) -> tuple[Line, ...]:
    """Read a set: split, intent, sentence, parted by tabs; ``#`` begins a remark.

    Raises:
        MeasureError: it is missing or has a mistake.
    """
    path = path or data_dir("models") / "skills" / "sentences.tsv"
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MeasureError(f"cannot read {path}: {error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        if not row.strip() or row.startswith("#"):
            continue
        parts = row.split("\t")
        if len(parts) != 3 or parts[0] not in SPLITS:
            raise MeasureError(f"{path}:{number}: write dev or held, the intent, the sentence")
        found.append(Line(*parts))
    return tuple(found)


def understood(
    sentences: Sentences, extra: Callable[[str], str | None], text: str, now: datetime
) -> str:
    """Return the intent a sentence is taken for, ``-`` for none.

    Args:
        sentences: the templates.
        extra: recognises what other skills answer, before them.
        text: what was said.
        now: with a time zone.
    """
    other = extra(text)
    if other is not None:
        return other
    for meant in sentences.read(text, now, PEOPLE):
        timeless = meant.when.day is None and meant.when.hour is None
        if meant.intent in _NEEDS_TIME and timeless and meant.when.seconds is None:
            continue
        if meant.intent == "another":
            continue
        if meant.intent == "call" and meant.slot("who").lower() not in map(str.lower, PEOPLE):
            continue
        if meant.intent in ("message", "message_bare"):
            who = meant.slot("who").removeprefix("my ").removeprefix("the ")
            if who.lower() not in map(str.lower, PEOPLE):
                continue
        if meant.intent == "timer_set" and not timeless:
            return "remind"  # an alarm is kept as a reminder
        if meant.intent == "timer_set" and not meant.when.said and "timer" not in meant.rest:
            continue
        if meant.intent == "remind_timed":
            if not meant.when.said:
                continue
            return "remind"
        return meant.intent
    return NONE


def evaluate_skills(
    sentences: Sentences,
    extra: Callable[[str], str | None],
    lines: Sequence[Line],
    tz: tzinfo,
    heard: Callable[[str], str] = str,
) -> JsonObject:
    """Return the share understood, by split and intent, and the sentences that were not.

    Args:
        sentences: the templates.
        extra: as of ``understood``.
        lines: the set.
        tz: of the present.
        heard: what becomes of a sentence on its way, such as through the voice.
    """
    now = datetime.now(tz)
    right: dict[str, list[bool]] = {}
    missed: list[JsonObject] = []
    for line in lines:
        said = heard(line.text)
        found = understood(sentences, extra, said, now)
        kind = "talk" if line.intent == NONE else "requests"
        for name in (f"{line.split}_{kind}", kind, line.intent):
            right.setdefault(name, []).append(found == line.intent)
        if found != line.intent:
            missed.append(
                {"split": line.split, "text": said, "wanted": line.intent, "found": found}
            )
    return {
        "lines": len(lines),
        "understood": {
            name: round(sum(some) / len(some), 3) for name, some in sorted(right.items())
        },
        "missed": missed,
    }


def through(voice: Voice, ears: Ears, seed: int = 1) -> Callable[[str], str]:
    """Return what says a sentence, at changing paces and with pauses, and hears it again."""
    random = np.random.default_rng(seed)
    spoken = 0

    def heard(text: str) -> str:
        nonlocal spoken
        spoken += 1
        transcript = ears.transcribe(with_pauses(said(text, spoken, voice), random))
        return "" if transcript.rejected else transcript.text

    return heard


__all__ = ["Line", "evaluate_skills", "read_lines", "through", "understood"]
