"""Spoken controls of the voice, recognised without the language model."""

from __future__ import annotations

from companion.domain import Control
from companion.mind.mending import smooth
from companion.mind.prompts import Prompts
from companion.patterns import Patterns, normalise

LONGEST = 14
"""Words; anything longer is talk."""


class CommandEar:
    """Recognises a command that is the whole of what was said."""

    def __init__(self, prompts: Prompts) -> None:
        data = prompts.commands
        name = prompts.name.lower()
        self._before = _padded(data.before, name)
        self._after = _padded(data.after, name)
        self._patterns = {
            control: Patterns(phrases, prompts.words, whole=True)
            for control, phrases in data.patterns.items()
        }
        self.replies = data.replies
        self._fillers = tuple(data.fillers)

    def recognise(self, text: str) -> Control | None:
        """Return the command, or None when this is talk."""
        words = [w for w in normalise(text).split() if w != "."]
        if not words or len(words) > LONGEST:
            return None
        said = " ".join(words)
        for candidate in dict.fromkeys(
            [*self._stripped(said), *self._stripped(smooth(said, self._fillers))]
        ):
            for control, patterns in self._patterns.items():
                if patterns.find(f" {candidate} "):
                    return control
        return None

    def _stripped(self, text: str) -> list[str]:
        """Return the text, and the text without polite words at its ends."""
        found = [text]
        for candidate in found:  # grows while it is walked
            for opener in self._before:
                if candidate.startswith(opener + " "):
                    found.append(candidate[len(opener) + 1 :])
            for closer in self._after:
                if candidate.endswith(" " + closer):
                    found.append(candidate[: -len(closer) - 1])
        return found


def _padded(words: list[str], name: str) -> list[str]:
    return sorted({w.replace("{name}", name) for w in words}, key=len, reverse=True)


__all__ = ["CommandEar"]
