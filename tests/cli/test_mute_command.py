"""``companion mute`` when no talk is running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from companion.cli.main import app


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["mute", *arguments, "--config", str(config)])
        assert done.exit_code == 0, done.output
        return done.output

    return call


def test_it_holds_for_the_next_talk(run) -> None:  # type: ignore[no-untyped-def]
    assert "will listen" in run("status")
    assert "next one will be muted" in run("on", "--minutes", "5")
    state = json.loads(run("status", "--json"))
    assert state["muted"]
    assert not state["running"]
    assert state["until"] is not None
    assert "will listen" in run("off")
