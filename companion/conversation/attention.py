"""Does the companion feel addressed? A pure machine over time and transcripts."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["always", "name", "wakeword", "push"]

_LIKENESS: Final = 0.8
"""How alike a heard word must be to the name: difflib ratio on a phonetic key. "Rosy", "Rosey"
and "Rosies" pass, "roses", "nosy" and "cosy" do not (tests/conversation/test_attention.py)."""

_LIKENESS_VOCATIVE: Final = 0.75
"""The same when punctuation sets the word apart, as in "Rose, can you hear me?"."""

_GREETINGS: Final = frozenset(
    {"good", "morning", "evening", "afternoon", "night", "hello", "hi", "goodbye", "bye"}
)
"""Lead words that mean something themselves and are kept."""

_LEAD_WORDS: Final = _GREETINGS | frozenset(
    [
        "hey",
        "hallo",
        "ok",
        "okay",
        "oh",
        "ah",
        "dear",
        "so",
        "well",
        "um",
        "uh",
        "excuse",
        "me",
        "listen",
        "please",
        "thank",
        "thanks",
        "you",
    ]
)
"""Words that may stand before the name in a call."""

_MAX_LEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whether an utterance is for the companion."""

    yes: bool
    text: str
    """The utterance without the call; empty when only the name was said."""
    called: bool = False
    """The name, wakeword or button was used in this very utterance."""


class Attention:
    """Engaged or not; in ``always`` mode always engaged.

    It engages by name, wakeword or push, and disengages after ``engaged_s`` of silence, counted
    from the last time either side spoke.
    """

    def __init__(
        self, mode: Mode, name: str, *, aliases: tuple[str, ...] = (), engaged_s: float = 45.0
    ) -> None:
        self.mode: Mode = mode
        self._names = tuple(_key(n) for n in (name, *aliases))
        self._engaged_s = engaged_s
        self._until: float | None = None

    @property
    def engaged(self) -> bool:
        """Whether it feels addressed now."""
        return self.mode == "always" or self._until is not None

    @property
    def deaf(self) -> bool:
        """Whether speech need not even be transcribed: only a wakeword or a push engages."""
        return self.mode in ("wakeword", "push") and not self.engaged

    def engage(self, t: float) -> bool:
        """Engage at ``t`` (wakeword, push, or anything said in a running talk).

        Returns:
            Whether that is a change.
        """
        changed = not self.engaged
        self._until = t + self._engaged_s
        return changed

    def keep(self, t: float) -> None:
        """Note that either side spoke at ``t``; counts only while engaged."""
        if self._until is not None:
            self._until = max(self._until, t + self._engaged_s)

    def disengage(self) -> None:
        """Stop feeling addressed at once."""
        self._until = None

    def tick(self, t: float) -> bool:
        """Return True once when the silence has lasted long enough to disengage."""
        if self.mode != "always" and self._until is not None and t >= self._until:
            self._until = None
            return True
        return False

    def judge(self, text: str) -> Addressed:
        """Decide whether an utterance, given as its transcript, is meant for the companion."""
        rest = self.without_name(text)
        if rest is not None:
            return Addressed(self.mode in ("always", "name") or self.engaged, rest, called=True)
        return Addressed(self.engaged, text)

    def without_name(self, text: str) -> str | None:
        """Return the text without a call by name at its start or end, or None without a call."""
        words = text.split()
        for index, word in enumerate(words[: _MAX_LEAD + 1]):
            if self._is_name(word):
                lead = words[:index]
                rest = words[index + 1 :]
                if any(_bare(w) in _GREETINGS for w in lead):
                    rest = [" ".join(lead).rstrip(",") + ",", *rest] if rest else lead
                return _tidy(" ".join(rest))
            if _bare(word) not in _LEAD_WORDS:
                break
        # At the end only as a vocative: "Are you there, Rosie?", not "I saw Rosie".
        if len(words) > 1 and words[-2].endswith(",") and self._is_name(words[-1]):
            mark = words[-1][-1] if words[-1][-1] in ".?!" else ""
            return _tidy(" ".join(words[:-1]).rstrip(",") + mark)
        return None

    def _is_name(self, word: str) -> bool:
        vocative = word[-1:] in ",.!?"
        return any(_alike(_key(word), name, vocative=vocative) for name in self._names)


def _bare(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.lower())
    return re.sub(r"[^\w]", "", plain)


def _key(word: str) -> str:
    """Fold what Whisper spells one way or another: rosie, rosy, rosey -> rosi."""
    bare = re.sub(r"['’]s\b", "", word.lower())
    bare = _bare(bare)
    bare = re.sub(r"(ie|ey|ee|y|i)$", "i", bare)
    bare = re.sub(r"z", "s", bare)
    bare = re.sub(r"(c)(?=[ei])", "s", bare)
    bare = re.sub(r"ph", "f", bare)
    return re.sub(r"(.)\1+", r"\1", bare)


def _alike(heard: str, name: str, *, vocative: bool) -> bool:
    if heard == name:
        return bool(name)
    if len(name) <= 3 or heard[:1] != name[0]:
        return False
    ratio = difflib.SequenceMatcher(None, heard, name).ratio()
    return ratio >= (_LIKENESS_VOCATIVE if vocative else _LIKENESS)


def _tidy(text: str) -> str:
    text = text.strip(" ,;:-")
    if not re.search(r"\w", text):
        return ""
    return text[:1].upper() + text[1:]
