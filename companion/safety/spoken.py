"""A script's step as it is said: with the region's numbers, names, and the truth about messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from companion.safety.regions import Region
from companion.safety.scripts import Scripts

SOMEONE: Final = "someone you trust"

_SPOKEN: Final = {
    5: "five", 10: "ten", 15: "fifteen", 20: "twenty", 30: "thirty", 40: "forty", 45: "forty-five",
    50: "fifty", 60: "sixty", 90: "ninety", 120: "a hundred and twenty",
}  # fmt: skip
_KIN: Final = re.compile(
    r"\bmy (?:(?:dear|late|poor|little|old|own) )*(husband|wife|mother|father|mum|mom|mummy|mama|"
    r"dad|daddy|sister|brother|son|daughter|friend|aunt|uncle|grandmother|grandfather|gran|nan|grandma|"
    r"grandad|grandpa|parents|partner)\b",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(
    r"(?<=[a-z,] )(?!I\b)([A-Z][a-z]+)\b|^([A-Z][a-z]+)(?='s late|'s not home)"
)
_PARENT: Final = re.compile(r"\b(mum|mom|mummy|mama|dad|daddy|mother|father)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Spoken:
    """Fills the holes of scripts."""

    scripts: Scripts
    region: Region
    person: str | None = None
    contact: str | None = None
    name: str = "Molly"

    def lines(
        self,
        script_id: str,
        step: int,
        *,
        alerted: bool = False,
        other: bool = False,
        seconds: float = 30.0,
        about: str = "",
    ) -> tuple[str, ...]:
        """Return the sentences of a step, filled in.

        Args:
            script_id: one of the scripts.
            step: 0 for the first time; after the last the later ones come again.
            alerted: help is really being called for.
            other: somebody else is in danger.
            seconds: of the countdown.
            about: what was said, to find whom it speaks of.

        Raises:
            KeyError: there is no such script.
        """
        steps = self.scripts.walk(script_id, other=other)
        script = self.scripts[script_id]
        own = len(script.other if other and script.other else script.steps)
        if step >= len(steps):
            # Not the first words again: those announce what has long been announced.
            later = steps[min(own, len(steps) - 1) :] if len(steps) > own else steps[1:] or steps
            chosen = later[(step - len(steps)) % len(later)]
        else:
            chosen = steps[step]
        named = self.contact
        words = {
            **self.region.spoken(),
            "contact": named or SOMEONE,
            "person": self.person or "",
            "name": self.name,
            "seconds": _SPOKEN.get(round(seconds), str(round(seconds))),
            **_someone(about),
        }
        for key, say in self.scripts.say.items():
            pick = (say.named if named else say.alerted) if alerted else say.alone
            if key in ("contact_named", "contact_may_know", "crisis_open"):
                pick = say.named if named else say.alone
            words[key] = pick.format_map(words)
        return tuple(_tidy(sentence.format_map(words)) for sentence in chosen)


def _someone(text: str) -> dict[str, str]:
    if kin := _KIN.search(text):
        who = f"your {kin.group(1).lower()}"
    elif called := _CALLED.search(text):
        who = called.group(1) or called.group(2)
    elif parent := _PARENT.search(text):
        who = f"your {parent.group(1).lower()}"
    else:
        return {"someone": "them", "someone_is": "they are"}
    return {"someone": who, "someone_is": f"{who} {'are' if who.endswith('parents') else 'is'}"}


def _tidy(sentence: str) -> str:
    """Close the gap a missing name leaves; begin with a capital."""
    sentence = re.sub(r",? +(?=[.,!?])", "", " ".join(sentence.split())).replace(",.", ".")
    return sentence[:1].upper() + sentence[1:]


__all__ = ["SOMEONE", "Spoken"]
