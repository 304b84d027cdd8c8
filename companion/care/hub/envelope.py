"""What travels between a device and the hub: versioned JSON, signed with Ed25519 (RFC 8032).

A packet is ``{"v": 1, "text": "<JSON>", "sig": "<base64>"}``. The signature covers the direction,
the device and the text, so a packet of one device is worth nothing under the name of another, and
what goes up cannot be sent down again. The hub knows only public keys of devices: whoever reads
its database still cannot speak for one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VERSION: Final = 1
LARGEST: Final = 65_536
"""Bytes of a packet; more is not read."""

Direction = Literal["up", "down", "state"]

_ROOT: Final = "companion/v1"
_DEVICE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}[a-z0-9]")
_KIND: Final = re.compile(r"[a-z]{1,32}")
_EPOCH: Final = re.compile(r"[0-9a-f]{16}")
_MOST: Final = 2**53


class BadPacketError(Exception):
    """A packet that is not to be believed; the text says why, without its content."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message."""

    kind: str
    at: float
    """When it was written, seconds since 1970 by the sender's clock."""
    body: Mapping[str, Any]
    epoch: str = ""
    """Changes when the device's database begins anew; numbers count within it."""
    number: int = 0
    """1, 2, 3 ... without gaps; 0 for what is not kept (receipts, availability)."""


def is_device(name: str) -> bool:
    """Return whether this can be a device's id: it is part of topics and user names."""
    return _DEVICE.fullmatch(name) is not None and name != "hub"


def topic(device: str, direction: Direction) -> str:
    """Return the topic of a device; ``+`` for all of them."""
    return f"{_ROOT}/{device}/{direction}"


def parse_topic(text: str) -> tuple[str, str]:
    """Return device and direction of a topic.

    Raises:
        BadPacketError: no topic of ours.
    """
    root, _, rest = text.rpartition(f"{_ROOT}/")
    device, slash, direction = rest.partition("/")
    if root or not slash or not is_device(device):
        raise BadPacketError("a topic that is not ours")
    return device, direction


def pack(key: Ed25519PrivateKey, device: str, direction: Direction, envelope: Envelope) -> bytes:
    """Return the signed packet."""
    tree = {
        "kind": envelope.kind,
        "at": envelope.at,
        "epoch": envelope.epoch,
        "number": envelope.number,
        "body": dict(envelope.body),
    }
    text = json.dumps(tree, allow_nan=False, separators=(",", ":"))
    signature = key.sign(_signed(device, direction, text))
    packet = {"v": VERSION, "text": text, "sig": base64.b64encode(signature).decode()}
    return json.dumps(packet, separators=(",", ":")).encode()


def unpack(key: Ed25519PublicKey, device: str, direction: Direction, packet: bytes) -> Envelope:
    """Return what a packet says, once its signature is proved.

    Raises:
        BadPacketError: too large, malformed, of another version or not signed by this key.
    """
    if len(packet) > LARGEST:
        raise BadPacketError("a packet that is too large")
    try:
        outer = json.loads(packet)
        version, text = outer["v"], outer["text"]
        signature = base64.b64decode(outer["sig"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadPacketError("a packet that cannot be read") from None
    if version != VERSION or not isinstance(text, str):
        raise BadPacketError("a packet of another version")
    try:
        key.verify(signature, _signed(device, direction, text))
    except InvalidSignature:
        raise BadPacketError("a packet that its sender did not sign") from None
    try:
        return _envelope(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadPacketError("a packet that cannot be read") from None


def _envelope(tree: dict[str, Any]) -> Envelope:
    kind, at, body = tree["kind"], float(tree["at"]), tree["body"]
    epoch, number = tree["epoch"], tree["number"]
    if not (isinstance(body, dict) and _KIND.fullmatch(kind) and abs(at) < _MOST):
        raise ValueError
    if type(number) is not int or not 0 <= number < 2**31:
        raise ValueError
    if number and not _EPOCH.fullmatch(epoch):
        raise ValueError
    return Envelope(kind, at, body, str(epoch), number)


def _signed(device: str, direction: str, text: str) -> bytes:
    return f"companion-hub-{VERSION}\n{direction}\n{device}\n{text}".encode()
