"""One person's ear for feeling: measures, compares with the usual, judges, remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from companion.domain import Feeling, Samples, Utterance, Word
from companion.emotion.fusion import Estimate, fuse, reliability
from companion.emotion.model import AcousticModel, load
from companion.emotion.mood import Mood
from companion.emotion.phrase import phrase, remarks
from companion.emotion.prosody import Measurer
from companion.emotion.sentence import Sentences
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
        self._sentences = Sentences(folder)
        self._head = head or load_head()

    def judge(self, text: str) -> dict[str, float] | None:
        """Return probabilities of every label, None when there are too few words."""
        return self._head.judge(text, self._sentences.vector)


class PersonFeeler:
    """Infers feeling from one person's utterances and learns what is usual for them.

    Nothing is learned from, or said about, anybody else: ``known`` says whether this was them.
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

    def feel(self, utterance: Utterance, known: bool | None = True) -> Feeling | None:
        """Return the feeling of an utterance.

        Args:
            utterance: sound and words.
            known: True: certainly this person, learned from; None: perhaps, judged but not
                learned from; False: somebody else, not analysed.

        Returns:
            None when there is nothing to judge: a visitor, or neither voice nor words.
        """
        if known is False:
            return None
        transcript = utterance.transcript
        text = "" if transcript.rejected else transcript.text
        return self.feel_sound(utterance.samples, text, transcript.words, learn=known is True)

    def feel_sound(
        self,
        samples: Samples,
        text: str = "",
        words: Sequence[Word] = (),
        *,
        learn: bool = True,
    ) -> Feeling | None:
        """The same from samples (16 kHz mono) and their words, if there are any."""
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
        evidence = remarks(z, prosody, seen, told)
        if learn and voice is not None:
            self.usual.learn(prosody, self._model.added(voice), hour)
        lately = self._moved(estimate, now, learn)
        return Feeling(
            valence=round(estimate.valence, 3),
            arousal=round(estimate.arousal, 3),
            label=estimate.label,
            confidence=round(estimate.confidence, 3),
            unsure=estimate.unsure,
            evidence=evidence,
            phrase=phrase(estimate, evidence, lately, self._subject),
            probabilities=estimate.probabilities,
        )

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

    def _moved(self, estimate: Estimate, now: float | None, learn: bool) -> str:
        if now is None:
            return ""
        if learn:
            self.mood = self.mood.moved(estimate, now)
        return self.mood.lately(now, self._subject.split()[0] + _have(self._subject))


def _have(subject: str) -> str:
    return " has" if subject.split()[-1].endswith("s") else " have"


def _hour(seconds: float) -> float:
    local = datetime.fromtimestamp(seconds)
    return local.hour + local.minute / 60
