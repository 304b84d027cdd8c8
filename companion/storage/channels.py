"""Contact channels, shown without what would let others use them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN: Final = "****"

_MAIL: Final = frozenset({"mailto", "mailtos"})
_OPEN_HOST: Final = frozenset(
    {"gotify", "gotifys", "json", "jsons", "matrix", "matrixs", "ntfy", "ntfys", "signal"}
    | {"form", "forms", "xml", "xmls", "signals", "apprise", "apprises", "mqtt", "mqtts"}
)
"""Kinds whose first part is a server; with others it may be a token."""
_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+-]{0,30}):/{0,3}")


def masked(channel: str) -> str:
    """Return an apprise URL without passwords, tokens, topics and numbers.

    The kind always shows; a server shows where it is no secret; for mail the addresses show, since
    that is what a person wants to check.
    """
    scheme = _SCHEME.match(channel)
    if scheme is None:
        return HIDDEN
    kind = scheme[1].lower()
    if kind not in _MAIL | _OPEN_HOST:
        return f"{kind}://{HIDDEN}"
    try:
        parts = urlsplit(f"{kind}://{channel[scheme.end() :]}")
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{kind}://{HIDDEN}"
    if kind in _MAIL:
        options = {key.lower(): value for key, value in parse_qsl(parts.query)}
        user = unquote(parts.username or "")
        own = user if "@" in user else f"{user}@{host}".lstrip("@")
        to = options.get("to") or ", ".join(filter(None, unquote(parts.path).split("/"))) or own
        return f"{kind}://{HIDDEN}@{host}{port} to {to}"
    # Without a path "ntfy://topic" is the topic itself, not a server.
    if not parts.path.strip("/"):
        return f"{kind}://{HIDDEN}"
    return f"{kind}://{host}{port}/{HIDDEN}"
