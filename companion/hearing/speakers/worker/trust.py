"""Which file may be unpickled: the one whose hash we know."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from companion.errors import ModelCorruptError

SEGMENTATION_SHA256: Final = "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298"
"""Of pyannote's segmentation-3.0. pyannote reads it with pickle, which runs whatever is in it."""


def check(path: Path, sha256: str) -> Path:
    """Return the path of a file that is what it should be.

    Raises:
        ModelCorruptError: it is another, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelCorruptError(f"cannot read {path}: {error.strerror}") from error
    if found != sha256:
        raise ModelCorruptError(
            f"{path} is not the file we know; remove its folder, then: companion models pull"
        )
    return path
