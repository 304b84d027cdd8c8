"""Lives told and asked, with the real sentence model."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion import app as house
from companion.app.remembering import load_ears
from companion.config import load_config
from companion.measure.memory import SPOKEN, evaluate_life, read_life


@pytest.mark.real
@pytest.mark.parametrize(
    ("halves", "least", "mistaken"),
    # Two questions are answered with a kept fact that bears on something else (docs/memory.md).
    [(("dev", "held"), 0.88, 2), *(((one,), 0.84, 0) for one in SPOKEN)],
)
def test_nothing_is_invented_and_most_is_recalled(
    halves: tuple[str, ...], least: float, mistaken: int, tmp_path: Path
) -> None:
    settings = load_config(None)
    store = house.scratch_store(settings, tmp_path)
    found = evaluate_life(*load_ears(settings), store, read_life(halves)).values()
    store.database.close()
    assert sum(one["recalled"] for one in found) >= least * sum(one["told"] for one in found)
    assert sum(one["not_in_store"] for one in found) == 0
    assert sum(one["answered_though_never_told"] for one in found) <= mistaken
    assert sum(one["false_facts"] for one in found) <= 1
