"""The check of a sentence before it is spoken.

Pure and fast. What is forbidden lies in ``prompts/<language>/checks.toml``; here are the checks
that need more than a pattern: form, length, loops, echoes, invented people, topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from companion.domain import Stance
from companion.mind.prompts import Prompts
from companion.patterns import Patterns, normalise

_PLAIN: Final = re.compile(r"^[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžẞß0-9 ,.!?'’;:…%£$€—–-]+$")
_NAME: Final = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")
MOST_DIGITS: Final = 4
"""A year or a price can be said; more digits are noise."""
FEWEST_WORDS: Final = 2
LOOP_WORDS: Final = 3
"""So many words in a row may not come twice in one sentence."""
ECHO_WORDS: Final = 5
"""So many of the person's words in a row, unturned, are an echo."""
STEM: Final = 4
"""Words that agree in so many first letters count as the same topic."""


class ReplyCheck:
    """Says what is wrong with a sentence."""

    def __init__(self, prompts: Prompts, *, strict: bool = True) -> None:
        """Compile.

        Args:
            prompts: the language's texts.
            strict: also check the topic and the nonsense that only small models write.
        """
        data = prompts.checks
        self._name = prompts.name.lower()
        self._strict = strict
        self._max_words = data.max_words
        self._patterns = [
            (check.name, Patterns(check.patterns, prompts.words), check.unless_said)
            for check in data.check
            if strict or not check.strict
        ]
        self._stop = set(data.stop_words)
        self._moods = Patterns(prompts.words["bad"], {}), Patterns(prompts.words["good"], {})
        self._sorry = Patterns(data.consoling, {})
        self._glad = Patterns(data.rejoicing, {})
        self._open = Patterns(data.open_replies, prompts.words)
        self._related = [set(group) for group in data.related]
        # "Is there a friend or family who ..." is asked of everybody.
        self._own = data.own
        self._people = set(prompts.words["family"]) | set(prompts.words["pet"])
        self._people -= {"family", "friend", "friends", "partner", "girls", "boys", "pet"}

    def failed(
        self,
        sentence: str,
        said: str,
        history: str = "",
        earlier: Sequence[str] = (),
        stance: Stance = Stance.LISTEN,
    ) -> tuple[str, ...]:
        """Return the names of the checks a sentence fails, empty when it may be spoken.

        Args:
            sentence: one sentence of a reply.
            said: what the person just said.
            history: everything said before, by both.
            earlier: the reply's earlier sentences and the latest replies.
            stance: how the reply should meet the person.
        """
        reply, heard = normalise(sentence), normalise(said)
        known = f"{heard}{normalise(history)}"
        failed = [
            name
            for name, patterns, unless_said in self._patterns
            if (m := patterns.found(reply)) and not (unless_said and f" {m} " in known)
        ]
        words = reply.replace(" .", "").split()
        tests = {
            "form": not self._plain(sentence),
            "length": not FEWEST_WORDS <= len(words) <= self._max_words,
            "loop": _loops(words) or any(normalise(e) == reply for e in earlier),
            "echo": _echoes(words, heard),
            "invented_person": self._invents(sentence, words, known),
            "wrong_mood": self._strict and self._wrong_mood(reply, heard),
            "wrong_stance": self._wrong_stance(reply, heard, stance),
            "asserts": self._strict and self._asserts(sentence, reply),
            "parrot": self._strict and self._parrots(words, heard),
            "off_topic": self._strict and not self._on_topic(reply, words, heard),
        }
        return (*failed, *(name for name, bad in tests.items() if bad))

    def _plain(self, sentence: str) -> bool:
        return (
            _PLAIN.match(sentence) is not None
            and sentence[0].isalpha()
            and sentence[-1] in ".!?…"
            and sum(c.isdigit() for c in sentence) <= MOST_DIGITS
            and not re.match(r"\w+:", sentence)
            and ("www" not in sentence and ".com" not in sentence)
        )

    def _invents(self, sentence: str, words: Sequence[str], known: str) -> bool:
        for before, word in zip(["", *words], words, strict=False):
            if word not in self._people:
                continue
            if word[:STEM] not in known:
                return True
            if before == "your" and not any(f" {o} {word[:STEM]}" in known for o in self._own):
                return True
        if not self._strict:
            return False
        names = {n.lower() for n in _NAME.findall(sentence)}
        return any(n != self._name and f" {n}" not in known for n in names)

    def _asserts(self, sentence: str, reply: str) -> bool:
        """Whether it states something: what a small model states is mostly not true."""
        return not sentence.endswith("?") and not (
            self._open.find(reply) or self._sorry.find(reply) or self._glad.find(reply)
        )

    def _parrots(self, words: Sequence[str], heard: str) -> bool:
        """Whether nothing is said that the person has not said."""
        new = {w for w in words if w not in self._stop and f" {w} " not in heard}
        return not new and not self._open.find(f" {' '.join(words)} . ")

    def _wrong_mood(self, reply: str, heard: str) -> bool:
        bad, good = (mood.find(heard) for mood in self._moods)
        if self._sorry.find(reply):
            return bad is None
        return bool(self._glad.find(reply)) and good is None

    def _wrong_stance(self, reply: str, heard: str, stance: Stance) -> bool:
        """Whether it rejoices with somebody low, or consoles somebody glad."""
        bad, good = (mood.find(heard) for mood in self._moods)
        if stance is Stance.LISTEN:
            return False
        if stance is Stance.CELEBRATE:
            return bad is None and self._sorry.find(reply) is not None
        return good is None and self._glad.find(reply) is not None

    def _on_topic(self, reply: str, words: Sequence[str], heard: str) -> bool:
        if self._open.find(reply):
            return True
        theirs = {w for w in heard.replace(" .", "").split() if w not in self._stop}
        ours = {w for w in words if w not in self._stop}
        if any(o[:STEM] == t[:STEM] for o in ours for t in theirs):
            return True
        return any(group & ours and group & theirs for group in self._related)


def _loops(words: Sequence[str]) -> bool:
    runs = [tuple(words[i : i + LOOP_WORDS]) for i in range(len(words) - LOOP_WORDS + 1)]
    return len(set(runs)) < len(runs) or any(
        a == b == c for a, b, c in zip(words, words[1:], words[2:], strict=False)
    )


def _echoes(words: Sequence[str], heard: str) -> bool:
    return any(
        f" {' '.join(words[i : i + ECHO_WORDS])} " in heard
        for i in range(len(words) - ECHO_WORDS + 1)
    ) or (bool(words) and words[0] in ("i", "my", "i'm", "i've") and _first(words, heard))


def _first(words: Sequence[str], heard: str) -> bool:
    """Whether the person's own experience comes back as the speaker's."""
    shared = [w for w in words[1:] if len(w) > STEM and f" {w} " in heard]
    return len(shared) >= 2


__all__ = ["ReplyCheck"]
