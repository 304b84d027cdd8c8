"""The talk, units, speed, contacts, models."""

from __future__ import annotations

from companion.service.doctor.findings import EXIT_CODES, State, worst
from companion.service.doctor.running import (
    look_at_channels,
    look_at_models,
    look_at_speed,
    look_at_talk,
    look_at_units,
)


def health(**changed: object) -> dict[str, object]:
    return {"at": 1000.0, "state": "listening", "healthy": True, "checks": [], **changed}


def test_the_running_talk() -> None:
    assert worst(look_at_talk(None, 1000.0)) is State.NOTE
    assert worst(look_at_talk(health(), 1010.0)) is State.OK
    assert worst(look_at_talk(health(healthy=False), 1010.0)) is State.FAIL
    assert worst(look_at_talk(health(), 9000.0)) is State.NOTE
    faint = [{"name": "Microphone", "state": "warning", "text": "muted"}]
    assert [one.says for one in look_at_talk(health(checks=faint), 1001.0)] == [
        "the running talk listens",
        "Microphone: muted",
    ]
    again = look_at_talk(health(last_restart={"at": 900.0, "why": "deaf"}), 1001.0)
    assert "deaf" in again[-1].says


def test_units() -> None:
    assert look_at_units({})[0].state is State.NOTE
    well = {"companion.service": ("active", "enabled")}
    assert worst(look_at_units(well)) is State.OK
    assert worst(look_at_units({"companion.service": ("inactive", "enabled")})) is State.WARN
    assert (
        worst(look_at_units(well | {"companion-sweep.timer": ("failed", "enabled")})) is State.FAIL
    )
    off = look_at_units(well | {"companion-care.service": ("inactive", "disabled")})
    assert worst(off) is State.NOTE


def test_speed() -> None:
    assert look_at_speed(0.2, 0.3, 0.2, 3.0)[0].state is State.OK
    assert look_at_speed(1.0, 1.0, 0.5, 3.0)[0].state is State.WARN
    assert look_at_speed(3.0, 2.0, 0.5, 3.0)[0].state is State.FAIL


def test_whether_anybody_can_be_told() -> None:
    assert look_at_channels(2, 1, 0, 0, True).state is State.OK
    assert look_at_channels(0, 1, 0, 0, True).state is State.WARN
    assert "agreed" in look_at_channels(2, 1, 0, 0, False).says
    assert look_at_channels(2, 1, 3, 0, True).state is State.WARN
    assert look_at_channels(2, 1, 0, 1, True).state is State.NOTE


def test_models() -> None:
    assert worst(look_at_models([], [], 4)) is State.OK
    found = look_at_models(["joe"], ["whisper"], 2)
    assert [one.do for one in found] == [
        "companion models pull joe",
        "companion models pull whisper",
    ]


def test_exit_codes_are_those_of_nobody_else() -> None:
    assert worst([]) is State.OK
    assert (EXIT_CODES[State.NOTE], EXIT_CODES[State.WARN], EXIT_CODES[State.FAIL]) == (0, 20, 21)
