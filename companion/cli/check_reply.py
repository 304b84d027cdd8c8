"""``companion check-reply``: whether replies of a language model might be spoken."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from companion.errors import SafetyError

if TYPE_CHECKING:
    from companion.domain import Screening
    from companion.safety.reply_check import SafetyCheck

_END = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)])\s+")
_SHORT = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|e\.g|i\.e)\.$")


def verdicts(
    check: SafetyCheck,
    lines: Iterable[str],
    screen: Callable[[str], Screening] | None = None,
    origin: str = "input",
) -> Iterator[dict[str, Any]]:
    """Yield ``ok`` and ``reasons`` for each line of ``{"said": ..., "reply": ...}``.

    Args:
        check: the check of a sentence.
        lines: JSON, one object a line; empty lines are passed over.
        screen: says what ``said`` means; None checks without.
        origin: what the lines are called in errors.

    Raises:
        SafetyError: a line is malformed; names it.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        said, reply = _read(line, f"{origin}, line {number}")
        screening = screen(said) if screen is not None and said.strip() else None
        reasons: list[str] = []
        for sentence in sentences(reply):
            reasons += check.failed(sentence, said, screening)
        if not reply.strip():
            reasons.append("empty")
        reasons = list(dict.fromkeys(reasons))
        yield {"ok": not reasons, "reasons": reasons}


def sentences(text: str) -> list[str]:
    """Split a reply into sentences; nothing of it is lost."""
    found: list[str] = []
    for piece in (p for line in text.splitlines() for p in _END.split(line)):
        if found and _SHORT.search(found[-1]):
            found[-1] += f" {piece}"
        elif piece.strip():
            found.append(piece.strip())
    return found


def _read(line: str, where: str) -> tuple[str, str]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise SafetyError(f"{where}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise SafetyError(f'{where}: write an object like {{"said": "...", "reply": "..."}}')
    said, reply = record.get("said", ""), record.get("reply")
    if not isinstance(reply, str) or not isinstance(said, str):
        raise SafetyError(f'{where}: "said" and "reply" must be texts')
    return said, reply


def check_reply(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON Lines with said and reply; - reads stdin.")
    ] = "-",
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Say of each reply whether it might be spoken, and if not, why."""
    from companion import app
    from companion.config import load_config
    from companion.safety.regions import load_region
    from companion.safety.reply_check import SafetyCheck

    settings = load_config(config)
    language = settings.persona.language
    check = SafetyCheck(
        load_region(settings.safety.region, language), language, name=settings.persona.name
    )
    screener = app.load_screener(settings)
    for verdict in verdicts(check, _lines(file), screener.screen, file if file != "-" else "input"):
        if json_lines:
            print(json.dumps(verdict, ensure_ascii=False))
        else:
            print("ok" if verdict["ok"] else "not ok: " + ", ".join(verdict["reasons"]))


def _lines(file: str) -> Iterable[str]:
    if file == "-":
        return sys.stdin
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SafetyError(f"cannot read {file}: {reason}") from error
