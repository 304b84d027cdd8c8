"""Stopwatches around the rooms, for measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from companion.conversation.protocols import Ears, Mind, Voice
from companion.domain import (
    Exchange,
    JsonObject,
    ReplyPart,
    Samples,
    Skill,
    Speech,
    Tone,
    Transcript,
    TurnContext,
)


@dataclass(slots=True)
class Stages:
    """Seconds each stage took, every time it ran."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Time a block as one run of a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds.setdefault(stage, []).append(time.perf_counter() - began)

    def summary(self) -> JsonObject:
        """Return count, p50 and p95 in seconds for every stage."""
        return {
            stage: {
                "n": len(values),
                "p50_s": round(float(np.percentile(values, 50)), 4),
                "p95_s": round(float(np.percentile(values, 95)), 4),
            }
            for stage, values in sorted(self.seconds.items())
        }


class TimedEars:
    """Ears with a stopwatch."""

    def __init__(self, ears: Ears, stages: Stages) -> None:
        self._ears, self._stages = ears, stages

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        """Transcribe, timed as ``stt``."""
        with self._stages.time("stt"):
            return self._ears.transcribe(samples, certainty)


class TimedMind:
    """A mind with a stopwatch; keeps the sources of the replies it gave."""

    def __init__(self, mind: Mind, stages: Stages) -> None:
        self._mind, self._stages = mind, stages

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        """Yield the reply, the first sentence timed as ``mind_first``, others ``mind_next``."""
        parts = iter(self._mind.reply(text, context))
        stage = "mind_first"
        while True:
            with self._stages.time(stage):
                part = next(parts, None)
            if part is None:
                return
            stage = "mind_next"
            yield part

    def abort(self) -> None:
        """Abort."""
        self._mind.abort()

    def learn(
        self,
        skills: Sequence[Skill],
        relevant: Callable[[str, datetime], tuple[str, ...]] | None = None,
    ) -> None:
        """Take skills."""
        self._mind.learn(skills, relevant)

    def commit(self, text: str) -> None:
        """Do what was asked."""
        self._mind.commit(text)

    def expect(self, exchange: Exchange) -> None:
        """Expect an answer."""
        self._mind.expect(exchange)

    def unheard(self) -> tuple[ReplyPart, ...]:
        """Hear that nobody answered."""
        return self._mind.unheard()

    def unsaid(self, exchange: Exchange) -> None:
        """Hear that this came too late."""
        self._mind.unsaid(exchange)

    def remember(self, said: str, heard: str) -> None:
        """Remember."""
        self._mind.remember(said, heard)

    def start_afresh(self) -> None:
        """Start afresh."""
        self._mind.start_afresh()

    def idle(self) -> None:
        """Keep house, timed as ``idle``."""
        with self._stages.time("idle"):
            self._mind.idle()

    def take_trouble(self) -> str | None:
        """Take the trouble."""
        return self._mind.take_trouble()


class TimedVoice:
    """A voice with a stopwatch."""

    def __init__(self, voice: Voice, stages: Stages) -> None:
        self._voice, self._stages = voice, stages

    def synthesize(self, text: str, tone: Tone) -> Speech:
        """Synthesise, timed as ``tts``."""
        with self._stages.time("tts"):
            return self._voice.synthesize(text, tone)

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Adjust."""
        self._voice.adjust(pace=pace, volume=volume)

    def follow(self, letters_per_s: float) -> None:
        """Follow."""
        self._voice.follow(letters_per_s)
