"""Printing measurements."""

from __future__ import annotations

import json as jsonlib

from rich.console import Console
from rich.table import Table

from companion.domain import JsonObject


def show(result: JsonObject, *, json: bool) -> None:
    """Print a measurement: as one JSON line, or as a table."""
    if json:
        print(jsonlib.dumps(result, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None, padding=(0, 2))
    for key, value in _flat(result):
        table.add_row(key, value)
    Console().print(table)


def _flat(result: JsonObject, prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in result.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows += [(f"{prefix}{key}", "  ".join(str(v) for v in item.values())) for item in value]
        else:
            rows.append((prefix + key, str(value)))
    return rows
