"""Alerts, contacts and tries to reach them, and the rules by which they change. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

OPEN: Final = ("countdown", "waiting", "sent")
"""States in which something is still to be done."""

WINDOW_S: Final = 3600.0
"""Seconds in which the same concern joins the open alert, and over which alerts are counted."""

CODE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be told, and how."""

    id: str
    name: str
    role: str
    position: int
    channel: str
    """An apprise URL; it may hold a password and is never logged."""
    quiet_from: str | None = None
    """Local "HH:MM"."""
    quiet_to: str | None = None
    categories: tuple[str, ...] = ()
    """Empty means all."""
    lowest_tier: int = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to reach one contact."""

    id: int
    contact_id: str | None
    attempt: int
    began_at: float
    ended_at: float | None = None
    """None: cut short, so it may have arrived."""
    ok: bool | None = None
    error: str | None = None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of the outbox with its deliveries, oldest first."""

    id: str
    at: float
    """When it was raised at its present tier; deliveries before do not count as told."""
    tier: int
    category: str
    topic: str
    due_at: float
    code: str
    accused: frozenset[str] = frozenset()
    person_id: str | None = None
    count: int = 1
    state: str = "waiting"
    step: int = 0
    """Messages that were accepted since ``at``."""
    attempts: int = 0
    """Rounds in a row in which not all could be told who should have been."""
    acknowledged_at: float | None = None
    acknowledged_by: str | None = None
    expires_at: float | None = None
    deliveries: tuple[Delivery, ...] = ()


def new_id() -> str:
    """Return 32 random hex digits."""
    return secrets.token_hex(16)


def new_code(taken: Iterable[str] = ()) -> str:
    """Return a random six-digit code that is not taken."""
    used = set(taken)
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        if code not in used:
            return code


def merged(old: Alert, new: Alert, now: float) -> Alert:
    """Return an open alert after the same concern was raised again.

    A higher tier re-opens it: everybody is told anew, with the stronger words. A raise without
    countdown ends a countdown.
    """
    both = replace(old, count=old.count + 1, accused=old.accused | new.accused)
    if new.tier > old.tier:
        return replace(
            both,
            at=now,
            tier=new.tier,
            topic=new.topic,
            state=new.state if old.state == "countdown" else "waiting",
            due_at=min(old.due_at, new.due_at) if old.state == "countdown" else now,
            step=0,
            attempts=0,
        )
    if old.state == "countdown" and new.due_at < old.due_at:
        return replace(both, state=new.state, due_at=new.due_at)
    return both


def cut_short(tries: Sequence[Delivery], contact_id: str) -> bool:
    """Return whether a try since the last accepted one may have arrived unnoticed."""
    unsure = False
    for one in tries:
        if one.contact_id == contact_id:
            unsure = not one.ok and (unsure or one.ended_at is None)
    return unsure


def begun(tries: Sequence[Delivery], contact_id: str, now: float) -> Delivery:
    """Return the next try for a contact, marked when an earlier one may have arrived."""
    attempt = 1 + sum(one.contact_id == contact_id for one in tries)
    return Delivery(0, contact_id, attempt, now, repeat=cut_short(tries, contact_id))
