"""The device: whether the companion itself is well, as it last said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from companion.care.web.visit import Visit

FRESH_S = 600.0
"""Seconds after which a report is called old."""
_STATES = ("ok", "warning", "fault")
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: str
    """``ok``, ``warning`` or ``fault``."""
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """A report of the device."""

    at: float
    """Seconds since 1970."""
    checks: tuple[Check, ...]

    @property
    def worst(self) -> str:
        """The gravest state of all."""
        return max((one.state for one in self.checks), key=_STATES.index, default="ok")


def show_device(visit: Visit) -> Response:
    """The newest report."""
    health = read_health(visit.house.health_file)
    age = visit.now - health.at if health else 0.0
    return visit.show("device", health=health, age=age, old=age > FRESH_S)


def read_health(path: Path) -> Health | None:
    """Return what the companion last wrote about itself; None when it wrote nothing usable.

    The file is ``{"at": 1760000000.0, "checks": [{"name": "...", "state": "ok", "text": "..."}]}``.
    """
    try:
        if path.stat().st_size > _LONGEST:
            return None
        tree = json.loads(path.read_text(encoding="utf-8"))
        checks = tuple(
            Check(str(one["name"]), str(one["state"]), str(one.get("text", "")))
            for one in tree["checks"]
        )
        if any(one.state not in _STATES for one in checks):
            return None
        return Health(float(tree["at"]), checks)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
