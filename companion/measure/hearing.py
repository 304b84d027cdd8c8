"""How well and how fast it hears, beside stock faster-whisper with the same model."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from companion.audio.files import read_audio
from companion.domain import SAMPLE_RATE, JsonObject, Samples, Transcript
from companion.errors import MeasureError
from companion.measure.manifest import read_manifest
from companion.measure.wer import spoken_words, word_error_rate

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


class _Ears(Protocol):
    @property
    def threads(self) -> int | None: ...

    @property
    def device(self) -> str: ...

    def transcribe(self, samples: Samples) -> Transcript: ...


def evaluate_hearing(
    manifest: Path,
    ears: _Ears,
    model_dir: Path,
    limit: int | None = None,
    *,
    beam5: bool = False,
    language: str | None = "en",
) -> JsonObject:
    """Transcribe a manifest with ours and with stock, turn about, and compare.

    Args:
        manifest: CSV with ``path`` and ``text``; sound lies relative to it.
        ears: ours, loaded.
        model_dir: the model ours uses; stock gets the same, with as many threads.
        limit: only the first so many rows.
        beam5: also run stock with its default beam of 5.
        language: what stock is told to expect; None lets it detect.

    Returns:
        ``wer`` and ``stock_wer`` in percent (a rejected transcript counts as empty), ``speedup``
        (total time of stock over ours), ``utterances``, ``audio_s``, ``rejected``,
        ``stt_p50_s``, ``stt_p95_s``; ``stock_beam5_wer`` and ``beam5_speedup`` when asked for.

    Raises:
        MeasureError: the manifest cannot be used or holds no words.
        AudioFileError: a sound file cannot be read.
    """
    rows = read_manifest(manifest, ("path", "text"))[:limit]
    said = [row["text"] for row in rows]
    if not any(spoken_words(text) for text in said):
        raise MeasureError(f"manifest {manifest} says no words in its text column")
    stock = _load_stock(model_dir, ears)
    _stock(stock, np.zeros(SAMPLE_RATE, np.float32), 1, language or "en")
    heard: dict[str, list[str]] = {"ours": [], "stock": [], "beam5": []}
    took: dict[str, list[float]] = {"ours": [], "stock": [], "beam5": []}
    rejected, audio_s = 0, 0.0
    for row in rows:
        samples = read_audio(Path(row["path"]))
        audio_s += len(samples) / SAMPLE_RATE
        began = time.perf_counter()
        transcript = ears.transcribe(samples)
        took["ours"].append(time.perf_counter() - began)
        rejected += transcript.rejected is not None
        heard["ours"].append("" if transcript.rejected else transcript.text)
        for name, beam in (("stock", 1), ("beam5", 5))[: 2 if beam5 else 1]:
            began = time.perf_counter()
            heard[name].append(_stock(stock, samples, beam, language))
            took[name].append(time.perf_counter() - began)
    result: JsonObject = {
        "wer": round(word_error_rate(said, heard["ours"]), 2),
        "stock_wer": round(word_error_rate(said, heard["stock"]), 2),
        "speedup": round(sum(took["stock"]) / sum(took["ours"]), 2),
        "utterances": len(rows),
        "audio_s": round(audio_s, 1),
        "rejected": rejected,
        "stt_p50_s": round(statistics.median(took["ours"]), 3),
        "stt_p95_s": round(float(np.percentile(took["ours"], 95)), 3),
        "model": model_dir.name,
    }
    if beam5:
        result["stock_beam5_wer"] = round(word_error_rate(said, heard["beam5"]), 2)
        result["beam5_speedup"] = round(sum(took["beam5"]) / sum(took["ours"]), 2)
    return result


def _load_stock(model_dir: Path, ears: _Ears) -> WhisperModel:
    from faster_whisper import WhisperModel

    return WhisperModel(
        str(model_dir),
        device=ears.device,
        compute_type="float16" if ears.device == "cuda" else "int8",
        cpu_threads=ears.threads or 0,
    )


def _stock(model: WhisperModel, samples: Samples, beam: int, language: str | None) -> str:
    segments, _ = model.transcribe(samples, beam_size=beam, language=language)
    return " ".join(segment.text.strip() for segment in segments)
