"""Reads TOML files; every mistake becomes one line that names file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

D = TypeVar("D", bound=BaseModel)


def read_toml(path: Path, trouble: type[Exception]) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: where it lies.
        trouble: what is raised when it is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise trouble(f"cannot read {path}: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise trouble(f"{path} is not valid TOML: {error}") from error


def parse(kind: type[D], tree: Mapping[str, Any], path: Path, trouble: type[Exception]) -> D:
    """Validate what a file holds.

    Args:
        kind: the model.
        tree: what was read.
        path: named in the message.
        trouble: raised with the first problem, on one line, naming file and key.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise trouble(f"{path}: '{where}': {first['msg'].lower()}") from error


__all__ = ["parse", "read_toml"]
