"""A decent reply without a language model.

It recognises what kind of thing was said and answers with one of a few true, plain sentences
that carry the person's own words; where nothing is recognised it turns their sentence round or
asks an open question. Everything it can say is in ``prompts/<language>/fallback.toml``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from companion.domain import Stance, Tone
from companion.mind.patterns import Match, Patterns, normalise
from companion.mind.prompts import Mood, Prompts, Rule, fill
from companion.mind.reflect import Reflector

NEGATION_REACH = 3
"""Words a "not" reaches forward."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the fallback would say."""

    text: str
    rule: str
    """Name of the rule, ``clock``, ``reflection`` or ``generic``."""
    urgent: bool = False
    plain: bool = False
    tone: Tone = Tone.WARM

    @property
    def specific(self) -> bool:
        """Whether it knows what it is talking about."""
        return self.rule != "generic"


class Fallback:
    """Answers from rules; pure but for the clock."""

    def __init__(self, prompts: Prompts, now: Callable[[], datetime] = datetime.now) -> None:
        """Compile the rules.

        Args:
            prompts: the language's texts.
            now: tells the time and date for questions about them.

        Raises:
            ValueError: a pattern names a list that is not there.
        """
        data, lists = prompts.fallback, prompts.words
        self._name = prompts.name
        self._now = now
        self._generic = data.generic
        self._rules = [
            (
                rule,
                Patterns(self._named(rule.patterns), lists),
                Patterns(self._named(rule.not_), lists),
            )
            for rule in data.rule
        ]
        clock = data.clock
        self._clock = (
            (Patterns(clock.date_patterns, lists), clock.date),
            (Patterns(clock.day_patterns, lists), clock.day),
            (Patterns(clock.time_patterns, lists), clock.time),
        )
        self._clock_not = Patterns(clock.time_not, lists)
        self._reflector = Reflector(data)
        self._moods: dict[Mood, Patterns] = {
            "good": Patterns(lists["good"], {}),
            "bad": Patterns(lists["bad"], {}),
        }
        self._negation = set(data.negation)
        self._question_words = set(data.question_words)
        self._parts = clock.parts
        self._things = {"pet", "plant"}

    def _named(self, patterns: Sequence[str]) -> list[str]:
        return [p.replace("{name}", self._name.lower()) for p in patterns]

    def answer(
        self, text: str, recent: Sequence[str] = (), stance: Stance = Stance.LISTEN
    ) -> Answer:
        """Answer an utterance.

        Args:
            text: the transcript.
            recent: the latest replies, oldest first; none of them is said again if possible.
            stance: tilts towards consoling or rejoicing.
        """
        said = normalise(text)
        for rule, patterns, against in self._rules:
            if rule.urgent and (m := self._match(rule, patterns, against, said, text, recent)):
                return self._say(rule, m, None, said, recent)
        if (told := self._tell_time(said)) is not None:
            return Answer(told, "clock", plain=True)
        mood = self._mood(said, stance)
        for rule, patterns, against in self._rules:
            if rule.urgent or (rule.mood and rule.mood != mood):
                continue
            if rule.mood_not and rule.mood_not == mood:
                continue
            if m := self._match(rule, patterns, against, said, text, recent):
                # Every other time, so that it does not become a manner.
                if rule.loose and len(recent) % 2 == 0:
                    turned = self._turn_round(text, mood, recent)
                    if turned is not None:
                        return turned
                return self._say(rule, m, mood, said, recent)
        return self._general(text, said, mood, recent)

    def more(self, recent: Sequence[str]) -> str:
        """Return an open question that keeps a talk going."""
        return self._pick(self._generic["more"], {}, "more", recent) or ""

    # -- rules ---------------------------------------------------------------------------

    def _match(
        self,
        rule: Rule,
        patterns: Patterns,
        against: Patterns,
        said: str,
        text: str,
        recent: Sequence[str],
    ) -> Match | None:
        words = said.replace(".", "").split()
        if rule.garbled:
            return Match({}, 0) if _garbled(words) else None
        if rule.full is not None and len(words) > rule.full:
            return None
        if rule.after_question and not (recent and "?" in recent[-1]):
            return None
        if rule.question and "?" not in text and not self._asks(words):
            return None
        found = patterns.find(said)
        return found if found and not against.find(said) else None

    def _say(
        self, rule: Rule, match: Match, mood: Mood | None, said: str, recent: Sequence[str]
    ) -> Answer:
        choices = {"good": rule.good, "bad": rule.bad}.get(mood or "", []) or rule.replies
        words = {"name": self._name, **match.kept}
        for kind in self._things & match.kept.keys():
            owner = f" my {match.kept[kind]} " in said or f" our {match.kept[kind]} " in said
            words[f"the_{kind}"] = f"{'your' if owner else 'the'} {match.kept[kind]}"
            words[f"The_{kind}"] = words[f"the_{kind}"].capitalize()
        text = self._pick(choices, words, rule.name, recent)
        if text is None:  # every reply wanted a word that was not there
            text = self._pick(self._generic["plain"], {}, rule.name, recent) or ""
        return Answer(text, rule.name, rule.urgent, rule.plain, rule.tone)

    def _pick(
        self, choices: Sequence[str], words: Mapping[str, str], key: str, recent: Sequence[str]
    ) -> str | None:
        filled = [t for c in choices if (t := fill(c, words)) is not None]
        if not filled:
            return None
        start = (len(recent) + zlib.crc32(f"{key} {sorted(words.items())}".encode())) % len(filled)
        order = filled[start:] + filled[:start]
        fresh = [t for t in order if not any(t in r for r in recent[-6:])]
        return fresh[0] if fresh else next((t for t in order if t not in recent[-1:]), order[0])

    def _asks(self, words: Sequence[str]) -> bool:
        return len(words) > 2 and words[0] in self._question_words

    # -- the clock -----------------------------------------------------------------------

    def _tell_time(self, said: str) -> str | None:
        if self._clock_not.find(said):
            return None
        for patterns, reply in self._clock:
            if patterns.find(said):
                now = self._now()
                return reply.format(
                    time=f"{now.hour % 12 or 12}:{now:%M} {self._part(now.hour)}",
                    day=f"{now:%A}",
                    date=f"{now.day} {now:%B %Y}",
                )
        return None

    def _part(self, hour: int) -> str:
        return self._parts[0 if hour < 12 else 1 if hour < 18 else 2]

    # -- when no rule fits ---------------------------------------------------------------

    def _mood(self, said: str, stance: Stance) -> Mood | None:
        weights = {mood: self._weigh(said, mood) for mood in self._moods}
        total = weights["good"] - weights["bad"]
        if total == 0:
            if stance in (Stance.COMFORT, Stance.CALM, Stance.STEADY):
                return "bad"
            return "good" if stance is Stance.CELEBRATE else None
        return "good" if total > 0 else "bad"

    def _weigh(self, said: str, mood: Mood) -> int:
        found = self._moods[mood].find(said)
        if found is None:
            return 0
        before = said[: found.start].rsplit(". ", 1)[-1].split()[-NEGATION_REACH:]
        if self._negation & set(before):
            # "Not nice" is bad, but "not bad" is hardly a reason to rejoice.
            return -1 if mood == "good" else 0
        return 2 if mood == "bad" else 1

    def _general(self, text: str, said: str, mood: Mood | None, recent: Sequence[str]) -> Answer:
        if "?" in text:
            replies = self._generic["question"]
            return Answer(self._pick(replies, {}, "question", recent) or "", "generic")
        if (turned := self._turn_round(text, mood, recent)) is not None:
            return turned
        reply = self._pick(self._generic[mood or "plain"], {}, said, recent)
        return Answer(reply or "", "generic")

    def _turn_round(self, text: str, mood: Mood | None, recent: Sequence[str]) -> Answer | None:
        turned = self._reflector.reflect(text)
        if turned is None:
            return None
        words = {"you_said": turned, "you_said_low": _lower_first(turned)}
        reply = self._pick(
            self._generic[f"reflect_{mood}" if mood else "reflect"], words, text, recent
        )
        return Answer(reply, "reflection") if reply else None


def _lower_first(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _garbled(words: Sequence[str]) -> bool:
    """Whether a transcript is no words at all, or one word over and over."""
    if not words:
        return True
    letters = sum(c.isalpha() for w in words for c in w)
    return letters < 2 or (len(words) >= 4 and len(set(words)) == 1)


__all__ = ["Answer", "Fallback"]
