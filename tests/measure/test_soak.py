"""Judging hours of a home, and a few minutes of one for real."""

from __future__ import annotations

import pytest

from companion import events
from companion.config import Config
from companion.measure.soak import Watch, judge, soak


def lived(hours: float, rss: float = 0.0, threads: float = 0.0, gap: float = 0.0) -> Watch:
    """Return the watch of a life in which things grow by so much from start to end."""
    watch = Watch()
    for minute in range(int(hours * 60)):
        t, share = minute * 60.0, minute / (hours * 60)
        watch.samples.append(
            (t, 900e6 * (1 + rss * share), 9 + round(threads * share), 30 + round(threads * share))
        )
        watch.gaps.append((t, 0.5 + gap * share))
        watch.t = t
    return watch


def test_what_stays_the_same_is_well() -> None:
    found = judge(lived(4.0), 4.0)
    assert found["wrong"] == []
    assert found["rss_growth"] == 0.0
    assert len(found["rss_mb"]) == 8
    assert found["gap_p95_s"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("grows", "word"),
    [({"rss": 0.1}, "memory"), ({"threads": 5.0}, "threads"), ({"gap": 1}, "gap")],
)
def test_what_grows_is_named(grows: dict[str, float], word: str) -> None:
    assert any(word in one for one in judge(lived(4.0, **grows), 4.0)["wrong"])


def test_a_short_time_says_nothing_of_memory() -> None:
    assert judge(lived(1.0, rss=0.5), 1.0)["rss_growth"] is None


def test_troubles_are_wrong() -> None:
    watch = lived(2.0)
    watch.see(events.Trouble(5.0, "storage", "the disk is full"))
    assert judge(watch, 2.0)["wrong"] == ["1 troubles, such as storage: the disk is full"]


@pytest.mark.real
def test_two_minutes_of_a_home() -> None:
    found = soak(Config(), 0.03)
    assert found["turns"] >= 2
    assert found["replies"] >= 2
    assert found["troubles"] == []
    assert found["threads"][1] <= found["threads"][0]
    assert found["rss_mb"][0] > 100
