"""What is said to a statement of which nothing more is understood.

Always true and always about what was said: the person's own sentence turned round, or the thing
they spoke of named, with a question that fits the time they spoke of; else plain listening.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from companion.mind.acts import Acts
from companion.mind.nouns import NounFinder
from companion.mind.prompts import Mood, Prompts, Tense
from companion.mind.reflect import Reflector
from companion.mind.wording import pick

Kind = Literal["reflection", "about", "generic"]
SHORT_WORD = 4
"""Letters; in "red" and "need" the ending is none."""
LONG_TELLING = 45
"""Words; more than this is a story, to which only listening fits."""


class Listener:
    """Replies in one language."""

    def __init__(self, prompts: Prompts) -> None:
        """Take the texts.

        Args:
            prompts: the language's texts.
        """
        self._generic = prompts.fallback.generic
        self._reflector = Reflector(prompts.fallback)
        words = prompts.words
        known = (words["family"], words["friend"], words["carer"], words["pet"], words["plant"])
        self._nouns = NounFinder(prompts.nouns, (w for group in known for w in group))
        self._tense = prompts.acts.tense

    def reply(
        self, acts: Acts, mood: Mood | None, *, serious: bool, recent: Sequence[str]
    ) -> tuple[Kind, str]:
        """Return a reply and how it was made.

        Args:
            acts: the utterance.
            mood: how it sounds.
            serious: whether it is something grave of their own.
            recent: the latest replies, oldest first.
        """
        tone = "serious" if serious else mood or "plain"
        if len(acts.told.split()) > LONG_TELLING:
            return "generic", self._pick(f"long_{tone}", {}, acts, recent)
        time = tense(acts.told, self._tense)
        turned = self._turned(acts)
        noun = next((n for s in acts.sentences if (n := self._nouns.find(s))), None)
        if turned and noun:  # by turns, so that neither becomes a manner
            turned, noun = (None, noun) if len(recent) % 2 else (turned, None)
        if turned:
            words = {"you_said": turned, "you_said_low": turned[0].lower() + turned[1:]}
            return "reflection", self._pick(self._frame("reflect", tone, time), words, acts, recent)
        if noun:
            words = {"it": noun, "It": noun[0].upper() + noun[1:]}
            return "about", self._pick(self._frame("about", tone, time), words, acts, recent)
        return "generic", self._pick(self._frame("", tone, time), {}, acts, recent)

    def _turned(self, acts: Acts) -> str | None:
        if len(acts.sentences) != 1:
            return None
        return self._reflector.reflect(acts.sentences[0])

    def _frame(self, way: str, tone: str, time: str) -> str:
        """Return the most fitting of the frames that the language has."""
        names = (f"{way}_{tone}_{time}", f"{way}_{tone}")
        return next(n.lstrip("_") for n in names if n.lstrip("_") in self._generic)

    def _pick(self, frame: str, words: dict[str, str], acts: Acts, recent: Sequence[str]) -> str:
        return pick(self._generic[frame], words, acts.told, recent) or ""


def tense(said: str, words: Tense) -> str:
    """Return the time a normalised text speaks of: ``long_past``, ``past``, ``future``, ``now``."""
    if any(f" {w} " in said for w in words.long_past):
        return "long_past"
    if any(f" {w} " in said for w in words.future):
        return "future"
    if any(f" {w} " in said for w in words.present):
        return "now"
    if any(f" {w} " in said for w in words.past):
        return "past"
    endings = tuple(w[1:] for w in words.past if w.startswith("*"))
    if not any(f" {w} " in said for w in words.now) and any(
        w.endswith(endings) and len(w) > SHORT_WORD for w in said.split()
    ):
        return "past"
    return "now"


__all__ = ["Kind", "Listener", "tense"]
