"""Fixtures of the audio tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.pulse import PulseRoom, why_not

from companion.domain import Pcm


@pytest.fixture
def pulse() -> Iterator[PulseRoom]:
    """A private sound server that this process is in."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with PulseRoom() as room, room.entered():
        yield room


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sound server, and no sound card."""
    if Path("/proc/asound/cards").exists() and "[" in Path("/proc/asound/cards").read_text():
        pytest.skip("this machine has a sound card")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")


@pytest.fixture
def tone() -> Pcm:
    """Three seconds of a 700 Hz tone, 16 kHz."""
    return sine(700, 3.0)


@pytest.fixture
def tone_wav(tmp_path: Path, tone: Pcm) -> Path:
    """The tone as a file."""
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone, 16_000)
    return path


@pytest.fixture
def voices() -> list[Path]:
    """Real recordings of many speakers."""
    folder = os.environ.get("COMPANION_TEST_DATA")
    if not folder:
        pytest.skip("COMPANION_TEST_DATA is not set: no real speech to test with")
    return sorted((Path(folder) / "speech" / "voices").glob("*.flac"))


def sine(hz: float, seconds: float, rate: int = 16_000, level: float = 0.3) -> Pcm:
    """Return a tone, shape (n,)."""
    t = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hz * t) * level * 32767).astype(np.int16)
