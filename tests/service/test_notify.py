"""What systemd would hear, on real datagram sockets."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.service.notify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        server.settimeout(2)
        yield server, path


def test_everything_is_said_as_sd_notify_defines_it(systemd: tuple[socket.socket, str]) -> None:
    server, path = systemd
    notifier = Notifier(path)
    assert notifier.ready("listening\nnow")
    assert server.recv(999) == b"READY=1\nSTATUS=listening now"
    assert notifier.alive()
    assert server.recv(999) == b"WATCHDOG=1"
    assert notifier.failed("deaf")
    assert server.recv(999) == b"WATCHDOG=trigger\nSTATUS=deaf"
    assert notifier.status("loading")
    assert server.recv(999) == b"STATUS=loading"
    assert notifier.stopping()
    assert server.recv(999) == b"STOPPING=1"


def test_an_abstract_socket_is_reached() -> None:
    name = f"companion-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + name)
        server.settimeout(2)
        assert Notifier("@" + name).alive()
        assert server.recv(99) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    silent = Notifier.of({})
    assert not silent.active
    assert not silent.ready()
    assert not Notifier(str(tmp_path / "nobody")).alive()


def test_a_full_socket_does_not_block(systemd: tuple[socket.socket, str]) -> None:
    notifier = Notifier(systemd[1])
    assert not all(notifier.alive() for _ in range(5000))


def test_the_socket_is_taken_out_of_the_environment() -> None:
    environ = {
        "NOTIFY_SOCKET": "/run/x",
        "WATCHDOG_USEC": "20000000",
        "WATCHDOG_PID": str(os.getpid()),
        "PATH": "/bin",
    }
    notifier = Notifier.of(environ)
    assert notifier.active
    assert notifier.watchdog_s == 20.0
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize(
    "environ",
    [
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"},
    ],
)
def test_a_watchdog_that_is_not_ours_is_none(environ: dict[str, str]) -> None:
    assert Notifier.of(environ).watchdog_s is None
