"""A live talk that waits, watched from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pulse import PulseRoom, why_not

from companion.errors import MeasureError
from companion.measure.idle import measure_idle


def test_a_talk_that_cannot_begin_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('state_dir = "/proc/none"\n[audio]\ninput = "no such microphone"\n')
    with pytest.raises(MeasureError, match="did not begin: companion:"):
        measure_idle(1.0, config)


@pytest.mark.sound
@pytest.mark.real
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_waiting_costs_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    with PulseRoom() as room:
        for name, value in room.env.items():
            monkeypatch.setenv(name, value)
        found = measure_idle(3.0, config, settle_s=1.0)
    assert 0.0 < found["cpu_percent"] < 100.0
    assert 100 < found["rss_mb"] < 2000
    assert found["processes"] == 3  # the talk, and who holds microphone and speaker
    assert found["threads"] > 3
    assert found["files"] > 5
