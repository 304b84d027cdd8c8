"""Sentence templates (hassil): what is asked of the skills, however it is wrapped up politely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from companion.errors import MindError
from companion.mind.skills.texts import SkillTexts, load_skill_texts
from companion.mind.skills.when import Times, When, load_times
from companion.resources import data_dir

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList

LONGEST: Final = 28
"""Words of a sentence; a longer one tells something."""
_POLITE_MOST: Final = 4
"""Polite words taken off each end."""
_ENDS: Final = re.compile(r"(?<=[a-z0-9'\"][a-z0-9'\"])[.!?…]+\s+|\s[-–—]+\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meant:
    """What one sentence asks for."""

    intent: str
    when: When
    slots: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    """The sentence as it was heard."""
    rest: str = ""
    """Its words without the time and what is polite."""

    def slot(self, name: str) -> str:
        """Return what was said in a gap; empty when it was not."""
        return self.slots.get(name, "").strip()

    def verbatim(self, name: str) -> str:
        """Return what was said in a gap as it was written down, with capitals and signs."""
        words = [re.escape(word) for word in self.slot(name).split()]
        if not words:
            return ""
        found = re.search(r"\W+".join(words), self.text.replace("’", "'"), re.IGNORECASE)
        return found.group() if found else self.slot(name)


class Sentences:
    """Recognises requests in one language; the first template that fits wins."""

    def __init__(
        self, intents: Intents, texts: SkillTexts, times: Times, companion: str = ""
    ) -> None:
        self._intents = intents
        self.texts = texts
        self.times = times
        polite = texts.tree["polite"]
        self._before = _longest_first(polite["before"], companion)
        self._after = _longest_first(polite["after"], companion)

    def read(self, text: str, now: datetime, people: Sequence[str] = ()) -> Iterator[Meant]:
        """Yield what may be meant, the whole utterance first, then its last sentences.

        Args:
            text: as it was heard.
            now: with the person's time zone.
            people: names and roles of those a message may go to.
        """
        from hassil.intents import TextSlotList

        words = [(self.times.words(one), one) for one in people] or [("nobody at all", "")]
        lists: dict[str, SlotList] = {"person": TextSlotList.from_tuples(words)}
        said = [one for one in _ENDS.split(text) if one.strip()]
        seen = set()
        for sentence in [text, *reversed(said)]:
            if sentence not in seen:
                seen.add(sentence)
                yield from self._read(sentence, now, lists)

    def _read(self, sentence: str, now: datetime, lists: dict[str, SlotList]) -> Iterator[Meant]:
        from hassil.recognize import recognize_all

        words = self.times.words(sentence)
        if not 0 < len(words.split()) <= LONGEST:
            return
        whole = self._bare(words)
        when, rest = self.times.take(words, now)
        # The barest first, so that "please" does not end up in a gap.
        tried = [(one, when) for one in reversed(self._bare(rest))] if when.said else []
        tried += [(one, When()) for one in reversed(whole)]
        for candidate, meant in tried:
            found = [
                Meant(
                    one.intent.name,
                    meant,
                    {name: str(entity.value) for name, entity in one.entities.items()},
                    sentence,
                    candidate,
                )
                for one in recognize_all(candidate, self._intents, lists)
            ]
            # Of several readings the one that leaves least to a gap.
            found.sort(key=lambda one: sum(len(word) for word in one.slots.values()))
            yield from found

    def _bare(self, words: str) -> list[str]:
        """Return the words, and the words without what is polite at their ends."""
        found = [words]
        for _ in range(_POLITE_MOST):
            now = found[-1]
            for opener in self._before:
                if now.startswith(f"{opener} "):
                    now = now[len(opener) + 1 :]
                    break
            for closer in self._after:
                if now.endswith(f" {closer}"):
                    now = now[: -len(closer) - 1]
                    break
            if now == found[-1]:
                break
            found.append(now)
        return found


def _longest_first(words: Sequence[str], companion: str) -> list[str]:
    named = {word.replace("{name}", companion.lower()) for word in words}
    return sorted(named - {""}, key=len, reverse=True)


@lru_cache
def load_sentences(
    language: str = "en", person: str | None = None, companion: str = ""
) -> Sentences:
    """Read ``skills/sentences.yaml``, ``say.toml`` and ``when.toml``.

    Args:
        language: ISO code.
        person: what the person is called.
        companion: what the companion is called.

    Raises:
        MindError: a file is missing or has a mistake.
    """
    from hassil.intents import Intents

    path = data_dir("prompts") / language / "skills" / "sentences.yaml"
    try:
        intents = Intents.from_dict(yaml.safe_load(path.read_text(encoding="utf-8")))
        # Templates are parsed at their first use: a mistake is to be seen now.
        for intent in intents.intents.values():
            for data in intent.data:
                _ = data.sentences
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MindError(f"cannot read {path}: {error}") from error
    except Exception as error:
        # hassil raises errors of several kinds, some of them bare.
        raise MindError(f"{path} has a mistake: {error}") from error
    return Sentences(intents, load_skill_texts(language, person), load_times(language), companion)


__all__ = ["Meant", "Sentences", "load_sentences"]
