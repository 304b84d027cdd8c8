"""What memory keeps of a life told, and what it answers: recalled, wrong, invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
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
SPOKEN: Final = ("british", "american", "tyneside")
"""Three more lives, run-on and hedged as old people talk; looked at too."""
_BEGAN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()
_EVERY_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the data."""

    half: str
    told: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Life:
    """What one person tells, and what they ask later; the first of a pair is its half."""

    told: tuple[Told, ...]
    talk: tuple[tuple[str, str], ...]
    """What must not become a fact."""
    untold: tuple[tuple[str, str], ...]
    """Questions about what was never told."""

    @property
    def halves(self) -> tuple[str, ...]:
        """The names in it, in order."""
        return tuple(dict.fromkeys(one.half for one in self.told))


def read_told(folder: Path | None = None) -> tuple[Told, ...]:
    """Return what is told and asked.

    Raises:
        MeasureError: the file is missing or has a mistake.
    """
    return tuple(Told(*row) for row in _rows("facts_en.tsv", 4, folder))


def read_life(halves: Sequence[str] = HALVES, folder: Path | None = None) -> Life:
    """Return one life: both halves of the first, or one of ``SPOKEN``.

    Raises:
        MeasureError: a file is missing or has a mistake.
    """
    spoken = "_spoken" if set(halves) & set(SPOKEN) else ""

    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        rows = _rows(f"{name}{spoken}_en.tsv", 2, folder)
        return tuple((half, text) for half, text in rows if half in halves)

    told = (Told(*row) for row in _rows(f"facts{spoken}_en.tsv", 4, folder))
    mine = tuple(one for one in told if one.half in halves)
    return Life(mine, pairs("distractors"), pairs("untold"))


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
    extractor: Extractor,
    recaller: Recaller,
    new_store: Callable[[], Memories],
    *,
    detail: Sequence[str] = (),
) -> JsonObject:
    """Tell lives among small talk, then ask about them in other words.

    Args:
        extractor: finds facts.
        recaller: answers.
        new_store: makes an empty store of a person who agrees; one for each life.
        detail: halves of which every miss is listed.
    """
    misses: list[str] = []
    found = evaluate_life(extractor, recaller, new_store(), read_life(), detail, misses)
    spoken: JsonObject = {}
    for one in SPOKEN:
        life = read_life((one,))
        spoken |= evaluate_life(extractor, recaller, new_store(), life, detail, misses)
    lists = {"misses": misses} if detail else {}
    return {"all": _sum(found), **found, "spoken": _sum(spoken), **spoken, **lists}


def _sum(found: JsonObject) -> JsonObject:
    halves = list(found.values())
    total: JsonObject = {key: sum(one[key] for one in halves) for key in halves[0]}
    total["recalled_share"] = round(total["recalled"] / max(1, total["told"]), 3)
    total["invented"] = total["not_in_store"] + total["answered_though_never_told"]
    return total


def evaluate_life(
    extractor: Extractor,
    recaller: Recaller,
    store: Memories,
    life: Life,
    detail: Sequence[str] = (),
    misses: list[str] | None = None,
) -> JsonObject:
    """Tell one life and ask about it; return the counts of each of its halves.

    Args:
        extractor: finds facts.
        recaller: answers.
        store: empty, of a person who agrees.
        life: what is told and asked.
        detail: halves of which every miss is listed.
        misses: the list they are added to.
    """
    misses = [] if misses is None else misses
    counts: dict[str, dict[str, int]] = {
        half: dict.fromkeys(
            (
                *("told", "kept", "asked_back", "recalled", "wrong", "not_in_store"),
                *("distractors", "false_facts", "false_asked_back"),
                *("never_told", "answered_though_never_told"),
            ),
            0,
        )
        for half in life.halves
    }

    def note(half: str, what: str) -> None:
        if half in detail:
            misses.append(what)

    talk = list(life.talk)
    for n, one in enumerate(life.told):
        at = _BEGAN + n * _EVERY_S
        count = counts[one.half]
        count["told"] += 1
        facts = extractor.extract(one.told, recaller.known(store))
        sure = [f for f in facts if f.sure]
        # What the companion would ask back is answered with yes, as this person would.
        back = bool(facts) and (
            not sure or any(conflict(f, store.facts()) and not f.changed for f in sure)
        )
        count["asked_back"] += back
        for fact in facts:
            store.keep(fact, at, at)
        count["kept"] += bool(facts)
        if not facts:
            note(one.half, f"not kept: {one.told}")
        # Spread over the life; what is left comes with its last line.
        last = n == len(life.told) - 1
        due = len(talk) if last else (n + 1) * len(life.talk) // len(life.told)
        while talk and (last or len(life.talk) - len(talk) < due):
            half, text = talk.pop(0)
            _tell_nothing(extractor, recaller, store, text, at, counts[half], partial(note, half))
    sentences = {f.sentence for f in store.facts()}
    for one in life.told:
        count = counts[one.half]
        recalled = recaller.recall(one.asked, store)
        said = [f.sentence for f in recalled.facts] if recalled else []
        count["not_in_store"] += any(s not in sentences for s in said)
        good = any(key in " ".join(said).lower() for key in one.answer.split("|"))
        count["recalled"] += good
        count["wrong"] += bool(said) and not good
        if not good:
            note(one.half, f"{'wrong' if said else 'unknown'}: {one.asked} -> {said}")
    for half, text in life.untold:
        counts[half]["never_told"] += 1
        recalled = recaller.recall(text, store)
        if recalled is not None and recalled.facts:
            counts[half]["answered_though_never_told"] += 1
            note(half, f"never told: {text} -> {recalled.facts[0].sentence}")
    return dict(counts)


def _tell_nothing(
    extractor: Extractor,
    recaller: Recaller,
    store: Memories,
    text: str,
    at: float,
    count: dict[str, int],
    note: Callable[[str], None],
) -> None:
    """Say what must not become a fact; if it does, it is kept, and may be recalled."""
    count["distractors"] += 1
    found = extractor.extract(text, recaller.known(store))
    wrong = [f for f in found if f.sure]
    for fact in wrong:
        store.keep(fact, at, at)
    count["false_facts"] += bool(wrong)
    count["false_asked_back"] += bool(found) and not wrong
    if found:
        note(f"false {'fact' if wrong else 'question'}: {text} -> {found[0].sentence}")


__all__ = [
    "HALVES",
    "SPOKEN",
    "Life",
    "Told",
    "evaluate_life",
    "evaluate_memory",
    "read_life",
    "read_told",
]
