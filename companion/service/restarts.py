"""Why the last run ended, so that the person is told once.

``service.json`` in the state folder holds no words and nothing of anybody::

    {"running": "<boot id>"|null, "greeted": true, "restarts": [{"at": 1.0, "why": "deaf"}],
     "told": {"why": "deaf", "at": 1.0}}
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion.errors import StorageError
from companion.storage.disk import write_private

FILE: Final = "service.json"
_HOUR_S: Final = 3600.0
_AGAIN_S: Final = 600.0
"""The same news is not told twice within this time: a fault that comes back is not news."""
_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart that the watchdog asked for."""

    at: float
    """Seconds since 1970."""
    why: str


class RestartBook:
    """Remembers over restarts; a disk that fails costs only the memory, never the talk.

    Args:
        path: the file.
        boot: id of this run of the machine, which tells a power cut from a crash.
    """

    def __init__(self, path: Path, boot: str) -> None:
        self._path = path
        self._boot = boot
        self._tree = _read(path)

    def begin(self, now: float) -> str:
        """Note that we run now; return what is to be told of the time before.

        Args:
            now: seconds since 1970.

        Returns:
            ``first`` at the very first start, ``deaf``, ``stuck`` or ``hung`` after the watchdog,
            ``crash`` or ``power`` after a run that did not end by itself, else nothing.
        """
        tree = self._tree
        before, asked = tree.get("running"), tree.pop("asked", None)
        news = ""
        if not tree.get("greeted"):
            news = "first"
        elif before:
            news = str(asked or ("crash" if before == self._boot else "power"))
        told = tree.get("told")
        if news and isinstance(told, dict) and told.get("why") == news:
            with suppress(TypeError, ValueError):
                if 0.0 <= now - float(told["at"]) < _AGAIN_S:
                    news = ""
        tree["running"] = self._boot
        self._write()
        return news

    def told(self, why: str, now: float) -> None:
        """Note that the person was told."""
        self._tree["greeted"] = True
        self._tree["told"] = {"why": why, "at": now}
        self._write()

    def ask(self, why: str, now: float) -> None:
        """Note that the watchdog asks to be started again."""
        rows = [*self._rows(), {"at": now, "why": why}]
        self._tree["restarts"] = rows[-_KEPT:]
        self._tree["asked"] = why
        self._write()

    def end(self) -> None:
        """Note that we end on purpose."""
        self._tree["running"] = None
        self._write()

    def last(self) -> Restart | None:
        """Return the newest restart the watchdog asked for."""
        rows = self._rows()
        return Restart(float(rows[-1]["at"]), str(rows[-1]["why"])) if rows else None

    def count(self, why: str, now: float) -> int:
        """Return how many there were for this reason within the last hour."""
        return sum(
            1 for row in self._rows() if row["why"] == why and 0 <= now - row["at"] < _HOUR_S
        )

    @property
    def asked(self) -> int:
        """How many restarts are remembered that the watchdog asked for."""
        return len(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        rows = self._tree.get("restarts")
        return [
            row
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict)
            and isinstance(row.get("at"), (int, float))
            and isinstance(row.get("why"), str)
        ]

    def _write(self) -> None:
        with suppress(StorageError):
            write_private(self._path, json.dumps(self._tree).encode(), replace=True)


def boot_id() -> str:
    """Return the id of this run of the machine, ``unknown`` where there is none."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "unknown"


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        tree = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(tree, dict):
            return tree
    return {}


__all__ = ["FILE", "Restart", "RestartBook", "boot_id"]
