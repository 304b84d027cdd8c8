"""What memory keeps of a life told, and what it answers: recalled, wrong, invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from companion.domain import JsonObject
from companion.errors import MeasureError
from companion.mind.memory.extract import Extractor
from companion.mind.memory.recall import Recaller
from companion.mind.memory.store import Memories, conflict
from companion.resources import data_dir

HALVES: Final = ("dev", "held")
"""The first was looked at while the patterns were written, the second was not."""
_BEGAN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()
_EVERY_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the data."""

    half: str
    told: str
    asked: str
    answer: str


def read_told(folder: Path | None = None) -> tuple[Told, ...]:
    """Return what is told and asked.

    Raises:
        MeasureError: the file is missing or has a mistake.
    """
    return tuple(Told(*row) for row in _rows("facts_en.tsv", 4, folder))


def _rows(name: str, width: int, folder: Path | None = None) -> Iterator[list[str]]:
    path = (folder or data_dir("models") / "memory") / name
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MeasureError(f"cannot read {path}: {error.strerror}") from error
    for line in lines:
        if line and not line.startswith("#"):
            row = line.split("\t")
            if len(row) != width:
                raise MeasureError(f"{path}: '{line}' has not {width} columns")
            yield row


def evaluate_memory(
    extractor: Extractor, recaller: Recaller, store: Memories, *, detail: Sequence[str] = ()
) -> JsonObject:
    """Tell a life among small talk, then ask about it in other words.

    Args:
        extractor: finds facts.
        recaller: answers.
        store: empty, of a person who agrees.
        detail: halves of which every miss is listed.
    """
    told = read_told()
    distractors = list(_rows("distractors_en.tsv", 2))
    untold = list(_rows("untold_en.tsv", 2))
    kept: dict[str, int] = dict.fromkeys(HALVES, 0)
    asked_back = dict(kept)
    false = dict(kept)
    misses: list[str] = []
    for n, one in enumerate(told):
        at = _BEGAN + n * _EVERY_S
        facts = extractor.extract(one.told, recaller.known(store))
        sure = [f for f in facts if f.sure]
        # What the companion would ask back is answered with yes, as this person would.
        asked_back[one.half] += bool(facts) and (
            not sure or any(conflict(f, store.facts()) and not f.changed for f in sure)
        )
        for fact in facts:
            store.keep(fact, at, at)
        kept[one.half] += bool(facts)
        if not facts and one.half in detail:
            misses.append(f"not kept: {one.told}")
        if n % 5 < 2:
            half, text = distractors[n // 5 * 2 + n % 5]
            wrong = [f for f in extractor.extract(text, recaller.known(store)) if f.sure]
            for fact in wrong:
                store.keep(fact, at, at)
            false[half] += bool(wrong)
            if wrong and half in detail:
                misses.append(f"false fact: {text} -> {wrong[0].sentence}")
    found: dict[str, JsonObject] = {}
    sentences = {f.sentence for f in store.facts()}
    for half in HALVES:
        lines = [one for one in told if one.half == half]
        right = wrong_answers = not_stored = 0
        for one in lines:
            recalled = recaller.recall(one.asked, store)
            said = [f.sentence for f in recalled.facts] if recalled else []
            not_stored += any(s not in sentences for s in said)
            good = any(key in " ".join(said).lower() for key in one.answer.split("|"))
            right += good
            wrong_answers += bool(said) and not good
            if not good and half in detail:
                misses.append(f"{'wrong' if said else 'unknown'}: {one.asked} -> {said}")
        strange = [text for h, text in untold if h == half]
        made_up = 0
        for text in strange:
            recalled = recaller.recall(text, store)
            if recalled is not None and recalled.facts:
                made_up += 1
                if half in detail:
                    misses.append(f"never told: {text} -> {recalled.facts[0].sentence}")
        found[half] = {
            "told": len(lines),
            "kept": kept[half],
            "asked_back": asked_back[half],
            "recalled": right,
            "wrong": wrong_answers,
            "not_in_store": not_stored,
            "distractors": sum(h == half for h, _ in distractors),
            "false_facts": false[half],
            "never_told": len(strange),
            "answered_though_never_told": made_up,
        }
    total: JsonObject = {key: sum(found[h][key] for h in HALVES) for key in found["dev"]}
    total["recalled_share"] = round(total["recalled"] / max(1, total["told"]), 3)
    total["invented"] = total["not_in_store"] + total["answered_though_never_told"]
    return {"all": total, **found, **({"misses": misses} if detail else {})}


__all__ = ["HALVES", "Told", "evaluate_memory", "read_told"]
