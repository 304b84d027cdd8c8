"""Reads the TOML files of this room; every mistake becomes one line that names file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from companion.errors import SafetyError

D = TypeVar("D", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SafetyError: it is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SafetyError(f"cannot read {path}: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SafetyError(f"{path} is not valid TOML: {error}") from error


def parse(kind: type[D], tree: Mapping[str, Any], path: Path) -> D:
    """Validate what a file holds.

    Raises:
        SafetyError: with the first problem, on one line, naming file and key.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SafetyError(f"{path}: '{where}': {first['msg'].lower()}") from error


__all__ = ["parse", "read_toml"]
