"""A reply prepared at a pause, before anyone knows whether the pause ends the turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from companion.audio.clock import Clock
from companion.conversation.guarded import guarded_reply
from companion.conversation.protocols import (
    Ears,
    Feeler,
    Guard,
    Impression,
    Mind,
    TurnJudge,
    Voice,
    WhoSpeaks,
)
from companion.domain import (
    SAMPLE_RATE,
    Control,
    Match,
    ReplyPart,
    Samples,
    Screening,
    Speaker,
    Speech,
    Transcript,
    TurnContext,
    Utterance,
)
from companion.errors import CompanionError

PACE_STEP = 0.1
"""Fraction by which "slower" and "faster" change the pace."""

_URGENT_TIER = 4
"""What is this urgent is not waited for: a cry counts as complete."""

_NOTHING = Screening()

_UNKNOWN = 0.5
"""Completeness of what was not understood."""

VOLUME_STEP_DB = 4.0
"""How much "louder" and "quieter" change the volume: clearly audible, not startling."""

_ADJUSTMENTS: dict[Control, tuple[float, float]] = {
    Control.SLOWER: (-PACE_STEP, 0.0),
    Control.FASTER: (PACE_STEP, 0.0),
    Control.LOUDER: (0.0, VOLUME_STEP_DB),
    Control.QUIETER: (0.0, -VOLUME_STEP_DB),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """One sentence, ready to sound; ``speech`` is None for a command without words."""

    part: ReplyPart
    speech: Speech | None


@dataclass(slots=True)
class Heard:
    """What the ears made of a pause."""

    transcript: Transcript
    completeness: float
    stt_s: float
    text: str
    """The whole turn's words, earlier parts included."""
    screening: Screening = _NOTHING
    """Of these words, the call by name included."""


@dataclass(slots=True)
class Draft:
    """Runs in two steps: ``listen`` at once, ``prepare`` when the turn seems to end.

    Both leave nothing behind when the draft is dropped.
    """

    clock: Clock
    ears: Ears
    mind: Mind
    voice: Voice
    judge: TurnJudge
    samples: Samples
    heard_until: float
    certainty: float = 1.0
    """Share of the sound that was surely speech."""
    guard: Guard | None = None
    earlier: str = ""
    """Words of this turn that are settled and not in ``samples`` any more."""
    heard: Heard | None = None
    sentences: asyncio.Queue[Prepared | None] = field(default_factory=asyncio.Queue)
    ready_at: float | None = None
    """When the first sentence was ready, input clock."""
    dropped: bool = False
    wanted: bool = True
    """False when a sound will do for an answer, as to the bare name."""
    prepared: asyncio.Task[None] | None = None
    began_preparing: float | None = None
    said: str = ""
    """What is answered: the words without the call by name."""
    addressed: bool = True
    screening: Screening | None = None
    """Of ``said``; None until it was screened."""
    trouble: str | None = None
    """One plain line about what failed while preparing."""
    feeler: Feeler | None = None
    who: WhoSpeaks | None = None
    speaker: Speaker | None = None
    """Who said it; None when nobody was asked."""
    impression: Impression | None = None
    """How it was said; None when that was not judged."""
    unfelt: str | None = None
    """One plain line about why the feeling could not be judged."""
    _undo: list[tuple[float, float]] = field(default_factory=list)

    async def listen(self) -> Heard:
        """Transcribe, and judge whether the turn sounds complete."""

        def job() -> Heard:
            if self.dropped:  # while it waited for the engine
                return Heard(Transcript("", rejected="dropped"), 1.0, 0.0, "")
            began = time.perf_counter()
            transcript = self.ears.transcribe(self.samples, self.certainty)
            took = time.perf_counter() - began
            if transcript.rejected and not self.earlier:
                return Heard(transcript, _UNKNOWN, took, "")
            text = " ".join(t for t in (self.earlier, transcript.text) if t)
            completeness = self.judge.completeness(self.samples, transcript)
            screening = self.guard.screen(text) if self.guard is not None else _NOTHING
            if screening.tier >= _URGENT_TIER:
                completeness = 1.0
            return Heard(transcript, completeness, took, text, screening)

        self.heard = await self.clock.run(job)
        return self.heard

    def not_heard(self) -> Heard:
        """Give up on the words: the ears failed."""
        self.heard = Heard(Transcript("", rejected="not_heard"), 1.0, 0.0, self.earlier)
        return self.heard

    def start_preparing(
        self, text: str, context: TurnContext, last_reply: str, *, addressed: bool = True
    ) -> None:
        """Begin to generate and synthesise; sentences arrive in ``sentences``, None ends them."""
        self.said, self.addressed = text, addressed
        self.began_preparing = self.clock.now()
        self.prepared = asyncio.create_task(self._prepare(text, context, last_reply))

    async def _prepare(self, text: str, context: TurnContext, last_reply: str) -> None:
        parts: Iterator[ReplyPart] | None = None

        def job() -> Prepared | None:
            nonlocal parts
            if parts is None:
                parts = guarded_reply(
                    self.mind,
                    self.guard,
                    text,
                    self._felt(context),
                    addressed=self.addressed,
                    screened=self._screened,
                )
            return self._next(parts, last_reply)

        try:
            if self.who is not None and self.feeler is not None and not self._urgent():
                self.speaker = await self.who.who(self.samples)
            while not self.dropped:
                prepared = await self.clock.run(job)
                if prepared is None or self.dropped:
                    break
                if self.ready_at is None:
                    self.ready_at = self.clock.now()
                self.sentences.put_nowait(prepared)
        except CompanionError as error:
            self.trouble = str(error)
        except Exception as error:  # whatever fails, the talk goes on
            self.trouble = f"the reply failed: {type(error).__name__}: {error}"
        finally:
            self.sentences.put_nowait(None)

    def _urgent(self) -> bool:
        return self.heard is not None and self.heard.screening.tier >= _URGENT_TIER

    def _felt(self, context: TurnContext) -> TurnContext:
        """Judge how it was said; never of visitors, of what was only overheard, or in danger."""
        visitor = self.speaker is not None and self.speaker.match is Match.NO
        if self.feeler is None or self.heard is None or visitor:
            return context
        if not self.addressed or self._urgent() or self.dropped:
            return context
        whole = Utterance(self.samples, 0.0, len(self.samples) / SAMPLE_RATE, self.heard.transcript)
        try:
            self.impression = self.feeler.feel(whole)
        except Exception as error:  # a reply without feeling is better than none
            self.unfelt = f"the feeling could not be judged: {type(error).__name__}: {error}"
        if self.impression is None:
            return context
        return replace(context, feeling=self.impression.feeling, stance=self.impression.stance)

    def _screened(self, screening: Screening) -> None:
        self.screening = screening

    def _next(self, parts: Iterator[ReplyPart], last_reply: str) -> Prepared | None:
        if self.dropped:
            return None
        part = next(parts, None)
        if part is None or self.dropped:
            return None
        if part.control in _ADJUSTMENTS:
            pace, volume = _ADJUSTMENTS[part.control]
            self.voice.adjust(pace=pace, volume=volume)
            self._undo.append((-pace, -volume))
        text = part.text
        if part.control is Control.REPEAT and last_reply:
            text = f"{text} {last_reply}".strip()
            part = ReplyPart(text, part.source, part.checks, part.control, part.tone)
        if not text:
            return Prepared(part, None)
        return Prepared(part, self.voice.synthesize(text, part.tone))

    def drop(self, later: Callable[[Callable[[], None]], None]) -> None:
        """Throw the draft away at once, mid-token; ``later`` runs the clean-up in order."""
        self.dropped = True
        self.mind.abort()
        if self._undo:
            later(self._take_back)

    def _take_back(self) -> None:
        while self._undo:
            pace, volume = self._undo.pop()
            self.voice.adjust(pace=pace, volume=volume)


__all__ = ["PACE_STEP", "VOLUME_STEP_DB", "Draft", "Heard", "Prepared"]
