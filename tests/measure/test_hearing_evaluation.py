from __future__ import annotations

import csv
from pathlib import Path

import pytest

from companion.config import load_config
from companion.errors import MeasureError
from companion.hearing.whisper import WhisperEars
from companion.measure.hearing import evaluate_hearing


@pytest.fixture(scope="module")
def model_dir() -> Path:
    folder = load_config().models.dir / "whisper-tiny.en"
    if not folder.is_dir():
        pytest.skip(f"no model in {folder}; run: companion models pull whisper-tiny.en")
    return folder


@pytest.mark.real
def test_hearing_is_faster_than_stock_and_no_worse(test_data: Path, model_dir: Path) -> None:
    ears = WhisperEars(model_dir, threads=2)
    manifest = test_data / "speech" / "librispeech" / "manifest.csv"
    result = evaluate_hearing(manifest, ears, model_dir, limit=6)
    assert result["utterances"] == 6
    assert result["rejected"] == 0
    assert result["wer"] <= result["stock_wer"] + 3  # six utterances: one word is about 1.5
    assert result["speedup"] > 1.3  # 2.5-3 on a quiet machine


@pytest.mark.real
def test_a_manifest_without_words_cannot_be_measured(tmp_path: Path, model_dir: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["path", "text"], ["a.wav", ""]])
    with pytest.raises(MeasureError, match="no words"):
        evaluate_hearing(manifest, WhisperEars(model_dir, threads=1), model_dir)
