"""What a device and the hub know each other by: files of mode 0600, one for each."""

from __future__ import annotations

import base64
import json
import secrets
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from companion.care.hub.envelope import is_device
from companion.errors import HubError
from companion.storage.disk import write_private

HUB_USER: Final = "hub"
_DEVICE_FORMAT: Final = "companion-hub-device-1"
_HUB_FORMAT: Final = "companion-hub-1"


@dataclass(frozen=True)
class DeviceSecret:
    """What lies on a device."""

    device: str
    password: str = field(repr=False)
    """For the broker."""
    key: bytes = field(repr=False)
    """Ed25519 private key, 32 bytes; only the device has it."""
    hub: bytes
    """Ed25519 public key of the hub."""

    @cached_property
    def signer(self) -> Ed25519PrivateKey:
        """Signs what goes up."""
        return Ed25519PrivateKey.from_private_bytes(self.key)

    @cached_property
    def hub_key(self) -> Ed25519PublicKey:
        """Proves what comes down."""
        return Ed25519PublicKey.from_public_bytes(self.hub)

    @property
    def public(self) -> bytes:
        """By which the hub knows the device."""
        return self.signer.public_key().public_bytes_raw()


@dataclass(frozen=True)
class HubSecret:
    """What lies where the hub is."""

    password: str = field(repr=False)
    key: bytes = field(repr=False)
    host: str
    """Of the broker, as devices reach it."""
    port: int

    @cached_property
    def signer(self) -> Ed25519PrivateKey:
        """Signs what goes down."""
        return Ed25519PrivateKey.from_private_bytes(self.key)

    @property
    def public(self) -> bytes:
        """By which devices know the hub."""
        return self.signer.public_key().public_bytes_raw()


def new_device(device: str, hub: HubSecret) -> DeviceSecret:
    """Return fresh credentials.

    Raises:
        HubError: a name that cannot be part of a topic.
    """
    if not is_device(device):
        raise HubError(
            f"'{device}' cannot be a device's name: 2 to 32 small letters, digits and dashes, "
            "such as room-12"
        )
    return DeviceSecret(device, secrets.token_urlsafe(32), _fresh_key(), hub.public)


def new_hub(host: str, port: int) -> HubSecret:
    """Return fresh credentials of a hub."""
    return HubSecret(secrets.token_urlsafe(32), _fresh_key(), host, port)


def write_device(path: Path, secret: DeviceSecret) -> None:
    """Write a device's file; one that is there is replaced.

    Raises:
        StorageError: it cannot be written.
    """
    tree = {
        "format": _DEVICE_FORMAT,
        "device": secret.device,
        "password": secret.password,
        "key": _text(secret.key),
        "hub": _text(secret.hub),
    }
    write_private(path, json.dumps(tree, indent=1).encode() + b"\n", replace=True)


def read_device(path: Path) -> DeviceSecret:
    """Read a device's file.

    Raises:
        HubError: it is missing, open to others, or no such file.
    """
    tree = _read(path, _DEVICE_FORMAT, "companion hub enrol")
    try:
        return DeviceSecret(
            tree["device"], tree["password"], _bytes(tree["key"]), _bytes(tree["hub"])
        )
    except (KeyError, ValueError, TypeError):
        raise HubError(f"{path} is damaged: enrol the device again") from None


def write_hub(path: Path, secret: HubSecret) -> None:
    """Write the hub's file.

    Raises:
        StorageError: it cannot be written.
    """
    tree = {
        "format": _HUB_FORMAT,
        "password": secret.password,
        "key": _text(secret.key),
        "host": secret.host,
        "port": secret.port,
    }
    write_private(path, json.dumps(tree, indent=1).encode() + b"\n", replace=True)


def read_hub(path: Path) -> HubSecret:
    """Read the hub's file.

    Raises:
        HubError: it is missing, open to others, or no such file.
    """
    tree = _read(path, _HUB_FORMAT, "companion hub mosquitto-config")
    try:
        return HubSecret(tree["password"], _bytes(tree["key"]), tree["host"], int(tree["port"]))
    except (KeyError, ValueError, TypeError):
        raise HubError(f"{path} is damaged: put a good copy in its place") from None


def _read(path: Path, wanted: str, maker: str) -> dict[str, Any]:
    try:
        mode = path.stat().st_mode
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HubError(f"{path} is missing: {maker} makes it") from None
    except (OSError, ValueError) as error:
        raise HubError(f"{path} cannot be read: {error.__class__.__name__}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise HubError(f"{path} can be read by others: chmod 600 {path}")
    if not isinstance(tree, dict) or tree.get("format") != wanted:
        raise HubError(f"{path} is not the file that {maker} makes")
    return tree


def _fresh_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 32:
        raise ValueError
    return raw
