"""A broker as it stands in a home, and a Home Assistant at it that writes down what it is told."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from support.mosquitto import HOST, Mosquitto

from companion.care.hub import broker

PASSWORD = "only for tests"


def until(true: Callable[[], object], seconds: float = 10.0, what: object = "") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it never came true {what}"
        time.sleep(0.02)


class HomeBroker(Mosquitto):
    """Mosquitto over TLS with two users who may do anything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for user in ("molly", "assistant"):
            broker.let_in(folder, user, PASSWORD)
        rules = "user molly\ntopic readwrite #\nuser assistant\ntopic readwrite #\n"
        (folder / "broker" / "acl").write_text(rules)
        config = folder / "broker" / "mosquitto.conf"
        config.write_text(config.read_text().replace("use_username_as_clientid true\n", ""))


class Assistant:
    """Sees everything, and says what Home Assistant would."""

    def __init__(self, broker: HomeBroker, prefix: str = "homeassistant") -> None:
        self.broker = broker
        self.prefix = prefix
        self.seen: list[tuple[str, str]] = []
        """Topic and payload, in the order they came."""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="assistant")
        self._client.username_pw_set("assistant", PASSWORD)
        self._client.tls_set_context(ssl.create_default_context(cafile=str(broker.where.ca)))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = lambda _, __, m: self.seen.append(
            (m.topic, m.payload.decode(errors="replace"))
        )
        self._client.on_connect = self._connected
        self._client.connect(HOST, broker.port)
        self._client.loop_start()
        until(self._client.is_connected)

    def _connected(self, *_: object) -> None:
        self._client.subscribe("#", 1)
        if self.seen:  # again: Home Assistant says so every time
            self._client.publish(f"{self.prefix}/status", "online", 1)

    def latest(self, end: str) -> str | None:
        """Return the last payload on a topic with this end."""
        return next((p for t, p in reversed(self.seen) if t.endswith(end)), None)

    def wait(self, end: str, payload: str, seconds: float = 10.0) -> None:
        until(lambda: self.latest(end) == payload, seconds, (end, payload, self.seen[-8:]))

    def device(self) -> dict[str, Any]:
        """Return the device as it was last described."""
        until(lambda: self.latest("/config"))
        return dict(json.loads(self.latest("/config") or "{}"))

    def send(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(5)

    def command(self, name: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Press what belongs to an entity, as the description says."""
        topic = self.device()["components"][name]["command_topic"]
        self.send(topic, payload, retain=retain)

    def birth(self) -> None:
        self.send(f"{self.prefix}/status", "online")

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
