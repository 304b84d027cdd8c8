"""Disk, clock, heat, permissions, from numbers and small trees of files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from companion.service.doctor.findings import State, worst
from companion.service.doctor.machine import (
    look_at_clock,
    look_at_disk,
    look_at_heat,
    look_at_modes,
    temperature,
    throttled_bits,
)


@pytest.mark.parametrize(
    ("free", "state"), [(50 << 30, State.OK), (700 << 20, State.WARN), (9 << 20, State.FAIL)]
)
def test_disk(free: int, state: State) -> None:
    one = look_at_disk(free, "/var/lib/companion")
    assert one.state is state
    assert bool(one.do) == (state is not State.OK)


def test_clock() -> None:
    london = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/London"))
    assert look_at_clock(london, True, "Europe/London").state is State.OK
    assert look_at_clock(london, False, "Europe/London").state is State.NOTE
    assert look_at_clock(datetime(2026, 7, 1, tzinfo=UTC), True, "").about == "clock.zone"
    assert look_at_clock(datetime(1970, 1, 1, tzinfo=UTC), None, "").state is State.FAIL


def test_heat_and_what_the_firmware_says(tmp_path: Path) -> None:
    assert look_at_heat(None, None) == []
    assert [one.state for one in look_at_heat(50, 0)] == [State.OK]
    assert worst(look_at_heat(78, 0)) is State.WARN
    assert worst(look_at_heat(90, None)) is State.FAIL
    assert [one.about for one in look_at_heat(50, 0x50001)] == [
        "heat.throttled.0",
        "heat.throttled.16",
        "heat.throttled.18",
    ]
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("61234\n")
    (tmp_path / "sys/class/thermal/thermal_zone1").mkdir()
    (tmp_path / "sys/class/thermal/thermal_zone1/temp").write_text("rubbish")
    assert temperature(tmp_path) == pytest.approx(61.234)
    assert throttled_bits(tmp_path) is None
    soc = tmp_path / "sys/devices/platform/soc/soc:firmware"
    soc.mkdir(parents=True)
    (soc / "get_throttled").write_text("50005\n")
    assert throttled_bits(tmp_path) == 0x50005


def test_permissions(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(mode=0o600)
    assert look_at_modes([(key, 0o600), (tmp_path / "none", 0o600)]) == []
    key.chmod(0o644)
    (one,) = look_at_modes([(key, 0o600)])
    assert one.state is State.WARN
    assert one.do == f"chmod 600 {key}"
