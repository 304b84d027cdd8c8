"""``companion train emotion``: manifests to weights and a model card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from companion.domain import JsonObject
from companion.emotion.histories import Example
from companion.emotion.labels import label_of
from companion.emotion.model import default_model_path, save
from companion.emotion.prosody import Measurer
from companion.emotion.training import train
from companion.errors import EmotionError, MeasureError
from companion.measure.emotion import examples_of
from companion.measure.manifest import read_manifest

CARD = "training.md"
"""What the weights were made from; written beside them."""


def train_emotion(
    manifests: Sequence[Path], out: Path | None = None, words: Path | None = None
) -> JsonObject:
    """Train on manifests and write ``acoustic.npz`` and ``training.md``.

    Args:
        manifests: CSVs with ``path``, ``emotion`` and ``speaker``; ``licence`` goes on the card.
        out: where to; None overwrites what is shipped.
        words: folder of the sentence embeddings, to train the word head on our own lines too.

    Returns:
        ``examples``, ``speakers``, ``labels``, ``weights`` and, for words, ``words_uar``.

    Raises:
        MeasureError: a manifest cannot be used.
        EmotionError: a licence forbids it, there is too little, or it cannot be written.
        AudioFileError: a sound file cannot be read.
    """
    folder = out or default_model_path().parent
    measurer = Measurer()
    examples: list[Example] = []
    used: list[dict[str, str]] = []
    for number, manifest in enumerate(manifests):
        rows = [r for r in read_manifest(manifest, ("path", "emotion", "speaker")) if r["speaker"]]
        rows = [row for row in rows if label_of(row["emotion"])]
        if not rows:
            raise MeasureError(f"manifest {manifest} has no speaker or no emotion that is known")
        if out is None:
            _allowed(rows, manifest)
        for row in rows:
            row["speaker"] = f"{number}:{row['speaker']}"
        examples += examples_of(rows, measurer)
        used += rows
    model = train(examples)
    path = folder / "acoustic.npz"
    save(model, path)
    result: JsonObject = {
        "recordings": len(used),
        "examples": len(examples),
        "speakers": len({row["speaker"] for row in used}),
        "labels": dict(Counter(label_of(row["emotion"]) for row in used)),
        "temperature": {
            "fresh": round(model.fresh.temperature, 3),
            "known": round(model.known.temperature, 3),
        },
        "weights": str(path),
    }
    if words is not None:
        from companion.embedding import SentenceVectors
        from companion.emotion.words import read_lines, save_head, train_head

        vectors = SentenceVectors(words)
        head, uar = train_head(read_lines(), lambda said: vectors.encode([said])[0])
        save_head(head, folder / "words_en.npz")
        result["words_uar"] = round(uar, 3)
    licences = sorted({row.get("licence") or "not stated" for row in used})
    _write_card(folder / CARD, result, licences)
    return result


def _allowed(rows: Sequence[dict[str, str]], manifest: Path) -> None:
    """Weights that are shipped may only come from CC0 and CC BY recordings."""
    for row in rows:
        licence = (row.get("licence") or "").upper()
        free = licence.startswith(("CC0", "CC BY")) and "NC" not in licence and "SA" not in licence
        if not free:
            raise EmotionError(
                f"{manifest}: '{row.get('licence') or 'no licence'}' may not train shipped "
                "weights; write your own somewhere else with --out DIR"
            )


def _write_card(path: Path, result: JsonObject, licences: Sequence[str]) -> None:
    lines = [
        "# What these weights were trained on",
        "",
        "Written by `companion train emotion`.",
        "",
        f"- recordings: {result['recordings']} of {result['speakers']} speakers, "
        f"with disguises {result['examples']}",
        f"- licences: {'; '.join(licences)}",
        "- labels: " + ", ".join(f"{name} {count}" for name, count in result["labels"].items()),
        f"- temperatures: {result['temperature']}",
    ]
    if "words_uar" in result:
        lines.append(f"- word head, mean recall on lines left out: {result['words_uar']}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise EmotionError(f"cannot write {path}: {error.strerror or error}") from error
