"""Answers typed on one line."""

from __future__ import annotations

from companion.errors import WellbeingError
from companion.wellbeing.scales.scale import Scale

SKIPPED = ("-", "", "skip")


def read_answers(scale: Scale, line: str) -> tuple[int | None, ...]:
    """Return the values of answers written like "3,4,2,1,5", "yes,no,-" or with full labels.

    Raises:
        WellbeingError: another number of answers than items, or one that is not known. A scale of
            yes and no wants the words: 1 and 0 would look like points, which is not the same.
    """
    words = [word.strip().lower() for word in line.split(",")]
    if len(words) != len(scale.items):
        raise WellbeingError(
            f"{scale.title} has {len(scale.items)} questions, {len(words)} answers were given"
        )
    known: dict[str, int | None] = {o.label.lower(): o.value for o in scale.options}
    if scale.numbered:
        known |= {str(o.value): o.value for o in scale.options}
    else:
        known |= {o.label[0].lower(): o.value for o in scale.options}
    shown = ", ".join(known)
    known |= dict.fromkeys(SKIPPED)
    for word in words:
        if word not in known:
            raise WellbeingError(f"{scale.title} knows {shown} and -, not '{word}'")
    return tuple(known[word] for word in words)


__all__ = ["read_answers"]
