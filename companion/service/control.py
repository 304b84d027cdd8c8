"""A Unix socket by which other commands of the same user speak to a running talk.

One JSON object a line each way: ``{"do": "mute"}`` is answered ``{"ok": true, ...}`` or
``{"ok": false, "error": "..."}``, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from companion.domain import JsonObject
from companion.errors import CompanionError, ConfigError
from companion.storage.disk import make_folder

Handler = Callable[[JsonObject], Awaitable[JsonObject]]

_LONGEST: Final = 65_536
_PATIENCE_S: Final = 10.0
_PATH_LIMIT: Final = 100
"""Bytes; the kernel takes 107."""


def control_path(state_dir: Path, wanted: Path | None = None) -> Path:
    """Return where the socket of the talk with this state folder lies.

    Args:
        state_dir: the talk's; two talks have two sockets.
        wanted: the setting; None is the user's runtime folder, or the state folder.

    Raises:
        ConfigError: the path is too long for a socket.
    """
    if wanted is None:
        mark = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:12]
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        usable = runtime and Path(runtime).is_dir() and os.access(runtime, os.W_OK)
        own = state_dir / "control.sock"
        wanted = Path(runtime) / "companion" / f"{mark}.sock" if usable else own
    if len(os.fsencode(wanted)) > _PATH_LIMIT:
        raise ConfigError(f"'control.socket' is too long for a socket: {wanted}")
    return wanted


class Control:
    """Answers on the socket; handlers run on the loop."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Listen; a socket left by a killed talk is replaced.

        Raises:
            CompanionError: another talk answers there, or the folder cannot be written to.
        """
        make_folder(self._path.parent)
        if _answers(self._path):
            raise ConfigError("another talk with the same state folder is running")
        with suppress(FileNotFoundError):
            self._path.unlink()
        line = socket.socket(socket.AF_UNIX)
        try:
            line.bind(str(self._path))
            self._path.chmod(0o600)  # before anybody can connect: it does not listen yet
            self._server = await asyncio.start_unix_server(self._serve, sock=line, limit=_LONGEST)
        except OSError as error:
            line.close()
            raise ConfigError(f"no control socket at {self._path}: {error.strerror}") from error

    async def close(self) -> None:
        """Stop answering."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                if _peer(writer) in (0, os.geteuid()):
                    answer = await self._answer(await reader.readline())
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except (TimeoutError, OSError, ValueError):
            pass  # whoever asked is gone, slow, or no program of ours
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> JsonObject:
        try:
            asked = json.loads(line)
            handler = self._handlers[asked["do"]]
        except (ValueError, TypeError, KeyError, RecursionError):
            return {"ok": False, "error": "not understood"}
        try:
            return {"ok": True, **await handler(asked)}
        except CompanionError as error:
            return {"ok": False, "error": str(error)}


def ask(path: Path, what: JsonObject, timeout_s: float = _PATIENCE_S) -> JsonObject | None:
    """Ask a running talk; blocking.

    Returns:
        Its answer; None when no talk is running.

    Raises:
        ConfigError: it refused, or did not answer in time.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(timeout_s)
        try:
            line.connect(str(path))
        except PermissionError:
            raise ConfigError(f"{path} belongs to another user: use sudo -u companion") from None
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            line.sendall(json.dumps(what).encode() + b"\n")
            with line.makefile("rb") as file:
                answer = json.loads(file.readline(_LONGEST))
        except (OSError, ValueError) as error:
            raise ConfigError("the running talk does not answer; restart it") from error
    if not isinstance(answer, dict) or not answer.get("ok"):
        reason = answer.get("error") if isinstance(answer, dict) else answer
        raise ConfigError(f"the running talk refuses: {reason}")
    return answer


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _peer(writer: asyncio.StreamWriter) -> int:
    """Return the user at the other end."""
    line = writer.get_extra_info("socket")
    raw = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", raw)[1])


__all__ = ["Control", "Handler", "ask", "control_path"]
