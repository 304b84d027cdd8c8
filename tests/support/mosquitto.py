"""A real Mosquitto over TLS, set up by our own command, that can be killed and restarted."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from companion.care.hub import broker
from companion.care.hub.link import Address

HOST = "127.0.0.1"


class Mosquitto:
    def __init__(self, folder: Path) -> None:
        found = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        if not Path(found).exists():
            pytest.skip("mosquitto is not installed")
        self.program = found
        self.folder = folder
        self.port = free_port()
        self.hub = broker.write_broker(folder, HOST, self.port, time.time())
        if os.geteuid() == 0:
            # Otherwise it becomes another user, who may not read a test's folder.
            config = folder / "broker" / "mosquitto.conf"
            config.write_text(config.read_text() + "user root\n")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def where(self) -> Address:
        return Address(HOST, self.port, broker.ca_file(self.folder))

    def start(self) -> None:
        config = str(self.folder / "broker" / "mosquitto.conf")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", config], stdout=subprocess.DEVNULL, stderr=log
            )
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError((self.folder / "mosquitto.log").read_text())

    def reload(self) -> None:
        assert self.process is not None
        self.process.send_signal(1)
        time.sleep(0.1)

    def kill(self) -> None:
        """Without a word: what it did not write to disk is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    stop = kill


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
