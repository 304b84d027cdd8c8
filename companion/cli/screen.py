"""``companion screen``: what the guard makes of lines of text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.domain import JsonObject, Screening

if TYPE_CHECKING:
    from companion.conversation.protocols import Guard

_TURN_S = 8.0
"""Seconds between the turns of a dialogue read from a file."""


def record(screening: Screening) -> JsonObject:
    """Return a screening as one flat JSON object."""
    return {
        "tier": screening.tier,
        "category": screening.category.value,
        "topic": screening.topic,
        "score": screening.score,
        "evidence": list(screening.evidence),
        "script": screening.script,
        "other": screening.other,
    }


def screened(guard: Guard, lines: Iterable[str]) -> Iterator[tuple[str, JsonObject]]:
    """Yield every line with its screening; each is a talk of its own."""
    for line in lines:
        text = line.rstrip("\n")
        guard.start_afresh()
        yield text, record(guard.screen(text))


def dialogues(guard: Guard, lines: Iterable[str]) -> Iterator[tuple[str, JsonObject]]:
    """Yield the turns of dialogues with their screenings, state kept within a dialogue.

    Args:
        guard: screens.
        lines: JSON objects: ``{"turns": [...]}`` is a dialogue, ``{"text": ...}`` one turn of the
            only dialogue.

    Raises:
        SafetyError: a line is neither; says which.
    """
    guard.start_afresh()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        turns = _turns(line, number)
        whole = len(turns) != 1 or '"turns"' in line
        if whole:
            guard.start_afresh()
        for turn in turns:
            screening = guard.screen(turn)
            guard.commit(turn, screening, addressed=True)
            yield turn, {"dialogue": number, "text": turn} | record(screening)


def _turns(line: str, number: int) -> list[str]:
    from companion.errors import SafetyError

    wrong = SafetyError(
        f'line {number}: give one JSON object, {{"turns": ["...", "..."]}} or {{"text": "..."}}'
    )
    try:
        row = json.loads(line)
    except ValueError as error:
        raise wrong from error
    if isinstance(row, dict):
        if isinstance(row.get("text"), str):
            return [row["text"]]
        found = row.get("turns")
        if isinstance(found, list):
            texts = [t.get("text") if isinstance(t, dict) else t for t in found]
            if all(isinstance(t, str) for t in texts):
                return [str(t) for t in texts]
    raise wrong


def screen(
    file: Annotated[
        str | None, typer.Argument(help="A file of lines; - or nothing reads standard input.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    dialogue: Annotated[
        Path | None, typer.Option("--dialogue", help="A JSONL file of turns; state is kept.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Print tier, category, score, evidence and script for every line."""
    from companion import app
    from companion.config import load_config

    if dialogue is None and file is None and sys.stdin.isatty():
        print("type a line; Ctrl-D ends", file=sys.stderr)
    given = str(dialogue) if dialogue is not None else file
    lines: Iterable[str] = sys.stdin if given in (None, "-") else _read(Path(str(given)))
    guard = app.load_guard(load_config(config))
    if guard.trouble:
        print(f"companion: {guard.trouble}", file=sys.stderr)
    found = screened(guard, lines) if dialogue is None else dialogues(guard, lines)
    for text, result in found:
        if json_lines or dialogue is not None:
            print(json.dumps(result, ensure_ascii=False), flush=True)
        else:
            print(
                f"tier {result['tier']}  {result['category']:18} {result['topic']:20} "
                f"{result['script'] or '-':20} {text}",
                flush=True,
            )


def _read(path: Path) -> list[str]:
    from companion.errors import SafetyError

    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise SafetyError(f"cannot read {path}: {error.strerror}") from error
