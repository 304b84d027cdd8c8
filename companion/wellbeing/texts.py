"""Reads this room's TOML files; every mistake becomes one line that names file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from companion.domain import ReplyPart, Tone
from companion.errors import WellbeingError
from companion.resources import data_dir

D = TypeVar("D", bound=BaseModel)


class Section(BaseModel):
    """A part of a file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def prompt_path(language: str, *parts: str) -> Path:
    """Return where a file of prompts lies."""
    return data_dir("prompts").joinpath(language, *parts)


def read(kind: type[D], path: Path) -> D:
    """Read and validate a file.

    Raises:
        WellbeingError: with the first problem, on one line, naming file and key.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WellbeingError(f"cannot read {path}: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise WellbeingError(f"{path} is not valid TOML: {error}") from error
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WellbeingError(f"{path}: '{where}': {first['msg'].lower()}") from error


def spoken(
    lines: tuple[str, ...], fill: Mapping[str, str] | None = None, tone: Tone = Tone.WARM
) -> tuple[ReplyPart, ...]:
    """Return lines as parts of a reply, their gaps filled."""
    return tuple(ReplyPart(one.format_map(fill or {}), "skill", tone=tone) for one in lines)


__all__ = ["Section", "prompt_path", "read", "spoken"]
