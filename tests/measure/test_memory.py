"""A life of 200 facts told and asked, with the real sentence model."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion import app as house
from companion.app.remembering import load_ears
from companion.config import load_config
from companion.measure.memory import evaluate_memory


@pytest.mark.real
def test_nothing_is_invented_and_most_is_recalled(tmp_path: Path) -> None:
    settings = load_config(None)
    store = house.scratch_store(settings, tmp_path)
    found = evaluate_memory(*load_ears(settings), store)
    store.database.close()
    assert found["all"]["told"] == 200
    assert found["all"]["invented"] == 0
    assert found["all"]["recalled_share"] >= 0.85
    assert found["all"]["false_facts"] <= 1
