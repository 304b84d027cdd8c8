"""The status file: how the running companion is, without a word or a name of anybody.

Written in one step, readable for its group (0640), so that the dashboard and a technician see it.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion import __version__
from companion.service.restarts import Restart
from companion.service.watchdog import Signs, Verdict

FILE: Final = "health.json"
_MODE: Final = 0o640
_LOW_DISK_MB: Final = 500
_LONGEST: Final = 65_536
_FRESH_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known at one moment."""

    at: float
    """Seconds since 1970."""
    state: str
    """``starting``, ``listening`` or ``stopped``."""
    listening_since: float | None
    """Seconds since 1970."""
    signs: Signs
    verdict: Verdict
    microphone: str
    """``well``, ``muted``, ``lost`` or ``silent``."""
    storage: str
    """Why nothing can be kept; empty when all is well."""
    alerts: str
    """Why alerts cannot be written down or sent; empty when all is well."""
    restart: Restart | None
    free_mb: int | None
    """On the disk of the state folder."""


def report(moment: Moment) -> dict[str, Any]:
    """Return the content of the file."""
    signs = moment.signs
    return {
        "at": round(moment.at, 1),
        "state": moment.state,
        "healthy": moment.verdict.healthy,
        "listening_since": moment.listening_since,
        "frame_age_s": round(signs.frame_s, 2),
        "sound_age_s": None if signs.sound_s is None else round(signs.sound_s, 2),
        "loop_lag_s": round(signs.loop_s, 3),
        "workers": {
            name: None if age == float("inf") else round(age, 1)
            for name, age in signs.workers.items()
        },
        "last_restart": (
            None if moment.restart is None else {"at": moment.restart.at, "why": moment.restart.why}
        ),
        "versions": {"companion": __version__, "python": platform.python_version()},
        "checks": _checks(moment),
    }


def write(path: Path, tree: dict[str, Any]) -> bool:
    """Write it in one step; return whether it could be.

    Not synced to the disk: after a power cut it would be stale anyhow, and flash wears.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, _MODE)
            json.dump(tree, file)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        return False
    return True


def read(path: Path) -> dict[str, Any] | None:
    """Return the content of the file, or None when there is none or it is unusable."""
    with suppress(OSError, ValueError):
        if path.stat().st_size <= _LONGEST:
            tree = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(tree, dict) and isinstance(tree.get("at"), (int, float)):
                return tree
    return None


def why_not_well(tree: dict[str, Any] | None, now: float) -> str:
    """Return why the companion is not known to listen, or nothing when it does.

    Args:
        tree: as of ``read``.
        now: seconds since 1970.
    """
    if tree is None:
        return "it has not reported on itself: is it running?"
    age = now - float(tree["at"])
    if age > _FRESH_S:
        return f"its last report is {age:.0f} s old: is it running?"
    if tree.get("state") != "listening":
        return f"it is {tree.get('state')}, not listening"
    return "" if tree.get("healthy") else "it does not work well: see companion service status-file"


_MICROPHONE: Final = {
    "well": ("ok", "sound arrives"),
    "muted": ("warning", "muted"),
    "silent": ("warning", "it delivers nothing but silence; perhaps it is switched off"),
    "lost": ("fault", "it has gone; it is being looked for"),
}


def _checks(moment: Moment) -> list[dict[str, str]]:
    listening = moment.state == "listening"
    heard = _MICROPHONE.get(moment.microphone, ("warning", moment.microphone))
    found = [
        ("Listening", "ok" if listening else "warning", moment.state),
        ("Microphone", *heard),
        (
            "Talk",
            "ok" if moment.verdict.healthy else "fault",
            moment.verdict.text or "it answers",
        ),
        ("Storage", *(("fault", moment.storage) if moment.storage else ("ok", "it is kept"))),
        ("Alerts", *(("fault", moment.alerts) if moment.alerts else ("ok", "ready"))),
    ]
    if moment.free_mb is not None:
        low = moment.free_mb < _LOW_DISK_MB
        found.append(("Disk", "warning" if low else "ok", f"{moment.free_mb} MB free"))
    return [{"name": name, "state": state, "text": text} for name, state, text in found]


__all__ = ["FILE", "Moment", "read", "report", "why_not_well", "write"]
