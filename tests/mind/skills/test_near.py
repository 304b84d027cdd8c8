"""Requests by their meaning, with numbers made up here and with the real model."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from companion.app.skilling import load_near
from companion.config import Config
from companion.errors import MindError, ModelMissingError
from companion.mind.skills.near import Near, NearSoon, Vectors, examples, near_from

WORDS = ("time", "joke", "garden")


def encode(texts: Sequence[str]) -> Vectors:
    rows = np.array([[float(word in text) for word in WORDS] for text in texts], np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def near() -> Near:
    return near_from({"time": ["the time"], "joke": ["a joke"]}, ["my garden"], encode)


def test_the_nearest_example_decides(near: Near) -> None:
    assert near.find("what about the time") == "time"
    assert near.find("some joke") == "joke"


def test_talk_that_is_as_near_is_none(near: Near) -> None:
    assert near.find("time in the garden") is None
    assert near.find("nothing of that") is None


def test_long_and_empty_speech_is_none(near: Near) -> None:
    assert near.find("time " * 15) is None
    assert near.find("") is None


def test_nothing_is_near_before_it_is_made(near: Near) -> None:
    go = threading.Event()

    def make(_: object) -> Near:
        go.wait(5)
        return near

    soon = NearSoon(make)
    assert soon.find("the time") is None
    go.set()
    assert soon.wait(5)
    assert soon.find("the time") == "time"


def test_a_missing_model_costs_only_likeness() -> None:
    def make(_: object) -> Near:
        raise ModelMissingError("gone")

    soon = NearSoon(make)
    assert not soon.wait(5)
    assert soon.find("the time") is None


def test_it_stops_when_it_is_not_wanted() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def make(wanted) -> Near:
        begun.set()
        while wanted():
            threading.Event().wait(0.01)
        stopped.set()
        raise MindError("not wanted any more")

    soon = NearSoon(make)
    assert begun.wait(5)
    soon.close()
    assert stopped.wait(5)


def test_no_example_is_talk_as_well() -> None:
    asks, talk = examples()
    lines = [line for some in asks.values() for line in some]
    assert not set(lines) & set(talk)
    assert not {"taken", "good_night", "thanks", "appointment"} & set(asks)


def test_a_language_without_examples_does_without() -> None:
    assert examples("xx") == ({}, ())


@pytest.mark.real
def test_the_real_model_knows_other_words_and_not_danger() -> None:
    near = load_near(Config())
    assert near.find("i cannot for the life of me say what hour it has got to") in ("time", None)
    assert near.find("what times do you make it") == "time"
    assert near.find("know any knock knock jokes") == "joke"
    for danger in ("i've swallowed every tablet in the house", "help me somebody", "wake up stan"):
        assert near.find(danger) is None
