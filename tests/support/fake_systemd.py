"""The socket on which systemd listens to a service."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path


class FakeSystemd:
    """Hears what a service says, at once, like the real one."""

    def __init__(self, path: Path) -> None:
        self.said: list[str] = []
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def env(self, watchdog_s: float = 20.0) -> dict[str, str]:
        """Return the environment of a service."""
        return {"NOTIFY_SOCKET": self._path, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}

    def wait(self, beginning: str, seconds: float, since: int = 0) -> str:
        """Return the first line that begins so, from a position on."""
        deadline = time.monotonic() + seconds
        while True:
            found = [line for line in self.said[since:] if line.startswith(beginning)]
            if found:
                return found[0]
            assert time.monotonic() < deadline, f"no {beginning} within {seconds} s: {self.said}"
            time.sleep(0.02)

    def close(self) -> None:
        """Stop listening."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(b"end", self._path)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while (line := self._socket.recv(4096).decode()) != "end":
            self.said.append(line)
