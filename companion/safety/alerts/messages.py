"""What contacts are sent and the owner is told: the words of prompts/<lang>/alerts.toml.

By default a message says nothing of what happened: it will lie on lock screens and mail servers.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from companion.errors import SafetyError
from companion.resources import data_dir
from companion.safety.alerts.names import Kin

_DISCREET: Final = frozenset({"abuse"})
"""Categories in which the accused may be listening to what the voice says."""


def discreet(category: str) -> bool:
    """Return whether the owner is told in words that give nothing away."""
    return category in _DISCREET


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out through a channel."""

    title: str
    body: str
    tier: int
    """4 asks the channel for its loudest way."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language, with the names filled in."""

    tree: Mapping[str, Any]
    companion: str
    person: str
    kin: Kin
    details: bool = False

    def alert(
        self,
        tier: int,
        category: str,
        *,
        at: float,
        code: str = "",
        link: str = "",
        repeat: bool = False,
        reminder: bool = False,
    ) -> Message:
        """Return the message for a contact.

        Args:
            tier: the higher, the more pressing the words.
            category: only used when details are wanted.
            at: when it was raised, seconds since 1970; said in local time, as mail may be late.
            code: to give the companion, or empty.
            link: to open, or empty.
            repeat: an earlier try may have arrived.
            reminder: the contact was told before and nobody answered.
        """
        words = self.tree["urgency"][str(min(max(tier, 2), 4))]
        lines = [self.tree["repeat"]] if repeat else []
        if reminder:
            lines.append(self.tree["reminder"])
        lines.append(words["body"])
        if self.details and (detail := self.tree["details"].get(category)):
            lines.append(detail)
        if link:
            lines.append(self.tree["link"])
        if code:
            lines.append(self.tree["also_code" if link else "code"])
        lines.append(self.tree["hours"])
        title = f"{words['title']} {self.tree['repeat']}" if repeat else words["title"]
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
        fill = {"code": code, "link": link, "when": when}
        return Message(self.fill(title), "\n\n".join(self.fill(x, **fill) for x in lines), tier)

    def test(self) -> Message:
        """Return a message that says it is a test."""
        words = self.tree["test"]
        return Message(self.fill(words["title"]), self.fill(words["body"]), 2)

    def news(self, kind: str, category: str, contact: str = "") -> str:
        """Return what the voice says to the owner."""
        table = self.tree["news"]
        chosen = table["discreet"] if discreet(category) else table
        return self.fill(chosen[kind], contact=contact)

    def page(self, key: str) -> str:
        """Return a text of the acknowledgement page."""
        return self.fill(self.tree["page"][key])

    def fill(self, text: str, **more: str) -> str:
        """Fill in the names."""
        return text.format(companion=self.companion, person=self.person, **more)


def load_words(
    language: str, companion: str, person: str | None, *, details: bool = False
) -> Words:
    """Read the texts of a language, English where it has none.

    Args:
        language: ISO code, such as ``en``.
        companion: what the companion is called.
        person: what the owner is called, or None.
        details: whether messages say in plain words what kind of thing happened.

    Raises:
        SafetyError: the file has a mistake; a trial of every text is made at once, so that no
            alert fails on it.
    """
    tree = _read(language)
    try:
        who = person or tree["somebody"].format(companion=companion)
        words = Words(tree, companion, who, Kin.read(tree["relations"]), details)
        for category in ("", *tree["details"]):
            for tier in (2, 3, 4):
                for link in ("", "x"):
                    words.alert(tier, category, at=0, code="1", link=link, repeat=True)
        words.test()
        for key in tree["page"]:
            words.page(key)
        if set(tree["news"]["discreet"]) != set(tree["news"]) - {"discreet"}:
            raise SafetyError(f"alerts.toml ({language}): [news] and [news.discreet] differ")
        for key in tree["news"]["discreet"]:
            words.news(key, "")
            words.news(key, "abuse")
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        text = f"alerts.toml ({language}): a text is missing or has a wrong {{name}}: {error}"
        raise SafetyError(text) from error
    return words


@cache
def _read(language: str) -> dict[str, Any]:
    prompts = data_dir("prompts")
    path = prompts / language / "alerts.toml"
    if not path.is_file():
        path = prompts / "en" / "alerts.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SafetyError(f"cannot read {path}: {error}") from error
