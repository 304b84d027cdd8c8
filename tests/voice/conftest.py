from __future__ import annotations

from pathlib import Path

import pytest

from companion.config import load_config
from companion.voice.piper import PiperSynthesizer
from companion.voice.profile import load_profile


@pytest.fixture(scope="session")
def models_dir() -> Path:
    return load_config().models.dir


@pytest.fixture(scope="session")
def joe(models_dir: Path) -> PiperSynthesizer:
    folder = models_dir / "piper-joe-medium"
    if not folder.is_dir():
        pytest.skip(f"no voice in {folder}; run: companion models pull piper-joe-medium")
    return PiperSynthesizer(folder, load_profile("joe"), threads=2)
