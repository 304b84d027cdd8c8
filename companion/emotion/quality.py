"""Voice quality and colour: harmonics, cepstrum, tilt, resonances."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE
from companion.emotion.pitch import REFERENCE_HZ, Pitch
from companion.emotion.spectra import (
    FFT,
    FREQUENCIES,
    HOP_S,
    Frames,
    Line,
    Matrix,
    band,
    decibels,
)

_LEAST_FRAMES: Final = 8
"""Voiced frames (0.13 s) below which nothing is said about the voice."""

_MOST_RESONANCES: Final = 60
"""Frames whose resonances are solved for; more cost time and tell nothing new."""

_ORDER: Final = 10
"""Of the prediction below 5 kHz: two for each expected resonance."""

_CEPSTRA: Final = 12

_LAG_MS: Final = (2.0, 16.0)
"""Where the cepstral peak of a voice lies: 62-500 Hz."""


def quality(frames: Frames, pitch: Pitch) -> dict[str, float]:
    """Return the features of voice quality and colour that could be measured."""
    at = np.flatnonzero(pitch.voiced & frames.speech)
    if len(at) < _LEAST_FRAMES:
        return {}
    power = frames.power[at]
    hertz = pitch.hertz[at]
    found = _harmonics(frames.windows[at], hertz)
    found |= _cepstral_peak(power)
    found |= _perturbation(frames, pitch)
    found |= _first_harmonics(power, hertz)
    found |= _balance(frames, at)
    found |= _envelope(power)
    found |= _resonances(power)
    return found


def _harmonics(windows: NDArray[np.float32], hertz: Line) -> dict[str, float]:
    # Autocorrelation at the period against that at zero, both relative to the window's own
    # (Boersma 1993); the mean is taken of the ratio in dB.
    count = windows.shape[1]
    hann = np.hanning(count + 2)[1:-1].astype(np.float32)
    shaped = (windows - windows.mean(axis=1, keepdims=True)) * hann
    # Lags up to half a window: a transform of one and a half windows does not wrap round.
    spectrum = np.fft.rfft(shaped, FFT, axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    auto = np.fft.irfft(power, axis=-1)[:, : count // 2 + 2]
    own = np.fft.irfft(np.abs(np.fft.rfft(hann, FFT)) ** 2)
    auto = auto / np.maximum(auto[:, :1], 1e-12) / (own[: count // 2 + 2] / own[0])
    lag = np.clip(np.round(SAMPLE_RATE / hertz).astype(int), 8, count // 2)
    near = lag[:, None] + np.arange(-2, 3)[None, :]
    near = np.clip(near, 1, count // 2 + 1)
    best = np.clip(np.take_along_axis(auto, near, axis=1).max(axis=1), 0.05, 0.999)
    ratio = 10 * np.log10(best / (1 - best))
    return {"hnr_mean": float(ratio.mean()), "hnr_spread": float(ratio.std())}


def _cepstral_peak(power: Matrix) -> dict[str, float]:
    # Height of the cepstral peak above the line through its surroundings (Hillenbrand 1994).
    cepstrum = np.fft.irfft(np.log10(np.maximum(power, 1e-12)) * 10, axis=-1)
    low, high = (int(ms * SAMPLE_RATE / 1000) for ms in _LAG_MS)
    part = cepstrum[:, low:high]
    lags = np.arange(low, high, dtype=np.float64)
    centred = lags - lags.mean()
    slope = part @ centred / (centred @ centred)
    at = part.argmax(axis=1)
    line = part.mean(axis=1) + slope * centred[at]
    # In the units of a dB spectrum of the cepstrum, scaled so that modal voices give 10-20.
    peak = (part[np.arange(len(part)), at] - line) * 10
    return {"cpp_mean": float(peak.mean()), "cpp_spread": float(peak.std())}


def _perturbation(frames: Frames, pitch: Pitch) -> dict[str, float]:
    tones, level = pitch.semitones, frames.level
    inner = pitch.voiced.copy()
    inner[0] = inner[-1] = False
    inner[1:-1] &= pitch.voiced[:-2] & pitch.voiced[2:]
    at = np.flatnonzero(inner)
    if len(at) < _LEAST_FRAMES:
        return {}
    off = np.abs(tones[at] - (tones[at - 1] + tones[at + 1]) / 2)
    loud = np.abs(level[at] - (level[at - 1] + level[at + 1]) / 2)
    middle = np.nanmedian(tones)
    return {
        "jitter": float(np.mean(np.minimum(off, 3.0)) * 100 * np.log(2) / 12),
        "shimmer": float(np.mean(np.minimum(loud, 6.0))),
        "creak": float(np.mean(tones[pitch.voiced] < middle - 7.0)),
    }


def _first_harmonics(power: Matrix, hertz: Line) -> dict[str, float]:
    def strength(times: int) -> Line:
        at = np.clip(np.round(hertz * times * FFT / SAMPLE_RATE).astype(int), 2, FFT // 2 - 3)
        near = at[:, None] + np.arange(-2, 3)[None, :]
        return decibels(np.take_along_axis(power, near, axis=1).max(axis=1))

    middle = decibels(power[:, (FREQUENCIES >= 400) & (FREQUENCIES < 1000)].max(axis=1))
    return {
        "first_harmonics": float(np.median(strength(1) - strength(2))),
        "first_formant_tilt": float(np.median(strength(1) - middle)),
    }


def _line(x: Line, y: Matrix) -> Line:
    """Return the slope of each row of y over x."""
    centred = x - x.mean()
    return np.asarray(y @ centred / (centred @ centred))


def _balance(frames: Frames, at: NDArray[np.intp]) -> dict[str, float]:
    power = frames.power[at]
    mean = power / np.maximum(power.sum(axis=1, keepdims=True), 1e-12)
    spectrum = 10 * np.log10(np.maximum(mean.mean(axis=0), 1e-9))
    found: dict[str, float] = {}

    def slope(low: float, high: float, scale: float) -> float:
        chosen = (low <= FREQUENCIES) & (high > FREQUENCIES)
        x = FREQUENCIES[chosen] / 1000 if scale else np.log2(FREQUENCIES[chosen])
        return float(_line(np.asarray(x), spectrum[chosen][None, :])[0])

    found["tilt"] = slope(200, 4000, 0)
    found["slope_low"] = slope(60, 500, 1)
    found["slope_high"] = slope(500, 1500, 1)
    effort = decibels(band(power, 1000, 4000)) - decibels(band(power, 50, 1000))
    level = frames.level[at]
    found["effort"] = float(effort.mean())
    found["effort_spread"] = float(effort.std())
    if level.std() > 1.0:
        found["effort_level"] = float(np.polyfit(level, effort, 1)[0])
    low = power[:, FREQUENCIES < 2000].max(axis=1)
    high = power[:, (FREQUENCIES >= 2000) & (FREQUENCIES < 4000)].max(axis=1)
    found["hammarberg"] = float(np.mean(decibels(low) - decibels(high)))
    found["flux"] = _flux(frames, at)
    middle = (FREQUENCIES >= 100) & (FREQUENCIES < 4000)
    weight = power[:, middle] + 1e-12
    centre = 12 * np.log2((weight @ FREQUENCIES[middle]) / weight.sum(axis=1) / REFERENCE_HZ)
    found["centroid"], found["centroid_spread"] = float(centre.mean()), float(centre.std())
    if frames.wide:
        spoken = frames.power[frames.speech]
        found["brightness"] = float(
            np.mean(decibels(band(spoken, 4000, 7800)) - decibels(band(spoken, 50, 4000)))
        )
    rest = frames.speech.copy()
    rest[at] = False
    if rest.sum() >= 5 and frames.wide:
        part = frames.power[rest]
        found["hiss"] = float(
            np.mean(decibels(band(part, 2000, 7800)) - decibels(band(part, 50, 2000)))
        )
    return found


def _flux(frames: Frames, at: NDArray[np.intp]) -> float:
    chosen = (FREQUENCIES >= 100) & (FREQUENCIES < 4000)
    root = np.sqrt(frames.power[at][:, chosen])
    root /= np.maximum(np.linalg.norm(root, axis=1, keepdims=True), 1e-9)
    near = np.diff(at) == 1
    if not near.any():
        return float("nan")
    return float(np.linalg.norm(np.diff(root, axis=0), axis=1)[near].mean() / HOP_S)


def _mel_bands(count: int = 24, low: float = 100.0, high: float = 3900.0) -> Matrix:
    def mel(hz: float) -> float:
        return float(2595 * np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(mel(low), mel(high), count + 2) / 2595) - 1)
    rise = (FREQUENCIES - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - FREQUENCIES) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)))


_BANDS: Final = _mel_bands()

_COSINES: Final = np.cos(
    np.pi * np.arange(1, _CEPSTRA + 1)[:, None] * (np.arange(len(_BANDS)) + 0.5) / len(_BANDS)
) * np.sqrt(2.0 / len(_BANDS))


def _envelope(power: Matrix) -> dict[str, float]:
    bands = 10 * np.log10(np.maximum(power @ _BANDS.T, 1e-10))
    cepstra = np.maximum(bands, bands.max(axis=1, keepdims=True) - 60.0) @ _COSINES.T
    found = {f"envelope{i + 1}": float(cepstra[:, i].mean()) for i in range(_CEPSTRA)}
    found |= {f"envelope{i + 1}_spread": float(cepstra[:, i].std()) for i in range(8)}
    return found


def _resonances(power: Matrix) -> dict[str, float]:
    """Formants by linear prediction of the spectrum below 5 kHz, pre-emphasised."""
    step = max(1, -(-len(power) // _MOST_RESONANCES))
    top = int(5000 * FFT / SAMPLE_RATE) + 1
    chosen = power[::step, :top] * (FREQUENCIES[:top] / 1000.0) ** 1.5
    auto = np.fft.irfft(chosen, axis=-1)[:, : _ORDER + 1]
    auto[:, 0] = auto[:, 0] * 1.0001 + 1e-12
    lags = np.abs(np.arange(_ORDER)[:, None] - np.arange(_ORDER)[None, :])
    predictor = np.linalg.solve(auto[:, lags], auto[:, 1:, None])[:, :, 0]
    companion = np.zeros((len(predictor), _ORDER, _ORDER))
    companion[:, 0, :] = predictor
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    hertz = np.angle(roots) * 10_000 / (2 * np.pi)
    width = -np.log(np.maximum(np.abs(roots), 1e-6)) * 10_000 / np.pi
    usable = (hertz > 180) & (hertz < 4800) & (width < 700)
    order = np.sort(np.where(usable, hertz, np.inf), axis=1)[:, :3]
    widths = np.take_along_axis(
        width, np.argsort(np.where(usable, hertz, np.inf), axis=1)[:, :3], axis=1
    )
    found: dict[str, float] = {}
    for number, (low, high) in enumerate(((200, 1200), (700, 3000), (1500, 4200))):
        line = order[:, number]
        good = (line > low) & (line < high)
        if good.sum() < 6:
            continue
        tones = 12 * np.log2(line[good] / REFERENCE_HZ)
        found[f"formant{number + 1}"] = float(np.median(tones))
        if number < 2:
            found[f"formant{number + 1}_spread"] = float(tones.std())
        if number == 0:
            found["formant1_width"] = float(
                12 * np.log2(np.median(widths[good, 0]) / REFERENCE_HZ + 0.05)
            )
    return found
