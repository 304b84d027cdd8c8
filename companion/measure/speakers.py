"""How well the speaker check tells the enrolled from strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from companion.domain import JsonObject, Match
from companion.errors import MeasureError, SpeakerError
from companion.hearing.speakers.background import Background
from companion.hearing.speakers.calibration import equal_error_rate
from companion.hearing.speakers.enrolment import ENOUGH_S, make_print
from companion.hearing.speakers.judge import SpeakerJudge
from companion.hearing.speakers.nouns import Taken, Voiceprint
from companion.measure.voices import (
    STRETCH_S,
    Stretch,
    TakesApart,
    mixed,
    need_people,
    read_rows,
    stretches,
)

_SHARE: Final = 0.6
"""Of somebody's stretches, at most, is enrolled; the rest is tested."""


@dataclass(frozen=True, slots=True)
class _Trial:
    own: bool
    match: Match
    probability: float


def evaluate_speakers(
    manifest: Path, worker: TakesApart, background: Background, *, rounds: int = 3
) -> JsonObject:
    """Enrol everybody on a varied minute, test the rest; everybody else is a stranger.

    Args:
        manifest: CSV with ``path`` and ``speaker``; with ``emotion`` the minute mixes emotions.
        worker: finds voices.
        background: what strangers taught.
        rounds: how often enrolments are drawn.

    Raises:
        MeasureError: the manifest cannot be used, or nobody has enough recordings.
        SpeakerError: the worker does not work.
    """
    rows = read_rows(manifest)
    need_people(rows, 2)
    cut = list(stretches(rows))
    taken = [worker.take_apart(one.samples) for one in cut]
    trials: list[_Trial] = []
    enrolled: set[str] = set()
    for number in range(rounds):
        prints, used = _enrol(cut, taken, background.model, np.random.default_rng(number))
        enrolled |= {made.name for made in prints}
        for made in prints:
            judge = SpeakerJudge(background, [made])
            trials += [
                _trial(judge, one.speaker == made.name, heard)
                for index, (one, heard) in enumerate(zip(cut, taken, strict=True))
                if index not in used and heard.voices
            ]
    own = [trial for trial in trials if trial.own]
    strangers = [trial for trial in trials if not trial.own]
    if not own or not strangers:
        raise MeasureError("nobody has the 40 s of speech that enrolling and testing need")
    return {
        "people": len({row.speaker for row in rows}),
        "enrolled": len(enrolled),
        "seconds": STRETCH_S,
        "own_trials": len(own),
        "stranger_trials": len(strangers),
        "eer": round(_eer(own, strangers), 4),
        "false_accept": _share(strangers, Match.YES),
        "false_reject": _share(own, Match.NO),
        "unsure": _share(trials, Match.UNSURE),
        "own_accepted": _share(own, Match.YES),
        "own_unsure": _share(own, Match.UNSURE),
        "stranger_unsure": _share(strangers, Match.UNSURE),
        "accept_from": round(background.accept, 4),
        "refuse_below": round(background.refuse, 4),
    }


def _enrol(
    cut: Sequence[Stretch], taken: Sequence[Taken], model: str, rng: np.random.Generator
) -> tuple[list[Voiceprint], set[int]]:
    """Return prints, and the stretches they were made of, which are not tested on anybody."""
    prints: list[Voiceprint] = []
    used: set[int] = set()
    for name in sorted({one.speaker for one in cut}):
        mine = [(i, one.style) for i, one in enumerate(cut) if one.speaker == name]
        most = min(int(ENOUGH_S / STRETCH_S), int(len(mine) * _SHARE))
        chosen = mixed(mine, rng)[:most]
        try:
            made = make_print(
                [taken[i] for i in chosen],
                person_id=name,
                name=name,
                device="manifest",
                model=model,
                at=0.0,
            )
        except SpeakerError:
            continue  # too little speech: a stranger to the others all the same
        prints.append(made)
        used |= set(chosen)
    return prints, used


def _trial(judge: SpeakerJudge, own: bool, heard: Taken) -> _Trial:
    speaker = judge.judge(heard)
    return _Trial(own, speaker.match, speaker.probability)


def _share(trials: Sequence[_Trial], match: Match) -> float:
    return round(sum(trial.match is match for trial in trials) / len(trials), 4)


def _eer(own: Sequence[_Trial], strangers: Sequence[_Trial]) -> float:
    return equal_error_rate(
        np.array([trial.probability for trial in own]),
        np.array([trial.probability for trial in strangers]),
    )
