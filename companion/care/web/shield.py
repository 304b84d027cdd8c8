"""What every answer carries, and whom it is given to: headers, and names we go by."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from companion.care.hosts import is_ours

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline style or script, nothing from elsewhere."""

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # "no-referrer" would make browsers hide the origin of our own forms, which we check.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_UNCHANGING: Final = "public, max-age=31536000, immutable"


class Shield:
    """ASGI middleware around everything, static files and errors included."""

    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        """Wrap an application.

        Args:
            app: the application.
            names: host names it may be called by (see ``hosts``).
        """
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        unchanging = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                fine = unchanging and message["status"] == 200
                headers["cache-control"] = _UNCHANGING if fine else "no-store"
            await send(message)

        if not is_ours(Headers(scope=scope).get("host", ""), self._names):
            refuse = PlainTextResponse(
                "This address is not known here. Add it to care.hosts in the config.", 421
            )
            await refuse(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)
