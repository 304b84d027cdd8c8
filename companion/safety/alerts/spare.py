"""Alerts in memory, for when the database fails: full disk, damaged file, server gone.

An alert must go out all the same. It lives only as long as the process, and moves to the database
as soon as that works again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from companion.safety.alerts.delivery import swapped
from companion.storage.alert import OPEN, WINDOW_S, Alert, Delivery, begun, merged

_CAPACITY: Final = 200


class SpareBox:
    """The outbox's rules without a database; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._ids = count(-1, -1)

    def __contains__(self, alert_id: str) -> bool:
        return alert_id in self._alerts

    def add(self, new: Alert, now: float) -> Alert:
        """Keep an alert, or add it to the open one of the same category."""
        with self._lock:
            for old in self._alerts.values():
                same = old.category == new.category and abs(old.at - now) < WINDOW_S
                if same and old.state in OPEN:
                    new = merged(old, new, now)
                    break
            self._put(new)
        return new

    def adopt(self, alert: Alert) -> None:
        """Take over an alert that the database holds but cannot work on."""
        with self._lock:
            if alert.id not in self._alerts:
                self._put(alert)

    def all(self) -> list[Alert]:
        """Return everything kept."""
        with self._lock:
            return list(self._alerts.values())

    def get(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        return self._alerts.get(alert_id)

    def drop(self, alert: Alert) -> None:
        """Forget an alert that is safe elsewhere, unless it changed meanwhile."""
        with self._lock:
            if self._alerts.get(alert.id) == alert:
                del self._alerts[alert.id]

    def claim(self, alert_id: str, now: float, until: float) -> Alert | None:
        """Take a due alert until a time."""
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is None or alert.state not in OPEN or alert.due_at > now:
                return None
            state = "waiting" if alert.state == "countdown" else alert.state
            return self._put(replace(alert, state=state, due_at=until))

    def renew(self, alert: Alert, until: float) -> bool:
        """Prolong a claim."""
        with self._lock:
            held = self._held(alert)
            if held:
                self._put(replace(held, due_at=until))
            return held is not None

    def begin(self, alert: Alert, contact_id: str, now: float) -> Delivery | None:
        """Note that a contact is about to be told."""
        with self._lock:
            held = self._held(alert)
            if held is None:
                return None
            one = replace(begun(held.deliveries, contact_id, now), id=next(self._ids))
            self._put(replace(held, deliveries=(*held.deliveries, one)))
            return one

    def end(self, alert: Alert, delivery: Delivery) -> None:
        """Note how a try ended."""
        with self._lock:
            kept = self._alerts.get(alert.id)
            if kept:
                self._put(replace(kept, deliveries=swapped(kept.deliveries, delivery, delivery)))

    def settle(self, alert: Alert, after: Alert) -> bool:
        """Note what comes next, if the claim still holds."""
        with self._lock:
            held = self._held(alert)
            if held:
                self._put(
                    replace(
                        held,
                        state=after.state,
                        step=after.step,
                        attempts=after.attempts,
                        due_at=after.due_at,
                    )
                )
            return held is not None

    def acknowledge(self, alert_id: str, by: str, now: float) -> bool:
        """Mark an alert answered, once."""
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is None or alert.state not in (*OPEN, "unreached"):
                return False
            self._put(replace(alert, state="acknowledged", acknowledged_at=now, acknowledged_by=by))
            return True

    def cancel(self, alert_id: str, now: float, *, states: Sequence[str] = OPEN) -> bool:
        """Stop an alert."""
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is None or alert.state not in states:
                return False
            self._put(replace(alert, state="cancelled"))
            return True

    def _held(self, alert: Alert) -> Alert | None:
        kept = self._alerts.get(alert.id)
        same = kept is not None and kept.state in OPEN and kept.due_at == alert.due_at
        return kept if same else None

    def _put(self, alert: Alert) -> Alert:
        self._alerts[alert.id] = alert
        if len(self._alerts) > _CAPACITY:
            closed = (a.id for a in self._alerts.values() if a.state not in OPEN)
            self._alerts.pop(next(closed, ""), None)
        return alert
