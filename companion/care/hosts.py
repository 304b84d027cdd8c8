"""By which names the dashboard may be called. Pure.

A page elsewhere can point its own name at this machine (DNS rebinding) and would then count as the
same site for a browser. So a name that is not ours is refused. An address in digits cannot be
pointed anywhere, and is always fine.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable


def is_ours(header: str, names: Iterable[str]) -> bool:
    """Return whether a Host header names this machine.

    Args:
        header: as the browser sent it, with or without a port.
        names: lower-case names this machine goes by.
    """
    host = _without_port(header)
    if host is None:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in set(names)
    return True


def own_names(more: Iterable[str] = ()) -> frozenset[str]:
    """Return the names this machine goes by: localhost, its own name, that in mDNS, and more."""
    name = socket.gethostname().lower().partition(".")[0]
    found = {"localhost", socket.gethostname().lower(), name, f"{name}.local"}
    return frozenset(filter(None, found | {one.strip().lower().rstrip(".") for one in more}))


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _without_port(header: str) -> str | None:
    text = header.strip().lower()
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        return host if bracket and (not rest or rest[1:].isdigit()) else None
    host, _, port = text.partition(":")
    return host.rstrip(".") if not port or port.isdigit() else None
