"""One MQTT 5 connection over TLS, for a device or for the hub; it reconnects by itself."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from companion.errors import HubError

QOS: Final = 1
_KEEPALIVE_S: Final = 60
_SESSION_S: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is, and by which certificate it is known."""

    host: str
    port: int
    ca: Path


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came."""

    topic: str
    payload: bytes
    retained: bool
    """An old one, kept by the broker for whoever comes later."""
    mid: int
    """For ``Link.ack``."""
    line: int = 0
    """Which connection it came over; its ``mid`` means nothing on another."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to be sent."""

    topic: str
    payload: bytes
    retain: bool = False


def address(url: str, ca: Path) -> Address:
    """Return the address of a URL.

    Raises:
        HubError: not mqtts://host[:port], or the certificate is missing.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 8883
    except ValueError:
        host, port = None, 0
    if parts.scheme != "mqtts" or not host:
        raise HubError("'hub.url' must be mqtts://host:port; a connection without TLS is refused")
    if not ca.is_file():
        raise HubError(f"the broker's certificate {ca} is missing: copy ca.pem from the hub")
    return Address(host, port, ca)


class Link:
    """Keeps a connection up; what arrives is handed over on the connection's own thread."""

    def __init__(
        self,
        where: Address,
        user: str,
        password: str,
        on_message: Callable[[Inbound], None],
        *,
        topics: Sequence[str],
        greeting: Callable[[], Sequence[Parcel]] = tuple,
        will: Parcel | None = None,
        persistent: bool = False,
        reconnect_s: tuple[int, int] = (1, 60),
        in_flight: int = 40,
    ) -> None:
        """Prepare; ``start`` connects.

        Args:
            where: the broker.
            user: name there, and client id.
            password: of the user.
            on_message: takes what arrives; must not block for long.
            topics: subscribed with QoS 1.
            greeting: sent whenever the connection is up.
            will: sent by the broker when this side falls silent.
            persistent: the broker keeps what arrives meanwhile, and each message until ``ack``.
            reconnect_s: the shortest and longest wait between tries.
            in_flight: messages sent but not yet taken by the broker.

        Raises:
            HubError: the certificate cannot be used.
        """
        self._where = where
        self._topics = topics
        self._greeting = greeting
        self._on_message = on_message
        self._persistent = persistent
        self._up = False
        self._line = 0
        self.trouble = ""
        """Why it is not connected, in words; empty when it is, or was not refused."""
        try:
            self._tls = ssl.create_default_context(cafile=str(where.ca))
        except (OSError, ssl.SSLError):
            raise HubError(f"{where.ca} is not a certificate in PEM") from None
        self._user = user
        self._password = password
        self._will = will
        self._reconnect_s = reconnect_s
        self._in_flight = in_flight
        self._client: mqtt.Client | None = None

    @property
    def up(self) -> bool:
        """Whether it is connected and let in."""
        return self._up

    def start(self) -> None:
        """Connect, and keep trying; may be repeated."""
        if self._client is not None:
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        if self._persistent:
            properties.SessionExpiryInterval = _SESSION_S
        self._client = self._new_client()
        self._client.connect_async(
            self._where.host,
            self._where.port,
            _KEEPALIVE_S,
            clean_start=not self._persistent,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self, farewell: Sequence[Parcel] = (), timeout_s: float = 2.0) -> None:
        """Say farewell and disconnect; may be repeated."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._up:
            for one in farewell:
                sent = client.publish(one.topic, one.payload, QOS, one.retain)
                with suppress(RuntimeError, ValueError):
                    sent.wait_for_publish(timeout_s)
        client.disconnect()
        client.loop_stop()
        self._up = False
        self.trouble = ""

    def publish(self, parcel: Parcel) -> None:
        """Send with QoS 1; whether it arrived is for a receipt to say."""
        if self._client is not None:
            self._client.publish(parcel.topic, parcel.payload, QOS, parcel.retain)

    def ack(self, message: Inbound) -> None:
        """Tell the broker that a message of a persistent link is stored."""
        if self._client is not None and message.line == self._line and self._up:
            self._client.ack(message.mid, QOS)

    def _new_client(self) -> mqtt.Client:
        # A fresh one each time: paho leaves sockets open when one is started again.
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._user,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=self._persistent,
        )
        client.tls_set_context(self._tls)
        client.username_pw_set(self._user, self._password)
        client.max_inflight_messages_set(self._in_flight)
        client.reconnect_delay_set(*self._reconnect_s)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, QOS, self._will.retain)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        return client

    def _connected(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self.trouble = f"the broker refuses: {reason}"
            return
        self._line += 1
        self.trouble = ""
        for one in self._topics:
            client.subscribe(one, QOS)
        self._up = True
        for parcel in self._greeting():
            self.publish(parcel)

    def _disconnected(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._up = False
        if self._client is not None and not self.trouble:
            self.trouble = f"the connection was lost: {reason}"

    def _arrived(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        self._on_message(
            Inbound(message.topic, bytes(message.payload), message.retain, message.mid, self._line)
        )
