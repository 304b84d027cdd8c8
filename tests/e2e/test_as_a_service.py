"""The companion under a systemd that only listens: ready, alive, killed, and back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.companion_process import Companion
from support.fake_systemd import FakeSystemd
from support.pulse import PulseRoom

pytestmark = [pytest.mark.sound, pytest.mark.real]

CONFIG = (
    '[attention]\nmode = "always"\n[mind]\nseed = 1\n'
    '[checkins]\nenabled = false\nquiet_from = "00:00"\nquiet_to = "00:00"\n'
)


@pytest.fixture(scope="module")
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSystemd]:
    fake = FakeSystemd(tmp_path_factory.mktemp("systemd") / "notify")
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("device")


def begin(folder: Path, room: PulseRoom, systemd: FakeSystemd) -> Companion:
    own = {"XDG_CONFIG_HOME": str(folder / "none")}
    (folder / "events.jsonl").unlink(missing_ok=True)
    return Companion(folder, config=CONFIG, env=room.env | own | systemd.env())


def test_a_device_from_its_first_start_to_a_crash_and_back(
    folder: Path, room: PulseRoom, room_tone: Path, systemd: FakeSystemd
) -> None:
    room.say(room_tone, wait=False)
    first = begin(folder, room, systemd)
    try:
        systemd.wait("READY=1", 60)
        assert first.of("listening")
        said = first.wait("announced")["text"]
        assert said.startswith("I'm ready. Say Molly")
        assert said.isascii()
        systemd.wait("WATCHDOG=1", 10)
        health = json.loads((folder / "state" / "health.json").read_text())
        assert health["healthy"]
        assert health["sound_age_s"] < 1.0
        assert health["workers"].keys() == {"inference", "alerts", "diary"}

        # A sound server that restarts is waited for, and the watchdog is fed all the time.
        since = len(systemd.said)
        room.kill()
        first.wait("device_changed", where=lambda e: e["state"] == "lost")
        room.start()
        room.say(room_tone, wait=False)
        first.wait("device_changed", where=lambda e: e["state"] == "back", seconds=30)
        systemd.wait("WATCHDOG=1", 10, len(systemd.said))
        assert not any("trigger" in line for line in systemd.said[since:])
    finally:
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(10)

    since = len(systemd.said)
    second = begin(folder, room, systemd)
    try:
        systemd.wait("READY=1", 60, since)
        said = second.wait("announced")["text"]
        assert said == "Something went wrong and I started again. I am listening."
        assert second.end() == 0
        systemd.wait("STOPPING=1", 5, since)
    finally:
        second.kill()
    health = json.loads((folder / "state" / "health.json").read_text())
    assert health["state"] == "stopped"

    since = len(systemd.said)
    third = begin(folder, room, systemd)
    try:
        systemd.wait("READY=1", 60, since)
        time.sleep(4)
        assert third.of("announced") == []
    finally:
        third.end()
        third.kill()
