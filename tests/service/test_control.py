"""The socket by which commands reach a running talk."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from companion.domain import JsonObject
from companion.errors import ConfigError
from companion.service.control import Control, ask, control_path


async def echo(what: JsonObject) -> JsonObject:
    if what.get("refuse"):
        raise ConfigError("not today")
    return {"got": what.get("word")}


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    control = Control(tmp_path / "c.sock", {"echo": echo})
    await control.start()
    yield tmp_path / "c.sock"
    await control.close()
    assert not (tmp_path / "c.sock").exists()


async def test_a_question_is_answered_and_only_its_user_may_ask(path: Path) -> None:
    answer = await asyncio.to_thread(ask, path, {"do": "echo", "word": "hello"})
    assert answer == {"ok": True, "got": "hello"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_refusal_is_told(path: Path) -> None:
    with pytest.raises(ConfigError, match="not today"):
        await asyncio.to_thread(ask, path, {"do": "echo", "refuse": True})


@pytest.mark.parametrize("line", [b"\n", b"{\n", b"[]\n", b'{"do": []}\n', b"x" * 200_000, b""])
async def test_nonsense_does_it_no_harm(path: Path, line: bytes) -> None:
    def send() -> None:
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(5)
            one.connect(str(path))
            try:
                one.sendall(line)
                one.shutdown(socket.SHUT_WR)
                one.recv(1000)
            except (BrokenPipeError, ConnectionResetError):
                pass

    await asyncio.to_thread(send)
    answer = await asyncio.to_thread(ask, path, {"do": "echo", "word": 1})
    assert answer == {"ok": True, "got": 1}


async def test_a_second_talk_does_not_take_the_socket(path: Path) -> None:
    with pytest.raises(ConfigError, match="another talk"):
        await Control(path, {}).start()


async def test_a_socket_left_by_a_killed_talk_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert ask(path, {"do": "echo"}) is None
    control = Control(path, {"echo": echo})
    await control.start()
    assert await asyncio.to_thread(ask, path, {"do": "echo"}) is not None
    await control.close()


def test_two_talks_have_two_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    one, other = control_path(tmp_path / "a"), control_path(tmp_path / "b")
    assert one != other
    assert one.parent == tmp_path / "companion"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    assert control_path(tmp_path / "a").parent == tmp_path / "a"
