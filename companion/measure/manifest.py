"""Reading the manifests that measurements are made on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from companion.errors import MeasureError


def read_manifest(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV manifest; ``path`` columns become absolute.

    Args:
        path: the CSV file; sound files lie relative to it.
        columns: those that must be there.

    Raises:
        MeasureError: the file is missing, empty, or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MeasureError(f"cannot read manifest {path}: {error}") from error
    if not rows:
        raise MeasureError(f"manifest {path} has no rows")
    missing = [column for column in columns if rows[0].get(column) is None]
    if missing:
        raise MeasureError(f"manifest {path} lacks the column {', '.join(missing)}")
    for row in rows:
        row["path"] = str(path.parent / row["path"])
    return rows
