"""A talk with fakes at every seam: sound is a script, time is the input's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pytest

from companion.audio.clock import VirtualClock
from companion.conversation.attention import Attention
from companion.conversation.loop import Conversation, Rooms
from companion.conversation.turns import TurnLimits
from companion.domain import (
    FRAME_S,
    FRAME_SAMPLES,
    Danger,
    Exchange,
    Feeling,
    Frame,
    Initiative,
    Match,
    Pcm,
    ReplyPart,
    Samples,
    Screening,
    Skill,
    Speaker,
    Speech,
    Stance,
    Tone,
    Transcript,
    TurnContext,
    Utterance,
)
from companion.events import Event
from companion.mind.exchanges import Exchanges

LOUD = np.full(FRAME_SAMPLES, 3000, np.int16)
NOISE = np.full(FRAME_SAMPLES, 1500, np.int16)
QUIET = np.zeros(FRAME_SAMPLES, np.int16)


class ScriptedSource:
    """Speech where the script says so: a list of (start, end) seconds."""

    def __init__(
        self,
        clock: VirtualClock,
        speech: list[tuple[float, float]],
        length: float,
        noise: list[tuple[float, float]],
    ):
        self._clock = clock
        self._noise = noise
        self._speech = speech
        self._length = length
        self.ended_at: float | None = None

    async def frames(self) -> AsyncIterator[Frame]:
        index = 0
        while True:
            index += 1
            t = round(index * FRAME_S, 4)
            if t > self._length:
                self.ended_at = self._length
            if t > self._length + 60:
                raise AssertionError("the conversation never came to rest")
            await self._clock.advance(t)
            talking = any(start < t <= end for start, end in self._speech)
            rattling = any(start < t <= end for start, end in self._noise)
            yield Frame(LOUD if talking else NOISE if rattling else QUIET, t)


class FakeDetector:
    def __call__(self, frame: Pcm) -> float:
        loudest = np.abs(frame).max()
        return 1.0 if loudest > 2000 else 0.6 if loudest > 1000 else 0.0


class FakeEars:
    """Hears the script's words for each stretch of speech in the samples."""

    def __init__(self, texts: list[str]):
        self.texts = texts
        self.calls = 0
        self.lengths: list[int] = []
        self.logprob = 0.0

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        self.calls += 1
        self.lengths.append(len(samples))
        loud = np.abs(samples) > 0.03
        starts = int(np.sum(np.diff(loud.astype(int)) == 1)) + int(bool(loud[:1].any()))
        # The samples hold the newest turn: its stretches are the next unheard texts.
        text = self.pick(starts)
        if text.startswith("!"):
            return Transcript("", rejected=text[1:])
        return Transcript(text, logprob=self.logprob)

    def pick(self, stretches: int) -> str:
        return self.texts[min(self.calls, len(self.texts)) - 1]


class FakeMind:
    def __init__(self, reply: Callable[[str], list[ReplyPart]] | None = None):
        self.history: list[tuple[str, str]] = []
        self.asked: list[tuple[str, TurnContext]] = []
        self.aborted = 0
        self.idled = 0
        self.committed: list[str] = []
        self.exchanges = Exchanges((), lambda: datetime(2026, 11, 23, 10, 0))
        self._reply = reply or (lambda text: [ReplyPart(f"You said {text}", "model")])

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        self.asked.append((text, context))
        yield from self._reply(text)

    def abort(self) -> None:
        self.aborted += 1

    def learn(self, skills: Sequence[Skill]) -> None:
        raise AssertionError("nobody teaches this one")

    def commit(self, text: str) -> None:
        self.committed.append(text)
        self.exchanges.answer(text)
        self.exchanges.commit(text)

    def expect(self, exchange: Exchange) -> None:
        self.exchanges.expect(exchange)

    def unheard(self) -> tuple[ReplyPart, ...]:
        return self.exchanges.unheard()

    def unsaid(self, exchange: Exchange) -> None:
        self.exchanges.unsaid(exchange)

    def remember(self, said: str, heard: str) -> None:
        self.history.append((said, heard))

    def start_afresh(self) -> None:
        self.history.clear()

    def idle(self) -> None:
        self.idled += 1

    def take_trouble(self) -> str | None:
        return None


class FakeGuard:
    """Knows danger by the words "help" (4) and "sad" (1); forbids the word "pills"."""

    def __init__(self) -> None:
        self.committed: list[tuple[str, int, bool]] = []
        self.notice_due = False
        self.notices = 0
        self.to_tell: list[str] = []

    def screen(self, text: str) -> Screening:
        if "help" in text.lower():
            return Screening(4, Danger.MEDICAL, "fall", 0.99, script="fall")
        return Screening(1, Danger.SUPPORT) if "sad" in text else Screening()

    def is_cry(self, screening: Screening) -> bool:
        return screening.tier == 4

    def answer(self, text: str, screening: Screening, *, addressed: bool) -> tuple[ReplyPart, ...]:
        if screening.tier < 4:
            return ()
        first = "Call nine one one now." if addressed else "Did somebody call for help?"
        return (ReplyPart(first, "script"), ReplyPart("I am here.", "script"))

    def failed(self, sentence: str, said: str, screening: Screening) -> tuple[str, ...]:
        return ("dose",) if "pills" in sentence else ()

    def instead(self, screening: Screening) -> ReplyPart:
        return ReplyPart("Please ask your pharmacist.", "script")

    def notice(self) -> ReplyPart | None:
        return ReplyPart("I am a computer.", "notice") if self.notice_due else None

    def noticed(self) -> None:
        self.notices += 1

    def commit(self, text: str, screening: Screening, *, addressed: bool) -> None:
        self.committed.append((text, screening.tier, addressed))

    def start_afresh(self) -> None:
        self.committed.clear()

    def news(self) -> str | None:
        return self.to_tell.pop(0) if self.to_tell else None


@dataclass
class FakeImpression:
    feeling: Feeling
    stance: Stance


class FakeFeeler:
    """Finds everybody sad; raises when told to."""

    def __init__(self) -> None:
        self.felt: list[str] = []
        self.learned: list[str] = []
        self.broken = False

    def feel(self, utterance: Utterance) -> FakeImpression:
        if self.broken:
            raise RuntimeError("boom")
        self.felt.append(utterance.transcript.text)
        feeling = Feeling(-0.5, -0.3, "sad", 0.8, phrase=utterance.transcript.text)
        return FakeImpression(feeling, Stance.COMFORT)

    def learn(self, impression: FakeImpression) -> None:
        self.learned.append(impression.feeling.phrase)


class FakeWho:
    def __init__(self, match: Match = Match.YES) -> None:
        self.match = match
        self.warmed = 0

    def warm(self) -> None:
        self.warmed += 1

    async def who(self, audio: Samples) -> Speaker:
        return Speaker(self.match)


class FakeVoice:
    """A word lasts 0.3 s."""

    def __init__(self) -> None:
        self.pace = 0.0
        self.volume = 0.0
        self.followed: list[float] = []
        self.said: list[str] = []

    def synthesize(self, text: str, tone: Tone) -> Speech:
        self.said.append(text)
        return Speech(text, np.full(int(0.3 * 1000 * len(text.split())), 1000, np.int16), 1000)

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        self.pace += pace
        self.volume += volume

    def follow(self, letters_per_s: float) -> None:
        self.followed.append(letters_per_s)


class FakePlayer:
    def __init__(self, clock: VirtualClock):
        self._clock = clock
        self._until = 0.0
        self._spoken: list[tuple[float, str]] = []
        self.signals: list[str] = []
        self.stopped_at: list[float] = []

    def begin(self) -> None:
        self._spoken = []

    def play(self, speech: Speech) -> None:
        start = max(self._clock.now(), self._until)
        for index, word in enumerate(speech.text.split()):
            self._spoken.append((start + 0.3 * (index + 1), word))
        self._until = start + speech.seconds

    def signal(self, name: str) -> None:
        self.signals.append(name)

    def heard(self) -> str:
        return " ".join(word for end, word in self._spoken if end <= self._clock.now() + 1e-6)

    def stop(self) -> str:
        heard = self.heard()
        self._until = self._clock.now()
        self.stopped_at.append(self._clock.now())
        return heard

    def busy(self) -> bool:
        return self._clock.now() < self._until - 1e-6

    def reference(self, until: float) -> Pcm:
        return QUIET


class FakeJudge:
    """Complete when the words end in a full stop."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.ended = 0

    def completeness(self, samples: Samples, transcript: Transcript) -> float:
        return 0.95 if transcript.text.endswith((".", "?", "!")) else 0.05

    def wait_s(self, completeness: float) -> float:
        return 0.5 if completeness > 0.5 else 2.0

    def paused(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def turn_ended(self) -> None:
        self.ended += 1


@dataclass
class Talk:
    """One scripted conversation and what came of it."""

    speech: list[tuple[float, float]]
    texts: list[str]
    length: float = 6.0
    mode: str = "always"
    reply: Callable[[str], list[ReplyPart]] | None = None
    merge_window_s: float = 1.5
    limits: TurnLimits = field(default_factory=TurnLimits)
    charge: float = 0.0
    wakeword: object = None
    noise: list[tuple[float, float]] = field(default_factory=list)
    heard_samples: list[int] = field(default_factory=list)
    notice: str = ""
    logprob: float = 0.0
    engaged_s: float = 45.0
    guard: FakeGuard | None = None
    feeler: FakeFeeler | None = None
    who: FakeWho | None = None
    offers: tuple[Initiative, ...] = ()
    wall: float = 0.0

    async def run(self) -> Talk:
        clock = VirtualClock(self.charge)
        self.ears = FakeEars(self.texts)
        self.mind = FakeMind(self.reply)
        self.voice = FakeVoice()
        self.judge = FakeJudge()
        self.player = FakePlayer(clock)
        self.events: list[Event] = []
        self.conversation = Conversation(
            Rooms(
                ScriptedSource(clock, self.speech, self.length, self.noise),
                self.player,
                self.ears,
                self.mind,
                self.voice,
                self.judge,
                FakeDetector(),
                wakeword=self.wakeword,  # type: ignore[arg-type]
                guard=self.guard,
                feeler=self.feeler,
                who=self.who,
            ),
            clock,
            Attention(self.mode, "Rosie", engaged_s=self.engaged_s),  # type: ignore[arg-type]
            self.events.append,
            limits=self.limits,
            merge_window_s=self.merge_window_s,
            wall=lambda: self.wall,
        )
        for initiative in self.offers:
            self.conversation.offer(initiative)
        self.ears.lengths = self.heard_samples
        self.ears.logprob = self.logprob
        if self.notice:
            self.conversation.announce(self.notice)
        try:
            await self.conversation.run()
        finally:
            clock.close()
        return self

    def types(self) -> list[str]:
        return [e.type for e in self.events]

    def one(self, kind: str) -> Event:
        found = [e for e in self.events if e.type == kind]
        assert len(found) == 1, f"{kind}: {len(found)} times in {self.types()}"
        return found[0]


@pytest.fixture
def guard() -> FakeGuard:
    return FakeGuard()


@pytest.fixture
def talk() -> type[Talk]:
    return Talk
