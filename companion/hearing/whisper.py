"""Whisper as ears: an utterance in, its words out, doubts included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Encoding, Samples, Transcript, Word
from companion.errors import ConfigError
from companion.hearing import guard
from companion.hearing.pauses import Squeezed, halved, squeeze, windows
from companion.hearing.whisper_engine import LONGEST_S, Decoded, Encoded, WhisperEngine

SHORTEST_S: Final = 0.1
"""Less sound than this is never a word."""

_RETRY_LOGPROB: Final = -1.0
"""Below this the words are decoded again with more care (OpenAI's logprob_threshold)."""

_BRIEF_S: Final = 1.0
"""With less sound than this, one word or two, Whisper is better off with its thirty seconds."""

_BRIEF_LOGPROB: Final = -0.7
"""But only when it is in doubt; "help" came out as "health" below this (measured)."""

_ECHO_WORDS: Final = 5
"""A phrase of so many words said twice in a row is heard again before it is believed."""

_FEWEST_WORDS_PER_S: Final = 1.4
"""Fewer words than this for each second of sound that is not quiet: the decoder stopped early."""

_STOPPED_EARLY_AFTER_S: Final = 2.5
"""Only utterances with more sound than this are judged by it; a sigh has no words."""

_UNSPACED: Final = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
"""Languages written without spaces; words are not counted in them."""


_NOTHING: Final = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class _Part:
    """One window, heard."""

    decoded: Decoded
    language: str
    rejected: str | None
    spoken: NDArray[np.float32]
    seconds: float


class WhisperEars:
    """Turns utterances of any length into words.

    Args:
        model_dir: a CTranslate2 conversion of Whisper with its tokenizer.json.
        language: ISO code such as ``en``; None detects it in every utterance.
        threads: threads on the CPU; None leaves it to CTranslate2.
        most_retries: how often a doubtful window is heard again at most, None without limit; one
            costs no accuracy against three (58 utterances) and bounds the time of a draft.
        device: ``auto`` takes the GPU (float16) when there is one, else the CPU (int8).

    Raises:
        ModelMissingError: the model is not there; names the command that fetches it.
        ModelCorruptError: the model cannot be read.
        ConfigError: the model does not know the language.
    """

    def __init__(
        self,
        model_dir: Path,
        language: str | None = "en",
        threads: int | None = None,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        most_retries: int | None = 1,
    ) -> None:
        self._most_retries = most_retries
        self._engine = WhisperEngine(Path(model_dir), threads, device)
        self.threads = threads
        self.device = self._engine.device
        if language is not None and not self._engine.knows(language):
            hint = (
                "use a two-letter code such as 'en'"
                if self._engine.multilingual
                else "set hearing.whisper to a model for all languages, such as whisper-base"
            )
            raise ConfigError(f"{Path(model_dir).name} does not know language '{language}'; {hint}")
        self._language = language
        self.warm()

    def warm(self) -> None:
        """Run every stage once, so that the first person does not wait for it."""
        encoded = self._engine.encode(np.zeros(SAMPLE_RATE, np.float32))
        self._engine.decode(encoded, self._language or "en")

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        """Transcribe 16 kHz mono samples, shape (n,), of any length; never raises on odd sound.

        ``certainty`` is the share of it that a speech detector was sure of, 0-1.

        Longer sound than 28 s is cut at its quietest points; its ``encoding`` is then that of
        the last stretch.
        """
        sound = _clean(samples)
        if len(sound) < SHORTEST_S * SAMPLE_RATE:
            return Transcript("", self._language or "en", rejected="too_short")
        parts: list[_Part] = []
        for _, piece in _pieces(sound):
            # Only the last encoding is kept: an hour of them would fill the memory.
            parts = [replace(part, spoken=_NOTHING) for part in parts]
            parts.append(self._hear(piece, certainty))
        heard = [part for part in parts if part.rejected is None]
        counted = heard or parts
        text = " ".join(part.decoded.text for part in counted).strip()
        weights = [part.seconds for part in counted]
        return Transcript(
            text=text,
            language=counted[0].language,
            no_speech=float(np.average([p.decoded.no_speech for p in counted], weights=weights)),
            logprob=float(np.average([p.decoded.logprob for p in counted], weights=weights)),
            compression=max(guard.compression(part.decoded.text) for part in counted),
            rejected=None if heard else parts[0].rejected,
            encoding=Encoding(parts[-1].spoken),
        )

    def words(self, samples: Samples, transcript: Transcript) -> tuple[Word, ...]:
        """Return when each word of a transcript was said, seconds from the start of ``samples``.

        Uses the encoding kept in the transcript; sound longer than 28 s is heard again.
        """
        if transcript.rejected or not transcript.text or transcript.encoding is None:
            return ()
        sound = _clean(samples)
        pieces = list(_pieces(sound))
        found: list[Word] = []
        for offset, piece in pieces:
            text, language, spoken = (
                transcript.text,
                transcript.language,
                transcript.encoding.features,
            )
            if len(pieces) > 1:
                part = self._hear(piece)
                if part.rejected:
                    continue
                text, language, spoken = part.decoded.text, part.language, part.spoken
            found += self._align(squeeze(piece), spoken, text, language, offset)
        return tuple(found)

    def _hear(self, piece: Samples, certainty: float | None = None) -> _Part:
        squeezed = squeeze(piece)
        encoded = self._engine.encode(squeezed.samples)
        language = self._language or self._engine.language(encoded)
        best = self._engine.decode(encoded, language)
        doubt = self._doubt(best, squeezed, language)
        if doubt not in (None, "silence"):
            again = self._again(piece, squeezed, encoded, language, doubt)
            for other in islice(again, self._most_retries):
                other_doubt = self._doubt(other, squeezed, language)
                if _better(other, other_doubt, best, doubt):
                    best, doubt = other, other_doubt
                if doubt is None:
                    break
        seconds = len(piece) / SAMPLE_RATE
        evidence = guard.Evidence(seconds, best.logprob, best.no_speech, certainty)
        features = np.asarray(encoded.features[: encoded.spoken], np.float32)
        rejected = guard.judge(best.text, evidence, language)
        return _Part(best, language, rejected, features, seconds)

    def _again(
        self,
        piece: Samples,
        squeezed: Squeezed,
        encoded: Encoded,
        language: str,
        doubt: str | None,
    ) -> Iterator[Decoded]:
        """Yield further attempts, each dearer than the one before."""
        decode = self._engine.decode
        if doubt == "unclear":
            yield decode(self._engine.encode(piece, whole=True), language)
            return
        if doubt == "loop":
            yield decode(encoded, language, unrepeated=True)
        if doubt == "short":
            halves = halved(squeezed)
            if len(halves) == 2:
                yield _joined([decode(self._engine.encode(h), language) for h in halves])
        # Time stamps keep the decoder in step.
        yield decode(encoded, language, timestamps=True)
        whole = self._engine.encode(piece, whole=True)
        yield decode(whole, language, timestamps=True)
        if doubt == "loop":
            yield decode(whole, language, timestamps=True, unrepeated=True)

    def _doubt(self, decoded: Decoded, squeezed: Squeezed, language: str) -> str | None:
        """Return what is wrong with an attempt, or None; ``silence`` is not worth another."""
        if guard.is_loop(decoded.text):
            return "loop"
        if decoded.no_speech > guard.NO_SPEECH_LIMIT and decoded.logprob < guard.LOGPROB_LIMIT:
            return "silence"
        if decoded.logprob < _RETRY_LOGPROB:
            return "unsure"
        voiced = squeezed.voiced_s
        if voiced < _BRIEF_S and decoded.logprob < _BRIEF_LOGPROB:
            return "unclear"
        if guard.repeats(decoded.text, _ECHO_WORDS, 2):
            return "echo"
        if voiced > _STOPPED_EARLY_AFTER_S and language not in _UNSPACED:
            count = len(guard.normalised(decoded.text).split())
            if 0 < count < _FEWEST_WORDS_PER_S * voiced:
                return "short"
        return None

    def _align(
        self,
        squeezed: Squeezed,
        spoken: NDArray[np.float32],
        text: str,
        language: str,
        offset: float,
    ) -> Iterator[Word]:
        aligned = self._engine.align(spoken, text, language)
        spaced = language not in _UNSPACED
        for first, last in _word_spans(self._engine, aligned.tokens, spaced):
            start = squeezed.original(aligned.starts[first])
            end = squeezed.original(aligned.starts[last])
            yield Word(
                self._engine.spell(aligned.tokens[first:last]).strip(),
                round(offset + start, 3),
                round(offset + max(start, end), 3),
                round(float(np.mean(aligned.probabilities[first:last])), 3),
            )


def _word_spans(
    engine: WhisperEngine, tokens: tuple[int, ...], spaced: bool
) -> Iterator[tuple[int, int]]:
    # A character may be spread over several tokens: only whole ones can start a word.
    first, at, done = 0, 0, ""
    pending: list[tuple[int, str]] = []
    for i in range(len(tokens)):
        piece = engine.spell(tokens[at : i + 1])
        if "\ufffd" not in piece or i == len(tokens) - 1:
            pending.append((at, piece))
            at = i + 1
    for begin, piece in pending:
        letters = any(c.isalnum() for c in piece)
        if done and letters and (piece.startswith(" ") or not spaced):
            yield first, begin
            first, done = begin, ""
        done += piece
    if done.strip():
        yield first, len(tokens)


def _better(other: Decoded, other_doubt: str | None, best: Decoded, doubt: str | None) -> bool:
    if other_doubt is None:
        return True
    if doubt == other_doubt == "short":
        return len(other.tokens) > len(best.tokens)
    if (doubt == "loop") != (other_doubt == "loop"):
        return doubt == "loop"
    return other.logprob > best.logprob


def _joined(parts: list[Decoded]) -> Decoded:
    return Decoded(
        text=" ".join(part.text for part in parts).strip(),
        tokens=tuple(token for part in parts for token in part.tokens),
        logprob=min(part.logprob for part in parts),
        no_speech=max(part.no_speech for part in parts),
    )


def _pieces(sound: Samples) -> Iterator[tuple[float, Samples]]:
    for start, end in windows(sound, LONGEST_S):
        if end - start >= SHORTEST_S * SAMPLE_RATE:
            yield start / SAMPLE_RATE, sound[start:end]


def _clean(samples: Samples) -> Samples:
    sound = np.asarray(samples, np.float32).reshape(-1)
    if not np.isfinite(sound).all():
        sound = np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(sound, -1.0, 1.0)
