"""Who is told next, and when it is looked at again. Pure: times and contacts are given.

Why it is so:

- Tier 4 tells the first two contacts at once. Minutes count and one phone may lie on silent;
  telling everybody at once would let each think that another goes.
- Not answered in time: one more contact is told, until all were. Then they are reminded one by one,
  each at most twice; then the owner hears that nobody answered.
- Quiet hours never hold back tier 4. A tier 3 goes to those who are awake first, but rather wakes
  somebody than nobody. Lower tiers wait for the morning.
- A channel that fails is passed over at once for the next contact, and tried again later.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from companion.safety.alerts.names import Kin
from companion.storage.alert import Alert, Contact

EMERGENCY: Final = 4
URGENT: Final = 3
_DAY_MIN: Final = 24 * 60
_TRIES: Final = 12
"""Rounds that must have failed before an alert may be given up."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Times and bounds of delivery, in seconds."""

    acknowledge_within_s: float = 600.0
    backoff_s: tuple[float, ...] = (5.0, 15.0, 60.0, 120.0, 300.0, 900.0)
    """Waits after the first, second ... round that failed; the last one repeats."""
    emergency_wait_s: float = 120.0
    """The longest wait of a tier 4."""
    give_up_s: float = 86_400.0
    """An alert this old is stale; nobody is told any more."""
    send_s: float = 20.0
    """A channel that has not answered by then is given up for this time."""
    lease_s: float = 30.0
    """How long a worker holds an alert before another may take it; more than ``send_s``."""
    poll_s: float = 2.0
    """How often a worker looks for what other processes did."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about an alert now."""

    tell: tuple[Contact, ...] = ()
    held_s: float | None = None
    """Everybody left is in quiet hours: seconds until the first wakes."""
    again_s: float | None = None
    """Seconds until the first of those who were told may be reminded."""
    alone: bool = False
    """There is nobody at all who may be told."""


def eligible(alert: Alert, contacts: Sequence[Contact], kin: Kin) -> list[Contact]:
    """Return who may be told of an alert: never the owner, never whoever is accused."""
    return [
        c
        for c in contacts
        if c.role.lower() != "owner"
        and alert.tier >= c.lowest_tier
        and (not c.categories or alert.category in c.categories)
        and not kin.accuses(alert.accused, c.name, c.role)
    ]


def tells(alert: Alert, contact_id: str) -> list[float]:
    """Return when a contact was told since the alert was raised at its tier."""
    return [
        d.ended_at or d.began_at
        for d in alert.deliveries
        if d.ok and d.contact_id == contact_id and d.began_at >= alert.at
    ]


def uncounted(alert: Alert) -> int:
    """Return how many tells since the alert was raised its step does not count yet."""
    made = sum(bool(d.ok) and d.began_at >= alert.at for d in alert.deliveries)
    return max(made - alert.step, 0)


def rounds(tier: int) -> int:
    """Return how often one contact is told at most."""
    return 3 if tier >= URGENT else 1


def wanted(alert: Alert) -> int:
    """Return how many more are to be told now."""
    if alert.tier >= EMERGENCY:
        return max(2 - alert.step, 1)
    return 1


def stale(alert: Alert, rules: Rules, now: float) -> bool:
    """Return whether nobody is to be told any more.

    One that was hardly tried is never stale: the clock of a device without a battery jumps by days
    when it meets the network.
    """
    return now - alert.at >= rules.give_up_s and bool(alert.step or alert.attempts >= _TRIES)


def plan(
    alert: Alert,
    contacts: Sequence[Contact],
    kin: Kin,
    rules: Rules,
    *,
    now: float,
    minute: float,
    told: int = 0,
    failed: AbstractSet[str] = frozenset(),
) -> Plan:
    """Choose whom to tell.

    Args:
        alert: as it was claimed, with all deliveries so far.
        contacts: everybody, in any order.
        kin: words for relations.
        rules: times and bounds.
        now: seconds since 1970.
        minute: of the local day, 0-1440.
        told: how many were told since it was claimed.
        failed: ids of contacts that could not be reached since it was claimed.
    """
    able = eligible(alert, contacts, kin)
    if not able:
        return Plan(alone=True)
    if alert.tier < URGENT and alert.step + told:
        return Plan()  # nobody is chased for a concern
    times = {c.id: tells(alert, c.id) for c in able}
    if alert.step + told >= rounds(alert.tier) * len(able):
        return Plan()
    able = [c for c in able if len(times[c.id]) < rounds(alert.tier)]
    # A clock that was set back must not stretch the wait.
    pause = rules.acknowledge_within_s
    waits = {c.id: min(times[c.id][-1] + pause - now, pause) for c in able if times[c.id]}
    again = min((w for w in waits.values() if w > 0), default=None)
    left = [c for c in able if c.id not in failed and waits.get(c.id, 0.0) <= 0]
    asleep = {c.id: s for c in left if (s := quiet_s(c, minute)) is not None}
    held = None
    if alert.tier < URGENT:
        left = [c for c in left if c.id not in asleep]
        held = min(asleep.values(), default=None) if not left else None

    def order(c: Contact) -> tuple[int, bool, int]:
        return len(times[c.id]), alert.tier < EMERGENCY and c.id in asleep, c.position

    left.sort(key=order)
    return Plan(tuple(left[: max(wanted(alert) - told, 0)]), held_s=held, again_s=again)


def quiet_s(contact: Contact, minute: float) -> float | None:
    """Return the seconds until a contact's quiet hours end, or None outside them.

    Args:
        contact: hours that are not "HH:MM", or both the same, count as none.
        minute: of the local day, 0-1440.
    """
    start, end = _minutes(contact.quiet_from), _minutes(contact.quiet_to)
    if start is None or end is None or start == end:
        return None
    length = (end - start) % _DAY_MIN
    since = (minute - start) % _DAY_MIN
    return (length - since) * 60.0 if since < length else None


def after(alert: Alert, done: Plan, rules: Rules, *, now: float, told: int, failed: int) -> Alert:
    """Return the alert with its next state, due time, step and attempts.

    Args:
        alert: as it was claimed, with the deliveries made since.
        done: the last plan, after which there was nobody left to try or nobody wanted.
        rules: times and bounds.
        now: seconds since 1970.
        told: contacts told since the claim.
        failed: contacts that could not be reached since the claim.
    """
    step = alert.step + told
    if stale(alert, rules, now):
        return replace(alert, state="unreached", step=step)
    if told >= wanted(alert) or (told and not failed):
        wait = rules.acknowledge_within_s
        if alert.tier < URGENT:
            wait = max(alert.at + rules.give_up_s - now, 1.0)
        return replace(alert, state="sent", step=step, attempts=0, due_at=now + wait)
    stuck = bool(failed) or done.alone
    waits = [w for w in (done.held_s, done.again_s) if w is not None]
    if stuck:
        wait = rules.backoff_s[min(alert.attempts, len(rules.backoff_s) - 1)]
        waits.append(min(wait, rules.emergency_wait_s) if alert.tier >= EMERGENCY else wait)
    if not waits:
        # All were told as often as they may be, and the last wait is over too.
        return replace(alert, state="unreached", step=step)
    return replace(
        alert,
        state="sent" if step else "waiting",
        step=step,
        attempts=alert.attempts + stuck,
        due_at=now + min(waits),
    )


def _minutes(text: str | None) -> int | None:
    hours, colon, minutes = (text or "").partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal()):
        return None
    value = int(hours) * 60 + int(minutes)
    return value if value < _DAY_MIN else None
