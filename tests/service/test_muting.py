"""Mute: remembered, timed, and never longer than asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.service.muting import Muted, Muting, read_muted


class Ear:
    open = True

    def mute(self) -> None:
        self.open = False

    def unmute(self) -> None:
        self.open = True


class Place:
    """A talk's mute over several runs, with a clock that can be set."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "muted.json"
        self.now = 1000.0
        self.told: list[tuple[bool, str]] = []
        self.trouble: list[str] = []
        self.start()

    def start(self) -> None:
        self.ear = Ear()
        self.muting = Muting(
            self.path,
            self.ear,
            lambda muted, by: self.told.append((muted is not None, by)),
            self.trouble.append,
            now=lambda: self.now,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_survives_a_restart(place: Place) -> None:
    place.muting.mute("home")
    place.start()
    assert not place.ear.open
    place.muting.unmute("button")
    assert place.ear.open
    place.start()
    assert place.ear.open
    assert place.told == [(True, "home"), (False, "button")]


def test_a_time_ends_it_also_while_it_does_not_run(place: Place) -> None:
    place.muting.mute("voice", 60)
    place.now += 59
    place.muting.tick()
    assert not place.ear.open
    place.now += 1
    place.muting.tick()
    assert place.ear.open
    assert place.told[-1] == (False, "timer")
    place.muting.mute("voice", 60)
    place.now += 61
    place.start()
    assert place.ear.open


def test_a_clock_set_back_makes_it_no_longer(place: Place) -> None:
    place.muting.mute("voice", 60)
    place.now -= 100_000
    place.muting.tick()
    place.now += 61
    place.muting.tick()
    assert place.ear.open


def test_who_asks_again_changes_the_time_and_is_told(place: Place) -> None:
    place.muting.mute("home")
    place.muting.mute("home")
    place.muting.mute("command", 60)
    assert place.muting.muted == Muted("command", 1060.0, 60)
    assert place.told == [(True, "home"), (True, "command")]


@pytest.mark.parametrize("content", ["", "[1]", '{"until": "soon", "seconds": 1}', "\udc80x"])
def test_a_file_that_cannot_be_read_means_muted(place: Place, content: str) -> None:
    place.path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert read_muted(place.path, place.now) == Muted("")


def test_a_full_disk_does_not_keep_it_from_muting(place: Place, tmp_path: Path) -> None:
    place.path = tmp_path / "file" / "muted.json"
    (tmp_path / "file").write_text("in the way")
    place.muting._path = place.path
    place.muting.mute("voice")
    assert not place.ear.open
    assert "will not survive a restart" in place.trouble[0]
