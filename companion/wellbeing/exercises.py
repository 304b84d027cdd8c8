"""Small exercises for the feelings, for those who ask or accept; nothing said in them is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from companion.domain import Exchange, ReplyPart, Tone
from companion.errors import WellbeingError
from companion.patterns import Patterns, normalise
from companion.wellbeing.replies import ReplyEar, Said
from companion.wellbeing.texts import Section, prompt_path, read, spoken

Lines = tuple[str, ...]


class FeelingWord(Section):
    """What is answered to a word for a feeling."""

    heard: Lines = Field(min_length=1)
    reply: Lines = Field(min_length=1)


class Step(Section):
    """One thing to do; the answer may be anything."""

    text: Lines
    """Said before; empty where the words after the last step ask already."""
    after: Lines
    """Said after the answer."""
    silent_ok: bool = False
    """Silence is an answer here: the eyes look around."""
    feelings: tuple[FeelingWord, ...] = ()


class Exercise(Section):
    """An exercise with its evidence."""

    name: str
    title: str
    source: str = Field(min_length=20)
    asks: Lines = Field(min_length=1)
    """Patterns of what somebody says who wants it."""
    offer: Lines = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    close: Lines = Field(min_length=1)


class ExerciseTexts(Section):
    """What is said around every exercise."""

    declined: Lines
    again: Lines
    stopped: Lines
    take_your_time: Lines
    faded: Lines


def _no_danger(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ExerciseTalk:
    """Waits for the next answer; pure. It can be broken off at any time."""

    exercise: Exercise
    texts: ExerciseTexts
    ear: ReplyEar
    is_danger: Callable[[str], bool] = _no_danger
    step: int = -1
    """-1 while it is only offered."""
    silent: bool = False
    asked_back: bool = False

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Return the next step, or None when the words are not meant for it."""
        if self.is_danger(text):
            return None
        wish = self.ear.wish(text)
        if wish is Said.OTHER:
            return None
        if wish is Said.STOP:
            return Exchange(spoken(self.texts.stopped))
        if wish is Said.REPEAT:
            return Exchange(self._asked(), then=self)
        if self.step < 0:
            return self._hear_offer(text)
        return self._next(() if wish is Said.SKIP else self._reaction(text))

    def unheard(self, now: datetime) -> Exchange | None:
        """Return the next step where silence is fine, a gentle repeat once, then an end."""
        if self.step < 0:
            return None
        if self._now.silent_ok and not self.silent:
            return replace(self, silent=True)._next(())
        if not self.silent:
            again = replace(self, silent=True)
            return Exchange(spoken(self.texts.take_your_time) + self._asked(), then=again)
        return Exchange(spoken(self.texts.faded, tone=Tone.CALM))

    @property
    def _now(self) -> Step:
        return self.exercise.steps[self.step]

    def _hear_offer(self, text: str) -> Exchange | None:
        answer = self.ear.consent(text)
        if answer is Said.YES:
            return self.begin()
        if answer is Said.NO or self.asked_back:
            return Exchange(spoken(self.texts.declined))
        return Exchange(spoken(self.texts.again), then=replace(self, asked_back=True))

    def begin(self) -> Exchange:
        """Return the first step, for who asked for the exercise."""
        first = replace(self, step=0, asked_back=False)
        return Exchange(first._asked(), then=first)

    def _asked(self) -> tuple[ReplyPart, ...]:
        if self.step < 0:
            return spoken(self.exercise.offer)
        before = self.exercise.steps[self.step - 1].after if self.step else ()
        return spoken(self._now.text or before, tone=Tone.CALM)

    def _reaction(self, text: str) -> tuple[ReplyPart, ...]:
        feelings = self._now.feelings
        named = self.ear.spotter({n: one.heard for n, one in enumerate(feelings)})
        found = named.spot(normalise(text))
        return spoken(feelings[found].reply if isinstance(found, int) else self._now.after)

    def _next(self, before: tuple[ReplyPart, ...]) -> Exchange:
        if self.step + 1 == len(self.exercise.steps):
            return Exchange(before + spoken(self.exercise.close, tone=Tone.CALM))
        following = replace(self, step=self.step + 1, silent=self.silent and not before)
        asked = following._asked() if following._now.text or not before else ()
        return Exchange(before + asked, then=following)


def find_exercise(text: str, exercises: Sequence[Exercise]) -> Exercise | None:
    """Return the exercise somebody asks for, or None."""
    said = normalise(text)
    return next((one for one in exercises if Patterns(one.asks, {}).find(said)), None)


@lru_cache
def load_exercises(language: str = "en", folder: Path | None = None) -> tuple[Exercise, ...]:
    """Read all exercises, by name.

    Raises:
        WellbeingError: a file has a mistake.
    """
    folder = folder or prompt_path(language, "exercises")
    found = []
    for path in sorted(folder.glob("*.toml")):
        exercise = read(Exercise, path)
        if exercise.name != path.stem:
            raise WellbeingError(f"{path}: 'name' must be {path.stem}")
        first, *rest = exercise.steps
        if not first.text or any(
            not step.text and not exercise.steps[n].after for n, step in enumerate(rest)
        ):
            raise WellbeingError(f"{path}: 'steps': a step asks for nothing")
        try:
            for patterns in (exercise.asks, *(f.heard for s in exercise.steps for f in s.feelings)):
                Patterns(patterns, {})
        except ValueError as error:
            raise WellbeingError(f"{path}: {error}") from error
        found.append(exercise)
    return tuple(found)


@lru_cache
def load_exercise_texts(language: str = "en", path: Path | None = None) -> ExerciseTexts:
    """Read ``exercise_talk.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    return read(ExerciseTexts, path or prompt_path(language, "exercise_talk.toml"))


__all__ = ["Exercise", "ExerciseTalk", "find_exercise", "load_exercise_texts", "load_exercises"]
