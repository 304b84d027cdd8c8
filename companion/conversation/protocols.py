"""What the conversation needs from the rooms it does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from companion.domain import (
    CommittedTurn,
    Exchange,
    Feeling,
    Frame,
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


class Ears(Protocol):
    """Turns an utterance into words."""

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        """Transcribe 16 kHz mono samples, shape (n,); blocking. Never raises on odd sound.

        ``certainty`` is the share of it that the speech detector was sure of, 0-1.
        """
        ...


class Mind(Protocol):
    """Turns words into a reply.

    ``reply`` is pure with regard to the history: a draft that is dropped leaves no trace.
    Only ``remember`` adds a turn.
    """

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        """Yield the sentences of a reply, each already checked; blocking.

        Closing the iterator, or ``abort``, stops generation at the next token. Never raises
        for a failing model: the fallback answers instead, and ``take_trouble`` says why.
        """
        ...

    def abort(self) -> None:
        """Make a running ``reply`` end at the next token; thread-safe."""
        ...

    def learn(
        self,
        skills: Sequence[Skill],
        relevant: Callable[[str, datetime], tuple[str, ...]] | None = None,
    ) -> None:
        """Take what is settled without a model, in order, for what it had.

        Args:
            skills: in order.
            relevant: what is known of the person that bears on their words.
        """
        ...

    def commit(self, text: str) -> None:
        """Learn that the turn with these words is no longer a draft; what it asked for is done."""
        ...

    def expect(self, exchange: Exchange) -> None:
        """Learn that this was said unasked; the next words may answer it."""
        ...

    def unheard(self) -> tuple[ReplyPart, ...]:
        """Learn that nobody answered what was said unasked; return what is said to that."""
        ...

    def unsaid(self, exchange: Exchange) -> None:
        """Learn that this was to be said unasked and came too late."""
        ...

    def remember(self, said: str, heard: str) -> None:
        """Append a finished turn: the person's words and what they heard of the reply."""
        ...

    def start_afresh(self) -> None:
        """Forget the talk: the next words begin a new one."""
        ...

    def idle(self) -> None:
        """Compact the history and warm the cache while nobody speaks; blocking, abortable."""
        ...

    def take_trouble(self) -> str | None:
        """Return and clear one plain line about what last failed, or None."""
        ...


class Voice(Protocol):
    """Turns sentences into sound."""

    def synthesize(self, text: str, tone: Tone) -> Speech:
        """Synthesise one sentence; blocking.

        Raises:
            VoiceError: the voice failed.
        """
        ...

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Change pace (fraction, negative is slower) and volume (dB) from the next sentence on."""
        ...

    def follow(self, letters_per_s: float) -> None:
        """Learn how fast the person speaks: letters a second of voice, see ``SpeakingRate``."""
        ...


class Detector(Protocol):
    """Says whether somebody speaks."""

    def __call__(self, frame: Pcm) -> float:
        """Return the probability of speech, 0-1, for the newest of a stream of frames."""
        ...


class TurnJudge(Protocol):
    """Says when a turn is over."""

    def completeness(self, samples: Samples, transcript: Transcript) -> float:
        """Return the probability, 0-1, that a pause at the end of ``samples`` ends the turn."""
        ...

    def wait_s(self, completeness: float) -> float:
        """Return how many seconds of silence end a turn that sounds this complete."""
        ...

    def paused(self, seconds: float) -> None:
        """Learn that the person paused this long and went on."""
        ...

    def turn_ended(self) -> None:
        """Learn that the turn is over."""
        ...


class EchoControl(Protocol):
    """Takes the companion's own voice out of what the microphone hears."""

    @property
    def converging(self) -> bool:
        """Whether it is still learning the room, so that what is left may be its own voice."""
        ...

    def relearn(self) -> None:
        """Forget the room: a device was away."""
        ...

    def process(self, near: Pcm, far: Pcm) -> Pcm:
        """Return a microphone frame without what was played, all of shape (320,)."""
        ...


class Impression(Protocol):
    """What was felt of an utterance; a feeler may keep in it what it needs to learn."""

    @property
    def feeling(self) -> Feeling:
        """How it was said."""
        ...

    @property
    def stance(self) -> Stance:
        """How the reply should meet it."""
        ...


class Feeler(Protocol):
    """Infers feeling from utterances."""

    def feel(self, utterance: Utterance) -> Impression | None:
        """Return what was felt, or None when there is nothing to judge; leaves no trace.

        Blocking, some 50 ms.
        """
        ...

    def learn(self, impression: Any) -> None:
        """Take in an utterance that surely was the owner's; in order, on the engines' thread."""
        ...


class WhoSpeaks(Protocol):
    """Says who is speaking."""

    def warm(self) -> None:
        """Get ready: somebody began to speak."""
        ...

    async def who(self, audio: Samples) -> Speaker:
        """Say who spoke; never raises, never takes long."""
        ...


class Guard(Protocol):
    """Screens what is said, answers danger with scripts, checks what the mind wants to say.

    Used from two threads: the loop's and the engines'. Nothing here raises. ``screen`` and
    ``answer`` leave no trace, so a draft may be dropped; only ``commit`` remembers, and calls for
    help.
    """

    def screen(self, text: str) -> Screening:
        """Return what an utterance means within the talk so far; blocking, some 10 ms."""
        ...

    def is_cry(self, screening: Screening) -> bool:
        """Whether it must be answered even though nobody called the companion."""
        ...

    def answer(self, text: str, screening: Screening, *, addressed: bool) -> tuple[ReplyPart, ...]:
        """Return the scripted reply, or nothing when the mind may answer."""
        ...

    def failed(self, sentence: str, said: str, screening: Screening) -> tuple[str, ...]:
        """Return why the mind may not say a sentence, empty when it may."""
        ...

    def instead(self, screening: Screening) -> ReplyPart:
        """Return what is said in place of a sentence that failed."""
        ...

    def notice(self) -> ReplyPart | None:
        """Return the reminder that it is no person, when it is due."""
        ...

    def noticed(self) -> None:
        """Learn that the reminder was heard."""
        ...

    def commit(self, text: str, screening: Screening, *, addressed: bool) -> None:
        """Remember a finished turn and call for the help it needs; returns at once."""
        ...

    def start_afresh(self) -> None:
        """Forget the talk: the next words begin a new one."""
        ...

    def news(self) -> str | None:
        """Return the next thing the owner must be told, such as who was reached, or None."""
        ...


class Journal(Protocol):
    """Takes note of the days."""

    def committed(self, turn: CommittedTurn) -> None:
        """Take note of a turn; blocking, some 10 ms; never raises."""
        ...


class Source(Protocol):
    """Where frames come from."""

    def frames(self) -> AsyncIterator[Frame]:
        """Yield a frame every 20 ms of the input clock."""
        ...

    @property
    def ended_at(self) -> float | None:
        """When the sound of a file ended, on the input clock; only silence follows."""
        ...


class Player(Protocol):
    """Speaks sentences and knows which words were heard."""

    def begin(self) -> None:
        """Start a new reply: nothing of it has been heard."""
        ...

    def play(self, speech: Speech) -> None:
        """Queue a sentence."""
        ...

    def signal(self, name: str) -> None:
        """Queue an earcon; it does not count as words."""
        ...

    def heard(self) -> str:
        """Return the words of this reply that have sounded."""
        ...

    def stop(self) -> str:
        """Fall silent at once and return the words that had sounded."""
        ...

    def busy(self) -> bool:
        """Whether anything sounds or waits to."""
        ...

    def reference(self, until: float) -> Pcm:
        """Return what sounded in the 20 ms up to ``until``, shape (320,), 16 kHz."""
        ...


class Wakeword(Protocol):
    """Listens for one phrase."""

    def heard(self, pcm: Pcm) -> bool:
        """Feed a frame, shape (320,); True in the frame that completes the phrase."""
        ...
