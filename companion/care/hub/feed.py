"""What of a device's database goes to the hub: only what the owner agreed to, from then on.

Kinds and their consents, all beside ``hub``: ``summary`` (summary), ``mood`` (mood), ``alert``
(alerts), ``health`` (none else). A consent that is taken back stops what waits at once, and asks
the hub to forget what it got. An alert about somebody who may belong to the team never goes there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from companion.care.allowed import agrees, is_simulated, the_owner
from companion.care.postman import Summaries
from companion.storage import consents, outgoing
from companion.storage.outgoing import HUB
from companion.storage.records import DAY_S, events
from companion.storage.tables import alerts, meta
from companion.storage.tables import events as events_table

NEEDS: Final[Mapping[str, str | None]] = {
    "summary": "summary",
    "mood": "mood",
    "alert": "alerts",
    "health": None,
}
"""Kind -> the consent it needs beside ``hub``."""

PASSING: Final = ("health", "void")
"""Kinds of which nothing is kept once they have arrived."""

_STATE: Final = "hub-feed"
_OPEN: Final = frozenset({"waiting", "sent"})
_ALERT_DAYS: Final = 7.0
_MOOD_DAYS: Final = 14
_FEWEST_TURNS: Final = 3
"""Turns a day must have before it has a mood."""


@dataclass(frozen=True, slots=True)
class FeedRules:
    """What is told, and how often."""

    health_every_s: float = 300.0
    details: bool = False
    """Whether an alert says which kind of danger it is."""
    keep_days: float = 365.0
    """How long it is kept that something was published."""


class Feed:
    """Puts into the hub's lane what is new."""

    def __init__(
        self,
        summaries: Summaries,
        health: Callable[[], Mapping[str, object]],
        rules: FeedRules | None = None,
    ) -> None:
        """Prepare.

        Args:
            summaries: finds the text of a stored summary.
            health: how the device is, as JSON without a word of the person.
            rules: what is told.
        """
        self.rules = rules or FeedRules()
        self._summaries = summaries
        self._health = health

    def collect(self, connection: Connection, now: float) -> frozenset[str]:
        """Look for what is new.

        Args:
            connection: of ``Database.begin()``.
            now: seconds since 1970.

        Returns:
            The kinds that may go now; empty when nothing may.
        """
        state = _state(connection)
        before = json.dumps(state, sort_keys=True)
        allowed = permitted(connection)
        shared = set(state["shared"])
        if gone := shared - allowed:
            self._withdraw(connection, sorted(gone), now, state)
        state["shared"] = sorted(allowed)
        for kind in allowed - shared:
            # A clock without a battery may have been ahead when the owner agreed.
            state["since"][kind] = min(_agreed_at(connection, kind), now)
        since = state["since"]
        if "summary" in allowed:
            self._add_summaries(connection, now, state)
        if "mood" in allowed:
            self._add_mood(connection, now, state)
        if "alert" in allowed:
            self._add_alerts(connection, now, float(since["alert"]))
        if "health" in allowed:
            self._add_health(connection, now, state)
        if json.dumps(state, sort_keys=True) != before:
            _keep(connection, state)
        return allowed

    def done(self, connection: Connection, now: float, command: str, taken: bool) -> None:
        """Tell the hub that a command was carried out, once."""
        self._add(connection, "done", f"done:{command}", now, {"command": command, "taken": taken})

    def _add(
        self,
        connection: Connection,
        kind: str,
        mark: str,
        now: float,
        content: Mapping[str, object],
        event_id: int | None = None,
    ) -> None:
        outgoing.add(
            connection,
            lane=HUB,
            kind=kind,
            mark=f"hub:{mark}",
            at=now,
            content=content,
            event_id=event_id,
            expires_at=now + self.rules.keep_days * DAY_S,
            numbered=True,
        )

    def _withdraw(
        self, connection: Connection, gone: list[str], now: float, state: dict[str, Any]
    ) -> None:
        for row in outgoing.listed(connection, HUB, state=outgoing.WAITING):
            if row.kind in gone:
                # The number goes all the same, so that the hub does not miss one.
                outgoing.replace_content(connection, row.id, "void", {})
        state["withdrawals"] += 1
        mark = f"withdrawn:{state['epoch']}:{state['withdrawals']}"
        self._add(connection, "withdrawn", mark, now, {"kinds": gone})

    def _add_summaries(self, connection: Connection, now: float, state: dict[str, Any]) -> None:
        newest = connection.scalar(select(func.max(events_table.c.id))) or 0
        rows = select(events_table.c.id).where(
            events_table.c.kind == "summary",
            events_table.c.id > state["seen"],
            events_table.c.at >= state["since"]["summary"],
        )
        state["seen"] = newest
        for event_id in connection.scalars(rows.order_by(events_table.c.id)).all():
            page = self._summaries.of_event(event_id)
            if page is not None:
                content = {
                    "day": page.day.isoformat(),
                    "short": page.short,
                    "lines": list(page.lines),
                    "safety": list(page.safety),
                }
                self._add(connection, "summary", f"summary:{event_id}", now, content, event_id)

    def _add_mood(self, connection: Connection, now: float, state: dict[str, Any]) -> None:
        today = _day(now)
        first = max(
            date.fromisoformat(state["mood"]),
            _day(state["since"]["mood"]),
            today - timedelta(days=_MOOD_DAYS),
        )
        if first >= today:
            return
        turns = [
            (_day(event.at), event.data)
            for event in events(connection, "turn", since=_midnight(first), until=_midnight(today))
        ]
        while first < today:
            mood = mood_of([data for day, data in turns if day == first])
            if mood is not None:
                content = {"day": first.isoformat(), **mood}
                self._add(connection, "mood", f"mood:{first.isoformat()}", now, content)
            first += timedelta(days=1)
        state["mood"] = today.isoformat()

    def _add_alerts(self, connection: Connection, now: float, since: float) -> None:
        since = max(since, now - _ALERT_DAYS * DAY_S)
        for row in connection.execute(select(alerts).where(alerts.c.at >= since)).all():
            if row.accused or row.state == "countdown":
                continue
            state = "open" if row.state in _OPEN else row.state
            # One that was stopped in its countdown never was an alert to anybody.
            if state == "cancelled" and not outgoing.has_mark(connection, f"hub:alert:{row.id}:"):
                continue
            mark = f"alert:{row.id}:{row.tier}:{state}"
            if outgoing.has_mark(connection, f"hub:{mark}"):
                continue
            content = {
                "alert": row.id,
                "tier": row.tier,
                "category": row.category if self.rules.details else "",
                "state": state,
                "raised_at": row.at,
                "closed_at": row.acknowledged_at,
            }
            self._add(connection, "alert", mark, now, content)

    def _add_health(self, connection: Connection, now: float, state: dict[str, Any]) -> None:
        since = now - state["health_at"]
        # A clock that was set back must not silence the device.
        if 0 <= since < self.rules.health_every_s:
            return
        state["health_at"] = now
        waiting = outgoing.listed(connection, HUB, state=outgoing.WAITING, kind="health")
        untried = [row for row in waiting if not row.attempts]
        if untried:
            # Without a connection only the newest matters.
            outgoing.replace_content(connection, untried[-1].id, "health", dict(self._health()))
            return
        state["healths"] += 1
        mark = f"health:{state['epoch']}:{state['healths']}"
        self._add(connection, "health", mark, now, self._health())


def permitted(connection: Connection) -> frozenset[str]:
    """Return the kinds that may go to the hub now."""
    owner = the_owner(connection)
    if owner is None or is_simulated(connection) or not agrees(connection, owner.id, "hub"):
        return frozenset()
    return frozenset(
        kind
        for kind, subject in NEEDS.items()
        if subject is None or agrees(connection, owner.id, subject)
    )


def epoch(connection: Connection) -> str:
    """Return what tells this database from one that was before it; made on first use."""
    state = _state(connection)
    if connection.scalar(select(meta.c.value).where(meta.c.key == _STATE)) is None:
        _keep(connection, state)
    return str(state["epoch"])


def _agreed_at(connection: Connection, kind: str) -> float:
    """Return when the last of the consents was given that a kind needs."""
    owner = the_owner(connection)
    assert owner is not None
    words = [
        consents.current(connection, owner.id, subject)
        for subject in ("hub", NEEDS[kind])
        if subject is not None
    ]
    return max(word.at for word in words if word is not None)


def mood_of(turns: Collection[Mapping[str, Any]]) -> dict[str, object] | None:
    """Return a day's mood: the mean valence, weighted by how sure each was; None from too few.

    Args:
        turns: data of the owner's ``turn`` events of one day.
    """
    points = [
        (float(turn["valence"]), float(turn.get("confidence") or 0.0))
        for turn in turns
        if turn.get("speaker") != "unsure" and turn.get("valence") is not None
    ]
    weight = sum(sure for _, sure in points)
    if len(points) < _FEWEST_TURNS or weight <= 0:
        return None
    return {
        "valence": round(sum(v * sure for v, sure in points) / weight, 2),
        "turns": len(points),
        "sure": round(weight / len(points), 2),
    }


def _state(connection: Connection) -> dict[str, Any]:
    text = connection.scalar(select(meta.c.value).where(meta.c.key == _STATE))
    fresh: dict[str, Any] = {
        "epoch": os.urandom(8).hex(),
        "shared": [],
        "seen": 0,
        "mood": "1970-01-01",
        "since": {},
        "health_at": 0.0,
        "healths": 0,
        "withdrawals": 0,
    }
    return {**fresh, **json.loads(text)} if text else fresh


def _keep(connection: Connection, state: Mapping[str, Any]) -> None:
    connection.execute(delete(meta).where(meta.c.key == _STATE))
    connection.execute(insert(meta).values(key=_STATE, value=json.dumps(dict(state))))


def _day(at: float) -> date:
    return datetime.fromtimestamp(at).date()


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()
