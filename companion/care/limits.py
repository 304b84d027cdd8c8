"""How often somebody may guess: a few tries are free, then each costs twice the wait. Pure.

Kept in memory: a restart forgets it, and a restart takes longer than the waits it would spare.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

_KEYS: Final = 10_000
"""Accounts and addresses remembered; the one untouched for longest goes first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What guessing costs."""

    free: int
    """Wrong tries without a wait."""
    first_s: float = 2.0
    """The wait after the next one; it doubles with each."""
    longest_s: float = 900.0
    forgets_s: float = 3600.0
    """After so long without a wrong try everything is forgiven."""


ACCOUNT: Final = Rule(free=5)
ADDRESS: Final = Rule(free=20)
"""Several people may come from one address, such as behind a router."""


class Limits:
    """Counts wrong tries by key; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, key: str, rule: Rule, now: float) -> float:
        """Return how many seconds to wait before the next try; 0 is none.

        Args:
            key: such as ``login:anna`` or ``from:192.0.2.7``.
            rule: what guessing costs.
            now: seconds on any clock that only goes forward.
        """
        with self._lock:
            count, last = self._wrong.get(key, (0, now))
        return max(0.0, last + self._cost(count, last, rule, now) - now)

    def wrong(self, key: str, rule: Rule, now: float) -> None:
        """Count a wrong try."""
        with self._lock:
            count, last = self._wrong.pop(key, (0, now))
            if now - last > rule.forgets_s:
                count = 0
            self._wrong[key] = (count + 1, now)
            while len(self._wrong) > _KEYS:
                self._wrong.popitem(last=False)

    def right(self, key: str) -> None:
        """Forget the wrong tries of a key."""
        with self._lock:
            self._wrong.pop(key, None)

    @staticmethod
    def _cost(count: int, last: float, rule: Rule, now: float) -> float:
        over = count - rule.free
        if over < 0 or now - last > rule.forgets_s:
            return 0.0
        return float(min(rule.longest_s, rule.first_s * 2.0 ** min(over, 30)))
