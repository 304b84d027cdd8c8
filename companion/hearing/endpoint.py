"""How much silence ends a turn: patience, learned from this person's own pauses.

At a pause of s seconds the person has either finished or is only pausing. With c the
probability that words like these end a turn, and S(s) the share of this person's pauses that
last longer than s, the probability that they will go on is, by Bayes,

    risk(s) = (1 - c) S(s) / ((1 - c) S(s) + c)

The turn ends at the first s at which that falls below the accepted risk. Both c and S start
from general values and move to the person's own, forgetting slowly.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Final

from companion.domain import JsonObject, Samples, Transcript
from companion.resources import data_dir

_PRIOR_MEDIAN_S: Final = 0.5
_PRIOR_SPREAD: Final = 0.55
"""Log-normal pauses within a turn: median and spread of log-seconds. Campione & Veronis (2002),
"A large-scale multilingual study of silent pause duration": 0.2-1 s are typical, over 1 s rare."""

_PRIOR_WEIGHT: Final = 2.0
"""How many observed pauses the general values are worth."""

_PRIOR_TURNS: Final = 2.0
"""How many turns, and pauses within turns, the general odds are worth."""

_NOW_WEIGHT: Final = 6.0
"""What a pause of the open turn counts until it ends: how somebody speaks just now says most."""

_FORGET: Final = 0.97
"""Weight of the past at each new pause or turn: half is forgotten after some 20."""

_SMOOTH_S: Final = 0.1
"""Width given to each observed pause."""

_SHORTEST_S: Final = 0.2
"""Shorter silences are articulation, not pauses, and are not learned from."""

_STEP_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Words:
    answers: frozenset[str]
    trailing: frozenset[str]
    leaning: frozenset[str]


@cache
def _words(language: str) -> _Words:
    path = data_dir("prompts") / language / "turns.toml"
    if not path.is_file():  # a language without the list still works, by punctuation alone
        return _Words(frozenset(), frozenset(), frozenset())
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    return _Words(*(frozenset(tree[key]) for key in ("answers", "trailing", "leaning")))


def completeness(text: str, language: str = "en") -> float:
    """Return the probability, 0-1, that a turn with these words so far is finished.

    Values are shares seen at pauses of read speech and set by hand for the rest
    (docs/measurements.md); what matters is their order.
    """
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'"))
    if not words:
        return 1.0
    lists = _words(language)
    if " ".join(words) in lists.answers:
        return 0.97
    end = text.rstrip("\"'”’ )")
    if end.endswith(("...", "…", "-", "–", "—", ",")):
        return 0.08
    if end.endswith("?"):
        return 0.9
    if words[-1] in lists.trailing:
        return 0.05
    stopped = end.endswith((".", "!"))
    if words[-1] in lists.leaning:
        return 0.4 if stopped else 0.1
    # The longer somebody has spoken, the likelier a pause is the end (AUC 0.73 on read speech).
    longer = min(1.0, max(0.0, (len(words) - 2) / 8))
    if stopped:
        return 0.6 + 0.15 * longer
    return 0.3 + 0.25 * longer


class Endpointer:
    """Judges pauses and learns this person's patience."""

    def __init__(self, risk: float = 0.04, language: str = "en") -> None:
        self._risk = risk
        self._language = language
        self._pauses: list[tuple[float, float]] = []
        self._went_on = 0.0
        self._ended = 0.0

    def completeness(self, samples: Samples, transcript: Transcript) -> float:
        """Return the probability, 0-1, that a pause after this speech ends the turn."""
        del samples  # words alone: prosody did not help (docs/decisions.md)
        if transcript.rejected:
            return 1.0
        return completeness(transcript.text, self._language)

    def wait_s(self, completeness: float) -> float:
        """Return how many seconds of silence end a turn that sounds this complete."""
        odds_of_end = self._person_odds() * completeness / max(1e-6, 1 - completeness)
        allowed = self._risk / (1 - self._risk) * odds_of_end
        s = _SHORTEST_S
        while s < 5.0 and self._survival(s) > allowed:
            s += _STEP_S
        return s

    def paused(self, seconds: float) -> None:
        """Learn that the person paused this long and went on."""
        if seconds < _SHORTEST_S:
            return
        self._pauses = [(p, w * _FORGET) for p, w in self._pauses if w > 0.05]
        self._pauses.append((seconds, _NOW_WEIGHT))
        self._went_on = self._went_on * _FORGET + 1

    def turn_ended(self) -> None:
        """Learn that the turn is over."""
        self._pauses = [(p, min(1.0, w)) for p, w in self._pauses]
        self._ended = self._ended * _FORGET + 1

    def _survival(self, s: float) -> float:
        """Return the share of this person's pauses that last longer than ``s`` seconds."""
        z = math.log(s / _PRIOR_MEDIAN_S) / (_PRIOR_SPREAD * math.sqrt(2))
        total = _PRIOR_WEIGHT
        longer = _PRIOR_WEIGHT * 0.5 * math.erfc(z)
        for pause, weight in self._pauses:
            longer += weight / (1 + math.exp(min(50.0, (s - pause) / (_SMOOTH_S / 2))))
            total += weight
        return longer / total

    def _person_odds(self) -> float:
        """Return how much likelier this person's pauses end turns than people's in general."""
        return (self._ended + _PRIOR_TURNS) / (self._went_on + _PRIOR_TURNS)

    def state(self) -> JsonObject:
        """Return what was learned, as numbers without words or sound."""
        return {
            "version": 1,
            "pauses": [[round(p, 3), round(w, 4)] for p, w in self._pauses],
            "went_on": self._went_on,
            "ended": self._ended,
        }

    def restore(self, state: JsonObject) -> None:
        """Continue from an earlier ``state``.

        Raises:
            KeyError, TypeError, ValueError: it is not one.
        """
        if state["version"] != 1:
            raise ValueError("unknown version")
        pauses = [(float(p), float(w)) for p, w in state["pauses"]]
        went_on, ended = float(state["went_on"]), float(state["ended"])
        self._pauses, self._went_on, self._ended = pauses, went_on, ended
