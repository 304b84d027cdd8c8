"""The light: an LED's files, a FIFO, a file, and one that is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from companion.service.light import Light


@pytest.fixture
def told() -> list[str]:
    return []


def test_an_led_of_the_board(tmp_path: Path, told: list[str]) -> None:
    for name, text in (("max_brightness", "255\n"), ("brightness", "0"), ("trigger", "none")):
        (tmp_path / name).write_text(text)
    light = Light(tmp_path, told.append)
    light.show("listening")
    assert (tmp_path / "brightness").read_text() == "1"
    light.show("muted")
    assert (tmp_path / "trigger").read_text() == "heartbeat"
    assert (tmp_path / "brightness").read_text() == "255"
    light.close()
    assert (tmp_path / "brightness").read_text() == "0"
    assert told == []


def test_a_file_holds_the_newest_word(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "state"
    light = Light(path, told.append)
    light.show("speaking")
    light.show("away")
    assert path.read_text() == "away\n"
    written = path.stat().st_mtime_ns
    light.show("away")
    assert path.stat().st_mtime_ns == written


def test_a_fifo_gets_each_word_and_is_not_waited_for(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    light = Light(path, told.append)
    light.show("hearing")  # nobody reads: told once, and it goes on
    assert len(told) == 1
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        light.show("thinking")
        light.show("speaking")
        assert os.read(handle, 100) == b"thinking\nspeaking\n"
    finally:
        os.close(handle)
    assert len(told) == 1


def test_a_light_that_is_not_there_is_told_once(tmp_path: Path, told: list[str]) -> None:
    light = Light(tmp_path / "none" / "led", told.append)
    light.show("hearing")
    light.show("speaking")
    assert len(told) == 1
    assert "cannot be set" in told[0]
