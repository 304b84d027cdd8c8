"""``companion doctor`` on this machine, with faults put in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from support.pulse import PulseRoom, why_not

NAME = "Wilhelmina Peabody"


def doctor(
    tmp_path: Path, *options: str, env: dict[str, str] | None = None, settings: str = ""
) -> tuple[int, dict[str, dict[str, str]]]:
    config = tmp_path / "config.toml"
    config.write_text(
        f'state_dir = "{tmp_path / "state"}"\n{settings}\n[persona]\nperson = "{NAME}"\n'
        '[checkins]\ntimezone = "Europe/London"\n'
    )
    command = [sys.executable, "-m", "companion", "doctor", "--json", "--config", str(config)]
    done = subprocess.run(
        [*command, *options],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    tree = json.loads(done.stdout)
    assert tree["exit_code"] == done.returncode
    assert NAME not in done.stdout
    return done.returncode, {one["about"]: one for one in tree["findings"]}


def companion(tmp_path: Path, *words: str) -> None:
    command = [sys.executable, "-m", "companion", *words]
    command += ["--config", str(tmp_path / "config.toml")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_a_fresh_machine(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, "--no-sound", "--no-speed")
    assert code == 20
    assert found["alerts"]["state"] == "warn"  # nobody is entered
    assert found["storage"]["state"] == "note"
    assert found["disk"]["state"] in ("ok", "warn")
    assert found["models"]["state"] == "ok"


def test_what_is_kept_and_who_may_read_it(tmp_path: Path) -> None:
    doctor(tmp_path, "--no-sound", "--no-speed")
    companion(tmp_path, "people", "add", "Anna", "--role", "daughter")
    key = tmp_path / "state" / "key"
    key.chmod(0o644)
    _, found = doctor(tmp_path, "--no-sound", "--no-speed")
    assert found["storage"]["state"] == "fail"  # it is not opened with a key that others have
    assert str(key) in found["permissions"]["says"]
    _, found = doctor(tmp_path, "--no-sound", "--no-speed", "--fix")
    assert found["storage"]["state"] == "ok"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_damaged_database_is_told_and_left_alone(tmp_path: Path) -> None:
    doctor(tmp_path, "--no-sound", "--no-speed")
    companion(tmp_path, "people", "add", "Anna", "--role", "daughter")
    database = tmp_path / "state" / "companion.db"
    rotten = bytearray(database.read_bytes())
    rotten[4096 * 3 : 4096 * 4] = b"\x55" * 4096
    database.write_bytes(rotten)
    code, found = doctor(tmp_path, "--no-sound", "--no-speed", "--fix")
    assert code == 21
    assert found["storage"]["state"] == "fail"
    assert database.read_bytes() == bytes(rotten)


def test_a_truncated_model(tmp_path: Path) -> None:
    models = tmp_path / "models" / "joe-us-medium"
    models.mkdir(parents=True)
    (models / "half.onnx").write_bytes(b"half")
    code, found = doctor(
        tmp_path, "--no-sound", "--no-speed", settings=f'[models]\ndir = "{tmp_path / "models"}"'
    )
    assert code == 21
    assert found["models"]["do"].startswith("companion models pull")


@pytest.mark.sound
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_a_room_with_an_echo_and_a_silent_one(tmp_path: Path) -> None:
    hiss = tmp_path / "hiss.wav"
    with wave.open(str(hiss), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = np.random.default_rng(1).standard_normal(16_000 * 40) * 30
        file.writeframes(samples.astype(np.int16).tobytes())
    with PulseRoom() as room:
        _, silent = doctor(tmp_path, "--no-speed", env=room.env)
        room.add_echo()
        room.say(hiss, wait=False)
        _, found = doctor(tmp_path, env=room.env)
    assert silent["microphone.silent"]["state"] == "fail"
    assert found["microphone"]["state"] == "ok"
    assert found["echo"]["state"] == "ok", found["echo"]
    assert "speed" in found
