"""Real servers on loopback that can be cut off and restored: ntfy over HTTP, and SMTP."""

from __future__ import annotations

import email
import email.policy
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

ALERT_ID = re.compile(r"/a/([0-9a-f]{32})\.")


@dataclass(frozen=True)
class Arrived:
    """A message as the server got it."""

    to: str
    title: str
    body: str
    at: float
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def alert_id(self) -> str:
        found = ALERT_ID.search(self.body)
        return found.group(1) if found else ""

    @property
    def repeat(self) -> bool:
        return "may be a repeat" in self.body

    @property
    def link(self) -> str:
        found = re.search(r"https?://\S+/a/\S+", self.body)
        assert found, self.body
        return found.group()

    @property
    def code(self) -> str:
        found = re.search(r"code (\d{6})\b", self.body)
        assert found, self.body
        return found.group(1)


class Post:
    """What arrived, from any thread."""

    def __init__(self) -> None:
        self.all: list[Arrived] = []
        self._changed = threading.Condition()

    def put(self, one: Arrived) -> None:
        with self._changed:
            self.all.append(one)
            self._changed.notify_all()

    def wait(self, count: int = 1, timeout: float = 20.0) -> list[Arrived]:
        """Wait for so many messages and return all."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.all) >= count, timeout), (
                f"{len(self.all)} of {count} arrived"
            )
            return list(self.all)


class Ntfy(Post):
    """An ntfy-compatible endpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.status = 200
        self._server: ThreadingHTTPServer | None = None
        self.restore()

    def url(self, topic: str) -> str:
        return f"ntfy://127.0.0.1:{self.port}/{topic}"

    def restore(self) -> None:
        post = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                raw = self.rfile.read(length)
                if len(raw) < length:
                    return  # the sender was killed in the middle of it
                if post.status == 200:
                    headers = dict(self.headers)
                    try:
                        tree: dict[str, Any] = json.loads(raw)
                    except ValueError:
                        tree = {"message": raw.decode()}
                    to = tree.get("topic") or self.path.strip("/")
                    title = tree.get("title") or headers.get("X-Title", "")
                    seen = headers | {"raw": raw.decode()}
                    post.put(Arrived(to, title, tree.get("message", ""), time.time(), seen))
                self.send_response(post.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:
                pass  # a sender that was killed

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def cut(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Smtp(Post):
    """A mail server."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = False
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())
        self._controller.start()

    def url(self, to: str) -> str:
        port = self._controller.port
        return f"mailto://localhost:{port}?smtp=127.0.0.1&from=molly@home.example&to={to}"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuse:
            return "550 no such recipient"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = mail.get_body(("plain",))
        assert part is not None
        seen = dict(mail.items()) | {"raw": envelope.content.decode()}
        text = part.get_content()
        self.put(Arrived(envelope.rcpt_tos[0], str(mail["Subject"]), text, time.time(), seen))
        return "250 OK"

    def cut(self) -> None:
        self._controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


free_port = _free_port
