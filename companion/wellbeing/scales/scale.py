"""A scale as published, and its scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from companion.errors import WellbeingError
from companion.patterns import normalise
from companion.wellbeing.texts import Section, prompt_path, read

NAMES: Final = ("who5", "ucla3", "phq2", "gds15")
"""In the order they are offered when none was asked yet: well-being first."""

NEVER: Final = ("better off dead", "hurting yourself", "thoughts that you would be")
"""Words of a question that no machine may ask by itself (item 9 of the PHQ-9)."""


class Option(Section):
    """One published answer."""

    label: str = Field(min_length=1)
    value: int
    heard: tuple[str, ...] = Field(min_length=1)
    """Patterns of what a person may say for it."""


class Item(Section):
    """One published question or statement."""

    text: str = Field(min_length=1)
    reverse: bool = False
    """The opposite answer counts."""
    delicate: bool = False
    """An answer that counts is met with a kind word."""


class Band(Section):
    """What is said of a range of scores; never a diagnosis."""

    lowest: int = Field(alias="from")
    highest: int = Field(alias="to")
    id: str
    text: tuple[str, ...] = Field(min_length=1)


class Scale(Section):
    """A published questionnaire."""

    name: str
    title: str
    about: str
    source: str = Field(min_length=20)
    licence: str = Field(min_length=10)
    commercial: bool
    """Whether the licence is known to allow commercial use."""
    intro: str
    numbered: bool
    multiplier: int = Field(ge=1)
    higher_is: Literal["better", "worse"]
    missing: Literal["none", "prorate"]
    """What is published for unanswered items: no score, or a score in proportion."""
    least_answers: int | None = None
    """Fewer answers give no score; None wants all."""
    repeat_days: int = Field(ge=7)
    minutes: int = Field(ge=1)
    options: tuple[Option, ...] = Field(min_length=2)
    items: tuple[Item, ...] = Field(min_length=2)
    bands: tuple[Band, ...] = Field(min_length=1)

    @property
    def lowest(self) -> int:
        """The least possible score."""
        return min(o.value for o in self.options) * len(self.items) * self.multiplier

    @property
    def highest(self) -> int:
        """The greatest possible score."""
        return max(o.value for o in self.options) * len(self.items) * self.multiplier

    @property
    def enough(self) -> int:
        """The least number of answers that gives a score."""
        return len(self.items) if self.least_answers is None else self.least_answers

    def points(self, item: int, value: int) -> int:
        """Return what an answer counts."""
        if not self.items[item].reverse:
            return value
        values = [o.value for o in self.options]
        return min(values) + max(values) - value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len({o.value for o in self.options}) != len(self.options):
            raise ValueError("two options have the same value")
        if (self.missing == "prorate") != (self.least_answers is not None):
            raise ValueError("'least_answers' belongs to missing = \"prorate\"")
        if not 1 <= self.enough <= len(self.items):
            raise ValueError("'least_answers' is more than there are items")
        for item in self.items:
            if any(words in normalise(item.text) for words in NEVER):
                raise ValueError("a question about suicide or self-harm is never asked by a scale")
        bands = sorted(self.bands, key=lambda one: one.lowest)
        if (bands[0].lowest, bands[-1].highest) != (self.lowest, self.highest):
            raise ValueError(f"the bands must reach from {self.lowest} to {self.highest}")
        if any(b.lowest != a.highest + 1 for a, b in pairwise(bands)):
            raise ValueError("the bands have a gap, or overlap")
        return self


@dataclass(frozen=True, slots=True)
class Score:
    """What the answers come to."""

    name: str
    value: int | None
    """None: not enough answers for the published rule."""
    highest: int
    skipped: int
    band: Band | None
    prorated: bool = False
    """Some items were skipped and the score is in proportion."""


def score(scale: Scale, answers: Sequence[int | None]) -> Score:
    """Score answers by the published rule.

    Unanswered items: GDS-15 in proportion when 12 or more are answered, rounded to the nearest
    (NACC Uniform Data Set coding guidebook, form B6); nothing is published for the short ones, so
    they have no score then.

    Args:
        scale: which.
        answers: for each item the value of the chosen option, None when skipped.

    Raises:
        WellbeingError: another number of answers than items, or a value that is no option.
    """
    if len(answers) != len(scale.items):
        raise WellbeingError(f"{scale.title} has {len(scale.items)} questions, not {len(answers)}")
    values = {o.value for o in scale.options}
    given = [(n, value) for n, value in enumerate(answers) if value is not None]
    for _, value in given:
        if value not in values:
            known = ", ".join(str(v) for v in sorted(values))
            raise WellbeingError(f"{scale.title} knows the answers {known}, not {value}")
    skipped = len(answers) - len(given)
    if len(given) < scale.enough:
        return Score(scale.name, None, scale.highest, skipped, None)
    total = sum(scale.points(n, value) for n, value in given)
    # Half up, as people round.
    whole = (2 * total * len(answers) + len(given)) // (2 * len(given))
    value = whole * scale.multiplier
    band = next(b for b in scale.bands if b.lowest <= value <= b.highest)
    return Score(scale.name, value, scale.highest, skipped, band, bool(skipped))


@lru_cache
def load_scale(name: str, language: str = "en", folder: Path | None = None) -> Scale:
    """Read a scale.

    Raises:
        WellbeingError: there is none of that name, or its file has a mistake.
    """
    folder = folder or prompt_path(language, "scales")
    path = folder / f"{name}.toml"
    known = scale_names(language, folder)
    if name not in known:
        raise WellbeingError(f"no scale is called {name}: use {', '.join(known)}")
    scale = read(Scale, path)
    if scale.name != name:
        raise WellbeingError(f"{path}: 'name' must be {name}")
    return scale


def scale_names(language: str = "en", folder: Path | None = None) -> tuple[str, ...]:
    """Return the scales that are here, in the order they are offered."""
    folder = folder or prompt_path(language, "scales")
    found = {path.stem for path in folder.glob("*.toml")}
    return tuple(n for n in NAMES if n in found) + tuple(sorted(found - set(NAMES)))


__all__ = ["Band", "Item", "Option", "Scale", "Score", "load_scale", "scale_names", "score"]
