"""The little page behind an acknowledgement link.

Opening a link changes nothing, as mail programs and messengers open links by themselves to show a
preview; only the button answers. Whoever has no valid link or code learns nothing: neither names
nor whether there is an alert at all.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from companion.errors import AlertError, CompanionError

Answer = Literal["done", "already", "bad"]

_LONGEST_FORM: Final = 1024
_REQUEST_S: Final = 10.0
"""Seconds a browser may take over a request."""
_MOST: Final = 16
"""Requests at a time; more are turned away, so that nobody can use up the device."""

_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Large text and a large button; colours with a contrast above 7:1 (WCAG 2.2, 1.4.6).
_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body{{font:1.25rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;
color:#1a1a1a;background:#fff}}
button,input{{font:inherit;padding:.8rem 1.2rem;border-radius:.5rem;max-width:100%}}
button{{border:0;background:#0b4f3a;color:#fff;display:block;margin-top:1rem;min-height:3rem}}
input{{border:2px solid #1a1a1a;display:block}}
:focus-visible{{outline:3px solid #b34700;outline-offset:3px}}
</style></head>
<body><main><h1>{title}</h1><p role="status">{text}</p>{form}</main></body></html>
"""


class AckServer:
    """Answers acknowledgement links on one address."""

    def __init__(
        self,
        listen: str,
        page: Callable[[str], str],
        look: Callable[[str], Answer],
        answer: Callable[[str], Answer],
        *,
        language: str = "en",
    ) -> None:
        """Bind the address.

        Args:
            listen: ``host:port``; port 0 takes a free one.
            page: texts by key (``title``, ``ask``, ``button``, ``done`` ...).
            look: what a token would do, changing nothing: ``done`` is "it would be accepted".
            answer: takes a token or a reply code.
            language: of the texts, for screen readers.

        Raises:
            AlertError: the address is malformed or taken.
        """
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65_535:
            raise AlertError(f"'alerts.listen': {listen} is not host:port, such as 127.0.0.1:8477")
        handler = type(
            "Handler",
            (_Handler,),
            {"page": staticmethod(page), "look": staticmethod(look)}
            | {"answer": staticmethod(answer), "language": language},
        )
        try:
            self._server = _Server((host.strip("[]"), int(port)), handler)
        except OSError as error:
            raise AlertError(f"cannot listen on {listen}: {error.strerror or error}") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="alert-answers", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer requests on a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop and free the address."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._room = threading.BoundedSemaphore(_MOST)
        super().__init__(address, handler)

    def process_request(self, request, client_address):  # type: ignore[no-untyped-def]
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):  # type: ignore[no-untyped-def]
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: object) -> None:
        """Say nothing: a traceback would put the token into the log."""


class _Handler(BaseHTTPRequestHandler):
    page: Callable[[str], str]
    look: Callable[[str], Answer]
    answer: Callable[[str], Answer]
    language = "en"

    timeout = _REQUEST_S
    server_version = "companion"
    sys_version = ""

    def do_GET(self) -> None:
        token = self._token()
        if token == "":
            self._show(HTTPStatus.OK, "code_ask", self._code_form())
            return
        state: Answer | None = "bad" if token is None else self._ask(self.look, token)
        if state == "done":
            self._show(HTTPStatus.OK, "ask", self._button())
        else:
            self._result(state)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        token = self._token()
        form = self._form()
        if token == "":
            token = "".join(c for c in form.get("code", [""])[0] if c.isascii() and c.isdigit())
        self._result(self._ask(self.answer, token) if token else "bad")

    def log_message(self, *_: object) -> None:
        """Keep tokens out of every log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a broken request without repeating any of it."""
        with suppress(OSError):
            self._show(HTTPStatus(code), "bad")

    def _ask(self, question: Callable[[str], Answer], token: str) -> Answer | None:
        """Return the house's answer, or None when its database fails."""
        try:
            return question(token)
        except CompanionError:
            return None

    def _result(self, state: Answer | None) -> None:
        if state is None:
            self._show(HTTPStatus.SERVICE_UNAVAILABLE, "later")
        else:
            self._show(HTTPStatus.NOT_FOUND if state == "bad" else HTTPStatus.OK, state)

    def _token(self) -> str | None:
        """Return the token of the path, "" for the code page, None for anything else."""
        path = urlsplit(self.path).path
        if path.endswith(("/", "/code")):
            return ""
        _, mark, token = path.rpartition("/a/")
        return token if mark and "/" not in token else None

    def _form(self) -> dict[str, list[str]]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LONGEST_FORM:
            self.close_connection = True
            return {}
        body = self.rfile.read(int(length)).decode("ascii", errors="replace")
        return parse_qs(body, max_num_fields=4) if body.count("&") < 4 else {}

    def _button(self) -> str:
        return f'<form method="post"><button>{html.escape(self.page("button"))}</button></form>'

    def _code_form(self) -> str:
        label, button = html.escape(self.page("code_label")), html.escape(self.page("code_button"))
        return (
            f'<form method="post"><label>{label}<input name="code" inputmode="numeric" '
            f'autocomplete="one-time-code" maxlength="12" required></label>'
            f"<button>{button}</button></form>"
        )

    def _show(self, status: HTTPStatus, key: str, form: str = "") -> None:
        body = _PAGE.format(
            language=html.escape(self.language),
            title=html.escape(self.page("title")),
            text=html.escape(self.page(key)),
            form=form,
        ).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
