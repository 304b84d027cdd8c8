"""How well feeling is heard: on people, languages and corpora it was not taught."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.audio.files import read_audio
from companion.domain import Feeling, JsonObject
from companion.emotion.disguise import DISGUISES, Disguised
from companion.emotion.feeler import PersonFeeler
from companion.emotion.histories import Example
from companion.emotion.labels import EXCITED, FOUR, LABELS, label_of
from companion.emotion.model import AcousticModel
from companion.emotion.prosody import Measurer
from companion.errors import MeasureError
from companion.measure.manifest import read_manifest

BaselineKind = Literal["causal", "none"]

SETTLED: Final = 15
"""Utterances of a speaker after which a baseline counts as settled."""

_BINS: Final = 10
"""Bins of the calibration error."""

_OLDER: Final = 60.0
"""Years from which a speaker counts as older."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One row of a manifest and what was made of it."""

    row: dict[str, str]
    feeling: Feeling | None = field(repr=False)
    utterance: int
    """Earlier utterances of the same speaker."""


def feel_rows(
    rows: Iterable[dict[str, str]],
    baseline: BaselineKind,
    new_feeler: Callable[[], PersonFeeler],
) -> Iterator[Heard]:
    """Yield what is heard in each row, in order.

    Args:
        rows: with ``path`` and, for ``causal``, ``speaker``.
        baseline: ``causal``: every speaker has a baseline, learned from their earlier rows;
            ``none``: everybody is a stranger.
        new_feeler: makes a feeler that knows nobody.

    Raises:
        AudioFileError: a sound file cannot be read.
    """
    feelers: dict[str, PersonFeeler] = {}
    counts: dict[str, int] = {}
    stranger = new_feeler()
    for row in rows:
        samples = read_audio(Path(row["path"]))
        speaker = row.get("speaker") or ""
        count = counts.get(speaker, 0)
        counts[speaker] = count + 1
        causal = baseline == "causal" and bool(speaker)
        if causal and speaker not in feelers:
            feelers[speaker] = new_feeler()
        feeler = feelers[speaker] if causal else stranger
        yield Heard(row, feeler.feel_sound(samples, row.get("text") or "", learn=causal), count)


def evaluate_emotion(
    manifest: Path,
    baseline: BaselineKind = "causal",
    model: AcousticModel | None = None,
    *,
    loso: bool = False,
) -> JsonObject:
    """Judge every row of a manifest and compare with its ``emotion`` column.

    Args:
        manifest: CSV with ``path``, ``emotion`` and ``speaker``; ``gender``, ``age`` and
            ``language`` are compared when there.
        baseline: see ``feel_rows``.
        model: weights; None takes the shipped ones.
        loso: train anew without each speaker, on this manifest alone (disguises included).

    Returns:
        ``all``, ``settled`` (after 15 utterances of the speaker) and groups, each with what
        ``scores`` returns; ``gaps`` in the four-class recall between groups.

    Raises:
        MeasureError: the manifest cannot be used.
        EmotionError: the weights cannot be read or trained.
        AudioFileError: a sound file cannot be read.
    """
    rows = read_manifest(manifest, ("path", "emotion", "speaker"))
    known = [row for row in rows if label_of(row["emotion"])]
    if not known:
        raise MeasureError(f"manifest {manifest} has no emotion that is known: {', '.join(LABELS)}")
    measurer = Measurer()
    heard: list[Heard] = []
    if loso:
        for speaker, left_out in _left_out(known, measurer):
            own = [row for row in known if row["speaker"] == speaker]
            heard += feel_rows(
                own,
                baseline,
                lambda m=left_out: PersonFeeler(m, measurer=measurer),  # type: ignore[misc]
            )
    else:
        heard += feel_rows(known, baseline, lambda: PersonFeeler(model, measurer=measurer))
    settled = [item for item in heard if item.utterance >= SETTLED]
    groups = _groups(settled or heard)
    result: JsonObject = {
        "baseline": baseline,
        "all": scores(heard),
        "settled": scores(settled) if settled else None,
        "groups": {name: scores(items) for name, items in groups.items()},
    }
    result["gaps"] = _gaps(result["groups"])
    return result


def examples_of(
    rows: Sequence[dict[str, str]], measurer: Measurer, *, disguised: bool = True, seed: int = 0
) -> list[Example]:
    """Return labelled, measured utterances of a manifest, every speaker in every disguise too.

    Raises:
        AudioFileError: a sound file cannot be read.
    """
    speakers = sorted({row["speaker"] for row in rows})
    examples: list[Example] = []
    for row in rows:
        label = label_of(row["emotion"])
        if label is not None:
            measured = measurer.measure(read_audio(Path(row["path"])))
            examples.append(Example(measured, label, row["speaker"], row["speaker"]))
    for number, kind in enumerate(DISGUISES if disguised else ()):
        people = {
            speaker: Disguised(kind, seed * 10_007 + number * 1_009 + at)
            for at, speaker in enumerate(speakers)
        }
        for row in rows:
            label = label_of(row["emotion"])
            if label is not None:
                sound = people[row["speaker"]](read_audio(Path(row["path"])))
                name = f"{row['speaker']} as {kind.name}"
                examples.append(Example(measurer.measure(sound), label, name, row["speaker"]))
    return examples


def _left_out(
    rows: Sequence[dict[str, str]], measurer: Measurer
) -> Iterator[tuple[str, AcousticModel]]:
    from companion.emotion.training import train

    examples = examples_of(rows, measurer)
    for speaker in sorted({row["speaker"] for row in rows}):
        rest = [e for e in examples if e.person != speaker]
        yield speaker, train(rest, calibrated=False)


def scores(heard: Sequence[Heard]) -> JsonObject:
    """Return how well the rows were judged.

    ``uar``: mean recall of all labels there; ``uar4``: of the four basic feelings, choosing
    among them; ``arousal_uar``: angry and happy against neutral and sad, by the sign of
    ``arousal``; ``ece4``: calibration error of the four; ``coverage`` and ``accuracy_sure``: share
    not ``unsure``, and right among those; ``accuracy_top_half``: right in the surer half, of four.
    """
    truth = np.array([label_of(item.row["emotion"]) or "" for item in heard])
    probabilities = np.array([_probabilities(item.feeling) for item in heard])
    labels = [name for name in LABELS if (truth == name).any()]
    guess = np.array(LABELS)[probabilities.argmax(axis=1)]
    four = np.isin(truth, FOUR)
    result: JsonObject = {"utterances": len(heard), "uar": _uar(truth, guess, labels)}
    sure = np.array([item.feeling is not None and not item.feeling.unsure for item in heard])
    result["coverage"] = round(float(sure.mean()), 3)
    result["accuracy_sure"] = round(float((truth == guess)[sure].mean()), 3) if sure.any() else None
    if not four.any():
        return result
    columns = [LABELS.index(name) for name in FOUR]
    basic = probabilities[four][:, columns] + 1e-9
    basic /= basic.sum(axis=1, keepdims=True)
    chosen, confidence = np.array(FOUR)[basic.argmax(axis=1)], basic.max(axis=1)
    right = chosen == truth[four]
    arousal = np.array([item.feeling.arousal if item.feeling else 0.0 for item in heard])[four]
    lively = np.isin(truth[four], EXCITED)
    top = np.argsort(-confidence, kind="stable")[: max(1, len(right) // 2)]
    result |= {
        "uar4": _uar(truth[four], chosen, [name for name in FOUR if (truth == name).any()]),
        "arousal_uar": _uar(lively, arousal > 0, [True, False]),
        "ece4": round(calibration_error(confidence, right), 3),
        "accuracy_top_half": round(float(right[top].mean()), 3),
        "recall4": {
            name: round(float((chosen == name)[truth[four] == name].mean()), 3)
            for name in FOUR
            if (truth[four] == name).any()
        },
    }
    return result


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten even bins (Naeini 2015)."""
    place = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in range(_BINS):
        inside = place == number
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error)


def _probabilities(feeling: Feeling | None) -> list[float]:
    if feeling is None:
        return [1 / len(LABELS)] * len(LABELS)
    return [feeling.probabilities.get(name, 0.0) for name in LABELS]


def _uar(truth: NDArray[np.generic], guess: NDArray[np.generic], labels: Sequence[object]) -> float:
    recalls = [
        float((guess[truth == label] == label).mean()) for label in labels if (truth == label).any()
    ]
    return round(float(np.mean(recalls)), 3)


def _groups(heard: Sequence[Heard]) -> dict[str, list[Heard]]:
    found: dict[str, list[Heard]] = {}
    for item in heard:
        row = item.row
        names = []
        if row.get("gender"):
            names.append(f"gender {row['gender'][0].upper()}")
        if (row.get("age") or "").replace(".", "", 1).isdigit():
            names.append("age older" if float(row["age"]) >= _OLDER else "age younger")
        if row.get("language"):
            names.append(f"language {row['language']}")
        for name in names:
            found.setdefault(name, []).append(item)
    return found


def _gaps(groups: JsonObject) -> JsonObject:
    gaps: JsonObject = {}
    for kind in ("gender", "age", "language"):
        values = [
            group["uar4"]
            for name, group in groups.items()
            if name.startswith(kind) and "uar4" in group
        ]
        if len(values) > 1:
            gaps[kind] = round(max(values) - min(values), 3)
    return gaps
