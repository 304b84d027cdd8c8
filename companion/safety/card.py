"""The model card of the safety classifier, written by training."""

from __future__ import annotations

from pathlib import Path

from companion.errors import SafetyError
from companion.safety.teaching import FALSE_ALARMS, GAMMA, RIDGE, Taught


def write_card(path: Path, taught: Taught) -> None:
    """Write the card.

    Raises:
        SafetyError: it cannot be written.
    """
    report, meaning = taught.report, taught.meaning
    where = f"training/{meaning.language}"
    at = ", ".join(f"tier {t}: {p}" for t, p in enumerate(meaning.thresholds, 1))
    shares = ", ".join(f"{100 * f:g}%" for f in FALSE_ALARMS)
    alarms = [100 * report[f"false_alarms_tier_{tier}"] for tier in (2, 3)]
    rows = "\n".join(
        f"| {key} | {count} | {report['recall_at_own_tier'].get(key, '')} |"
        for key, count in report["counts"].items()
    )
    text = f"""# Safety classifier, {meaning.language}

Written by `companion train safety`; do not edit.

**What it does.** Says of a short utterance how grave it is (tier 0-4), of which kind, and whether
somebody else is in danger. Beside it, reviewed patterns can raise the tier on their own
(`prompts/{meaning.language}/safety/patterns`).

**How.** Sentence vectors ({meaning.embedding}, Apache-2.0, int8) are compared with every line by a
Gaussian kernel (gamma {GAMMA}), votes by kernel ridge regression (ridge {RIDGE}), probabilities by
Platt's method on leave-one-out outputs. Deterministic; numpy only.

**Taught on** {report["lines"]} lines in `{where}` (CC0), written for this project by
language-model helpers in the manner of older people and of everyday chat. No recordings, no real
people's words. **Not reviewed by a clinician.**

**Thresholds** {at}: at these, {shares} of the harmless lines,
most of them written to be mistakable, reach tiers 1, 2, 3 and 4 when left out.

| category.tier | lines | recognised at their tier when left out |
|---|---|---|
{rows}

Left-out harmless lines at tier 2 or above: {alarms[0]:.1f}%, at tier 3 or above: {alarms[1]:.1f}%.
Calibration error at tier 2: {report["calibration_error_tier_2"]}. The lines avoid obvious words on
purpose, so these numbers are harder than daily life; numbers on other sentences, with patterns, are
in docs/measurements.md.

**Limits.** English only. It reads words, not tone. It has heard no dialect it was not taught, no
second language, no real crisis. People who speak in hints, in religious or regional idiom, or
through poor recognition may be missed. It is one net among several, and no medical device.
"""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SafetyError(f"cannot write {path}: {error.strerror}") from error


__all__ = ["write_card"]
