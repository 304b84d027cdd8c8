"""Passwords: Argon2id, a floor for what is accepted, and the same time for every no."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST: Final = 10
"""Characters; NIST SP 800-63B-4 asks for 8 beside a second factor, and for no other rules."""
LONGEST: Final = 256

_WORN: Final = (
    *("password", "passwort", "qwerty", "qwertz", "letmein", "welcome", "willkommen", "companion"),
    *("12345678", "87654321", "abcdefgh", "iloveyou", "sunshine", "princess", "football"),
)
"""What guessers try first; so is anything that consists mostly of one of them."""

_AT_ONCE: Final = BoundedSemaphore(2)
"""Each hash takes 64 MiB; more at once would let strangers fill a small machine's memory."""


class Passwords:
    """Hashes and checks passwords; safe to share between threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Prepare; by default RFC 9106's second option (t=3, p=4, 64 MiB).

        Args:
            hasher: a lighter one, for tests.
        """
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return the hash to keep."""
        with _AT_ONCE:
            return self._hasher.hash(_plain(password))

    def verify(self, hashed: str | None, password: str) -> bool:
        """Return whether a password fits; without a hash the same work is done for a no."""
        with _AT_ONCE:
            try:
                fits = self._hasher.verify(hashed or self._nobody, _plain(password)[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return fits and hashed is not None

    def is_old(self, hashed: str) -> bool:
        """Return whether a hash was made with other parameters and should be made anew."""
        return self._hasher.check_needs_rehash(hashed)


def weakness(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """Return why a password is not accepted (``short``, ``long``, ``guessable``), or None.

    Args:
        password: what was typed.
        about: the login and names, which others know.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    folded = plain.casefold()
    if len(set(folded)) < 4:
        return "guessable"
    for known in (*_WORN, *(word.casefold() for word in about if len(word) > 2)):
        if len(folded.replace(known, "")) < SHORTEST // 2:
            return "guessable"
    return None


def _plain(password: str) -> str:
    # The same letters typed on another keyboard must fit.
    return unicodedata.normalize("NFKC", password)
