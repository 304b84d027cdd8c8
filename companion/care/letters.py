"""What is sent to family beside alerts: the words of prompts/<lang>/evening.toml, filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, Protocol

from companion.errors import ConfigError
from companion.resources import data_dir
from companion.safety.alerts.messages import Message

_TIER: Final = 1
"""The quietest way a channel knows."""


class DailySummary(Protocol):
    """The half-page of one day, as ``wellbeing`` writes it."""

    @property
    def day(self) -> date:
        """The local day it is about."""
        ...

    @property
    def short(self) -> str:
        """One sentence."""
        ...

    @property
    def lines(self) -> Sequence[str]:
        """The sentences the person let pass."""
        ...

    @property
    def safety(self) -> Sequence[str]:
        """Sentences on safety events; they cannot be struck."""
        ...


@dataclass(frozen=True, slots=True)
class Letters:
    """The texts of one language, with the names filled in."""

    tree: Mapping[str, Any]
    companion: str
    person: str
    link: str | None = None
    """Where the dashboard is; it must not say anything by itself."""

    def ready(self, *, repeat: bool = False) -> Message:
        """Return the letter that says only that there is a summary."""
        words = self.tree["summary"]
        last = words["link"] if self.link else words["no_link"]
        return self._message(words["title"], [words["body"], last], repeat)

    def full(self, summary: DailySummary, *, repeat: bool = False) -> Message:
        """Return the letter with the whole summary; safety comes first."""
        words = self.tree["summary"]
        parts = []
        if summary.safety:
            parts.append("\n".join([self._fill(words["safety"]), *map(_dash, summary.safety)]))
        parts.append(summary.short)
        if summary.lines:
            parts.append("\n".join(map(_dash, summary.lines)))
        if self.link:
            parts.append(self._fill(words["link"]))
        title = f"{self._fill(words['title'])} ({summary.day.isoformat()})"
        return self._finished(title, [part for part in parts if part], repeat)

    def message(self, words: str, *, repeat: bool = False) -> Message:
        """Return a message that the owner asked to be sent."""
        tree = self.tree["message"]
        return self._message(tree["title"], [tree["body"], tree["signed"]], repeat, words=words)

    def _message(self, title: str, parts: Sequence[str], repeat: bool, **more: str) -> Message:
        filled = [self._fill(part, **more) for part in parts]
        return self._finished(self._fill(title), filled, repeat)

    def _finished(self, title: str, parts: Sequence[str], repeat: bool) -> Message:
        again = [self.tree["repeat"]] if repeat else []
        return Message(" ".join([title, *again]), "\n\n".join([*again, *parts]), _TIER)

    def _fill(self, text: str, **more: str) -> str:
        return text.format(
            companion=self.companion, person=self.person, link=self.link or "", **more
        )


def load_letters(
    language: str, companion: str, person: str | None, link: str | None = None
) -> Letters:
    """Read the texts of a language, English where it has none.

    Args:
        language: ISO code, such as ``en``.
        companion: what the companion is called.
        person: what the owner is called, or None.
        link: address of the dashboard, or None.

    Raises:
        ConfigError: the file has a mistake; every text is tried at once.
    """
    tree = _read(language)
    try:
        who = person or str(tree["somebody"]).format(companion=companion)
        for address in (None, link or "x"):
            trial = Letters(tree, companion, who, address)
            trial.ready(repeat=True)
            trial.message("x")
            tree["summary"]["safety"].format(companion=companion, person=who)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"evening.toml ({language}): a text is missing or has a wrong {{name}}: {error}"
        ) from error
    return Letters(tree, companion, who, link)


def _dash(line: str) -> str:
    return f"- {line}"


@cache
def _read(language: str) -> dict[str, Any]:
    prompts = data_dir("prompts")
    path = prompts / language / "evening.toml"
    if not path.is_file():
        path = prompts / "en" / "evening.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
