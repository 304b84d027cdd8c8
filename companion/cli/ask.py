"""``companion ask``: words in, the mind's reply out, without sound."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from companion.domain import Screening, TurnContext

if TYPE_CHECKING:
    from companion.conversation.protocols import Guard, Mind


def answers(
    mind: Mind, guard: Guard | None, lines: Iterable[str], *, talk: bool
) -> Iterator[dict[str, Any]]:
    """Yield one record a line; every line is a fresh conversation unless ``talk``."""
    from companion.conversation.guarded import guarded_reply

    for line in lines:
        said = line.strip()
        if not said:
            continue
        began = time.perf_counter()
        screened: list[Screening] = []
        parts = [
            part
            for part in guarded_reply(mind, guard, said, TurnContext(), screened=screened.append)
            if part.source != "notice"
        ]
        took = time.perf_counter() - began
        reply = " ".join(p.text for p in parts if p.text)
        screening = screened[0] if screened else Screening()
        if talk and guard is not None:
            guard.commit(said, screening, addressed=True)
        if talk and not any(p.control for p in parts):
            mind.remember(said, reply)
        yield {
            "said": said,
            "reply": reply,
            "fallback": bool(parts) and parts[0].source == "fallback",
            "checks": list(dict.fromkeys(c for p in parts for c in p.checks)),
            "source": parts[0].source if parts else "",
            "tier": screening.tier,
            "category": screening.category.value,
            "script": screening.script,
            "seconds": round(took, 3),
        }


def ask(
    text: Annotated[
        list[str] | None, typer.Argument(help="What is said; - or nothing reads lines.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    talk: Annotated[bool, typer.Option(help="All lines are one conversation.")] = False,
    config: Annotated[Path | None, typer.Option(help="A config file.")] = None,
) -> None:
    """Print what the companion would reply."""
    from companion import app
    from companion.config import load_config

    settings = load_config(config)
    mind, guard = app.load_mind(settings), app.load_guard(settings)
    lines = sys.stdin if not text or text == ["-"] else [" ".join(text)]
    try:
        for record in answers(mind, guard, lines, talk=talk):
            print(json.dumps(record, ensure_ascii=False) if json_lines else record["reply"])
        for trouble in (mind.take_trouble(), guard.trouble):
            if trouble:
                print(trouble, file=sys.stderr)
    finally:
        mind.close()
