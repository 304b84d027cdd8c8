"""Answers of contacts: the token of a link, or a reply code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from companion.safety.alerts.ack_server import Answer
from companion.safety.alerts.links import Links
from companion.safety.alerts.news import BY_CODE
from companion.safety.alerts.spare import SpareBox
from companion.storage.alert import Alert
from companion.storage.outbox import Outbox

GUESSES: Final = 10
"""Wrong reply codes after which none is looked at for an hour: with a million codes and five open
alerts, the chance to hit one by guessing is 1 in 20,000 an hour. Links work all the same."""
GUESS_WINDOW_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Answers:
    """Checks and takes answers, wherever the alert lies."""

    outbox: Outbox | None
    spare: SpareBox
    links: Links
    now: Callable[[], float]
    names: Callable[[], Mapping[str, str]]
    """Names of contacts, by id."""
    _guessing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, word: str) -> Answer:
        """Acknowledge by a token, a whole link or a reply code.

        Returns:
            ``done``; ``already`` when it was answered before; ``bad`` when the word is worth
            nothing, or too many wrong codes were given within the hour.

        Raises:
            StorageError: the database cannot be written.
        """
        word = "".join(word.split())
        now = self.now()
        if word.isascii() and word.isdecimal():
            with self._guessing:
                found = self._by_code(word, now)
            alert_id, by = (found.id if found else ""), BY_CODE
        else:
            claim = self.links.check(word.rpartition("/")[2], now)
            alert_id = claim.alert_id if claim else ""
            by = self.names().get(claim.contact_id, BY_CODE) if claim else BY_CODE
        if not alert_id:
            return "bad"
        done = self.spare.acknowledge(alert_id, by, now)
        if self.outbox is not None and alert_id not in self.spare:
            done = self.outbox.acknowledge(alert_id, by, now) or done
        return "done" if done else self._state(alert_id)

    def look(self, token: str) -> Answer:
        """Return what a link's token would do, changing nothing.

        Raises:
            StorageError: the database cannot be read.
        """
        claim = self.links.check(token, self.now())
        return self._state(claim.alert_id) if claim else "bad"

    def _by_code(self, code: str, now: float) -> Alert | None:
        spare = [a for a in self.spare.all() if a.code == code and a.state != "cancelled"]
        if spare or self.outbox is None:
            return spare[0] if spare else None
        if self.outbox.guessed(now, GUESS_WINDOW_S) >= GUESSES:
            return None
        found = self.outbox.by_code(code)
        if found is None:
            self.outbox.guess(now, GUESSES, GUESS_WINDOW_S)
        return found

    def _state(self, alert_id: str) -> Answer:
        row = self.spare.get(alert_id)
        if row is None and self.outbox is not None:
            row = self.outbox.get(alert_id)
        if row is None or row.state == "cancelled":
            return "bad"
        return "already" if row.state == "acknowledged" else "done"
