"""The log: what happened, and never a word or a name."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest

from companion import events
from companion.service.logs import ALLOWED, Style, entry, line, writer
from companion.service.metrics import Metrics

CANARY = "zanzibar quokka"


def canaries() -> list[events.Event]:
    """Return every event there is, with the canary in every field that can hold words."""
    made = []
    for kind in events.Event.__subclasses__():
        hints = typing.get_type_hints(kind)
        given: dict[str, object] = {}
        for one in dataclasses.fields(kind):
            hint = hints[one.name]
            if hint is str:
                given[one.name] = CANARY
            elif hint is float:
                given[one.name] = 1.0
            elif hint is int:
                given[one.name] = 1
            elif hint is bool:
                given[one.name] = True
            else:
                given[one.name] = (CANARY,)
        made.append(kind(**given))
    return made


WORDS = {"text", "heard", "phrase", "contact", "detail", "what", "label", "topic", "category"}
"""Fields that can hold what was said, by whom, or how somebody is."""


def test_no_field_with_words_is_allowed() -> None:
    for kind, fields in ALLOWED.items():
        assert not set(fields) & WORDS, kind
        assert set(fields) <= {one.name for one in dataclasses.fields(kind)}


def test_danger_and_feeling_are_not_in_the_log() -> None:
    for event in canaries():
        if isinstance(event, (events.Screened, events.Felt, events.ReplySentence)):
            assert entry(event) is None


@pytest.mark.parametrize("style", ["plain", "json"])
def test_canaries_in_words_never_come_out(style: Style) -> None:
    for event in canaries():
        swapped = {
            one.name: ("a reason" if one.name not in WORDS else CANARY)
            for one in dataclasses.fields(event)
            if isinstance(getattr(event, one.name), str)
        }
        text = line(dataclasses.replace(event, **swapped), style)
        assert text is None or CANARY not in text


def test_canaries_in_words_never_reach_the_numbers() -> None:
    metrics = Metrics()
    for event in canaries():
        swapped = {
            one.name: ("a reason" if one.name not in WORDS else CANARY)
            for one in dataclasses.fields(event)
            if isinstance(getattr(event, one.name), str)
        }
        metrics.see(dataclasses.replace(event, **swapped))
    assert CANARY not in metrics.text()


def test_lines() -> None:
    lost = events.DeviceChanged(3.25, "microphone", "lost", CANARY)
    assert line(lost, "plain") == "microphone lost"
    assert json.loads(line(lost, "json") or "") == {
        "event": "device_changed",
        "t": 3.25,
        "device": "microphone",
        "state": "lost",
    }
    assert line(events.BargeIn(1.0), "plain") is None
    assert line(events.MuteChanged(1.0, True, "voice"), "plain") == "muted by voice"
    assert line(events.Listening(0.0, "name", 4.04), "plain") == "listening after 4.0 s"
    assert line(events.Trouble(1.0, "storage", "the disk is full"), "plain") == "trouble in storage"


def test_the_writer_leaves_out_what_has_no_line() -> None:
    written: list[str] = []
    see = writer("plain", written.append)
    see(events.BargeIn(1.0))
    see(events.Trouble(1.0, "hub", "x"))
    assert written == ["trouble in hub"]
