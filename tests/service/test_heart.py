"""The heart against a real socket and a real event loop."""

import asyncio
import json
import math
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fake_systemd import FakeSystemd

from companion.service import health
from companion.service.heart import Heart, Probes
from companion.service.notify import Notifier
from companion.service.restarts import RestartBook
from companion.service.watchdog import Limits, Watchdog

QUICK = Limits(frame_s=0.4, loop_s=0.4, sound_s=0.4, worker_s=0.4, gap_s=5.0)


class Parts:
    """A microphone and workers that do what a test says."""

    def __init__(self) -> None:
        self.sound: float | None = 0.0
        self.workers = {"inference": 0.0}

    def probes(self) -> Probes:
        return Probes(
            sound_s=lambda: self.sound,
            lost=lambda: False,
            microphone=lambda: "well",
            plugged=lambda: True,
            workers=lambda: self.workers,
            storage=lambda: "",
            alerts=lambda: "",
            free_mb=lambda: 9000,
        )


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[list[str]]:
    """Return what systemd has heard."""
    fake = FakeSystemd(tmp_path / "notify")
    yield fake.said
    fake.close()


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def book(tmp_path: Path) -> RestartBook:
    book = RestartBook(tmp_path / "service.json", "boot")
    book.begin(0.0)
    book.told("first", 0.0)
    return book


@pytest.fixture
def heart(tmp_path: Path, parts: Parts, book: RestartBook) -> Heart:
    return Heart(
        Notifier(str(tmp_path / "notify"), 20.0),
        book,
        tmp_path / "run" / "health.json",
        parts.probes(),
        watchdog=Watchdog(QUICK),
        every_s=0.05,
    )


async def taking(heart: Heart, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        heart.frame()
        await asyncio.sleep(0.02)


async def test_it_is_ready_only_when_started_and_then_feeds_the_watchdog(
    heart: Heart, systemd: list[str], tmp_path: Path
) -> None:
    assert systemd == []
    heart.start()
    await taking(heart, 0.5)
    await asyncio.to_thread(heart.stop)
    said = list(systemd)
    assert said[0] == "READY=1\nSTATUS=listening"
    assert said.count("WATCHDOG=1") >= 3
    assert said[-1] == "STOPPING=1" or "STOPPING=1" in said[-2:]
    assert RestartBook(tmp_path / "service.json", "boot").begin(9e9) == ""


async def test_a_deaf_companion_stops_feeding_and_asks_for_a_restart(
    heart: Heart, parts: Parts, systemd: list[str], tmp_path: Path
) -> None:
    heart.start()
    await taking(heart, 0.3)
    parts.sound = 30.0
    await taking(heart, 0.6)
    said = list(systemd)
    assert sum(line.startswith("WATCHDOG=trigger") for line in said) == 1
    assert said[-1].startswith("WATCHDOG=trigger")
    again = RestartBook(tmp_path / "service.json", "boot")
    assert again.begin(9e9) == "deaf"
    tree = health.read(tmp_path / "run" / "health.json")
    assert tree is not None
    assert not tree["healthy"]
    await asyncio.to_thread(heart.stop)


async def test_a_loop_that_hangs_is_noticed_by_the_thread(
    heart: Heart, systemd: list[str], tmp_path: Path
) -> None:
    heart.start()
    await taking(heart, 0.2)
    time.sleep(1.2)  # noqa: ASYNC251 - the loop hangs
    assert any("trigger" in line for line in list(systemd))
    assert RestartBook(tmp_path / "service.json", "boot").begin(9e9) == "hung"
    await asyncio.to_thread(heart.stop)


async def test_a_worker_that_ended_is_a_reason(
    heart: Heart, parts: Parts, systemd: list[str]
) -> None:
    heart.start()
    parts.workers = {"alerts": math.inf}
    await taking(heart, 0.5)
    assert any("alerts worker has ended" in line for line in list(systemd))
    await asyncio.to_thread(heart.stop)


async def test_the_status_file_is_whole_private_and_without_words(
    heart: Heart, parts: Parts, tmp_path: Path, systemd: list[str]
) -> None:
    path = tmp_path / "run" / "health.json"
    heart.start()
    await taking(heart, 0.2)
    tree = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert tree["state"] == "listening"
    assert tree["listening_since"] == pytest.approx(time.time(), abs=5)
    assert 0 <= tree["frame_age_s"] < 0.4
    assert tree["last_restart"] is None
    assert set(tree["versions"]) == {"companion", "python"}
    assert health.why_not_well(tree, time.time()) == ""
    assert "old" in health.why_not_well(tree, time.time() + 999)
    await asyncio.to_thread(heart.stop)
    assert health.why_not_well(health.read(path), time.time()) == "it is stopped, not listening"
    assert list(path.parent.iterdir()) == [path]


def test_the_dashboard_reads_the_status_file(tmp_path: Path, parts: Parts, heart: Heart) -> None:
    from companion.care.web.pages.device import read_health

    heart.beat()
    found = read_health(tmp_path / "run" / "health.json")
    assert found is not None
    assert found.worst == "ok"
    assert {one.name for one in found.checks} >= {"Listening", "Microphone", "Storage", "Alerts"}


def test_a_status_file_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not health.write(tmp_path / "file" / "health.json", {"at": 1.0})
    assert health.read(tmp_path / "nothing.json") is None
    assert health.why_not_well(None, 0.0)
