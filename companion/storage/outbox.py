"""The durable outbox: alerts that must arrive, and every try to deliver them.

Each method is one transaction. Whatever moment the process is killed at, an alert is either not
raised yet (the caller was not told so) or it is in the table and will be due again.

A worker that takes an alert moves ``due_at`` into the future. That is its lease: nobody else finds
the alert due before, and it comes back by itself when the worker dies. The value is also the proof
of ownership (a fencing token): whoever comes with an older one changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from companion.errors import StorageError
from companion.storage import audit
from companion.storage.alert import (
    OPEN,
    WINDOW_S,
    Alert,
    Contact,
    Delivery,
    begun,
    merged,
    new_code,
)
from companion.storage.tables import alerts, contacts, deliveries, meta

if TYPE_CHECKING:
    from companion.storage.database import Database

__all__ = ["Alert", "Contact", "Delivery", "Outbox"]

FAR_S: Final = 2 * 86_400.0
"""No ``due_at`` is ever this far ahead; one that is was written under a wrong clock: it is due."""

_GUESSES: Final = "alert_code_guesses"


class Outbox:
    """Alerts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Alert, now: float, *, per_hour: int) -> Alert:
        """Insert an alert, or add it to the open one of the same category.

        Tier 4 is never held back. Others wait when ``per_hour`` alerts of at least their tier
        were raised within an hour.

        Returns:
            The row as committed; its id may be an older alert's.
        """
        with self._database.begin() as conn:
            rows = self._fetch(
                conn,
                alerts.c.state.in_(OPEN),
                alerts.c.category == new.category,
                func.abs(alerts.c.at - now) < WINDOW_S,
            )
            if rows:
                row = merged(rows[-1], new, now)
                conn.execute(update(alerts).where(alerts.c.id == row.id).values(**_values(row)))
            else:
                due = max(new.due_at, self._free_at(conn, new.tier, now, per_hour))
                taken = conn.scalars(select(alerts.c.code).where(alerts.c.state.in_(OPEN)))
                row = replace(new, due_at=due, code=new_code(taken))
                conn.execute(insert(alerts).values(**_values(row)))
            _note(conn, now, "raised", row)
        return row

    def due(self, now: float) -> list[Alert]:
        """Return the open alerts that are to be looked at, the gravest first."""
        with self._database.read() as conn:
            return self._fetch(conn, _is_due(now))

    def open(self, also: Iterable[str] = ()) -> list[Alert]:
        """Return all open alerts, and those with these ids."""
        with self._database.read() as conn:
            return self._fetch(conn, or_(alerts.c.state.in_(OPEN), alerts.c.id.in_(list(also))))

    def newest(self, limit: int = 50) -> list[Alert]:
        """Return the newest alerts, newest first, whatever their state."""
        with self._database.read() as conn:
            ids = conn.scalars(select(alerts.c.id).order_by(alerts.c.at.desc()).limit(limit)).all()
            found = {row.id: row for row in self._fetch(conn, alerts.c.id.in_(ids))}
        return [found[i] for i in ids if i in found]

    def get(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        with self._database.read() as conn:
            return next(iter(self._fetch(conn, alerts.c.id == alert_id)), None)

    def by_code(self, code: str) -> Alert | None:
        """Return the newest alert with this reply code that can still be answered."""
        with self._database.read() as conn:
            found = self._fetch(conn, alerts.c.code == code, alerts.c.state != "cancelled")
        return max(found, key=lambda row: row.at, default=None)

    def contacts(self) -> list[Contact]:
        """Return everybody who can be told, first to last."""
        from companion.storage import people  # which itself needs ``Contact``

        with self._database.read() as conn:
            return list(people.contacts(conn))

    def claim(self, alert_id: str, now: float, until: float) -> Alert | None:
        """Take a due alert until a time; None when somebody else has it or it is settled."""
        with self._database.begin() as conn:
            taken = conn.execute(
                update(alerts)
                .where(alerts.c.id == alert_id, _is_due(now))
                .values(due_at=until)
                .returning(alerts.c.state)
            ).scalar()
            if taken is None:
                return None
            if taken == "countdown":
                conn.execute(update(alerts).where(alerts.c.id == alert_id).values(state="waiting"))
            return self._fetch(conn, alerts.c.id == alert_id)[0]

    def renew(self, alert: Alert, until: float) -> bool:
        """Prolong a claim; False when the alert was answered, re-opened or taken meanwhile."""
        with self._database.begin() as conn:
            done = conn.execute(update(alerts).where(_held(alert)).values(due_at=until))
        return done.rowcount == 1

    def begin(self, alert: Alert, contact_id: str, now: float) -> Delivery | None:
        """Write down that a contact is about to be told; None when that is no longer wanted."""
        with self._database.begin() as conn:
            held = select(alerts.c.id).where(_held(alert)).with_for_update()
            if conn.execute(held).first() is None:
                return None
            tries = _tries(conn, [alert.id]).get(alert.id, [])
            known = conn.scalar(select(contacts.c.id).where(contacts.c.id == contact_id))
            one = begun(tries, contact_id, now)
            row = insert(deliveries).values(
                alert_id=alert.id,
                contact_id=known,
                attempt=one.attempt,
                began_at=now,
                repeat=one.repeat,
            )
            key = conn.execute(row).inserted_primary_key
        return replace(one, id=int(key[0]) if key else 0)

    def end(self, alert: Alert, delivery: Delivery) -> None:
        """Write down how a try ended; one that may have arrived keeps ``ended_at`` None."""
        with self._database.begin() as conn:
            conn.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id)
                .values(ended_at=delivery.ended_at, ok=delivery.ok, error=delivery.error)
            )
            if delivery.ok:
                _note(conn, delivery.ended_at or delivery.began_at, "told", alert)

    def settle(self, alert: Alert, after: Alert) -> bool:
        """Write what comes next (state, step, attempts, due_at), if the claim still holds."""
        with self._database.begin() as conn:
            done = conn.execute(
                update(alerts)
                .where(_held(alert))
                .values(
                    state=after.state,
                    step=after.step,
                    attempts=after.attempts,
                    due_at=after.due_at,
                )
            )
        return done.rowcount == 1

    def acknowledge(self, alert_id: str, by: str, now: float) -> bool:
        """Mark an alert answered, once; False when it was already, or cancelled, or unknown."""
        return self._close(
            alert_id,
            now,
            (*OPEN, "unreached"),
            {"state": "acknowledged", "acknowledged_at": now, "acknowledged_by": by},
        )

    def acknowledge_in(self, connection: Connection, alert_id: str, by: str, now: float) -> bool:
        """Do as ``acknowledge`` inside a transaction of ``Database.begin()``."""
        values = {"state": "acknowledged", "acknowledged_at": now, "acknowledged_by": by}
        return self._close_in(connection, alert_id, now, (*OPEN, "unreached"), values)

    def fetch(self, connection: Connection, alert_id: str) -> Alert | None:
        """Do as ``get`` inside a transaction."""
        return next(iter(self._fetch(connection, alerts.c.id == alert_id)), None)

    def cancel(self, alert_id: str, now: float, *, states: Sequence[str] = OPEN) -> bool:
        """Stop an alert that is in one of these states."""
        return self._close(alert_id, now, states, {"state": "cancelled"})

    def store(self, alert: Alert) -> None:
        """Write an alert that was kept in memory, and those of its deliveries not yet here.

        A row that was answered or cancelled meanwhile stays so.
        """
        with self._database.begin() as conn:
            state = conn.scalar(select(alerts.c.state).where(alerts.c.id == alert.id))
            if state is None:
                conn.execute(insert(alerts).values(**_values(alert)))
            elif state in OPEN:
                conn.execute(update(alerts).where(alerts.c.id == alert.id).values(**_values(alert)))
            known = set(conn.scalars(select(contacts.c.id)))
            for one in alert.deliveries:
                values = {
                    "alert_id": alert.id,
                    "contact_id": one.contact_id if one.contact_id in known else None,
                    "attempt": one.attempt,
                    "began_at": one.began_at,
                    "ended_at": one.ended_at,
                    "ok": one.ok,
                    "error": one.error,
                    "repeat": one.repeat,
                }
                if one.id < 0:
                    conn.execute(insert(deliveries).values(**values))
                else:
                    conn.execute(
                        update(deliveries).where(deliveries.c.id == one.id).values(**values)
                    )
            _note(conn, alert.at, "raised" if state is None else "caught up", alert)

    def guess(self, now: float, limit: int, window_s: float) -> bool:
        """Count one wrong reply code.

        Returns:
            Whether codes are still looked at: at most ``limit`` wrong ones in ``window_s``.
        """
        with self._database.begin() as conn:
            recent = [*_guesses(conn, now, window_s), now]
            conn.execute(delete(meta).where(meta.c.key == _GUESSES))
            conn.execute(insert(meta).values(key=_GUESSES, value=json.dumps(recent[-limit:])))
        return len(recent) < limit

    def guessed(self, now: float, window_s: float) -> int:
        """Return how many wrong codes were given within the window."""
        with self._database.read() as conn:
            return len(_guesses(conn, now, window_s))

    def _close(
        self, alert_id: str, now: float, states: Sequence[str], values: dict[str, Any]
    ) -> bool:
        with self._database.begin() as conn:
            return self._close_in(conn, alert_id, now, states, values)

    def _close_in(
        self,
        conn: Connection,
        alert_id: str,
        now: float,
        states: Sequence[str],
        values: dict[str, Any],
    ) -> bool:
        where = and_(alerts.c.id == alert_id, alerts.c.state.in_(states))
        if conn.execute(update(alerts).where(where).values(**values)).rowcount != 1:
            return False
        _note(conn, now, str(values["state"]), self._fetch(conn, alerts.c.id == alert_id)[0])
        return True

    @staticmethod
    def _free_at(conn: Connection, tier: int, now: float, per_hour: int) -> float:
        if tier >= 4:
            return now
        recent = conn.scalars(
            select(alerts.c.at)
            .where(alerts.c.tier >= tier, alerts.c.at <= now, alerts.c.at > now - WINDOW_S)
            .order_by(alerts.c.at.desc())
            .limit(per_hour)
        ).all()
        return recent[-1] + WINDOW_S if len(recent) >= per_hour else now

    @staticmethod
    def _fetch(conn: Connection, *where: ColumnElement[bool]) -> list[Alert]:
        order = (alerts.c.tier.desc(), alerts.c.at)
        rows = conn.execute(select(alerts).where(*where).order_by(*order)).all()
        tries = _tries(conn, [row.id for row in rows])
        return [_alert(row, tries.get(row.id, [])) for row in rows]


def _is_due(now: float) -> ColumnElement[bool]:
    when = or_(alerts.c.due_at <= now, alerts.c.due_at > now + FAR_S)
    return and_(alerts.c.state.in_(OPEN), when)


def _held(alert: Alert) -> ColumnElement[bool]:
    return and_(
        alerts.c.id == alert.id,
        alerts.c.state.in_(OPEN),
        alerts.c.due_at == alert.due_at,
    )


def _note(conn: Connection, now: float, action: str, alert: Alert) -> None:
    """Audit without a word of what happened; a broken audit must not hold back an alert."""
    data = {"alert": alert.id, "tier": alert.tier, "category": alert.category}
    with suppress(StorageError):
        audit.append(conn, now, "alerts", f"alert {action}", data)


def _guesses(conn: Connection, now: float, window_s: float) -> list[float]:
    text = conn.scalar(select(meta.c.value).where(meta.c.key == _GUESSES))
    return [at for at in json.loads(text or "[]") if abs(now - at) < window_s]


def _tries(conn: Connection, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    if not ids:
        return found
    rows = select(deliveries).where(deliveries.c.alert_id.in_(ids)).order_by(deliveries.c.id)
    for row in conn.execute(rows):
        found.setdefault(row.alert_id, []).append(
            Delivery(
                row.id,
                row.contact_id,
                row.attempt,
                row.began_at,
                row.ended_at,
                row.ok,
                row.error,
                row.repeat,
            )
        )
    return found


def _alert(row: Row[Any], tries: Sequence[Delivery]) -> Alert:
    values = dict(row._mapping)
    values["accused"] = frozenset(values["accused"])
    return Alert(**values, deliveries=tuple(tries))


def _values(alert: Alert) -> dict[str, Any]:
    values = {column.name: getattr(alert, column.name) for column in alerts.columns}
    values["accused"] = sorted(alert.accused)
    return values
