"""What a few seconds of the room, and a sweep played into it, tell of microphone and speaker."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from companion.domain import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from companion.service.doctor.findings import Finding, fail, note, ok, warn

CLIPPED: Final = 32_700
"""From here on a sample is taken for cut off."""
CLIPPED_SHARE: Final = 0.001
NOISY_DBFS: Final = -38.0
"""Speech at 2 m lies near -30 dBFS with common microphones; 10 dB above noise is little."""
FAINT_DBFS: Final = -80.0
OFFSET: Final = 0.03
"""Of full scale."""
SWEEP_HZ: Final = (200.0, 4_000.0)
SWEEP_DBFS: Final = -20.0
RETURN_DB: Final = 6.0
"""Above the room, so that the sweep is surely heard."""
LEFT_DB: Final = -10.0
"""What cancelling must at least take away."""
SLOW_S: Final = 0.4
"""Beyond this the canceller does not look (``audio/delay.py`` looks 0.5 s back)."""
_FLOOR: Final = -96.0


def dbfs(samples: npt.NDArray[Any]) -> float:
    """Return the level of samples that count to 32,768, dB of full scale."""
    if not len(samples):
        return _FLOOR
    scaled = samples.astype(np.float64) / 32768.0
    power = float(np.mean(scaled**2))
    return max(_FLOOR, 10 * np.log10(power)) if power > 0 else _FLOOR


def levels(pcm: Pcm) -> list[float]:
    """Return the level of every 20 ms, without the steady part (an offset is no sound)."""
    whole = pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES].astype(np.float64)
    frames = (whole - whole.mean() if len(whole) else whole).reshape(-1, FRAME_SAMPLES)
    return [dbfs(frame) for frame in frames]


def look_at_microphone(pcm: Pcm) -> list[Finding]:
    """Judge some seconds of a quiet room.

    Args:
        pcm: 16 kHz mono; nobody need speak.
    """
    if not len(pcm):
        return [fail("microphone", "the microphone delivers nothing", "plug it in again")]
    if int(pcm.max()) == int(pcm.min()):
        return [
            fail(
                "microphone.silent",
                "the microphone delivers nothing but silence",
                "switch it on at its own button, or unmute it with alsamixer or pavucontrol",
            )
        ]
    found = []
    floor = float(np.percentile(levels(pcm), 20))
    clipped = float(np.mean(np.abs(pcm.astype(np.int32)) >= CLIPPED))
    offset = abs(float(pcm.mean())) / 32768.0
    if clipped > CLIPPED_SHARE:
        found.append(
            warn(
                "microphone.clipping",
                f"the microphone is too loud: {clipped:.1%} of its sound is cut off",
                "turn its gain down with alsamixer or pavucontrol",
            )
        )
    if floor > NOISY_DBFS:
        found.append(
            warn(
                "microphone.noise",
                f"the room, or the microphone itself, is loud: {floor:.0f} dBFS without speech",
                "switch fans and television off and look again; else move it, or turn it down",
            )
        )
    elif floor < FAINT_DBFS:
        found.append(
            note(
                "microphone.faint",
                f"the room is as quiet as {floor:.0f} dBFS: it may be turned very low",
                "speak while companion devices runs: the bar should reach half",
            )
        )
    if offset > OFFSET:
        found.append(
            warn(
                "microphone.offset",
                f"its sound is shifted by {offset:.0%} of full scale: a bad cable or plug",
                "try another port or another microphone",
            )
        )
    return found or [ok("microphone", f"hears; the quiet room is at {floor:.0f} dBFS")]


def sweep(seconds: float, rate: int) -> Pcm:
    """Return a sweep that rises evenly by octaves (Farina 2000), softly begun and ended."""
    low, high = SWEEP_HZ
    t = np.arange(round(seconds * rate)) / rate
    growth = np.log(high / low)
    phase = 2 * np.pi * low * seconds / growth * (np.exp(t / seconds * growth) - 1)
    fade = np.minimum(1.0, np.minimum(t, seconds - t) / 0.05)
    level = 10 ** (SWEEP_DBFS / 20) * np.sqrt(2)
    return np.asarray(np.sin(phase) * fade * level * 32767, np.int16)


def delay_s(near: Pcm, far: Pcm) -> tuple[float, float]:
    """Return how much later ``near`` holds ``far``, seconds, and how alike they are there, 0 to 1.

    Args:
        near: what the microphone heard, 16 kHz.
        far: what was played, on the same clock.
    """
    count = min(len(near), len(far))
    if count < FRAME_SAMPLES:
        return 0.0, 0.0
    a, b = near[:count].astype(np.float64), far[:count].astype(np.float64)
    size = 1 << (2 * count - 1).bit_length()
    found = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    later = found[: SAMPLE_RATE // 2]
    at = int(np.argmax(np.abs(later)))
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return at / SAMPLE_RATE, abs(float(later[at])) / norm if norm > 0 else 0.0


def look_at_echo(room: Pcm, near: Pcm, far: Pcm, left: Pcm) -> list[Finding]:
    """Judge a sweep.

    Args:
        room: the microphone before it, 16 kHz.
        near: the microphone during it.
        far: what was played, on the same clock.
        left: what the canceller made of ``near``, of its second half.
    """
    quiet = float(np.median(levels(room))) if len(room) else _FLOOR
    returned, (late, alike) = dbfs(near), delay_s(near, far)
    if returned < quiet + RETURN_DB or alike < 0.1:
        return [
            note(
                "echo.none",
                "the microphone does not hear the speaker",
                "right with headphones or a cancelling conference speaker; else look whether the "
                "speaker is switched on, and say: companion say hello",
            )
        ]
    taken = dbfs(left) - dbfs(near[len(near) // 2 :])
    what = f"its own sound comes back after {1000 * late:.0f} ms at {returned:.0f} dBFS"
    if late > SLOW_S:
        return [
            warn(
                "echo.delay",
                f"{what}: too late to be taken out",
                "use a speaker with a wire, not Bluetooth",
            )
        ]
    if taken > LEFT_DB and dbfs(left) > quiet + RETURN_DB:
        return [
            warn(
                "echo.left",
                f"{what}, and only {-taken:.0f} dB of it can be taken out",
                "move microphone and speaker apart, or turn the speaker down",
            )
        ]
    return [ok("echo", f"{what}; {-taken:.0f} dB of it are taken out")]


__all__ = ["dbfs", "delay_s", "levels", "look_at_echo", "look_at_microphone", "sweep"]
