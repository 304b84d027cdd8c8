"""What "stop listening" means, and what it does not."""

from __future__ import annotations

from datetime import datetime

import pytest

from companion.service.mute_skill import MuteSkill, load_mute_texts

NOW = datetime(2026, 11, 23, 14, 30)
HOUR = 3600.0


def asked(text: str, *, button: bool = False) -> tuple[str, list[float | None]]:
    """Return what is answered and for how long it then mutes."""
    muted: list[float | None] = []
    skill = MuteSkill(load_mute_texts("en"), "Molly", muted.append, HOUR, button)
    exchange = skill.answer(text, NOW)
    if exchange is None:
        return "", muted
    assert muted == []  # a draft leaves no trace
    if exchange.effect is not None:
        exchange.effect()
    return exchange.parts[0].text, muted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Stop listening.", HOUR),
        ("Please stop listening now, Molly.", HOUR),
        ("Mute yourself!", HOUR),
        ("Don't listen to us, please.", HOUR),
        ("Stop listening for two hours.", 2 * HOUR),
        ("Stop listening for half an hour, please.", 1800),
        ("Stop listening for an hour and a half.", 5400),
        ("Mute the microphone for 20 minutes.", 1200),
        ("Stop listening until three o'clock.", 1800),
        ("Stop listening until 2.", 11.5 * HOUR),
        ("Stop listening for forty hours.", None),
        ("Stop listening for 99 hours.", 12 * HOUR),
        ("Stop listening for good.", HOUR),
    ],
)
def test_it_is_understood(text: str, seconds: float | None) -> None:
    said, muted = asked(text)
    assert said
    assert muted == ([HOUR * 12 if seconds is None else seconds])


@pytest.mark.parametrize(
    "text",
    [
        "Stop listening to that awful man on the radio.",
        "He told me to stop listening.",
        "My daughter never stops listening to me.",
        "Don't listen to what she says.",
        "I wish they would mute the television.",
        "Stop.",
        "",
    ],
)
def test_ordinary_talk_is_left_alone(text: str) -> None:
    assert asked(text) == ("", [])


def test_only_with_a_button_may_it_last() -> None:
    said, muted = asked("Stop listening.", button=True)
    assert muted == [None]
    assert "button" in said
    said, muted = asked("Stop listening.")
    assert "1 hour" in said
    assert "button" not in said


@pytest.mark.parametrize("text", ["Stop listening for a bit.", "Stop listening until Sunday."])
def test_a_time_that_is_not_understood_mutes_nothing_and_says_so(text: str) -> None:
    said, muted = asked(text)
    assert "did not understand" in said
    assert muted == []


def test_it_says_that_no_call_for_help_is_heard() -> None:
    for button in (True, False):
        assert "call for help" in asked("Stop listening.", button=button)[0]
