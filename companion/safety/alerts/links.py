"""Signed links with which a contact answers an alert.

A token is ``<alert>.<contact>.<expiry>.<mac>``: HMAC-SHA256 (RFC 2104) over the first three parts
with a key derived for this purpose only. It holds no name and is worth nothing once its alert is
answered, so it works once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

PURPOSE: Final = "alert-links"
"""What the signing key is derived for."""

VALID_S: Final = 2 * 86_400.0
"""Seconds a link is good for."""

_FORM = re.compile(r"([0-9a-f]{8,32})\.([0-9a-f]{0,32})\.([0-9]{1,12})\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid token says."""

    alert_id: str
    contact_id: str
    expires: int
    """Seconds since 1970."""


class Links:
    """Makes and checks tokens."""

    def __init__(self, key: bytes, base: str | None = None) -> None:
        """Remember the key.

        Args:
            key: derived for ``PURPOSE``, at least 16 bytes.
            base: how contacts reach the answering server; None makes no links.
        """
        self._key = key
        self._base = base.rstrip("/") if base else None

    def token(self, alert_id: str, contact_id: str, now: float) -> str:
        """Return a token for one contact and one alert."""
        said = f"{alert_id}.{contact_id}.{int(now + VALID_S)}"
        return f"{said}.{self._mac(said)}"

    def url(self, alert_id: str, contact_id: str, now: float) -> str:
        """Return the link, or an empty text when nobody answers links."""
        return f"{self._base}/a/{self.token(alert_id, contact_id, now)}" if self._base else ""

    def check(self, token: str, now: float) -> Claim | None:
        """Return what a token says, or None when it is forged, malformed or too old."""
        form = _FORM.fullmatch(token)
        if form is None:
            return None
        alert_id, contact_id, expires, mac = form.groups()
        # Bytes, as compare_digest refuses text that is not ASCII.
        right = self._mac(f"{alert_id}.{contact_id}.{expires}").encode()
        if not hmac.compare_digest(right, mac.encode()) or int(expires) < now:
            return None
        return Claim(alert_id, contact_id, int(expires))

    def _mac(self, said: str) -> str:
        digest = hmac.new(self._key, said.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
