"""Piper in process: a sentence in, sound and the time of every word out."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from piper import PiperVoice
from piper.config import PhonemeType, PiperConfig, SynthesisConfig

from companion.domain import Samples, Speech, SpokenWord, Tone
from companion.errors import ModelCorruptError, ModelMissingError, VoiceError
from companion.pace import SpeakingRate, followed
from companion.voice.align import Phone, spread, word_times
from companion.voice.expression import Expression, Shaper
from companion.voice.loudness import faded, levelled, to_pcm
from companion.voice.normalize import Token, clean, tokens
from companion.voice.onnx_outputs import with_durations
from companion.voice.profile import ToneShape, VoiceProfile
from companion.voice.sentences import split

MIN_PACE: Final = 0.6
MAX_PACE: Final = 1.4
"""Beyond these Piper slurs or swallows sounds."""
MIN_VOLUME_DB: Final = -30.0
MAX_VOLUME_DB: Final = 12.0
"""Against the profile's level; the limiter keeps peaks below -1 dBFS."""

_GAPS: Final = 1.16
"""A speech detector takes the short gaps between words for speech: so much more than the words
alone (eleven sentences of Joe: 17.7 and 15.3 letters a second)."""
_FOLLOW_STEP: Final = 0.05
"""Of the pace, from one turn of the person to the next: nobody should notice it change."""

_PIECE_PHONEMES = 120
"""Longest stretch synthesised at once, about 5 s: 4.7 s of sound took 95 MB of memory, 19 s
390 MB (measured)."""
_MAX_TEXT = 4000
"""Characters of one reply that are spoken; no reply fit to be heard is longer."""
_LEAD_S = 0.03
"""Kept before the first phoneme, so that a soft h or f is not clipped."""
_TAIL_S = 0.05
_QUIET = 0.004
"""Share of the peak (-48 dB) below which an edge is silence."""


class PiperSynthesizer:
    """A Piper voice with a profile; one thread at a time.

    Word times are Piper's own phoneme durations (see ``onnx_outputs``), matched to the words.

    Args:
        model_dir: folder with the profile's ``.onnx`` and its ``.onnx.json``.
        profile: which voice and how it speaks.
        pace: 1 is the profile's own pace, below is slower; held within 0.6-1.4.
        volume_db: added to the profile's level; held within -30 to 12.
        threads: for inference; None takes the cores there are, at most 4.
        shaper: gives the tones what Piper cannot; None is ``Expression``.

    Raises:
        ModelMissingError: a file is not there.
        ModelCorruptError: a file cannot be read as a Piper voice.
    """

    def __init__(
        self,
        model_dir: Path,
        profile: VoiceProfile,
        pace: float = 1.0,
        volume_db: float = 0.0,
        threads: int | None = None,
        shaper: Shaper | None = None,
    ) -> None:
        self.shaper = shaper or Expression()
        self._profile = profile
        self._pace = _within(pace, MIN_PACE, MAX_PACE)
        self._volume_db = _within(volume_db, MIN_VOLUME_DB, MAX_VOLUME_DB)
        self._own = SpeakingRate()
        """At pace 1, as a speech detector would measure it."""
        self._followed = 1.0
        self._voice, self._has_durations = _load(model_dir, profile, threads)
        self._alone = lru_cache(maxsize=2000)(self._phonemes_alone)
        self.synthesize("Hello.", Tone.WARM)  # the first run allocates

    @property
    def rate(self) -> int:
        """Hz of what it synthesises."""
        return int(self._voice.config.sample_rate)

    @property
    def pace(self) -> float:
        """The pace now; 1 is the profile's own."""
        return self._pace

    @property
    def volume_db(self) -> float:
        """The volume now, dB against the profile's level."""
        return self._volume_db

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Change pace and volume from the next sentence on.

        Args:
            pace: fraction of the profile's pace to add, negative is slower.
            volume: dB to add.

        Both stay within the limits above, so "slower" said ten times is still speech.
        """
        self._pace = _within(self._pace + pace, MIN_PACE, MAX_PACE)
        self._volume_db = _within(self._volume_db + volume, MIN_VOLUME_DB, MAX_VOLUME_DB)

    def follow(self, letters_per_s: float) -> None:
        """Come nearer to a pace that is not faster than the person's, from the next sentence on.

        Multiplies with ``pace``, so that whoever asks for "faster" hears it. Nothing is done before
        this voice has been measured over some seconds of its own.

        Args:
            letters_per_s: the person's, see ``SpeakingRate``.
        """
        target = followed(self._own.letters_per_s, letters_per_s)
        step = _within(target - self._followed, -_FOLLOW_STEP, _FOLLOW_STEP)
        self._followed += step

    @property
    def _speed(self) -> float:
        return max(MIN_PACE, self._pace * self._followed)

    def synthesize(self, text: str, tone: Tone = Tone.WARM) -> Speech:
        """Synthesise a sentence, or several with pauses between; blocking.

        Text is cleaned first; nothing to say gives an empty ``Speech``.

        Raises:
            VoiceError: the voice failed.
        """
        said = clean(text[:_MAX_TEXT])
        shape = self._profile.shape(tone)
        pause = self._profile.sentence_pause_s * shape.pause / self._speed
        sound: list[Samples] = []
        words: list[SpokenWord] = []
        at = 0.0
        try:
            for piece, ends in self._pieces(said):
                samples, times = self._piece(piece, shape)
                if not len(samples):
                    continue
                words += [
                    SpokenWord(token.text, at + start, at + end)
                    for token, (start, end) in zip(piece, times, strict=True)
                ]
                gap = np.zeros(int(self.rate * (pause if ends else 0.0)), np.float32)
                sound += [samples, gap]
                at += (len(samples) + len(gap)) / self.rate
        except Exception as error:  # native code: onnxruntime and espeak raise their own kinds
            reason = " ".join(str(error).split())[:120]
            raise VoiceError(f"the voice could not say {said[:40]!r}: {reason}") from error
        if not words:
            return Speech("", np.zeros(0, np.int16), self.rate)
        voiced = _GAPS * sum(word.end - word.start for word in words)
        self._own.add(said, voiced * self._speed / shape.length)
        pcm = to_pcm(np.concatenate(sound[:-1]))
        if said[-1] in ",;:":
            pause = self._profile.clause_pause_s * shape.pause / self._speed
        return Speech(said, pcm, self.rate, tuple(words), pause)

    def _piece(
        self, piece: Sequence[Token], shape: ToneShape
    ) -> tuple[Samples, list[tuple[float, float]]]:
        """Synthesise one stretch: level, trim and fade it, and time its words, seconds."""
        spoken = " ".join(token.spoken for token in piece if token.spoken)
        sound: list[Samples] = []
        phones: list[Phone] = []
        at = 0.0
        for symbols in self._voice.phonemize(spoken):
            samples, timed = self._infer(symbols, shape)
            phones += [Phone(p.symbol, at + p.start, at + p.end) for p in timed]
            sound.append(samples)
            at += len(samples) / self.rate
        if not any(p.symbol.isalpha() for p in phones):
            return np.zeros(0, np.float32), []
        level = self._profile.level_db + self._volume_db + shape.volume_db
        whole, phones = self.shaper.shape(
            np.concatenate(sound), phones, self.rate, shape, piece[-1].text
        )
        voiced = [p for p in phones if p.symbol.isalpha()]
        start, stop = self._speaking(whole, voiced[0].start, voiced[-1].end)
        trimmed = faded(levelled(whole[start:stop], level, self.rate), self.rate)
        offset, length = start / self.rate, len(trimmed) / self.rate
        times = word_times(phones, [self._alone(token.spoken) for token in piece])
        return trimmed, [
            (_within(a - offset, 0.0, length), _within(b - offset, 0.0, length)) for a, b in times
        ]

    def _speaking(self, samples: Samples, first: float, last: float) -> tuple[int, int]:
        """Return the sample range that is speech, by sound and by phonemes."""
        loud = np.flatnonzero(np.abs(samples) > _QUIET * float(np.abs(samples).max(initial=1e-9)))
        first_loud, last_loud = (int(loud[0]), int(loud[-1])) if len(loud) else (0, len(samples))
        start = min(first_loud, int(first * self.rate)) - int(_LEAD_S * self.rate)
        stop = max(last_loud, int(last * self.rate)) + int(_TAIL_S * self.rate)
        return max(0, start), min(len(samples), stop)

    def _infer(self, symbols: list[str], shape: ToneShape) -> tuple[Samples, list[Phone]]:
        """Run the network on one stretch of phonemes."""
        profile, known = self._profile, self._voice.config.phoneme_id_map
        symbols = [symbol for symbol in symbols if symbol in known]
        ids = self._voice.phonemes_to_ids(symbols)
        config = SynthesisConfig(
            length_scale=profile.length_scale * shape.length / self._speed,
            noise_scale=profile.noise_scale * shape.noise,
            noise_w_scale=profile.noise_w_scale * shape.noise,
        )
        audio, lasts = self._voice.phoneme_ids_to_audio(ids, config, include_alignments=True)
        samples: Samples = np.atleast_1d(np.asarray(audio, np.float32))
        if self._has_durations and lasts is not None:
            phones = self._timed(symbols, np.atleast_1d(lasts))
            if phones is not None:
                return samples, phones
        seconds = len(samples) / self.rate
        start, stop = self._speaking(samples, seconds, 0.0)
        return samples, spread(symbols, start / self.rate + _LEAD_S, stop / self.rate - _TAIL_S)

    def _timed(self, symbols: Sequence[str], lasts: Any) -> list[Phone] | None:
        """Turn samples per phoneme id into phoneme times; None when they do not fit."""
        known = self._voice.config.phoneme_id_map
        pad = len(known.get("_", ()))
        counts = [len(known[symbol]) + pad for symbol in ["^", *symbols]] + [len(known["$"])]
        if sum(counts) != len(lasts):
            return None
        edges = np.concatenate([[0], np.cumsum(lasts)])[np.concatenate([[0], np.cumsum(counts)])]
        times = (edges / self.rate).tolist()
        return [Phone(symbol, times[k + 1], times[k + 2]) for k, symbol in enumerate(symbols)]

    def _pieces(self, text: str) -> Iterator[tuple[tuple[Token, ...], bool]]:
        """Cut text into stretches short enough to synthesise, and say which end a sentence."""
        for sentence in split(text):
            left = tokens(sentence, self._profile.language)
            while left:
                count = self._fitting(left)
                piece, left = left[:count], left[count:]
                yield piece, not left

    def _fitting(self, words: Sequence[Token]) -> int:
        """Return how many words fit a stretch, ending at a clause if there is one past half."""
        size = best = 0
        for count, word in enumerate(words):
            size += len(self._alone(word.spoken)) + 1
            if size > _PIECE_PHONEMES and count:
                return best or count
            if word.spoken.endswith((",", ";", ":")) and size > _PIECE_PHONEMES // 2:
                best = count + 1
        return len(words)

    def _phonemes_alone(self, spoken: str) -> str:
        if not spoken:
            return ""
        known = self._voice.config.phoneme_id_map
        sentences = self._voice.phonemize(spoken)
        return " ".join("".join(s for s in sentence if s in known) for sentence in sentences)


def _load(model_dir: Path, profile: VoiceProfile, threads: int | None) -> tuple[PiperVoice, bool]:
    model = model_dir / profile.file
    settings = model_dir / f"{profile.file}.json"
    pull = f"companion models pull {profile.model}"
    for path in (model, settings):
        if not path.is_file():
            raise ModelMissingError(f"the voice {profile.model} is not on this device; run: {pull}")
    # Piper warns on stderr about every unknown phoneme; they are filtered here.
    logging.getLogger("piper").setLevel(logging.ERROR)
    try:
        config = PiperConfig.from_dict(json.loads(settings.read_text(encoding="utf-8")))
        if config.phoneme_type != PhonemeType.ESPEAK:
            raise ValueError(f"its phonemes are of kind {config.phoneme_type}, not espeak")
        with with_durations(model) as (readable, durations):
            session = onnxruntime.InferenceSession(
                readable,
                sess_options=_session_options(threads),
                providers=["CPUExecutionProvider"],
            )
    except Exception as error:  # onnxruntime raises its own kinds, json and the config others
        reason = " ".join(str(error).split())[:120]
        raise ModelCorruptError(
            f"the voice {profile.model} cannot be read ({reason}); run: {pull}"
        ) from error
    return PiperVoice(session=session, config=config), durations is not None


def _session_options(threads: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or min(4, len(os.sched_getaffinity(0)))
    options.inter_op_num_threads = 1
    # Waiting threads sleep: spinning ones would take the cores from the other engines.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Sentences differ in length: an arena would keep room for the longest, and a plan for each.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
