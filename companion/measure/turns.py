"""How well turns are taken: spoken over, or kept waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Literal

import numpy as np

from companion import app
from companion.config import Config
from companion.domain import JsonObject
from companion.errors import MeasureError
from companion.measure.dialogue import Dialogue, Line, Said
from companion.measure.manifest import read_manifest

_REST_S: Final = 3.0
"""Silence between a reply and the next utterance, as between people at ease."""

Person = Literal["all", "speaker", "row"]


def evaluate_turns(
    config: Config,
    manifest: Path,
    person: Person = "all",
    engines: app.Engines | None = None,
) -> JsonObject:
    """Run every utterance of a manifest through the whole conversation.

    The virtual clock charges every engine's real time, so delays are what a listener meets.

    Args:
        config: settings.
        manifest: CSV with ``path`` and ``end_s`` (where speech really ends, seconds).
        person: whose pauses are learned: ``all`` rows are one person's turns in order, as in
            one home; ``speaker`` learns each speaker apart; ``row`` learns nothing.
        engines: loaded models, or None to load them.

    Returns:
        ``spoken_over`` (share of utterances in which a reply would begin before the true end),
        ``delay_p50_s`` and ``delay_p90_s`` after ``end_s`` (of those not spoken over and of the
        final reply of the others), ``merged``, ``unanswered``, ``utterances``, and ``rows`` with
        each utterance's first and final reply in seconds after its end.

    Raises:
        MeasureError: the manifest cannot be used.
        CompanionError: a file or a model cannot be used.
    """
    rows = read_manifest(manifest, ("path", "end_s"))
    if person == "speaker" and rows[0].get("speaker") is None:
        raise MeasureError(f"manifest {manifest} lacks the column speaker")
    engines = engines or app.load_engines(config)
    people: dict[str, list[Line]] = {}
    for index, row in enumerate(rows):
        key = {"all": "", "speaker": row.get("speaker") or "", "row": str(index)}[person]
        line = Line(app.speech_in(Path(row["path"])), _end(row, manifest), row["path"])
        people.setdefault(key, []).append(line)
    results: list[Said] = []
    for lines in people.values():
        engines.mind.start_afresh()
        results += asyncio.run(_talk(config, engines, lines))
    return _summary(results)


def _end(row: dict[str, str], manifest: Path) -> float:
    try:
        return float(row["end_s"])
    except ValueError as error:
        raise MeasureError(f"manifest {manifest}: end_s '{row['end_s']}' is no number") from error


async def _talk(config: Config, engines: app.Engines, lines: list[Line]) -> list[Said]:
    from companion.audio.clock import VirtualClock
    from companion.audio.files import FileOutput

    clock = VirtualClock()
    dialogue = Dialogue(lines, clock, rest_s=_REST_S)
    talk = app.build_conversation(
        config,
        engines,
        clock,
        dialogue,
        FileOutput(None, clock),
        dialogue.see,
        in_file=True,
    )
    try:
        await talk.run()
    finally:
        clock.close()
    return dialogue.said


def _summary(results: list[Said]) -> JsonObject:
    over = [r for r in results if r.gap is not None and r.gap < 0]
    delays = [r.final_gap for r in results if r.final_gap is not None]
    return {
        "utterances": len(results),
        "spoken_over": round(len(over) / len(results), 4),
        "delay_p50_s": round(float(np.percentile(delays, 50)), 3) if delays else None,
        "delay_p90_s": round(float(np.percentile(delays, 90)), 3) if delays else None,
        "merged": sum(r.merged for r in results),
        "unanswered": sum(r.replied is None for r in results),
        "rows": [
            {
                "path": r.line.name,
                "first_s": None if r.gap is None else round(r.gap, 3),
                "final_s": None if r.final_gap is None else round(r.final_gap, 3),
                "heard": r.committed,
            }
            for r in results
        ],
    }
