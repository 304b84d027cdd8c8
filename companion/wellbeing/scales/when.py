"""When a scale may be offered: at most one a week, less often when it was declined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.wellbeing.scales.scale import Scale

if TYPE_CHECKING:
    from sqlalchemy import Connection

DAY_S: Final = 86_400.0
WEEK_S: Final = 7 * DAY_S
_HOUR_S: Final = 3_600.0
_MOST_DOUBLINGS: Final = 3
"""Declined thrice or more: offered again after eight weeks."""
_LOOK_BACK_S: Final = 400 * DAY_S


@dataclass(frozen=True, slots=True)
class ScaleHistory:
    """When scales were offered and finished."""

    finished: tuple[tuple[float, str], ...] = ()
    """Seconds since 1970 and name, oldest first."""
    offered: tuple[float, ...] = ()
    """Seconds since 1970, oldest first; a finished one counts as offered."""

    @property
    def declined(self) -> int:
        """How many offers in a row, up to the newest, led to no result."""
        count = 0
        for at in reversed(self.offered):
            if any(at - _HOUR_S <= done <= at + 2 * _HOUR_S for done, _ in self.finished):
                break
            count += 1
        return count


def may_offer(history: ScaleHistory, now: datetime) -> bool:
    """Return whether any scale may be offered: a week after the last, longer when declined."""
    last = max([*history.offered, *(at for at, _ in history.finished)], default=None)
    if last is None:
        return True
    doublings = min(max(history.declined - 1, 0), _MOST_DOUBLINGS)
    return now.timestamp() - last >= WEEK_S * (1 << doublings)


def next_scale(history: ScaleHistory, scales: Sequence[Scale], now: datetime) -> Scale | None:
    """Return the scale to offer: the one that is longest due; None when none may be.

    Args:
        history: what was offered and finished.
        scales: the wanted ones, in order of preference.
        now: the present.
    """
    if not may_offer(history, now):
        return None
    last = {name: at for at, name in history.finished}
    due = [
        (last.get(scale.name, float("-inf")), n, scale)
        for n, scale in enumerate(scales)
        if now.timestamp() - last.get(scale.name, float("-inf")) >= scale.repeat_days * DAY_S
    ]
    return min(due)[2] if due else None


def scale_history(connection: Connection, now: float, person_id: str | None = None) -> ScaleHistory:
    """Read the history from the events ``scale`` and ``checkin``.

    Args:
        connection: of ``Database.read()``.
        now: seconds since 1970.
        person_id: whose; an event about nobody in particular is the owner's. None is everybody's.
    """
    from companion.storage.records import events

    since = now - _LOOK_BACK_S
    finished = tuple(
        (one.at, str(one.data.get("name", "")))
        for one in events(connection, "scale", since=since)
        if person_id is None or one.person_id in (None, person_id)
    )
    offered = tuple(
        one.at
        for one in events(connection, "checkin", since=since)
        if one.data.get("kind") == "scale"
        and (person_id is None or one.person_id in (None, person_id))
    )
    return ScaleHistory(finished, offered)


__all__ = ["ScaleHistory", "may_offer", "next_scale", "scale_history"]
