"""When the companion is restarted, and when not; all in made-up time."""

import math
from dataclasses import replace

import pytest

from companion.service.watchdog import Limits, Signs, Watchdog

FINE = Signs(frame_s=0.1, loop_s=0.0, sound_s=0.05, workers={"inference": 0.0})
WATCHDOG_S = 20.0
"""WatchdogSec of companion.service, in case the trigger is not understood."""


def first_bad(watchdog: Watchdog, signs_at: object, until: float = 1200.0) -> tuple[float, str]:
    """Return when and why it gives up; looks every two seconds."""
    t = 0.0
    while t < until:
        verdict = watchdog.look(t, signs_at(t))  # type: ignore[operator]
        if not verdict.healthy:
            return t, verdict.why
        t += 2.0
    return math.inf, ""


def test_a_day_without_trouble_is_a_day_without_restarts() -> None:
    assert first_bad(Watchdog(), lambda t: FINE, 86_400.0) == (math.inf, "")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda t: replace(FINE, sound_s=t), "deaf"),
        (lambda t: replace(FINE, sound_s=t, lost=True, plugged=True), "deaf"),
        (lambda t: replace(FINE, frame_s=t), "stuck"),
        (lambda t: replace(FINE, loop_s=t, frame_s=t), "hung"),
        (lambda t: replace(FINE, workers={"inference": t}), "hung"),
        (lambda t: replace(FINE, workers={"alerts": math.inf}), "hung"),
    ],
)
def test_what_stays_broken_is_restarted_within_a_minute(broken: object, why: str) -> None:
    at, said = first_bad(Watchdog(), broken)
    assert said == why
    assert at <= 60.0


def test_a_sound_server_that_restarts_is_waited_for() -> None:
    def restarted(t: float) -> Signs:
        return replace(FINE, sound_s=t % 25.0, lost=True, plugged=True)

    assert first_bad(Watchdog(), restarted)[0] == math.inf


def test_a_long_job_and_a_short_hiccup_are_no_reasons() -> None:
    assert first_bad(Watchdog(), lambda t: replace(FINE, workers={"i": t % 45}))[0] == math.inf
    hiccup = Limits(looks=3)
    watchdog = Watchdog(hiccup)
    assert watchdog.look(0.0, replace(FINE, loop_s=99.0)).healthy
    assert watchdog.look(2.0, replace(FINE, loop_s=99.0)).healthy
    assert watchdog.look(4.0, FINE).healthy
    assert watchdog.look(6.0, replace(FINE, loop_s=99.0)).healthy


def test_without_any_microphone_reminders_and_alerts_go_on() -> None:
    for plugged in (False, None):
        gone = replace(FINE, lost=True, plugged=plugged)
        assert first_bad(Watchdog(), lambda t, g=gone: replace(g, sound_s=t))[0] == math.inf


def test_muted_is_not_deaf() -> None:
    assert first_bad(Watchdog(), lambda t: replace(FINE, sound_s=None))[0] == math.inf


def test_sleep_of_the_machine_is_held_against_nobody() -> None:
    watchdog = Watchdog()
    old = replace(FINE, frame_s=3600.0, loop_s=3600.0, sound_s=3600.0)
    assert watchdog.look(0.0, FINE).healthy
    for t in (3600.0, 3602.0, 3604.0, 3606.0, 3608.0):
        assert watchdog.look(t, old).healthy
    assert not all(watchdog.look(3610.0 + 2 * i, old).healthy for i in range(4))


def test_restarts_that_do_not_help_come_more_seldom() -> None:
    waits = [
        first_bad(Watchdog(deaf_before=n), lambda t: replace(FINE, sound_s=t))[0] for n in range(7)
    ]
    assert waits == sorted(waits)
    assert waits[2] > 2 * waits[0]
    assert waits[-1] <= 910.0
