"""Shared by every room's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from companion.cli.main import QUIET

os.environ.update(QUIET)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real recordings; skips where there is none."""
    folder = os.environ.get("COMPANION_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COMPANION_TEST_DATA is not set to a folder of recordings")
    return Path(folder)


@pytest.fixture(scope="session")
def engines():  # type: ignore[no-untyped-def]
    """The starter models, loaded once."""
    from companion import app
    from companion.config import Config
    from companion.errors import ModelError

    try:
        return app.load_engines(Config())
    except ModelError as error:
        pytest.skip(f"starter models are not here: {error}")
