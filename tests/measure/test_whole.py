"""The promises of the loop, kept with real models in virtual time."""

from pathlib import Path

import pytest

from companion.config import Config
from companion.measure.barge import evaluate_barge_in
from companion.measure.bench import bench
from companion.measure.quiet import evaluate_echo, evaluate_noise
from companion.measure.turns import evaluate_turns

pytestmark = pytest.mark.real


def test_household_noise_is_never_answered(engines, test_data):
    result = evaluate_noise(Config(), test_data / "noise", 2.0, engines)
    assert result["replies"] == 0, result


def test_it_never_answers_itself(engines):
    result = evaluate_echo(Config(), 0.7, engines=engines)
    assert result["replies"] == 0, result
    assert result["stops"] == 0, result


def test_it_gives_way_when_spoken_over(engines):
    result = evaluate_barge_in(Config(), 3, engines)
    assert result["missed"] == 0, result
    assert result["stop_p95_s"] < 0.5, result


def test_slow_talkers_are_mostly_heard_out(engines, test_data, tmp_path):
    source = test_data / "speech" / "slow"
    rows = (source / "manifest.csv").read_text().splitlines()
    chosen = [rows[0], *(f"{source}/{row}" for row in rows[1:9])]
    manifest = tmp_path / "m.csv"
    manifest.write_text("\n".join(chosen) + "\n")
    result = evaluate_turns(Config(), Path(manifest), engines=engines)
    assert result["utterances"] == 8
    assert result["unanswered"] == 0, result
    assert result["spoken_over"] <= 0.375, result  # 3 of 8: the first ones teach it


def test_bench_reports_every_number_it_promises(monkeypatch):
    from companion.measure import bench as module

    monkeypatch.setattr(module, "PLAIN", module.PLAIN[:2])
    monkeypatch.setattr(module, "SHORT", module.SHORT[:1])
    result = bench(Config(), realtime=False)
    assert result["unanswered"] == 0
    assert {"gap_p50_s", "gap_p95_s", "ready_at_commit", "cpu_s_per_turn"} <= set(result)
    assert {"stt", "tts", "mind_first"} <= set(result["stages"])
    assert set(result["ratios"]) == {"gap_p50_s", "gap_p95_s", "cpu_s_per_turn"}
    assert result["peak_rss_mb"] > 100
