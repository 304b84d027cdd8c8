"""What proves that a form came from our own page, and where somebody may be sent. Pure."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit


def form_token(cookie: str) -> str:
    """Return the token for forms in the browser that holds a cookie.

    The cookie is random and out of reach of any script and any other site, so its hash is enough.
    """
    return hashlib.sha256(b"form:" + cookie.encode()).hexdigest()


def is_genuine(cookie: str | None, token: str) -> bool:
    """Return whether a form came from a page we made for this browser."""
    return bool(cookie) and hmac.compare_digest(form_token(cookie or "").encode(), token.encode())


def is_same_origin(origin: str | None, host: str, secure: bool) -> bool:
    """Return whether a request that names its origin comes from our own pages."""
    if origin is None:
        return True  # old browsers; the token still guards
    scheme = "https" if secure else "http"
    return origin.lower() == f"{scheme}://{host.lower()}"


def safe_path(path: str) -> str:
    """Return a path of ours to go to after the login; anything else becomes the first page."""
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        return "/"
    if "\\" in path or urlsplit(path).netloc or path.startswith(("/login", "/logout")):
        return "/"
    return path
