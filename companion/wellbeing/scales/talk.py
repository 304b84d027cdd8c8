"""A scale asked by voice: consent, one question at a time, a kind end, sharing only if agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from companion.domain import Exchange, JsonObject, ReplyPart, Tone
from companion.wellbeing.replies import ReplyEar, Said
from companion.wellbeing.scales.answers import ScaleEar, scale_ear
from companion.wellbeing.scales.scale import Scale, Score, score
from companion.wellbeing.texts import Section, prompt_path, read, spoken

Note = Callable[[str, JsonObject, float], None]
"""Takes a kind of event, its data, and seconds since 1970; as ``Diary.note``."""
Phase = Literal["consent", "item", "share"]
Lines = tuple[str, ...]


class _Say(Section):
    offer: Lines
    offer_again: Lines
    declined: Lines
    options: Lines
    options_plain: Lines
    ready: Lines
    unclear: Lines
    unclear_plain: Lines
    told: Lines
    unsure: Lines
    why: Lines
    skipped: Lines
    left_out: Lines
    delicate: Lines
    take_your_time: Lines
    stopped: Lines
    faded: Lines
    thanks: Lines
    not_enough: Lines
    number_better: Lines
    number_worse: Lines
    no_diagnosis: Lines
    share: Lines
    share_again: Lines
    shared: Lines
    private: Lines
    who: str
    minute: str
    minutes: str


class ScaleTexts(Section):
    """What is said around the questions."""

    say: _Say


@lru_cache
def load_scale_texts(language: str = "en", path: Path | None = None) -> ScaleTexts:
    """Read ``scale_talk.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    return read(ScaleTexts, path or prompt_path(language, "scale_talk.toml"))


def never(_: str) -> bool:
    """Return that nothing is a danger: for where danger is screened before."""
    return False


@dataclass(frozen=True, slots=True)
class ScaleTalk:
    """Waits for the next answer; pure, each answer makes a new one.

    Nothing is kept unless the last question was reached; a talk broken off leaves no trace.
    """

    ear: ScaleEar
    texts: ScaleTexts
    note: Note
    is_danger: Callable[[str], bool] = never
    """Danger goes before any question: the talk gives way. It is screened before, too."""
    shared_with: str | None = None
    """Whom the summary is for, such as "your daughter"; None says so in general."""
    phase: Phase = "consent"
    answers: tuple[int | None, ...] = ()
    asked_back: bool = False
    silent: bool = False
    """Nobody answered the present question once."""

    @property
    def scale(self) -> Scale:
        """The scale that is asked."""
        return self.ear.scale

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Return what follows an answer, or None when the words are not meant for it."""
        if self.is_danger(text):
            return None
        wish = self.ear.wish(text)
        if wish is Said.OTHER:
            return None
        if wish is Said.WHY:
            return self._again(self.texts.say.why)
        if self.phase == "consent":
            return self._hear_consent(text, wish)
        if self.phase == "share":
            return self._hear_share(text, wish, now)
        return self._hear_answer(text, wish)

    def unheard(self, now: datetime) -> Exchange | None:
        """Return the question once more; after that an end that asks for nothing."""
        if self.phase == "consent":
            return None
        if self.phase == "share":
            return self._finish(False, now)
        if not self.silent:
            return replace(self, silent=True)._again(self.texts.say.take_your_time)
        return Exchange(self._part(self.texts.say.faded))

    def question(self) -> tuple[ReplyPart, ...]:
        """Return the present question as it is asked."""
        say = self.texts.say
        if self.phase == "consent":
            return self._part(say.offer)
        if self.phase == "share":
            return self._part(say.share)
        item = self.scale.items[len(self.answers)].text
        return (ReplyPart(item, "skill", tone=Tone.NEUTRAL),)

    def _hear_consent(self, text: str, wish: Said | None) -> Exchange | None:
        say = self.texts.say
        answer = self.ear.ear.consent(text)
        if wish in (Said.STOP, Said.SKIP) or answer is Said.NO:
            return Exchange(self._part(say.declined))
        if wish is Said.REPEAT:
            return self._again(())
        if answer is Said.YES:
            first = replace(self, phase="item", asked_back=False)
            intro = (ReplyPart(self.scale.intro, "skill", tone=Tone.NEUTRAL),)
            return Exchange(
                intro + self._options() + self._part(say.ready) + first.question(), then=first
            )
        if self.asked_back:
            return Exchange(self._part(say.declined))
        return Exchange(self._part(say.offer_again), then=replace(self, asked_back=True))

    def _hear_answer(self, text: str, wish: Said | None) -> Exchange:
        say = self.texts.say
        if wish is Said.STOP:
            return Exchange(self._part(say.stopped))
        if wish is Said.SKIP:
            return self._next(None, self._part(say.skipped))
        if wish is Said.OPTIONS:
            return Exchange(self._options() + self.question(), then=self)
        if wish is Said.REPEAT:
            return Exchange(self.question() + self._options(), then=self)
        option = self.ear.option(text)
        if option is not None:
            item = self.scale.items[len(self.answers)]
            counts = self.scale.points(len(self.answers), option.value) > 0
            kind = self._part(say.delicate, Tone.CONCERNED) if item.delicate and counts else ()
            return self._next(option.value, kind)
        if self.asked_back:
            return self._next(None, self._part(say.left_out))
        if wish is Said.UNSURE:
            back = say.unsure
        elif len(text.split()) > 8:
            back = say.told
        else:
            back = say.unclear if self.scale.numbered else say.unclear_plain
        return Exchange(self._part(back), then=replace(self, asked_back=True))

    def _next(self, value: int | None, before: tuple[ReplyPart, ...]) -> Exchange:
        say = self.texts.say
        answers = (*self.answers, value)
        after = replace(self, answers=answers, asked_back=False, silent=False)
        if len(answers) < len(self.scale.items):
            return Exchange(before + after.question(), then=after)
        result = score(self.scale, answers)
        parts = before + self._part(say.thanks)
        if result.value is None:
            return Exchange(parts + self._part(say.not_enough))
        after = replace(after, phase="share")
        return Exchange(parts + told(self.scale, self.texts, result) + after.question(), then=after)

    def _hear_share(self, text: str, wish: Said | None, now: datetime) -> Exchange:
        if wish is Said.REPEAT:
            return self._again(())
        answer = self.ear.ear.consent(text)
        if answer is None and wish is None and not self.asked_back:
            say = self.texts.say.share_again
            return Exchange(self._part(say), then=replace(self, asked_back=True))
        agreed = answer is Said.YES and wish not in (Said.STOP, Said.SKIP, Said.UNSURE)
        return self._finish(agreed, now)

    def _finish(self, share: bool, now: datetime) -> Exchange:
        result, at = score(self.scale, self.answers), now.timestamp()
        say = self.texts.say.shared if share else self.texts.say.private
        return Exchange(
            self._part(say), effect=lambda: self.note("scale", scale_event(result, share), at)
        )

    def _again(self, before: Lines) -> Exchange:
        return Exchange(self._part(before) + self.question(), then=self)

    def _options(self) -> tuple[ReplyPart, ...]:
        say = self.texts.say
        return self._part(say.options if self.scale.numbered else say.options_plain)

    def _part(self, lines: Lines, tone: Tone = Tone.WARM) -> tuple[ReplyPart, ...]:
        say, scale = self.texts.say, self.scale
        labels = [o.label[:1].lower() + o.label[1:] for o in scale.options]
        if scale.numbered:
            options = "; ".join(f"{self.ear.ear.count(n)}, {one}" for n, one in enumerate(labels))
        else:
            options = " or ".join(labels)
        fill = {
            "about": scale.about,
            "count": str(len(scale.items)),
            "minutes": say.minute if scale.minutes == 1 else say.minutes.format(n=scale.minutes),
            "options": options,
            "who": self.shared_with or say.who,
        }
        return spoken(lines, fill, tone)


def told(scale: Scale, texts: ScaleTexts, result: Score) -> tuple[ReplyPart, ...]:
    """Return a result in kind words: what it is, what it is not. Nothing when there is no score."""
    if result.value is None or result.band is None:
        return spoken(texts.say.not_enough)
    say = texts.say
    number = say.number_better if scale.higher_is == "better" else say.number_worse
    fill = {"score": str(result.value), "max": str(result.highest)}
    return spoken(result.band.text) + spoken(number, fill) + spoken(say.no_diagnosis)


def scale_event(result: Score, share: bool) -> JsonObject:
    """Return what is kept of a result: numbers, no words, no single answers.

    Raises:
        ValueError: there is no score, so nothing is kept.
    """
    if result.value is None:
        raise ValueError("a result without a score is not kept")
    return {
        "name": result.name,
        "score": result.value,
        "max": result.highest,
        "skipped": result.skipped,
        "share": share,
    }


def begin(
    scale: Scale,
    ear: ReplyEar,
    texts: ScaleTexts,
    note: Note,
    *,
    is_danger: Callable[[str], bool] = never,
    shared_with: str | None = None,
) -> Exchange:
    """Return the offer of a scale: what it is, how long, and the question whether to do it.

    Args:
        scale: which.
        ear: hears short answers.
        texts: what is said around.
        note: keeps the result, once the last question was answered.
        is_danger: whether words need help rather than a question.
        shared_with: whom the summary is for, as it is said.

    Raises:
        WellbeingError: a pattern of the scale has a mistake.
    """
    talk = ScaleTalk(scale_ear(scale, ear), texts, note, is_danger, shared_with)
    return Exchange(talk.question(), then=talk)


__all__ = ["Note", "ScaleTalk", "ScaleTexts", "begin", "load_scale_texts", "scale_event", "told"]
