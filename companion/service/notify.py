"""Tells systemd how we are: one datagram each, on the socket it names.

The protocol is sd_notify(3): lines of ``KEY=value`` to the unix socket that ``NOTIFY_SOCKET`` names
(``@`` begins an abstract one). Without that variable nothing is sent and nothing fails.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

SOCKET: Final = "NOTIFY_SOCKET"
_MICROSECONDS: Final = "WATCHDOG_USEC"
_PID: Final = "WATCHDOG_PID"
_WAIT_S: Final = 2.0
"""A busy systemd gets so long to take what is said only once; ten datagrams fit in its queue."""


class Notifier:
    """Sends to systemd; every method may be called from any thread and never raises.

    Args:
        address: path of the socket, ``@name`` for an abstract one; None sends nothing.
        watchdog_s: seconds after which systemd gives us up for hung; None when it does not.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = _native(address) if address else None
        self.watchdog_s: Final = watchdog_s

    @classmethod
    def of(cls, environ: MutableMapping[str, str] | None = None) -> Notifier:
        """Take the socket out of the environment, so that our children do not speak for us."""
        found = os.environ if environ is None else environ
        address = found.pop(SOCKET, None)
        given, pid = found.pop(_MICROSECONDS, ""), found.pop(_PID, "")
        ours = not pid or pid == str(os.getpid())
        watchdog_s = int(given) / 1e6 if given.isdecimal() and int(given) and ours else None
        return cls(address, watchdog_s)

    @property
    def active(self) -> bool:
        """Whether anybody listens."""
        return self._address is not None

    def ready(self, status: str = "") -> bool:
        """Say that we have started, and what we do."""
        return self._send("READY=1", *_status(status))

    def alive(self) -> bool:
        """Feed the watchdog."""
        return self._send("WATCHDOG=1", wait_s=0.0)

    def failed(self, status: str) -> bool:
        """Ask to be ended and started again at once (systemd 243; an older one waits)."""
        return self._send("WATCHDOG=trigger", *_status(status))

    def status(self, text: str) -> bool:
        """Say in a line what we do; shown by ``systemctl status``."""
        return self._send(*_status(text))

    def stopping(self) -> bool:
        """Say that we end on purpose."""
        return self._send("STOPPING=1")

    def _send(self, *lines: str, wait_s: float = _WAIT_S) -> bool:
        if self._address is None or not lines:
            return False
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(wait_s)
            out.sendto("\n".join(lines).encode(), self._address)
            return True
        return False


def _status(text: str) -> tuple[str, ...]:
    return (f"STATUS={' '.join(text.split())}",) if text else ()


def _native(address: str) -> str:
    return "\0" + address[1:] if address.startswith("@") else address


__all__ = ["SOCKET", "Notifier"]
