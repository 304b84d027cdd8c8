"""Numbers of a talk, for Prometheus."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from companion import events
from companion.errors import ServiceError
from companion.service.metrics import LOOPBACK, Metrics, rss_bytes


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


def test_a_turn_and_its_gap(metrics: Metrics) -> None:
    metrics.see(events.Transcribed(4.2, "words", 0.12, 0.9))
    metrics.see(events.TurnCommitted(4.6, "words", 4.0, 0.6))
    metrics.see(events.ReplyStarted(4.7, True, "model"))
    metrics.see(events.ReplyStarted(9.0, False, "model"))  # unasked: no gap
    found = values(metrics)
    assert found["companion_gap_seconds_count",] == 1
    assert found["companion_gap_seconds_sum",] == pytest.approx(0.7)
    assert found["companion_transcription_seconds_sum",] == pytest.approx(0.12)
    assert found["companion_endpoint_wait_seconds_sum",] == pytest.approx(0.6)
    assert found["companion_drafts_total", "kept"] == 1
    assert found["companion_drafts_total", "late"] == 1


def test_what_happened_is_counted_by_reason(metrics: Metrics) -> None:
    for event in (
        events.DraftDropped(1.0, "went on"),
        events.TurnMerged(2.0, "first part"),
        events.BargeIn(3.0),
        events.Ignored(4.0, "ghost", "thanks for watching"),
        events.DeviceChanged(5.0, "microphone", "lost"),
        events.Trouble(6.0, "storage", "the disk of Anna is full"),
        events.MuteChanged(7.0, True, "voice"),
    ):
        metrics.see(event)
    found = values(metrics)
    assert found["companion_drafts_total", "dropped"] == 1
    assert found["companion_events_total", "cut_off", ""] == 1
    assert found["companion_events_total", "barge_in", ""] == 1
    assert found["companion_events_total", "ignored", "ghost"] == 1
    assert found["companion_events_total", "device", "microphone lost"] == 1
    assert found["companion_events_total", "trouble", "storage"] == 1
    assert found["companion_muted",] == 1


def test_endless_reasons_do_not_fill_the_memory(metrics: Metrics) -> None:
    for number in range(1000):
        metrics.see(events.Ignored(1.0, f"reason {number}"))
    found = values(metrics)
    assert sum(name == "companion_events_total" for name, *_ in found) <= 201
    assert found["companion_events_total", "ignored", "other"] >= 799


@pytest.fixture
def served(metrics: Metrics) -> Iterator[Metrics]:
    end = metrics.serve(0)
    yield metrics
    end()


def test_served_on_the_loopback_with_what_is_read_now(served: Metrics) -> None:
    served.watch("alerts_waiting", "Alerts.", lambda: 3.0)
    with urllib.request.urlopen(f"http://{LOOPBACK}:{served.port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "companion_alerts_waiting 3.0" in text
    assert "companion_info{" in text


def test_a_port_in_use_is_one_line(served: Metrics) -> None:
    with pytest.raises(ServiceError, match="in use"):
        Metrics().serve(served.port)


def test_memory_is_measured() -> None:
    assert 10e6 < rss_bytes() < 20e9
