"""What the conversation needs from the rooms it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from companion.domain import Feeling, ReplyPart, Samples, Screening, Speech, Tone, Transcript, TurnContext, Utterance


class Ears(Protocol):
    """Turns an utterance into words."""

    def transcribe(self, samples: Samples) -> Transcript:
        """Transcribe 16 kHz mono samples, shape (n,); blocking. Never raises on odd sound."""
        ...


class Mind(Protocol):
    """Turns words into a reply.

    ``reply`` is pure with regard to the history: a draft that is dropped leaves no trace.
    Only ``remember`` adds a turn.
    """

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        """Yield the sentences of a reply, each already checked; blocking.

        Closing the iterator, or setting ``abort``, stops generation at the next token. Never raises for
        a failing model: the fallback answers instead, and ``trouble`` says why.
        """
        ...

    def abort(self) -> None:
        """Make a running ``reply`` end at the next token; thread-safe."""
        ...

    def remember(self, said: str, heard: str) -> None:
        """Append a finished turn: the person's words and what they heard of the reply."""
        ...

    def forget_last(self) -> None:
        """Take the last turn back, because it was merged into a longer one."""
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


class Feeler(Protocol):
    """Infers feeling from an utterance."""

    def feel(self, utterance: Utterance) -> Feeling | None:
        """Return the feeling, or None when there is nothing to say."""
        ...


class Guard(Protocol):
    """Screens an utterance for danger."""

    def screen(self, utterance: Utterance) -> Screening:
        """Return the tier, category and script for an utterance."""
        ...
