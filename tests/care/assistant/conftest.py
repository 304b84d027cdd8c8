"""A real broker, and a Home Assistant that writes down what it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.home import PASSWORD, Assistant, HomeBroker

from companion.care.assistant.address import Login
from companion.care.assistant.bridge import Commands, HomeBridge
from companion.care.assistant.discovery import Node

NODE = Node("abc123", "Molly", "homeassistant", "0.1.0")


class Asked:
    """What the bridge was asked for."""

    def __init__(self) -> None:
        self.all: list[tuple[str, object]] = []
        self.threads: set[str] = set()

    def commands(self) -> Commands:
        def note(what: str) -> Callable[[object], None]:
            def take(value: object) -> None:
                self.threads.add(threading.current_thread().name)
                self.all.append((what, value))

            return take

        return Commands(note("mute"), note("volume"), note("say"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[HomeBroker]:
    made = HomeBroker(tmp_path / "broker")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def assistant(broker: HomeBroker) -> Iterator[Assistant]:
    made = Assistant(broker)
    yield made
    made.stop()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def bridge(broker: HomeBroker, asked: Asked) -> Iterator[HomeBridge]:
    made = HomeBridge(
        broker.where,
        Login("molly", PASSWORD),
        NODE,
        asked.commands(),
        reconnect_s=(1, 1),
    )
    made.start()
    end = time.monotonic() + 10
    while not made.up:
        assert time.monotonic() < end, made.trouble
        time.sleep(0.02)
    yield made
    made.stop()
