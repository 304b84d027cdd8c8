"""Which broker, and how it is known and logged in to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from companion.care.hosts import is_loopback
from companion.care.hub.link import Address
from companion.config import HomeSettings
from companion.errors import ConfigError

_PORTS: Final = {"mqtts": 8883, "mqtt": 1883}


@dataclass(frozen=True, slots=True)
class Login:
    """Who the broker takes it for."""

    user: str
    password: str


def home_address(settings: HomeSettings) -> Address:
    """Return where the broker is.

    Raises:
        ConfigError: not an address, without TLS to another machine, or the certificate is missing.
    """
    url = settings.url or ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme not in _PORTS or parts.username or parts.path.strip("/"):
        raise ConfigError(
            f"'home.url' is {url}: write mqtts://host:port; the name goes to 'home.user'"
        )
    tls = parts.scheme == "mqtts"
    if not tls and not settings.insecure and not is_loopback(host):
        raise ConfigError(
            "'home.url' has no TLS: anybody in that network could mute the companion and let it "
            "speak; use mqtts://, or set 'home.insecure' if that is understood"
        )
    if settings.ca is not None and not settings.ca.is_file():
        raise ConfigError(f"'home.ca': the broker's certificate {settings.ca} is missing")
    return Address(host, port, settings.ca, tls)


def home_login(settings: HomeSettings) -> Login:
    """Return user and password; both empty where none are configured.

    Raises:
        ConfigError: one is given without the other, or the file cannot be read.
    """
    path = settings.password_file
    if settings.user is None and path is None:
        return Login("", "")
    if settings.user is None or path is None:
        raise ConfigError("'home.user' and 'home.password_file' belong together")
    return Login(settings.user, _first_line(path))


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise ConfigError(f"'home.password_file' {path} cannot be read: {reason}") from error
    if not lines or not lines[0]:
        raise ConfigError(
            f"'home.password_file' {path} is empty: put the password on its first line"
        )
    return lines[0]


__all__ = ["Login", "home_address", "home_login"]
