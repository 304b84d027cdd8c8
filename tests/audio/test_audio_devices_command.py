"""``companion devices``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from support.pulse import PulseRoom
from typer.testing import CliRunner

from companion.cli.devices import devices

app = typer.Typer()
app.command("devices")(devices)


@pytest.mark.usefixtures("nowhere")
def test_without_any_device_it_says_so_and_exits_3() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 3
    assert result.stderr == "no microphone or speaker found; plug one in and try again\n"
    assert result.stdout == ""


@pytest.mark.usefixtures("nowhere")
def test_without_any_device_json_is_still_json() -> None:
    result = CliRunner().invoke(app, ["--json"])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["devices"] == []


@pytest.mark.sound
def test_it_shows_each_device_with_its_level(pulse: PulseRoom, tone_wav: Path) -> None:
    saying = pulse.say(tone_wav, wait=False)
    result = CliRunner().invoke(app, ["--json", "--seconds", "2"])
    saying.wait()
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["devices"]
    default = next(row for row in rows if row["default_input"])
    assert default["level_dbfs"] == pytest.approx(-13.5, abs=2)
    table = CliRunner().invoke(app, ["--seconds", "0"])
    assert table.exit_code == 0
    assert "default" in table.stdout
    assert "44100" in table.stdout


def test_the_sound_process_stays_small() -> None:
    code = "import sys, companion.audio.port_child as p; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
