"""``companion feel``: how something was said."""

from __future__ import annotations

import json as jsonlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from companion.domain import Feeling, JsonObject


class Baseline(StrEnum):
    """What speakers are compared with."""

    CAUSAL = "causal"
    NONE = "none"


def feel(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Sound files.", show_default=False)
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="CSV with path and speaker columns.")
    ] = None,
    baseline: Annotated[
        Baseline,
        typer.Option(help="causal: each speaker against their own earlier rows; none: strangers."),
    ] = Baseline.CAUSAL,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a file.")] = False,
) -> None:
    """Tell how something was said in sound files: the feeling, how sure, and why."""
    from companion.emotion.feeler import PersonFeeler
    from companion.emotion.model import load
    from companion.emotion.prosody import Measurer
    from companion.errors import MeasureError
    from companion.measure.emotion import feel_rows
    from companion.measure.manifest import read_manifest

    if bool(files) == (manifest is not None):
        raise MeasureError("name sound files, or a manifest with --manifest CSV")
    if manifest is None:
        rows, kind = [{"path": str(file)} for file in files or ()], "none"
    else:
        rows, kind = read_manifest(manifest, ("path",)), baseline.value
        if kind == "causal" and rows[0].get("speaker") is None:
            raise MeasureError(f"manifest {manifest} lacks the column speaker; try --baseline none")
    model, measurer = load(), Measurer()

    def stranger() -> PersonFeeler:
        return PersonFeeler(model, measurer=measurer)

    for heard in feel_rows(rows, "causal" if kind == "causal" else "none", stranger):
        if json:
            print(jsonlib.dumps(as_json(heard.row["path"], heard.feeling)), flush=True)
        else:
            print(f"{heard.row['path']}: {in_words(heard.feeling)}")


def as_json(path: str | None, feeling: Feeling | None) -> JsonObject:
    """Return the line for one file; of a file without voice everything is zero and unsure.

    Args:
        path: of the file; None leaves it out.
        feeling: None for a file without voice.
    """
    from companion.emotion.labels import LABELS
    from companion.emotion.stance import stance_for

    chances = feeling.probabilities if feeling else dict.fromkeys(LABELS, 1 / len(LABELS))
    named: JsonObject = {} if path is None else {"path": path}
    return named | {
        "valence": feeling.valence if feeling else 0.0,
        "arousal": feeling.arousal if feeling else 0.0,
        "label": feeling.label if feeling else "neutral",
        "probs": {name: round(chance, 4) for name, chance in chances.items()},
        "confidence": feeling.confidence if feeling else 0.0,
        "unsure": feeling.unsure if feeling else True,
        "evidence": list(feeling.evidence) if feeling else [],
        "stance": stance_for(feeling).value,
    }


def in_words(feeling: Feeling | None) -> str:
    """Return one line for a person to read."""
    if feeling is None:
        return "no voice to judge"
    why = f" ({'; '.join(feeling.evidence)})" if feeling.evidence else ""
    if feeling.unsure:
        return f"unsure, perhaps {feeling.label} {feeling.confidence:.0%}{why}"
    return (
        f"{feeling.label} {feeling.confidence:.0%}, valence {feeling.valence:+.2f}, "
        f"arousal {feeling.arousal:+.2f}{why}"
    )
