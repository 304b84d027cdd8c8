"""The second factor: codes by time (RFC 6238), each taken once, and codes on paper. Pure."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pyotp

from companion.storage.carers import Factor
from companion.storage.sessions import digest

STEP_S: Final = 30
"""Seconds a code lives; one step before and after is accepted, for clocks that differ."""

PAPER_CODES: Final = 8
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_PAPER_LETTERS: Final = 12
"""31^12 is 59 bits, beyond guessing through a rate limit."""


def new_factor() -> Factor:
    """Return a factor with a new secret, not yet confirmed."""
    return Factor(pyotp.random_base32())


def confirmed(factor: Factor) -> Factor:
    """Return the factor as one that is asked for at the login."""
    return replace(factor, confirmed=True)


def address(factor: Factor, login: str, issuer: str) -> str:
    """Return the ``otpauth://`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=login, issuer_name=issuer)


def accept(factor: Factor, code: str, now: float) -> Factor | None:
    """Return the factor after a right code (by time or on paper), or None for a wrong one.

    A code is taken once: neither it nor an older one is ever right again.

    Args:
        factor: as it is kept.
        code: what was typed; spaces and dashes do not matter.
        now: seconds since 1970.
    """
    typed = "".join(c for c in code.lower() if c.isalnum())
    if len(typed) == 6 and typed.isascii() and typed.isdigit():
        totp = pyotp.TOTP(factor.secret)
        for step in (int(now // STEP_S) + away for away in (-1, 0, 1)):
            moment = datetime.fromtimestamp(step * STEP_S, UTC)
            if step > factor.last_step and hmac.compare_digest(totp.at(moment), typed):
                return replace(factor, last_step=step)
        return None
    kept = digest(typed)
    if not any(hmac.compare_digest(kept, one) for one in factor.recovery):
        return None
    return replace(factor, recovery=tuple(one for one in factor.recovery if one != kept))


def paper_codes() -> tuple[str, ...]:
    """Return new codes for paper, as they are shown once: ``abcd-efgh-jkmn``."""
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(PAPER_CODES)
    )


def with_paper(factor: Factor, codes: tuple[str, ...]) -> Factor:
    """Return the factor with these codes on paper in place of earlier ones."""
    return replace(factor, recovery=tuple(digest(code.replace("-", "")) for code in codes))
