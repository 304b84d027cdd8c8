"""Muted, the sound server shows nobody who listens: by command, restart, voice, smart home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.companion_process import Companion
from support.home import PASSWORD, Assistant, HomeBroker, until
from support.person import Say, Start, hush
from support.pulse import PulseRoom

pytestmark = [pytest.mark.sound, pytest.mark.real]

CONFIG = '[attention]\nmode = "always"\n[mind]\nseed = 1\n'


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    broker = HomeBroker(tmp_path / "broker")
    broker.start()
    made = Assistant(broker)
    (tmp_path / "password").write_text(PASSWORD)
    yield made
    made.stop()
    broker.kill()


def home_settings(assistant: Assistant) -> str:
    broker = assistant.broker
    return (
        f'[checkins]\nenabled = false\nquiet_from = "03:00"\nquiet_to = "03:00"\n'
        f'[home]\nurl = "mqtts://127.0.0.1:{broker.port}"\nca = "{broker.where.ca}"\n'
        f'user = "molly"\npassword_file = "{broker.folder.parent / "password"}"\n'
    )


def mute(talk: Companion, *arguments: str, env: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "companion", "mute", *arguments),
            *("--json", "--config", str(talk.folder / "config.toml")),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=talk.folder,
        env={**os.environ, **env},
    )
    return dict(json.loads(done.stdout))


def outputs(room: PulseRoom) -> list[str]:
    """Return who reads a microphone, the room's own two listeners and their module left out."""
    listed = subprocess.run(
        ["pactl", "list", "short", "source-outputs"],
        env={**os.environ, **room.env},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout
    return [line for line in listed.splitlines() if line]


def test_a_muted_companion_reads_no_microphone(
    room: PulseRoom, room_tone: Path, start: Start, spoken: Say, assistant: Assistant
) -> None:
    own = len(outputs(room))
    room.say(room_tone, wait=False)
    config = CONFIG + home_settings(assistant)
    talk = start(config=config, env=room.env)
    talk.wait("listening", seconds=60)
    assert len(outputs(room)) == own + 1
    state = mute(talk, "on", env=room.env)
    assert state["running"]
    assert state["muted"]
    assert len(outputs(room)) == own  # at once: the command waits for it
    talk.wait("announced", where=lambda event: "not listening" in event["text"])
    since = len(talk.events)
    room.say(spoken("Can you hear me at all?"))
    time.sleep(1.0)
    assert talk.of("speech_started", since) == []
    assert len(outputs(room)) == own

    assert talk.end() == 0
    assistant.wait("/status", "offline")
    again = _restarted(talk, config, room)
    try:
        again.wait("mute_changed", seconds=60, where=lambda event: event["by"] == "start")
        again.wait("announced", where=lambda event: "not listening" in event["text"])
        assert len(outputs(room)) == own
        assert not mute(again, "off", env=room.env)["muted"]
        again.wait("announced", where=lambda event: "listening again" in event["text"])
        deadline = time.monotonic() + 5
        while len(outputs(room)) == own and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(outputs(room)) == own + 1

        hush(room)
        since = len(again.events)
        room.say(spoken("Stop listening for two hours."))
        changed = again.wait("mute_changed", since, seconds=30)
        assert (changed["muted"], changed["by"], changed["seconds"]) == (True, "voice", 7200)
        again.wait("reply_finished", since)
        assert "2 hours" in again.of("reply_sentence", since)[0]["text"]
        assert len(outputs(room)) == own
        again.process.send_signal(10)  # SIGUSR1: the button
        button = again.wait("mute_changed", since, where=lambda event: not event["muted"])
        assert button["by"] == "button"

        since = len(again.events)
        assistant.command("mute", "ON")
        home = again.wait("mute_changed", since)
        assert (home["muted"], home["by"]) == (True, "home")
        assistant.wait("mute/state", "ON")
        until(lambda: len(outputs(room)) == own)
        assistant.command("say", "Tea is ready.")
        offered = again.wait("offered", since, seconds=40)
        assert offered["kind"] == "message"
        assert "Tea is ready." in offered["text"]
        assistant.wait("message/state", "said")
        assert assistant.latest("heard/state") is None  # nobody agreed to that
    finally:
        again.kill()


def _restarted(talk: Companion, config: str, room: PulseRoom) -> Companion:
    folder = talk.folder
    (folder / "events.jsonl").unlink()
    return Companion(folder, config=config, env={"XDG_CONFIG_HOME": str(folder), **room.env})
