"""The training lines: what people say, and what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from companion.domain import Danger
from companion.errors import SafetyError


@dataclass(frozen=True, slots=True)
class Line:
    """One line of training data."""

    text: str
    tier: int
    category: Danger
    topic: str
    other: bool = False

    @property
    def kind(self) -> str:
        """Category and topic, the finest thing the classifier tells apart."""
        return f"{self.category}/{self.topic}"


def read_lines(folder: Path) -> list[Line]:
    """Return the lines of every ``.jsonl`` in a folder, files by name; repeated ones once.

    Raises:
        SafetyError: nothing there, or a line has a mistake; says which file and line.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise SafetyError(f"no training data (*.jsonl) in {folder}")
    found: dict[str, Line] = {}
    for path in files:
        for line in _read(path):
            found.setdefault(_plain(line.text), line)
    return list(found.values())


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _read(path: Path) -> Iterator[Line]:
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SafetyError(f"cannot read training data {path}: {error}") from error
    for number, row in enumerate(rows, 1):
        if row.strip():
            try:
                yield _line(json.loads(row))
            except (ValueError, KeyError, TypeError) as error:
                raise SafetyError(
                    f"{path}, line {number}: {error}; each line is a JSON object with text, "
                    "tier (0-4), category, topic and other"
                ) from error


def _line(row: object) -> Line:
    if not isinstance(row, dict):
        raise ValueError("no object")
    text, tier, topic = row["text"], row["tier"], row.get("topic", "")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("no text")
    if type(tier) is not int or not 0 <= tier <= 4:
        raise ValueError(f"tier {tier!r}")
    return Line(text.strip(), tier, Danger(row["category"]), str(topic), bool(row.get("other")))


__all__ = ["Line", "read_lines"]
