"""The cache's state for a prompt's unchanging beginning, kept between starts.

A file is its digest followed by the state, named after everything the state depends on. One
that is damaged or belongs to another model or prompt is never read into the model.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MAGIC: Final = b"companion-llm-state-1\n"
DIGEST_SIZE: Final = 32
KEPT_FILES: Final = 3
"""A changed prompt or model leaves its old state behind; so many are kept."""


class StateStore:
    """Files ``llm/<hash of model and prompt>.state`` under a folder."""

    def __init__(self, state_dir: Path, identity: str) -> None:
        self._dir = state_dir / "llm"
        self._identity = identity

    def path(self, tokens: Sequence[int]) -> Path:
        """Return where the state for these tokens lies."""
        key = f"{self._identity}|{','.join(map(str, tokens))}".encode()
        return self._dir / f"{hashlib.blake2b(key, digest_size=12).hexdigest()}.state"

    def load(self, tokens: Sequence[int]) -> bytes | None:
        """Return the state, or None when there is none that can be trusted."""
        try:
            data = self.path(tokens).read_bytes()
        except OSError:
            return None
        head = len(MAGIC) + DIGEST_SIZE
        digest = hashlib.blake2b(data[head:], digest_size=DIGEST_SIZE).digest()
        return data[head:] if data[:head] == MAGIC + digest else None

    def save(self, tokens: Sequence[int], state: bytes) -> None:
        """Write the state; a full or read-only disk is no reason to stop talking."""
        path = self.path(tokens)
        digest = hashlib.blake2b(state, digest_size=DIGEST_SIZE).digest()
        fresh = path.with_suffix(f".{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(MAGIC + digest + state)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            self._tidy()
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _tidy(self) -> None:
        files = sorted(self._dir.glob("*.state"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in files[KEPT_FILES:]:
            old.unlink(missing_ok=True)


__all__ = ["StateStore"]
