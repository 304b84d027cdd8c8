"""Whether a contact may be the very person who is accused.

The rule is hard: an alert never reaches whoever it is about. So every doubt counts against telling:
a short form of the name, a surname alone, "my son" when the contact is only known as family.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from companion.errors import SafetyError

_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_OWNER = re.compile(r"['’]s\b|s['’](?=\s|$)")
"""In "David's friend" the name is not the friend's."""
_ALIKE = 0.8
"""difflib ratio from which two names may be one misheard (Jon/John 0.86; not Joan/John 0.75)."""
_SHORTEST = 3
"""Letters from which the beginning of a name is a short form of it (Dan, Daniel)."""


@dataclass(frozen=True)
class Kin:
    """Words for relations and short forms of names, from prompts/<lang>/alerts.toml."""

    same: Sequence[Sequence[str]] = ()
    kin_roles: Sequence[str] = ()
    helpers: Sequence[Sequence[str]] = ()
    titles: Sequence[str] = ()
    names: Sequence[Sequence[str]] = ()

    @classmethod
    def read(cls, tree: Mapping[str, Any]) -> Kin:
        """Read the table ``[relations]``.

        Raises:
            SafetyError: a list has another name than those known here.
        """
        try:
            return cls(**tree)
        except TypeError as error:
            raise SafetyError(f"alerts.toml, [relations]: {error}") from error

    @cached_property
    def relations(self) -> frozenset[str]:
        """Every word for one of the family."""
        return frozenset(word for line in self.same for word in line)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every word that is a role or relation, so no name."""
        outside = frozenset(word for line in self.helpers for word in line)
        return self.relations | outside | frozenset(self.kin_roles)

    def accuses(self, accused: Iterable[str], name: str, role: str) -> bool:
        """Return whether one of the accused may be the contact of this name and role."""
        return any(self._may_be(who, _words(name), _words(role)) for who in accused)

    def _may_be(self, text: str, name: list[str], role: list[str]) -> bool:
        accused = _words(text)
        called, known = self._name_words(accused), self._name_words(name)
        if self._one_name(called, known):
            return True
        if called and known and not _OWNER.search(text):
            # "My son David" is not Paul, though Paul may be a son too.
            return False
        theirs = set(self._role_words(name) + self._role_words(role))
        said = set(self._role_words(accused))
        if any(self._one_role(a, b) for a in said for b in theirs):
            return True
        if said & self.relations and theirs & set(self.kin_roles):
            # "My son" and a contact who is just "family": it could be him.
            return not theirs & self.relations
        return bool(said & set(self.kin_roles) and theirs & (self.relations | set(self.kin_roles)))

    def _role_words(self, words: list[str]) -> list[str]:
        text = f" {' '.join(words)} "
        return [role for role in self.roles if f" {role} " in text or f" {role}s " in text]

    def _name_words(self, words: list[str]) -> list[str]:
        return [w for w in words if w not in self.titles and w not in self.roles]

    def _one_role(self, one: str, other: str) -> bool:
        lines = (*self.same, *self.helpers)
        return one == other or any(one in line and other in line for line in lines)

    def _one_name(self, one: list[str], other: list[str]) -> bool:
        """Return whether every word of the shorter name is in the longer one."""
        few, many = sorted((one, other), key=len)
        return bool(few) and all(any(self._alike(a, b) for b in many) for a in few)

    def _alike(self, one: str, other: str) -> bool:
        short, long = sorted((one, other), key=len)
        return (
            (len(short) >= _SHORTEST and long.startswith(short))
            or short == long
            or any(one in line and other in line for line in self.names)
            or difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE
        )


def _words(text: str) -> list[str]:
    plain = text.lower().replace("’", "'").replace("'s", "")
    return _WORD.findall(plain)
