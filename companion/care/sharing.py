"""What each who cares may see: deny by default, the owner's word over everything. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from companion.safety.alerts.names import Kin

SUBJECTS: Final = (
    *("summary", "mood", "topics", "safety", "reminders", "medicines", "scales", "health_device"),
)
"""What can be shown, each on its own."""

DEFAULTS: Final[Mapping[str, frozenset[str]]] = {
    "family": frozenset({"summary", "mood", "safety", "reminders", "health_device"}),
    "nurse": frozenset({"summary", "safety", "reminders", "medicines"}),
    "therapist": frozenset({"mood", "scales"}),
}
"""Role -> what it sees as long as the owner has decided nothing else for the account."""

CONSENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "summary": ("sharing", "summary"),
    "mood": ("sharing", "mood"),
    "topics": ("sharing", "mood"),
    "safety": ("sharing", "alerts"),
    "reminders": ("sharing",),
    "medicines": ("sharing",),
    "scales": ("sharing",),
    "health_device": ("sharing",),
}
"""Subject -> consents the owner must have given; one that was taken back hides it from all."""

EDITORS: Final = frozenset({"owner", "family", "nurse"})
"""Roles that may change reminders they can see."""


class Account(Protocol):
    """As much of an account as the rule needs."""

    @property
    def role(self) -> str:
        """One of the roles, or owner."""
        ...

    @property
    def disabled_at(self) -> float | None:
        """When it was closed; None while it is open."""
        ...

    @property
    def shared(self) -> Mapping[str, bool]:
        """What the owner decided, by subject."""
        ...


class Concern(Protocol):
    """Something that names people who must not see it."""

    @property
    def accused(self) -> Collection[str]:
        """Names and relations, in lower case."""
        ...


def may(account: Account, subject: str, consents: Collection[str]) -> bool:
    """Return whether an account may see a subject.

    Args:
        account: who asks.
        subject: one of ``SUBJECTS``; anything else is a no.
        consents: subjects of consent that the owner has given and not taken back.
    """
    if account.disabled_at is not None or subject not in SUBJECTS:
        return False
    if account.role == "owner":
        return True
    if not all(needed in consents for needed in CONSENTS[subject]):
        return False
    decided = account.shared.get(subject)
    return subject in DEFAULTS.get(account.role, ()) if decided is None else decided


def allowed(account: Account, consents: Collection[str]) -> frozenset[str]:
    """Return every subject an account may see."""
    return frozenset(subject for subject in SUBJECTS if may(account, subject, consents))


def may_edit(account: Account, subject: str, consents: Collection[str]) -> bool:
    """Return whether an account may change what belongs to a subject."""
    return account.role in EDITORS and may(account, subject, consents)


def is_accused(
    concerns: Iterable[Concern], kin: Kin, *, name: str, relation: str, role: str
) -> bool:
    """Return whether one of the concerns may be about this very person, who must not see it.

    The owner sees what concerns them; doubt counts against everybody else.
    """
    if role == "owner":
        return False
    # "family" would be taken for every relation; how exactly they are related is known.
    spoken = {relation, role} - ({"family"} if relation != "family" else set())
    return any(kin.accuses(one.accused, name, word) for one in concerns for word in spoken)
