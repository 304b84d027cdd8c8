"""What the skills say, and small questions of wording."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from companion.domain import ReplyPart, Tone
from companion.errors import MindError
from companion.reading import read_toml
from companion.resources import data_dir

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SkillTexts:
    """The texts of one language, out of ``skills/say.toml``."""

    tree: Mapping[str, Any]
    path: Path
    name: str | None = None
    """What the person is called."""

    def say(
        self, table: str, key: str, now: datetime | None = None, tone: Tone = Tone.WARM, **fill: str
    ) -> tuple[ReplyPart, ...]:
        """Return what is said on an occasion.

        Args:
            table: of the file.
            key: in it.
            now: chooses between several ways to say it, so that it varies.
            tone: of the voice.
            **fill: what goes into the gaps.

        Raises:
            MindError: there is no such text, or it has another gap.
        """
        try:
            found = self.tree[table][key]
            if isinstance(found, str):
                found = [found]
            elif found and isinstance(found[0], list):
                turn = int(now.timestamp() // 60) if now is not None else 0
                found = found[turn % len(found)]
            values = {"name": f", {self.name}" if self.name else "", **fill}
            lines = [str(line).format_map(values) for line in found]
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise MindError(f"{self.path}: [{table}] {key}: {error}") from error
        return tuple(ReplyPart(_capital(line), "skill", tone=tone) for line in lines)

    def line(self, table: str, key: str, **fill: str) -> str:
        """Return one line."""
        return str(self.tree[table][key]).format_map(fill)

    def several(self, table: str, key: str) -> Sequence[Lines]:
        """Return all ways to say something."""
        return [tuple(one) for one in self.tree[table][key]]

    def turned(self, words: str, original: str = "") -> str:
        """Return words as they are said back to the person: "my pills" is "your pills".

        Args:
            words: without capitals and signs.
            original: the sentence they come from, whose capitals are kept.
        """
        flip = self.tree["flip"]
        capital = {
            word.lower().replace("’", "'"): word
            for word in re.findall(r"[^\s.,!?;:\"]+", original)[1:]
            if word[:1].isupper()
        }
        return " ".join(flip.get(word) or capital.get(word, word) for word in words.split())

    def to_do(self, text: str) -> str:
        """Return a reminder after "remind you": "to take your pill", "of your eye drops"."""
        return self._linked(text, "of")

    def time_for(self, text: str) -> str:
        """Return a reminder after "it is time": "to take your pill", "for your eye drops"."""
        return self._linked(text, "for")

    def kind(self, text: str) -> str:
        """Return what sort of reminder words are: medicine, appointment or other."""
        padded = f" {text.lower()} "
        first = text.lower().split(maxsplit=1)[:1]
        verbs = self.tree["verbs"]
        doing = bool(first) and first[0] in verbs["words"] and first[0] not in verbs["going"]
        for kind, words in self.tree["kinds"].items():
            # "Ring the doctor" is something to do, and no appointment.
            if any(f" {word} " in padded for word in words) and not (
                doing and kind == "appointment"
            ):
                return str(kind)
        return "other"

    def _linked(self, text: str, noun: str) -> str:
        verbs = self.tree["verbs"]
        first = text.split(maxsplit=1)[0].lower() if text.split() else ""
        if first == "to":
            return text
        return self.line("verbs", "to" if first in verbs["words"] else noun, text=text)


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


@lru_cache
def load_skill_texts(language: str = "en", name: str | None = None) -> SkillTexts:
    """Read ``skills/say.toml``.

    Raises:
        MindError: the file is missing or is not TOML.
    """
    path = data_dir("prompts") / language / "skills" / "say.toml"
    return SkillTexts(read_toml(path, MindError), path, name)


__all__ = ["SkillTexts", "load_skill_texts"]
