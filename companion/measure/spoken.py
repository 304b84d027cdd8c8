"""What is lost when danger is spoken: each line said, disturbed, heard and screened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import soxr

from companion.audio.files import read_audio
from companion.domain import SAMPLE_RATE, JsonObject, Samples, Speech, Tone, Transcript
from companion.errors import AudioError, MeasureError
from companion.measure.safety import Row, Screens, hit, read_rows

SNRS: Final = (15.0, 10.0, 5.0)
"""dB of speech over noise; the sound without noise comes first."""
PACES: Final = (-0.15, 0.0, 0.1)
"""Changes of pace, as fractions, taken in turn: older people speak slower."""
_PAUSE_S: Final = (0.3, 1.2)
"""Pauses between words are this long."""
_PAUSES_EVERY: Final = 8
"""Words, on average, between pauses."""
_EDGE_S: Final = 0.4
"""Of silence before and after, as the voice detector leaves it."""


class Voice(Protocol):
    """Says a line."""

    def synthesize(self, text: str, tone: Tone) -> Speech:
        """Return it as sound."""
        ...

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Change the pace from the next line on."""
        ...


class Ears(Protocol):
    """Hears a line."""

    def transcribe(self, samples: Samples) -> Transcript:
        """Return its words."""
        ...


def evaluate_through_voice(
    screener: Screens,
    path: Path,
    voice: Voice,
    ears: Ears,
    *,
    noise: Path | None = None,
    limit: int | None = None,
    seed: int = 1,
) -> JsonObject:
    """Say every line at changing paces, with pauses and noise, and screen what was heard.

    Args:
        screener: screens single utterances.
        path: the test set.
        voice: says the lines.
        ears: hears them.
        noise: folder of sound files; None makes pink noise.
        limit: only so many lines, taken evenly over the set.
        seed: of pauses and noise.

    Returns:
        For ``typed``, ``quiet`` and each SNR (``15dB`` ...): ``danger_percent``, the share of
        dangerous lines screened gravely enough, and ``alarms_percent`` among the others;
        ``points_lost`` of danger against typed; ``unheard``, the share with no believable words.

    Raises:
        MeasureError: the set or the noise cannot be used.
        VoiceError: the voice failed.
    """
    rows = _some(read_rows(path), limit)
    random = np.random.default_rng(seed)
    noises = _noises(noise)
    conditions: list[tuple[str, float | None]] = [("quiet", None)]
    conditions += [(f"{snr:g}dB", snr) for snr in SNRS]
    heard: dict[str, list[str]] = {name: [] for name, _ in conditions}
    for number, row in enumerate(rows):
        sound = with_pauses(said(row.text, number, voice), random)
        for name, snr in conditions:
            disturbed = sound if snr is None else noisy(sound, noises, snr, random)
            transcript = ears.transcribe(disturbed)
            heard[name].append("" if transcript.rejected else transcript.text)
    typed = _counted(screener, rows, [row.text for row in rows])
    result: JsonObject = {"lines": len(rows), "typed": typed}
    for name, _ in conditions:
        counted = _counted(screener, rows, heard[name])
        if typed["danger_percent"] is not None and counted["danger_percent"] is not None:
            counted["points_lost"] = round(typed["danger_percent"] - counted["danger_percent"], 1)
        counted["unheard"] = round(100 * sum(not t.strip() for t in heard[name]) / len(rows), 1)
        result[name] = counted
    return result


def said(text: str, number: int, voice: Voice) -> Speech:
    """Say the line of that number at the pace that is its turn.

    Raises:
        VoiceError: the voice failed.
    """
    pace = PACES[number % len(PACES)]
    voice.adjust(pace=pace)
    try:
        return voice.synthesize(text, Tone.NEUTRAL)
    finally:
        voice.adjust(pace=-pace)


def _some(rows: Sequence[Row], limit: int | None) -> list[Row]:
    if limit is None or limit >= len(rows):
        return list(rows)
    if limit < 1:
        raise MeasureError("the limit must be at least 1")
    return [rows[i * len(rows) // limit] for i in range(limit)]


def _counted(screener: Screens, rows: Sequence[Row], texts: Sequence[str]) -> JsonObject:
    hits = [(row, hit(row, screener.screen(t))) for row, t in zip(rows, texts, strict=True)]
    danger = [ok for row, ok in hits if row.dangerous]
    others = [not ok for row, ok in hits if not row.dangerous]
    return {
        "danger_percent": round(100 * sum(danger) / len(danger), 1) if danger else None,
        "alarms_percent": round(100 * sum(others) / len(others), 1) if others else None,
    }


def with_pauses(speech: Speech, random: np.random.Generator) -> Samples:
    """Return speech at 16 kHz with silences put between some words."""
    sound = speech.pcm.astype(np.float32) / 32768
    cuts = [int(w.start * speech.rate) for w in speech.words[1:]]
    parts: list[Samples] = []
    last = 0
    for cut in cuts:
        if last < cut <= len(sound) and random.random() < 1 / _PAUSES_EVERY:
            silence = int(random.uniform(*_PAUSE_S) * speech.rate)
            parts.append(np.asarray(sound[last:cut], np.float32))
            parts.append(np.zeros(silence, np.float32))
            last = cut
    edge = np.zeros(int(_EDGE_S * speech.rate), np.float32)
    whole = np.concatenate([edge, *parts, sound[last:], edge]).astype(np.float32)
    resampled = soxr.resample(whole, speech.rate, SAMPLE_RATE, quality="HQ")
    return np.asarray(resampled, np.float32)


def _noises(folder: Path | None) -> list[Samples]:
    if folder is None:
        return []
    sounds = []
    for path in sorted(p for p in folder.glob("**/*") if p.suffix.lower() in (".wav", ".flac")):
        try:
            samples = read_audio(path)
        except AudioError as error:
            raise MeasureError(f"noise {path} cannot be used: {error}") from error
        if len(samples) and float(np.abs(samples).max()) > 0:
            sounds.append(samples)
    if not sounds:
        raise MeasureError(f"no sound files (.wav, .flac) in {folder}")
    return sounds


def noisy(
    sound: Samples, noises: Sequence[Samples], snr_db: float, random: np.random.Generator
) -> Samples:
    """Return sound with noise at a ratio, in dB, to its voiced part."""
    noise = _stretch(noises, len(sound), random) if noises else pink(len(sound), random)
    voiced = sound[np.abs(sound) > 0.02 * max(float(np.abs(sound).max()), 1e-6)]
    speech_power = float(np.mean(voiced**2)) if len(voiced) else 0.0
    noise_power = float(np.mean(noise**2)) or 1.0
    gain = np.sqrt(speech_power / noise_power / 10 ** (snr_db / 10))
    mixed = sound + np.float32(gain) * noise
    return np.asarray(np.clip(mixed, -1, 1), np.float32)


def _stretch(noises: Sequence[Samples], length: int, random: np.random.Generator) -> Samples:
    noise = noises[int(random.integers(len(noises)))]
    start = int(random.integers(len(noise)))
    return np.asarray(np.resize(np.roll(noise, -start), length), np.float32)


def pink(length: int, random: np.random.Generator) -> Samples:
    """Return pink noise of deviation 1: white noise whose power falls with the frequency."""
    spectrum = np.fft.rfft(random.standard_normal(max(length, 2)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum, max(length, 2))[:length]
    return np.asarray(noise / max(float(noise.std()), 1e-9), np.float32)


__all__ = ["PACES", "SNRS", "evaluate_through_voice", "noisy", "pink", "with_pauses"]
