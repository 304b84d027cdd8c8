"""The device's side: publishes what waits until the hub has receipted it, and takes its answers."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from companion.care.hub.credentials import DeviceSecret
from companion.care.hub.envelope import BadPacketError, Envelope, pack, topic, unpack
from companion.care.hub.feed import PASSING, Feed, epoch
from companion.care.hub.link import Address, Inbound, Link, Parcel
from companion.errors import StorageError
from companion.storage import outgoing
from companion.storage.database import Database
from companion.storage.outbox import Outbox
from companion.storage.outgoing import HUB, Outgoing

_HELD: Final = 1000
"""Messages of the hub not yet looked at; more are left to be sent again."""


@dataclass(frozen=True, slots=True)
class PublishRules:
    """Times, in seconds, and bounds."""

    look_s: float = 2.0
    """How often the database is looked at."""
    resend_s: tuple[float, ...] = (20.0, 60.0, 180.0, 600.0)
    """Waits for a receipt after the first, second ... time; the last one repeats."""
    window: int = 20
    """Messages published at once."""
    reconnect_s: tuple[int, int] = (1, 60)


class HubPublisher:
    """Runs on the device; nothing connects before the owner agreed to the hub."""

    def __init__(
        self,
        database: Database,
        where: Address,
        secret: DeviceSecret,
        feed: Feed,
        *,
        now: Callable[[], float] = time.time,
        rules: PublishRules | None = None,
    ) -> None:
        """Prepare; ``start`` runs it on a thread of its own, or call ``tick`` often.

        Args:
            database: the device's.
            where: the broker.
            secret: what the device was enrolled with.
            feed: chooses what goes.
            now: seconds since 1970.
            rules: times and bounds.

        Raises:
            HubError: the broker's certificate cannot be used.
        """
        self.rules = rules or PublishRules()
        self._database = database
        self._secret = secret
        self._feed = feed
        self._now = now
        self._session = secrets.token_hex(8)
        self._inbox: deque[Inbound] = deque()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._epoch = ""
        self._link = Link(
            where,
            secret.device,
            secret.password,
            self._take,
            topics=[topic(secret.device, "down")],
            greeting=lambda: [self._state(online=True)],
            will=self._state(online=False),
            reconnect_s=self.rules.reconnect_s,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker has let it in."""
        return self._link.up

    @property
    def trouble(self) -> str:
        """Why it is not connected, in words; empty when it is or need not be."""
        return self._link.trouble

    def start(self) -> None:
        """Publish on a thread of its own."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Say farewell and disconnect; what has no receipt stays due."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)
            self._thread = None
        self._link.stop([self._state(online=False)])

    def tick(self) -> None:
        """Take what came, look for what is new, publish what is due.

        Raises:
            StorageError: the database cannot be used; all stays due.
        """
        now = self._now()
        with self._database.begin() as connection:
            while self._inbox:
                self._answer(connection, self._inbox.popleft(), now)
            self._epoch = epoch(connection)
            allowed = self._feed.collect(connection, now)
            waiting = outgoing.next_due(connection, HUB) is not None
            rows = outgoing.due(connection, HUB, now, self.rules.window) if self._link.up else ()
            parcels = [self._parcel(connection, row) for row in rows]
            for row in rows:
                steps = self.rules.resend_s
                wait = steps[min(row.attempts, len(steps) - 1)]
                outgoing.postpone(connection, [row.id], now + wait)
        for parcel in parcels:
            self._link.publish(parcel)
        # A withdrawal still has to arrive; after it, the device stays away.
        if allowed or waiting:
            self._link.start()
        else:
            self._link.stop([self._state(online=False)])

    def _run(self) -> None:
        while not self._stopping.is_set():
            # The diary tells of a failing disk; here it is only tried again.
            with suppress(StorageError):
                self.tick()
            self._stopping.wait(self.rules.look_s)

    def _take(self, message: Inbound) -> None:
        if len(self._inbox) < _HELD:
            self._inbox.append(message)

    def _answer(self, connection: Connection, message: Inbound, now: float) -> None:
        device = self._secret.device
        try:
            said = unpack(self._secret.hub_key, device, "down", message.payload)
        except BadPacketError:
            return
        if said.kind == "receipt" and said.epoch == epoch(connection):
            numbers = [n for n in said.body.get("numbers", ()) if isinstance(n, int)]
            outgoing.receipted(connection, numbers, now, passing=PASSING)
        elif said.kind == "acknowledge":
            self._acknowledge(connection, said.body, now)

    def _acknowledge(self, connection: Connection, body: Mapping[str, object], now: float) -> None:
        """Take an answer to an alert, unless that became graver than who answered could see."""
        command, alert_id = str(body.get("command", "")), str(body.get("alert", ""))
        tier, by = body.get("tier"), str(body.get("by", ""))[:100]
        if not command or outgoing.has_mark(connection, f"hub:done:{command}"):
            return
        box = Outbox(self._database)
        alert = box.fetch(connection, alert_id)
        taken = False
        if alert is not None and isinstance(tier, int) and tier >= alert.tier:
            taken = box.acknowledge_in(connection, alert_id, by, now)
            taken = taken or alert.state == "acknowledged"
        self._feed.done(connection, now, command, taken)

    def _parcel(self, connection: Connection, row: Outgoing) -> Parcel:
        body = outgoing.content(connection, row.id) or {}
        said = Envelope(row.kind, row.at, body, self._epoch, row.number or 0)
        device = self._secret.device
        return Parcel(topic(device, "up"), pack(self._secret.signer, device, "up", said))

    def _state(self, *, online: bool) -> Parcel:
        body = {"online": online, "session": self._session}
        device = self._secret.device
        packet = pack(self._secret.signer, device, "state", Envelope("state", self._now(), body))
        return Parcel(topic(device, "state"), packet, retain=True)
