"""Screens what is said: reviewed patterns and the trained classifier, each able to warn alone.

Patterns raise the tier to at least their own; the classifier decides the rest. Danger wins over
everything else, and what fails is left out and told, never raised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from companion.domain import Danger, Screening
from companion.errors import CompanionError, ModelMissingError
from companion.patterns import normalise
from companion.resources import data_dir
from companion.safety.machine import Judgement, load_judge
from companion.safety.signs import Sign, Signs, load_signs

DANGERS: Final = frozenset({Danger.CRISIS, Danger.MEDICAL, Danger.ABUSE, Danger.SCAM})
"""Categories that may have tier 2 and above."""

SURE: Final = 0.95
"""Score of a reviewed pattern: it was written to leave little doubt."""
URGENT: Final = 3
AGREED: Final = 0.4
"""A classifier that calls something urgent must be this sure of what kind of danger it is. On the
development set it halves the false alarms of everyday talk and misses nothing (docs/safety.md)."""
HEARD_ELSEWHERE_TIER: Final = 2
"""Most that words from a television may raise: the person is asked, nobody is alarmed."""

_MILD: Final = {
    Danger.SUPPORT: 1,
    Danger.MEDICAL_ADVICE: 1,
    Danger.HARMFUL: 1,
    Danger.IDENTITY: 0,
    Danger.INJECTION: 0,
    Danger.NONE: 0,
}
"""Tier of a category without danger."""
_LABEL: Final = re.compile(
    r"^\s*[\[(]\s*(tv|television|radio|telly)\b[^\])]*[\])]\s*[:,-]*\s*", re.I
)
_MARK: Final = re.compile(r"^\s*\[[^\]]{1,40}\]\s*")


class Judge(Protocol):
    """The trained voice."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Probability from which tiers 1 to 4 count."""
        ...

    def judge(self, text: str) -> Judgement:
        """Return what a text means."""
        ...


@dataclass(frozen=True, slots=True)
class _Trained:
    """What the classifier says, as a screening with its evidence."""

    screening: Screening
    judgement: Judgement | None = None


class Screener:
    """Screens single utterances; keeps no state, and ``screen`` never raises."""

    def __init__(
        self,
        language: str,
        embedding_dir: Path | None,
        *,
        models: Path | None = None,
        prompts: Path | None = None,
    ) -> None:
        """Load patterns and classifier; a classifier that cannot be had is told as ``trouble``.

        Args:
            language: two letters.
            embedding_dir: where the sentence model lies; None when it is not on this device.
            models: folder of the trained weights; None is the shipped one.
            prompts: folder of the prompts; None is the shipped one.

        Raises:
            SafetyError: a pattern has a mistake.
        """
        folder = (prompts or data_dir("prompts")) / language / "safety" / "patterns"
        self._signs = load_signs(folder)
        self._judge: Judge | None = None
        self._trouble: str | None = None
        try:
            if embedding_dir is None:
                raise ModelMissingError("no sentence model; run: companion models pull")
            weights = models or data_dir("models") / "safety"
            self._judge = load_judge(weights, language, embedding_dir)
        except CompanionError as error:
            self._trouble = f"danger is recognised by patterns alone: {error}"

    @classmethod
    def of(cls, signs: Signs, judge: Judge | None) -> Screener:
        """Return a screener with the given voices."""
        screener = cls.__new__(cls)
        screener._signs, screener._judge, screener._trouble = signs, judge, None
        return screener

    @property
    def trouble(self) -> str | None:
        """One plain line about what is missing or failed, or None."""
        return self._trouble

    def screen(self, text: str) -> Screening:
        """Return what an utterance means by itself."""
        heard, elsewhere = _unlabelled(text)
        if not any(c.isalnum() for c in heard):
            return Screening()
        trained = self._trained(heard)
        found = self._found(heard)
        fused = _fused(trained, found)
        if not elsewhere:
            return fused
        return replace(
            fused,
            tier=min(fused.tier, HEARD_ELSEWHERE_TIER),
            evidence=(*fused.evidence, "heard:television"),
        )

    def _found(self, text: str) -> Sequence[Sign]:
        try:
            return self._signs.found(normalise(text))
        except Exception as error:  # an odd text must not silence the other voice
            self._trouble = f"safety patterns failed ({type(error).__name__}: {error})"
            return ()

    def _trained(self, text: str) -> _Trained:
        if self._judge is None:
            return _Trained(Screening())
        try:
            judgement = self._judge.judge(text)
        except Exception as error:  # onnxruntime's exceptions have no common base
            self._trouble = f"the safety classifier failed ({type(error).__name__}: {error})"
            return _Trained(Screening())
        return _Trained(_decided(judgement, self._judge.thresholds), judgement)


def _unlabelled(text: str) -> tuple[str, bool]:
    """Return the words without a label such as "[TV]", and whether they are not the person's."""
    if match := _LABEL.match(text):
        return text[match.end() :], True
    return _MARK.sub("", text), False


def _decided(judgement: Judgement, thresholds: Sequence[float]) -> Screening:
    tier = 0
    for place, (likely, threshold) in enumerate(zip(judgement.tiers, thresholds, strict=True), 1):
        if likely >= threshold:
            tier = place
    if tier >= URGENT and max(judgement.categories.get(c, 0.0) for c in DANGERS) < AGREED:
        tier = URGENT - 1
    if tier >= 2:
        category = max(DANGERS, key=lambda c: (judgement.categories.get(c, 0.0), c))
        score = judgement.tiers[tier - 1]
    else:
        category = max(_MILD, key=lambda c: (judgement.categories.get(c, 0.0), c))
        if category is Danger.NONE and tier == 1:
            category = Danger.SUPPORT
        tier = _MILD[category]
        score = judgement.tiers[0] if tier else 1 - judgement.tiers[0]
    return Screening(
        tier,
        category,
        judgement.topic.get(category, ""),
        round(score, 4),
        _told(judgement, category, tier),
        other=tier >= 2 and judgement.other >= 0.5,
    )


def _told(judgement: Judgement, category: Danger, tier: int) -> tuple[str, ...]:
    told = []
    if category is not Danger.NONE:
        told.append(f"model:{category}={judgement.categories.get(category, 0.0):.2f}")
    if judgement.tiers[1] >= 0.1:
        shown = max(tier, 2)
        told.append(f"model:tier{shown}={judgement.tiers[shown - 1]:.2f}")
    return tuple(told)


def _fused(trained: _Trained, found: Sequence[Sign]) -> Screening:
    """Return the graver of the two voices; the patterns' kind counts where they are as grave."""
    decided = trained.screening
    if not found:
        return decided
    evidence = (*(f"pattern:{sign.name}" for sign in found), *decided.evidence)
    first = found[0]
    danger = first.tier >= 2
    if (danger and first.tier >= decided.tier) or (not danger and decided.tier < 2):
        tier = max(first.tier, decided.tier if danger else _MILD.get(first.category, first.tier))
        score = SURE
        if trained.judgement is not None and tier:
            score = max(SURE, trained.judgement.tiers[tier - 1])
        topic = first.topic or (
            trained.judgement.topic.get(first.category, "") if trained.judgement else ""
        )
        return Screening(tier, first.category, topic, round(score, 4), evidence, other=first.other)
    return replace(decided, evidence=evidence)


__all__ = ["DANGERS", "SURE", "Judge", "Screener"]
