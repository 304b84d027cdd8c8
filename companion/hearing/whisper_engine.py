"""Whisper itself: encode only what was said, decode, align. Knows nothing of pauses or guards.

Whisper expects thirty seconds. Encoding less is several times cheaper, but the decoder, which
has never seen a short picture, then loops. So what was said is encoded with half a second of
silence, and the encoder's own picture of a silent room, made once at load, is laid behind it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import ctranslate2
import numpy as np
import tokenizers
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples
from companion.errors import ModelCorruptError, ModelMissingError
from companion.hearing.mel import Mel, log_mel

POSITIONS: Final = 1500
"""Encoder positions of a full window, 20 ms each (Whisper's)."""

LONGEST_S: Final = 28.0
"""Longest sound one window takes, leaving room for the silence behind it."""

_SILENCE: Final = 50
"""Mel windows of silence encoded behind the speech: 0.5 s."""

_SHORTEST: Final = 200
"""Mel windows always encoded, 2 s: one-word answers need silence around them."""

_LEAST: Final = 750
"""The decoder always sees at least this many positions (measured: no worse than 1,500)."""

_TAIL: Final = 250
"""Positions of silent room always laid behind longer speech."""

_ROOM: Final = 1e-3
"""Amplitude of the noise that stands for a silent room: -60 dB."""

_TOKENS_PER_S: Final = 8.0
"""Bound on the length of a transcript; quick speech needs about 6."""

_TOKENS_FREE: Final = 12

_MAX_LENGTH: Final = 448
"""The decoder's own limit, prompt included."""

_PRIMITIVES: Final = 64
"""So many of what oneDNN prepares for sizes of matrices are kept."""

_NON_SPEECH: Final = '"#()*+/:;<=>@[\\]^_`{|}~「」『』♩♪♫♬♭♮♯'
"""Signs that only ever begin annotations; their tokens are never decoded."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoder output as the decoder sees it."""

    features: NDArray[Any] = field(repr=False)
    """Shape (positions, width): what was said, then silence."""
    spoken: int
    """How many positions hold what was said."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the decoder made of it."""

    text: str
    tokens: tuple[int, ...]
    """Text tokens alone."""
    logprob: float
    no_speech: float


@dataclass(frozen=True, slots=True)
class Aligned:
    """When each text token was said."""

    tokens: tuple[int, ...]
    starts: tuple[float, ...]
    """Seconds; one more than there are tokens, the last being the end."""
    probabilities: tuple[float, ...]


class WhisperEngine:
    """A loaded model.

    Args:
        model_dir: a CTranslate2 conversion with its tokenizer.json.
        threads: threads on the CPU; None leaves it to CTranslate2.
        device: ``auto`` takes the GPU when there is one.

    Raises:
        ModelMissingError: the folder or one of its files is not there.
        ModelCorruptError: a file cannot be read.
    """

    def __init__(
        self,
        model_dir: Path,
        threads: int | None = None,
        device: Literal["auto", "cpu", "cuda"] = "auto",
    ) -> None:
        pull = f"companion models pull {model_dir.name}"
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (model_dir / name).is_file():
                raise ModelMissingError(
                    f"Whisper model {model_dir.name} is not complete: {model_dir / name} "
                    f"is missing; run: {pull}"
                )
        # By default oneDNN keeps 1,024 of what it prepared, a few for each length of sound: about
        # 0.7 MB a length, for hundreds of them. Fewer cost no time (docs/measurements.md).
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_PRIMITIVES))
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
        self.device = device
        try:
            self._model = ctranslate2.models.Whisper(
                str(model_dir),
                device=device,
                compute_type="float16" if device == "cuda" else "int8",
                intra_threads=threads or 0,
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(model_dir / "tokenizer.json"))
            self._bands = int(self._model.n_mels)
            self._suppressed = self._suppress()
            self._room = self._encode(log_mel(_room(), self._bands)[:, : 2 * POSITIONS])
        except ModelCorruptError:
            raise
        except Exception as error:  # tokenizers raises a bare Exception
            raise ModelCorruptError(
                f"Whisper model {model_dir.name} cannot be loaded "
                f"({' '.join(str(error).split())[:120]}); run: {pull}"
            ) from error

    @property
    def multilingual(self) -> bool:
        """Whether it knows languages other than English."""
        return bool(self._model.is_multilingual)

    def knows(self, language: str) -> bool:
        """Return whether this model can be told to expect a language (ISO code)."""
        if not self.multilingual:
            return language == "en"
        return self._tokenizer.token_to_id(f"<|{language}|>") is not None

    def encode(self, samples: Samples, *, whole: bool = False) -> Encoded:
        """Encode what was said.

        Args:
            samples: 16 kHz mono, finite, 0.1-28 s.
            whole: encode thirty seconds, as Whisper was trained; slow.
        """
        mel = log_mel(samples, self._bands)[:, : 2 * POSITIONS]
        spoken = (mel.shape[1] + 1) // 2
        length = 2 * POSITIONS if whole else max(_SHORTEST, 2 * spoken + _SILENCE)
        length = min(length, 2 * POSITIONS)
        features = self._encode(np.pad(mel, ((0, 0), (0, length - mel.shape[1]))))
        return Encoded(self.with_room(features), spoken)

    def with_room(self, features: NDArray[Any]) -> NDArray[Any]:
        """Lay the silent room behind features, shape (positions, width)."""
        n = len(features)
        total = min(POSITIONS, max(_LEAST, n + _TAIL))
        room = self._room[n:total].astype(features.dtype)
        return np.concatenate([features, room]) if total > n else features

    def language(self, encoded: Encoded) -> str:
        """Return the likeliest language of what was said, as an ISO code."""
        if not self.multilingual:
            return "en"
        token = self._model.detect_language(_view(encoded.features))[0][0][0]
        return str(token)[2:-2]

    def decode(
        self, encoded: Encoded, language: str, *, timestamps: bool = False, unrepeated: bool = False
    ) -> Decoded:
        """Return the words.

        Args:
            encoded: from ``encode``.
            language: ISO code; ignored by English-only models.
            timestamps: steadier on speech with long pauses, and slower.
            unrepeated: never write the same three tokens twice; breaks a loop.
        """
        prompt = self._start(language)
        if not timestamps:
            prompt.append(self._id("<|notimestamps|>"))
        most = _TOKENS_FREE + int(_TOKENS_PER_S * encoded.spoken * 0.02) + (16 if timestamps else 0)
        result = self._model.generate(
            _view(encoded.features),
            [prompt],
            beam_size=1,
            no_repeat_ngram_size=3 if unrepeated else 0,
            # CTranslate2 spends at most half of max_length on new tokens.
            max_length=min(_MAX_LENGTH, 2 * most + len(prompt)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )[0]
        ids = result.sequences_ids[0]
        end = self._id("<|endoftext|>")
        tokens = tuple(int(token) for token in ids if token < end)
        return Decoded(
            text=str(self._tokenizer.decode(list(tokens))).strip(),
            tokens=tokens,
            logprob=float(result.scores[0]) * len(ids) / (len(ids) + 1),
            no_speech=float(result.no_speech_prob),
        )

    def align(self, features: NDArray[Any], text: str, language: str) -> Aligned:
        """Return when each token of a text is said.

        Args:
            features: what was said, shape (positions, width), the silence removed.
            text: as ``decode`` returned it.
            language: ISO code.
        """
        tokens = self._tokenizer.encode(" " + text.strip(), add_special_tokens=False).ids
        if not tokens or not len(features):
            return Aligned((), (0.0,), ())
        laid = self.with_room(features.astype(self._room.dtype))
        found = self._model.align(
            _view(laid), self._start(language), [tokens], min(2 * len(features), 2 * POSITIONS)
        )[0]
        starts = np.full(len(tokens) + 1, np.nan)
        for token, position in found.alignments:
            if token <= len(tokens) and np.isnan(starts[token]):
                starts[token] = position * 0.02
        if np.isnan(starts[0]):
            starts[0] = 0.0
        if np.isnan(starts[-1]):
            starts[-1] = len(features) * 0.02
        known = np.flatnonzero(~np.isnan(starts))
        starts = np.interp(np.arange(len(starts)), known, starts[known])
        return Aligned(
            tuple(tokens),
            tuple(float(t) for t in np.maximum.accumulate(starts)),
            tuple(float(p) for p in found.text_token_probs[: len(tokens)]),
        )

    def spell(self, tokens: tuple[int, ...]) -> str:
        """Return the text of some tokens, leading space included."""
        return str(self._tokenizer.decode(list(tokens)))

    def _encode(self, mel: Mel) -> NDArray[Any]:
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None]))
        features: NDArray[Any] = np.array(self._model.encode(view, to_cpu=True))[0]
        return features

    def _start(self, language: str) -> list[int]:
        names = ["<|startoftranscript|>"]
        if self.multilingual:
            names += [f"<|{language}|>", "<|transcribe|>"]
        return [self._id(name) for name in names]

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ModelCorruptError(f"Whisper's tokenizer.json has no {token}; pull it again")
        return int(number)

    def _suppress(self) -> list[int]:
        known = [
            self._tokenizer.token_to_id(name)
            for name in (
                "<|transcribe|>", "<|translate|>", "<|startoftranscript|>", "<|startofprev|>",
                "<|startoflm|>", "<|nospeech|>", "<|nocaptions|>",
            )
        ]  # fmt: skip
        tokens = {token for token in known if token is not None}
        for sign in [*_NON_SPEECH, "<<", ">>", "--", "((", "))", "[[", "]]"]:
            for spelled in (sign, " " + sign):
                ids = self._tokenizer.encode(spelled, add_special_tokens=False).ids
                if len(ids) == 1 or sign in "♩♪♫♬♭♮♯":
                    tokens.add(ids[0])
        for spelled in (" -", " '"):
            tokens.add(self._tokenizer.encode(spelled, add_special_tokens=False).ids[0])
        return sorted(tokens)


def _view(features: NDArray[Any]) -> Any:
    view: Any = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]))
    return view


def _room() -> Samples:
    noise = np.random.default_rng(0).normal(0.0, _ROOM, 30 * SAMPLE_RATE)
    return noise.astype(np.float32)
