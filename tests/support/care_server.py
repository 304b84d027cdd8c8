"""The dashboard behind a real socket, and a real browser before it."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from companion.care.house import House
from companion.care.web.application import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def served(house: House) -> Iterator[str]:
    """Serve a house on a free port of the loopback; yields its address."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(build(house), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        patience = time.monotonic() + 10
        while not server.started and time.monotonic() < patience:
            time.sleep(0.02)
        assert server.started
        yield f"http://localhost:{port}"
        server.should_exit = True
        thread.join(10)
