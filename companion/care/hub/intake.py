"""The hub's side of the broker: proves, stores, and only then receipts; sends answers down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from companion.care.hub.credentials import HUB_USER, HubSecret
from companion.care.hub.envelope import (
    BadPacketError,
    Envelope,
    pack,
    parse_topic,
    topic,
    unpack,
)
from companion.care.hub.link import Address, Inbound, Link, Parcel
from companion.care.hub.store import Store
from companion.errors import StorageError
from companion.storage.trouble import RecordError

_BATCH: Final = 200
_PRUNE_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """Times in seconds."""

    look_s: float = 1.0
    """How often answers to alerts are looked for."""
    retry_s: float = 5.0
    """Wait while the database fails; the broker keeps what comes meanwhile."""
    keep_days: float = 90.0
    reconnect_s: tuple[int, int] = (1, 30)


class Intake:
    """Takes what devices publish."""

    def __init__(
        self,
        store: Store,
        where: Address,
        secret: HubSecret,
        *,
        now: Callable[[], float] = time.time,
        rules: IntakeRules | None = None,
    ) -> None:
        """Prepare; ``start`` connects.

        Args:
            store: the hub's database.
            where: the broker.
            secret: the hub's credentials.
            now: seconds since 1970.
            rules: times.

        Raises:
            HubError: the broker's certificate cannot be used.
        """
        self.rules = rules or IntakeRules()
        self.refused = 0
        """Packets that were not believed."""
        self.repeated = 0
        """Messages that came again."""
        self.trouble = ""
        """Why the database fails, in words; empty when it does not."""
        self._store = store
        self._secret = secret
        self._now = now
        self._queue: Queue[Inbound] = Queue()
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._link = Link(
            where,
            HUB_USER,
            secret.password,
            self._queue.put,
            topics=[topic("+", "up"), topic("+", "state")],
            persistent=True,
            reconnect_s=self.rules.reconnect_s,
            in_flight=_BATCH,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker has let it in."""
        return self._link.up

    @property
    def broker_trouble(self) -> str:
        """Why it is not connected, in words."""
        return self._link.trouble

    def start(self) -> None:
        """Connect, and work on threads of its own."""
        self._stopping.clear()
        for work in (self._take_all, self._send_all):
            thread = threading.Thread(target=work, name="hub-intake", daemon=True)
            thread.start()
            self._threads.append(thread)
        self._link.start()

    def stop(self) -> None:
        """Disconnect; what is not stored was not acknowledged, and comes again."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(5.0)
        self._threads.clear()
        self._link.stop()

    def _take_all(self) -> None:
        while not self._stopping.is_set():
            batch = self._next()
            if not batch:
                continue
            while not self._stopping.is_set():
                try:
                    self._take(batch)
                    self.trouble = ""
                    break
                except StorageError as error:
                    self.trouble = str(error)
                    self._stopping.wait(self.rules.retry_s)

    def _next(self) -> list[Inbound]:
        batch: list[Inbound] = []
        with suppress(Empty):
            batch.append(self._queue.get(timeout=0.2))
            while len(batch) < _BATCH:
                batch.append(self._queue.get_nowait())
        return batch

    def _take(self, batch: Sequence[Inbound]) -> None:
        now = self._now()
        kept: list[tuple[str, Envelope]] = []
        refused = 0
        for message in batch:
            try:
                device, direction, said = self._read(message)
            except BadPacketError:
                refused += 1
                continue
            if direction == "state":
                self._store.set_online(device, said, fresh=not message.retained, now=now)
            elif said.number:
                kept.append((device, said))
        try:
            new = self._store.accept(kept, now)
        except RecordError:
            # One that the database will not have must not hold back the others.
            new = sum(self._accept_one(one, now) for one in kept)
        self.refused += refused
        self.repeated += len(kept) - new
        for message in batch:
            self._link.ack(message)
        self._receipt(kept, now)

    def _accept_one(self, one: tuple[str, Envelope], now: float) -> int:
        try:
            return self._store.accept([one], now)
        except RecordError:
            self.refused += 1
            return 0

    def _read(self, message: Inbound) -> tuple[str, str, Envelope]:
        device, direction = parse_topic(message.topic)
        if direction not in ("up", "state"):
            raise BadPacketError("a direction that is not ours")
        key = self._keys.get(device) or self._look_up(device)
        way = "up" if direction == "up" else "state"
        try:
            return device, way, unpack(key, device, way, message.payload)  # type: ignore[arg-type]
        except BadPacketError:
            # It may have been enrolled anew.
            fresh = self._look_up(device)
            return device, way, unpack(fresh, device, way, message.payload)  # type: ignore[arg-type]

    def _look_up(self, device: str) -> Ed25519PublicKey:
        known = self._store.devices()
        self._keys = {
            name: Ed25519PublicKey.from_public_bytes(one.public_key) for name, one in known.items()
        }
        if device not in self._keys:
            raise BadPacketError("a device that is not enrolled")
        return self._keys[device]

    def _receipt(self, kept: Sequence[tuple[str, Envelope]], now: float) -> None:
        receipts: dict[tuple[str, str], list[int]] = {}
        for device, said in kept:
            receipts.setdefault((device, said.epoch), []).append(said.number)
        for (device, epoch), numbers in receipts.items():
            said = Envelope("receipt", now, {"numbers": sorted(set(numbers))}, epoch)
            self._down(device, said)

    def _send_all(self) -> None:
        pruned = 0.0
        while not self._stopping.wait(self.rules.look_s):
            now = self._now()
            with suppress(StorageError):
                if self._link.up:
                    for one in self._store.due_commands(now):
                        body = {"command": one.id, "alert": one.alert_id}
                        more = {"tier": one.tier, "by": one.by}
                        self._down(one.device_id, Envelope("acknowledge", now, body | more))
                if abs(now - pruned) > _PRUNE_S:
                    pruned = now
                    self._store.prune(now, self.rules.keep_days)

    def _down(self, device: str, said: Envelope) -> None:
        packet = pack(self._secret.signer, device, "down", said)
        self._link.publish(Parcel(topic(device, "down"), packet))
