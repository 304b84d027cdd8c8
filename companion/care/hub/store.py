"""What the hub keeps: messages once each, and what they say put together for the ward page."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from companion.care.hub.envelope import Envelope
from companion.care.hub.schema import open_hub
from companion.care.hub.tables import alerts, commands, devices, messages, reads, sessions
from companion.errors import HubError
from companion.storage.records import DAY_S
from companion.storage.trouble import explained

OPEN: Final = ("open", "unreached")
"""States of an alert that somebody should still answer."""

_RESEND_S: Final = (5.0, 15.0, 60.0, 300.0)
_COMMAND_GOOD_S: Final = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is enrolled."""

    id: str
    label: str
    public_key: bytes
    enrolled_at: float
    disabled_at: float | None
    heard_at: float | None
    """When something last came, seconds since 1970."""
    online: bool
    session: str
    health: Mapping[str, Any]
    health_number: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Command:
    """An answer to an alert, on its way to the device."""

    id: str
    device_id: str
    alert_id: str
    tier: int
    by: str
    attempts: int


class Store:
    """The hub's database; every method is one transaction and may be called from any thread."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Prepare; ``Store.open`` connects."""
        self.engine = engine
        self.where = where

    @classmethod
    def open(cls, url: str) -> Store:
        """Open a PostgreSQL database, making its tables as needed.

        Raises:
            HubError: made by a newer version.
            StorageError: it cannot be reached or used.
        """
        return cls(*open_hub(url))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction.

        Raises:
            StorageError: one of the tree in ``companion.errors``; then nothing was stored.
        """
        with explained(self.where), self.engine.begin() as connection:
            yield connection

    def enrol(self, device: str, label: str, public_key: bytes, now: float) -> None:
        """Know a device; one of that id gets a new key."""
        values = {"label": label, "public_key": public_key, "disabled_at": None}
        row = insert(devices).values(
            id=device,
            enrolled_at=now,
            online=False,
            session="",
            health={},
            health_number=0,
            epoch="",
            **values,
        )
        with self.begin() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))

    def devices(self) -> dict[str, Device]:
        """Return all devices that are let in, by id."""
        with self.begin() as connection:
            rows = connection.execute(
                select(devices).where(devices.c.disabled_at.is_(None)).order_by(devices.c.label)
            )
            return {row.id: Device(**row._mapping) for row in rows}

    def forget(self, device: str) -> bool:
        """Remove a device and all it sent; return whether there was one."""
        with self.begin() as connection:
            gone = connection.execute(delete(devices).where(devices.c.id == device))
        return gone.rowcount > 0

    def accept(self, batch: Sequence[tuple[str, Envelope]], now: float) -> int:
        """Store messages; those that are here already change nothing.

        Args:
            batch: device and message, proved to be the device's own.
            now: seconds since 1970.

        Returns:
            How many were new.
        """
        if not batch:
            return 0
        # In one order, so that two hubs on one database cannot lock each other out.
        ordered = sorted(batch, key=lambda one: (one[0], one[1].epoch, one[1].number))
        with self.begin() as connection:
            gone = _withdrawals(connection, {device for device, _ in ordered})
            kept = [(device, _emptied(device, said, gone)) for device, said in ordered]
            new = _insert_new(connection, kept, now)
            for device, said in new:
                self._project(connection, device, said, now)
            heard = sorted({device for device, _ in new})
            if heard:
                mine = devices.c.id.in_(heard)
                connection.execute(update(devices).where(mine).values(heard_at=now))
        return len(new)

    def set_online(self, device: str, said: Envelope, *, fresh: bool, now: float) -> None:
        """Note whether a device is connected.

        Args:
            device: its id.
            said: of kind ``state``; "offline" counts for the session that was online only.
            fresh: it was said just now, and is not what the broker kept.
            now: seconds since 1970.
        """
        session, online = str(said.body.get("session", ""))[:32], said.body.get("online") is True
        where = devices.c.id == device
        if not online:
            where = and_(where, devices.c.session == session)
        values: dict[str, Any] = {"online": online, "session": session}
        if fresh and online:
            values["heard_at"] = now
        with self.begin() as connection:
            connection.execute(update(devices).where(where).values(**values))
            if online:
                # What waits for it need not wait longer.
                waiting = and_(commands.c.device_id == device, commands.c.done_at.is_(None))
                connection.execute(update(commands).where(waiting).values(due_at=now))

    def answer(self, device: str, alert_id: str, by: str, login: str, now: float) -> None:
        """Put an answer to an alert on its way; the device closes the alert.

        Raises:
            HubError: there is no such alert, or it is closed.
        """
        with self.begin() as connection:
            alert = connection.execute(
                select(alerts).where(alerts.c.device_id == device, alerts.c.id == alert_id)
            ).first()
            if alert is None or alert.state not in OPEN:
                raise HubError("this alert is closed already")
            # A second press, or a second nurse, is the same answer.
            waiting = select(commands.c.id).where(
                commands.c.device_id == device,
                commands.c.alert_id == alert_id,
                commands.c.tier >= alert.tier,
                commands.c.done_at.is_(None),
            )
            if connection.scalar(waiting) is None:
                connection.execute(
                    insert(commands).values(
                        id=secrets.token_hex(16),
                        device_id=device,
                        alert_id=alert_id,
                        tier=alert.tier,
                        by=by,
                        made_at=now,
                        due_at=now,
                        attempts=0,
                    )
                )
            note_read(connection, login, "answered", device, now)

    def due_commands(self, now: float) -> tuple[Command, ...]:
        """Return the answers to be sent now, and look at each again later."""
        with self.begin() as connection:
            rows = connection.execute(
                select(commands)
                .where(commands.c.done_at.is_(None), commands.c.due_at <= now)
                .where(commands.c.made_at > now - _COMMAND_GOOD_S)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                wait = _RESEND_S[min(row.attempts, len(_RESEND_S) - 1)]
                connection.execute(
                    update(commands)
                    .where(commands.c.id == row.id)
                    .values(due_at=now + wait, attempts=row.attempts + 1)
                )
        return tuple(
            Command(row.id, row.device_id, row.alert_id, row.tier, row.by, row.attempts)
            for row in rows
        )

    def prune(self, now: float, keep_days: float) -> int:
        """Empty what is over its time; return how many messages were emptied."""
        before = now - keep_days * DAY_S
        with self.begin() as connection:
            old = and_(messages.c.received_at < before, messages.c.kind != "old")
            gone = connection.execute(update(messages).where(old).values(kind="old", body={}))
            closed = and_(alerts.c.raised_at < before, alerts.c.state.not_in(OPEN))
            connection.execute(delete(alerts).where(closed))
            connection.execute(delete(reads).where(reads.c.at < before))
            connection.execute(delete(sessions).where(sessions.c.ends_at < now))
        return gone.rowcount

    def missing(self) -> dict[str, int]:
        """Return how many numbers are not here though a later one is, by device."""
        query = select(
            messages.c.device_id, func.max(messages.c.number) - func.count(messages.c.id)
        ).group_by(messages.c.device_id, messages.c.epoch)
        found: dict[str, int] = {}
        with self.begin() as connection:
            for device, count in connection.execute(query):
                found[device] = found.get(device, 0) + count
        return {device: count for device, count in found.items() if count}

    def _project(self, connection: Connection, device: str, said: Envelope, now: float) -> None:
        """Put what a new message says into the tables of the ward page."""
        mine = devices.c.id == device
        body = said.body
        match said.kind:
            case "health":
                newer = (devices.c.epoch != said.epoch) | (devices.c.health_number < said.number)
                connection.execute(
                    update(devices)
                    .where(mine, newer)
                    .values(health=dict(body), health_number=said.number, epoch=said.epoch)
                )
            case "alert":
                self._put_alert(connection, device, said)
            case "withdrawn":
                self._withdraw(connection, device, said)
            case "done":
                done = and_(
                    commands.c.id == str(body.get("command")), commands.c.device_id == device
                )
                taken = body.get("taken") is True
                connection.execute(update(commands).where(done).values(done_at=now, taken=taken))

    @staticmethod
    def _put_alert(connection: Connection, device: str, said: Envelope) -> None:
        body = said.body
        tier, raised, closed = body.get("tier"), body.get("raised_at"), body.get("closed_at")
        if not isinstance(tier, int) or not isinstance(raised, (int, float)):
            return
        values = {
            "tier": tier,
            "category": str(body.get("category", ""))[:32],
            "state": str(body.get("state", ""))[:16],
            "raised_at": float(raised),
            "closed_at": float(closed) if isinstance(closed, (int, float)) else None,
            "number": said.number,
        }
        row = insert(alerts).values(device_id=device, id=str(body.get("alert"))[:32], **values)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["device_id", "id"],
                set_=values,
                where=alerts.c.number < said.number,
            )
        )

    @staticmethod
    def _withdraw(connection: Connection, device: str, said: Envelope) -> None:
        """Forget what the owner no longer agrees to; what was sent after that stays."""
        kinds = [str(kind) for kind in said.body.get("kinds", ())]
        old = and_(
            messages.c.device_id == device,
            messages.c.kind.in_(kinds),
            (messages.c.epoch != said.epoch) | (messages.c.number < said.number),
        )
        connection.execute(update(messages).where(old).values(kind="old", body={}))
        if "alert" in kinds:
            mine = and_(alerts.c.device_id == device, alerts.c.number < said.number)
            connection.execute(delete(alerts).where(mine))
        if "health" in kinds:
            connection.execute(update(devices).where(devices.c.id == device).values(health={}))


def _withdrawals(
    connection: Connection, names: Collection[str]
) -> dict[tuple[str, str], list[tuple[int, Collection[str]]]]:
    """Return what was taken back, and with which number, by device and epoch."""
    rows = connection.execute(
        select(messages.c.device_id, messages.c.epoch, messages.c.number, messages.c.body).where(
            messages.c.device_id.in_(sorted(names)), messages.c.kind == "withdrawn"
        )
    )
    found: dict[tuple[str, str], list[tuple[int, Collection[str]]]] = {}
    for row in rows:
        found.setdefault((row.device_id, row.epoch), []).append(
            (row.number, row.body.get("kinds", ()))
        )
    return found


def _emptied(
    device: str,
    said: Envelope,
    gone: Mapping[tuple[str, str], Sequence[tuple[int, Collection[str]]]],
) -> Envelope:
    """Return a message, without its words if it was sent before they were taken back."""
    late = any(
        number > said.number and said.kind in kinds
        for number, kinds in gone.get((device, said.epoch), ())
    )
    return replace(said, kind="old", body={}) if late else said


def _insert_new(
    connection: Connection, batch: Sequence[tuple[str, Envelope]], now: float
) -> list[tuple[str, Envelope]]:
    """Insert messages; return those that were not here."""
    rows = [
        {
            "device_id": device,
            "epoch": said.epoch,
            "number": said.number,
            "kind": said.kind,
            "at": said.at,
            "received_at": now,
            "body": dict(said.body),
        }
        for device, said in batch
    ]
    key = (messages.c.device_id, messages.c.epoch, messages.c.number)
    added = connection.execute(
        insert(messages)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["device_id", "epoch", "number"])
        .returning(*key)
    )
    left = {tuple(row) for row in added}
    new = []
    for device, said in batch:
        mark = (device, said.epoch, said.number)
        if mark in left:
            left.discard(mark)
            new.append((device, said))
    return new


def note_read(
    connection: Connection, login: str, what: str, device: str | None, now: float
) -> None:
    """Note who looked at what."""
    connection.execute(insert(reads).values(at=now, login=login, what=what, device_id=device))
