"""What the owner is told about their alerts: the differences between two looks at the outbox.

It does not matter which process told a contact or took an answer; whoever talks to the owner sees
it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from companion.safety.alerts.messages import Words, discreet
from companion.safety.alerts.policy import URGENT
from companion.storage.alert import OPEN, Alert

Kind = Literal[
    "reached",
    "acknowledged",
    "nobody",
    "nobody_to_tell",
    "unanswered",
    "cancelled",
    "stopped",
    "trouble",
]

BY_CODE = "code"
"""``acknowledged_by`` of an answer that names nobody."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell the owner."""

    kind: Kind
    """``nobody``: not reached yet, goes on trying; ``nobody_to_tell``: no contact may be told;
    ``unanswered``: all were told and nobody answered; ``cancelled``: before anybody was told;
    ``stopped``: after; ``trouble``: it cannot be written down, but is sent."""
    text: str
    """Ready to be spoken."""
    alert_id: str = ""
    tier: int = 0
    category: str = ""
    contact: str = ""
    """The name of who was reached or answered, where known."""
    discreet: bool = False
    """The text hides what it is about, as the accused may be listening."""


@dataclass(slots=True)
class _Seen:
    at: float
    state: str
    told: set[str] = field(default_factory=set)
    nobody: bool = False


class NewsDesk:
    """Remembers what the owner knows."""

    def __init__(self, words: Words, has_contact: Callable[[Alert], bool]) -> None:
        """Start knowing nothing.

        Args:
            words: the texts.
            has_contact: whether there is anybody who may be told of an alert.
        """
        self._words = words
        self._has_contact = has_contact
        self._seen: dict[str, _Seen] = {}

    @property
    def watched(self) -> list[str]:
        """Ids of alerts whose end the owner has not heard of."""
        return [i for i, seen in self._seen.items() if seen.state in OPEN]

    def prime(self, alerts: Iterable[Alert]) -> None:
        """Take what happened before as known: nobody wants yesterday's news at start."""
        self.compare(alerts, {})

    def compare(self, alerts: Iterable[Alert], names: Mapping[str, str]) -> list[News]:
        """Return what is new, and remember it.

        Args:
            alerts: all open ones, those just closed, and those of ``watched``.
            names: of contacts, by id.
        """
        found: list[News] = []
        for alert in alerts:
            found += self._about(alert, names)
        return found

    def _about(self, alert: Alert, names: Mapping[str, str]) -> list[News]:
        seen = self._seen.get(alert.id)
        if seen is None or seen.at != alert.at:
            seen = self._seen[alert.id] = _Seen(alert.at, "waiting")
        found = []
        for one in alert.deliveries:
            who = one.contact_id or ""
            if one.ok and one.began_at >= alert.at and who not in seen.told:
                seen.told.add(who)
                found.append(self._news("reached", alert, names.get(who, "somebody")))
        if alert.state in OPEN and alert.attempts and not alert.step and not seen.nobody:
            seen.nobody = True
            kind: Kind = "nobody" if self._has_contact(alert) else "nobody_to_tell"
            found.append(self._news(kind, alert))
        if alert.state != seen.state:
            seen.state = alert.state
            found += self._ending(alert, bool(seen.told))
        return found

    def _ending(self, alert: Alert, told: bool) -> list[News]:
        match alert.state:
            case "acknowledged":
                by = alert.acknowledged_by or BY_CODE
                return [self._news("acknowledged", alert, "" if by == BY_CODE else by)]
            case "cancelled":
                return [self._news("stopped" if told else "cancelled", alert)]
            case "unreached" if not told:
                return [self._news("nobody_to_tell", alert)]
            case "unreached" if alert.tier >= URGENT:
                return [self._news("unanswered", alert)]
        return []

    def _news(self, kind: Kind, alert: Alert, contact: str = "") -> News:
        key = "acknowledged_unnamed" if kind == "acknowledged" and not contact else kind
        return News(
            kind,
            self._words.news(key, alert.category, contact),
            alert.id,
            alert.tier,
            alert.category,
            contact,
            discreet(alert.category),
        )
