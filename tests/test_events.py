"""The shape of every event line, which other programs read."""

from __future__ import annotations

import dataclasses
import json

import pytest

from companion import events
from companion.events import Event

SHAPES = {
    "listening": ["attention", "load_s"],
    "speech_started": [],
    "draft_started": ["silence_s"],
    "draft_dropped": ["reason"],
    "transcribed": ["text", "stt_s", "completeness"],
    "turn_committed": ["text", "heard_until", "endpoint_wait_s", "heard_from"],
    "turn_merged": ["text"],
    "ignored": ["reason", "text"],
    "reply_started": ["ready_at_commit", "source"],
    "reply_sentence": ["text", "source", "checks"],
    "barge_in": [],
    "reply_stopped": ["reason", "heard"],
    "reply_finished": ["heard"],
    "attention_changed": ["engaged", "reason"],
    "earcon_played": ["name"],
    "announced": ["text"],
    "offered": ["kind", "text"],
    "offer_ended": ["kind", "answered"],
    "device_changed": ["device", "state", "detail"],
    "screened": ["tier", "category", "topic", "score", "script", "addressed"],
    "felt": [
        "speaker",
        "label",
        "valence",
        "arousal",
        "confidence",
        "unsure",
        "stance",
        "phrase",
    ],
    "alert_news": ["kind", "tier", "contact"],
    "trouble": ["where", "what"],
}
"""Fields beside ``t`` and ``type``, in order. Adding is fine; renaming breaks others."""

SAMPLES = {"str": "words", "int": 3, "float": 1.23456, "bool": True, "tuple[str, ...]": ("topic",)}


def kinds() -> dict[str, type[Event]]:
    return {kind.type: kind for kind in Event.__subclasses__()}


def example(kind: type[Event]) -> Event:
    values = {f.name: SAMPLES[str(f.type)] for f in dataclasses.fields(kind)}
    return kind(**values)


def test_these_are_all_the_events_there_are() -> None:
    assert set(kinds()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_an_event_is_one_flat_line_of_json(name: str) -> None:
    event = example(kinds()[name])
    line = json.dumps(event.to_json())
    assert "\n" not in line
    tree = json.loads(line)
    assert list(tree) == ["t", "type", *SHAPES[name]]
    assert tree["type"] == name
    assert tree["t"] == 1.235, "milliseconds are fine enough"
    for field, value in tree.items():
        assert isinstance(value, str | bool | float | int | list), field


def test_a_type_is_the_class_name_in_snake_case() -> None:
    assert events.TurnCommitted.type == "turn_committed"
    assert events.BargeIn.type == "barge_in"
    assert events.TurnCommitted(1.0, "hi", 0.5, 0.5).type == "turn_committed"


def test_an_event_cannot_be_changed_after_it_happened() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        events.BargeIn(1.0).t = 2.0  # type: ignore[misc]
