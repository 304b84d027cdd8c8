"""One person's ear for feeling: measures, compares with the usual, judges, remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from companion.domain import Feeling, Samples, Stance, Word
from companion.embedding import sentence_vectors
from companion.emotion.features import Prosody
from companion.emotion.fusion import Estimate, fuse, reliability
from companion.emotion.model import AcousticModel, Judgement, load
from companion.emotion.mood import Mood
from companion.emotion.phrase import ACQUAINTED, deviations, phrase, remarks
from companion.emotion.prosody import Measurer
from companion.emotion.stance import stance_for
from companion.emotion.usual import Usual
from companion.emotion.words import WordHead, load_head
from companion.errors import EmotionError


class WordJudge(Protocol):
    """What the words say about the feeling."""

    def judge(self, text: str) -> dict[str, float] | None:
        """Return probabilities of every label, None when the words say nothing."""
        ...


class EmbeddedWords:
    """The shipped word head on sentence embeddings."""

    def __init__(self, folder: Path, head: WordHead | None = None) -> None:
        """Load the embedding in ``folder`` and the shipped head.

        Raises:
            ModelError: the embedding is not there or cannot be read.
            EmotionError: the head cannot be read.
        """
        self._vectors = sentence_vectors(folder)
        self._head = head or load_head()

    def judge(self, text: str) -> dict[str, float] | None:
        """Return probabilities of every label, None when there are too few words."""
        return self._head.judge(text, lambda said: self._vectors.encode([said])[0])


@dataclass(frozen=True, slots=True)
class Sensed:
    """An utterance that was judged, with what ``learn`` needs of it."""

    feeling: Feeling
    stance: Stance
    prosody: Prosody = field(repr=False)
    estimate: Estimate = field(repr=False)
    voice: Judgement | None = field(repr=False)
    at: float | None
    """Seconds since the epoch; None without a clock."""


class PersonFeeler:
    """Infers feeling from one person's utterances and learns what is usual for them.

    Nothing may be learned from anybody else: ``learn`` is for utterances that surely were theirs.
    """

    def __init__(
        self,
        model: AcousticModel | None = None,
        words: WordJudge | None = None,
        measurer: Measurer | None = None,
        clock: Callable[[], float] | None = None,
        subject: str = "They sound",
    ) -> None:
        """Start as a stranger.

        Args:
            model: loaded weights; None loads the shipped ones.
            words: judges the words; None judges by the voice alone.
            measurer: shared between feelers, for it holds a model.
            clock: seconds since the epoch; None has no times of day and no mood.
            subject: how the person is called in the phrase, with the verb.

        Raises:
            EmotionError: the weights cannot be read.
        """
        self._model = model or load()
        self._words = words
        self._measurer = measurer or Measurer()
        self._clock = clock
        self._subject = subject
        self.usual = Usual(self._model.population)
        self.mood = Mood()

    def sense(self, samples: Samples, text: str = "", words: Sequence[Word] = ()) -> Sensed | None:
        """Judge an utterance; leaves no trace.

        Args:
            samples: 16 kHz mono, shape (n,).
            text: what was said, if it was understood.
            words: when each word was said, if known.

        Returns:
            None when there is nothing to judge: neither voice nor telling words.
        """
        prosody = self._measurer.measure(samples, words)
        told = self._words.judge(text) if self._words is not None and text else None
        heard = prosody.voiced_s > 0 and bool(prosody.valid.any())
        if not heard and told is None:
            return None
        now = self._clock() if self._clock is not None else None
        hour = None if now is None else _hour(now)
        z = self.usual.normalise(prosody, hour)
        seen = self.usual.utterances
        voice = self._model.judge(z, seen) if heard else None
        estimate = fuse(voice, told, reliability(prosody), seen)
        voiced = (
            voice is not None
            and seen >= ACQUAINTED
            and voice.probabilities.get(estimate.label) == max(voice.probabilities.values())
        )
        evidence = remarks(z, prosody, seen, told)
        subject = self._subject.split()[0] + _have(self._subject)
        lately = "" if now is None else self.mood.lately(now, subject)
        feeling = Feeling(
            valence=round(estimate.valence, 3),
            arousal=round(estimate.arousal, 3),
            label=estimate.label,
            confidence=round(estimate.confidence, 3),
            unsure=estimate.unsure,
            voiced=voiced,
            against_usual=deviations(z, prosody, seen) if heard else {},
            evidence=evidence,
            phrase=phrase(estimate, evidence, lately, self._subject if voiced else None),
            probabilities=estimate.probabilities,
        )
        return Sensed(feeling, stance_for(feeling, self.mood), prosody, estimate, voice, now)

    def learn(self, sensed: Sensed) -> None:
        """Take in an utterance that was surely this person's; to be called in order."""
        if sensed.voice is not None:
            hour = None if sensed.at is None else _hour(sensed.at)
            self.usual.learn(sensed.prosody, self._model.added(sensed.voice), hour)
        if sensed.at is not None:
            self.mood = self.mood.moved(sensed.estimate, sensed.at)

    def feel_sound(
        self,
        samples: Samples,
        text: str = "",
        words: Sequence[Word] = (),
        *,
        learn: bool = True,
    ) -> Feeling | None:
        """Judge and, with ``learn``, take in; see ``sense``."""
        sensed = self.sense(samples, text, words)
        if sensed is None:
            return None
        if learn:
            self.learn(sensed)
        return sensed.feeling

    def reset(self) -> None:
        """Forget what is usual: "I had a cold this week"."""
        self.usual.reset()
        self.mood = Mood()

    def state(self) -> dict[str, Any]:
        """Return what was learned as JSON can hold it; personal, so store it encrypted."""
        return {"usual": self.usual.state(), "mood": self.mood.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was learned before.

        Raises:
            EmotionError: the state is damaged; nothing was changed.
        """
        try:
            usual = Usual.restored(self._model.population, state["usual"])
            mood = Mood.restored(state["mood"])
        except (KeyError, TypeError) as error:
            raise EmotionError("what was learned of this voice is damaged; reset it") from error
        self.usual, self.mood = usual, mood


def _have(subject: str) -> str:
    return " has" if subject.split()[-1].endswith("s") else " have"


def _hour(seconds: float) -> float:
    local = datetime.fromtimestamp(seconds)
    return local.hour + local.minute / 60
