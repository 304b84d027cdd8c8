"""Which published answer was meant by what was said."""

from __future__ import annotations

from dataclasses import dataclass

from companion.errors import WellbeingError
from companion.patterns import normalise
from companion.wellbeing.replies import ReplyEar, Said, Spotter
from companion.wellbeing.scales.scale import Option, Scale


@dataclass(frozen=True, slots=True)
class ScaleEar:
    """Hears the answers of one scale; pure. What is not clear is no answer: nothing is guessed."""

    scale: Scale
    ear: ReplyEar
    spotter: Spotter

    def option(self, text: str) -> Option | None:
        """Return the answer that was meant, or None."""
        if self.scale.numbered and (place := self.ear.number(text)) is not None:
            return self.scale.options[place] if place < len(self.scale.options) else None
        found = self.spotter.spot(normalise(text))
        return next((o for o in self.scale.options if o.label == found), None)

    def wish(self, text: str) -> Said | None:
        """Return what is wanted of the questions; stopping and skipping go before any answer."""
        wish = self.ear.wish(text)
        if wish in (Said.UNSURE, Said.REPEAT, Said.OTHER) and self.option(text) is not None:
            return None
        return wish


def scale_ear(scale: Scale, ear: ReplyEar) -> ScaleEar:
    """Return who hears the answers of a scale.

    Raises:
        WellbeingError: a pattern of the scale has a mistake.
    """
    try:
        meanings = {o.label: o.heard for o in scale.options}
        return ScaleEar(scale, ear, ear.spotter(meanings))
    except ValueError as error:
        raise WellbeingError(f"{scale.name}: {error}") from error


__all__ = ["ScaleEar", "scale_ear"]
