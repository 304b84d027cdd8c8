"""Fits the journal's days to what the dashboard shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import TYPE_CHECKING, Final

from companion.app.wellbeing import named, owner_of
from companion.care.readings import Day, Estimate, Sentence, Summary
from companion.config import Config
from companion.errors import WellbeingError

if TYPE_CHECKING:
    from companion.storage.database import Database
    from companion.wellbeing import summary as told
    from companion.wellbeing.days import Day as Kept
    from companion.wellbeing.pages import DayPoint

_ABOUT: Final = {
    "mood": "mood",
    "energy": "mood",
    "sleep": "topics",
    "people": "topics",
    "medicines": "medicines",
    "safety": "safety",
}
"""Section of a summary -> subject that must be shared to see it."""
_MEASURED: Final = {"mood": "mood", "energy": "mood", "medicines": "medicines"}
"""What changed -> the same; all else is a topic."""
_MOST_ENERGY: Final = 3.0
_DEAF: Final = ("muted", "fault", "off")


@dataclass(frozen=True, slots=True)
class JournalReadings:
    """Reads the owner's days; see ``Readings``."""

    config: Config
    database: Callable[[], Database]
    zone: tzinfo

    def summary(self, day: date) -> Summary | None:
        """Return what there is to say of a day; None before anybody has talked."""
        from companion.wellbeing.pages import today

        with self.database().read() as connection:
            try:
                person = owner_of(connection)
            except WellbeingError:
                return None
            made = today(
                connection,
                person.id,
                day,
                self.zone,
                who=named(person, self.config),
                language=self.config.persona.language,
                at=time.time(),
            )
        sentences = tuple(
            Sentence(one.text, about(section.name, one.facts))
            for section in made.sections
            if section.name != "not_heard"
            for one in section.sentences
        )
        unheard = (s for s in made.sections if s.name == "not_heard")
        gaps = tuple(one.text for section in unheard for one in section.sentences)
        return Summary(
            day, sentences, (*gaps, *_notes(made)), self.config.persona.language, made.made_at
        )

    def series(self, first: date, last: date) -> tuple[Day, ...]:
        """Return the days on which anything was heard or noted."""
        from companion.wellbeing.days import read_days
        from companion.wellbeing.pages import point

        with self.database().read() as connection:
            try:
                person = owner_of(connection)
            except WellbeingError:
                return ()
            days = read_days(connection, person.id, first, last, self.zone)
        return tuple(_day(point(day), day) for day in days if not _empty(day))


def about(section: str, facts: tuple[str, ...]) -> str:
    """Return the subject that must be shared to see a line."""
    if section != "changes":
        return _ABOUT.get(section, "summary")
    metrics = {fact.split(".")[1] for fact in facts if fact.count(".")}
    subjects = {_MEASURED.get(metric, "topics") for metric in metrics}
    return subjects.pop() if len(subjects) == 1 else "topics"


def _notes(made: told.Summary) -> tuple[str, ...]:
    # The page says for itself that it is no diagnosis.
    return made.notes[:1] if made.simulated else ()


def _empty(day: Kept) -> bool:
    return not (day.turns or day.listening or day.reminders or day.safety)


def _day(point: DayPoint, day: Kept) -> Day:
    return Day(
        day=point.day,
        mood=_estimate(point.mood, 1.0),
        energy=_estimate(point.energy, _MOST_ENERGY),
        turns=point.turns,
        minutes_heard=point.minutes_heard,
        contacts=point.contacts,
        topics=point.topics,
        reminders_done=point.reminders_done,
        reminders_missed=point.reminders_missed,
        safety_tiers=tuple(
            tier for tier, n in sorted(point.safety_tiers.items()) for _ in range(n)
        ),
        not_heard_h=round(sum(day.listening.get(why, 0.0) for why in _DEAF) / 3600, 2),
    )


def _estimate(value: tuple[float | None, float, float], scale: float) -> Estimate | None:
    middle, low, high = value
    return None if middle is None else Estimate(middle / scale, low / scale, high / scale)


__all__ = ["JournalReadings", "about"]
