"""A decent reply without a language model.

It recognises what kind of thing was said and answers with one of a few true, plain sentences
that carry the person's own words; where nothing is recognised it turns their sentence round,
names what they spoke of, or listens. Everything it can say is in ``prompts/<language>/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from companion.domain import Stance, Tone
from companion.mind.acts import ActEar, Acts
from companion.mind.listening import Listener
from companion.mind.moods import MoodEar
from companion.mind.prompts import Mood, Prompts, Rule
from companion.mind.sums import Sums
from companion.mind.wording import pick
from companion.patterns import Match, Patterns, normalise

_OWNED = ("pet", "plant", "family", "friend", "carer", "thing", "home", "body", "food")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the fallback would say."""

    text: str
    rule: str
    """Name of the rule, ``clock``, ``sums``, ``reflection``, ``about``, ``unknown`` or
    ``generic``."""
    plain: bool = False
    tone: Tone = Tone.WARM

    @property
    def specific(self) -> bool:
        """Whether it knows what it is talking about."""
        return self.rule != "generic"


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    found: Patterns
    against: Patterns
    after: Patterns | None


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
        self._rules = [self._compile(rule, lists) for rule in data.rule]
        clock = data.clock
        self._clock = (
            (Patterns(clock.date_patterns, lists), clock.date),
            (Patterns(clock.day_patterns, lists), clock.day),
            (Patterns(clock.time_patterns, lists), clock.time),
        )
        self._clock_not = Patterns(clock.time_not, lists)
        self._acts = ActEar(prompts.acts)
        self._moods = MoodEar(lists, data.negation)
        self._sums = Sums(prompts.sums)
        self._listener = Listener(prompts)
        self._mine = frozenset(lists["mine"])
        self._parts = clock.parts

    def _compile(self, rule: Rule, lists: Mapping[str, Sequence[str]]) -> _Compiled:
        def named(patterns: Sequence[str]) -> list[str]:
            return [p.replace("{name}", self._name.lower()) for p in patterns]

        return _Compiled(
            rule,
            Patterns(named(rule.patterns), lists),
            Patterns(named(rule.not_), lists),
            Patterns(rule.after, lists) if rule.after else None,
        )

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
        if (told := self._tell_time(said)) is not None:
            return Answer(told, "clock", plain=True)
        acts = self._acts.hear(text)
        if acts.asks and (result := self._sums.answer(acts.asked)) is not None:
            return Answer(result, "sums", plain=True)
        mood = self._moods.mood(acts.told, stance)
        for known in self._rules:
            rule = known.rule
            if rule.mood and rule.mood != mood:
                continue
            if rule.mood_not and rule.mood_not == mood:
                continue
            if m := self._match(known, acts, recent):
                return self._say(rule, m, mood, said, recent)
        if acts.asks:
            reply = pick(self._generic["question"], {}, said, recent)
            return Answer(reply or "", "unknown")
        serious = self._moods.serious(acts.told) and self._is_mine(acts.told)
        kind, reply = self._listener.reply(acts, mood, serious=serious, recent=recent)
        return Answer(reply, kind)

    def more(self, recent: Sequence[str]) -> str:
        """Return an open question that keeps a talk going."""
        return pick(self._generic["more"], {}, "more", recent) or ""

    # -- rules ---------------------------------------------------------------------------

    def _match(self, known: _Compiled, acts: Acts, recent: Sequence[str]) -> Match | None:
        rule = known.rule
        words = acts.all.replace(".", "").split()
        if rule.garbled:
            return Match({}, 0) if _garbled(words) else None
        if rule.full is not None and len(words) > rule.full:
            return None
        if rule.after_question and not (recent and "?" in recent[-1]):
            return None
        if known.after and not (recent and known.after.find(normalise(recent[-1]))):
            return None
        text = acts.all
        if rule.act == "question":
            text = acts.asked if acts.asks else " "
        elif rule.act == "statement":
            text = " " if acts.asks else acts.told
        if rule.mine and not self._is_mine(text):
            return None
        return _found(known, text)

    def _is_mine(self, said: str) -> bool:
        return not self._mine.isdisjoint(said.split())

    def _say(
        self, rule: Rule, match: Match, mood: Mood | None, said: str, recent: Sequence[str]
    ) -> Answer:
        choices = {"good": rule.good, "bad": rule.bad}.get(mood or "", []) or rule.replies
        words = {"name": self._name, **match.kept}
        for kind in match.kept.keys() & set(_OWNED):
            owner = f" my {match.kept[kind]} " in said or f" our {match.kept[kind]} " in said
            words[f"the_{kind}"] = f"{'your' if owner else 'the'} {match.kept[kind]}"
            words[f"The_{kind}"] = words[f"the_{kind}"].capitalize()
        text = pick(choices, words, f"{rule.name} {said}", recent)
        if text is None:  # every reply wanted a word that was not there
            text = pick(self._generic["plain"], {}, rule.name, recent) or ""
        return Answer(text, rule.name, rule.plain, rule.tone)

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


def _found(known: _Compiled, said: str) -> Match | None:
    found = known.found.find(said)
    return found if found and not known.against.find(said) else None


def _garbled(words: Sequence[str]) -> bool:
    """Whether a transcript is no words at all, or one word over and over."""
    if not words:
        return True
    letters = sum(c.isalpha() for w in words for c in w)
    return letters < 2 or (len(words) >= 4 and len(set(words)) == 1)


__all__ = ["Answer", "Fallback"]
