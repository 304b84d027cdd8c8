"""Reminders that are typed: read from words of the command line, shown, taken out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from companion.app.skilling import ShownReminders
from companion.app.zones import zone_of
from companion.care.reminding import KINDS, LONGEST_TEXT, Reminder, mistakes
from companion.config import Config
from companion.errors import WellbeingError

if TYPE_CHECKING:
    from companion.storage.database import Database

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ACTOR: Final = "command"


@dataclass(frozen=True, slots=True)
class Coming:
    """A reminder, and when it is said next."""

    reminder: Reminder
    at: datetime
    """Of an appointment its own hour; in the person's time zone."""

    @property
    def repeats(self) -> str:
        """``daily``, days such as ``mon,wed``, or empty for once."""
        days = self.reminder.weekdays
        return "daily" if len(days) == len(_DAYS) else ",".join(_DAYS[n] for n in days)


class TypedReminders:
    """What ``companion remind`` does."""

    def __init__(
        self,
        config: Config,
        database: Database,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Change nothing yet.

        Args:
            config: settings.
            database: an open one.
            now: seconds since 1970.
        """
        self._language = config.persona.language
        self._tz = zone_of(config)
        self._now = now
        self._database = database
        self._shown = ShownReminders(config, lambda: database)

    def add(
        self,
        text: str,
        at: str,
        *,
        on: str = "",
        daily: bool = False,
        weekdays: str = "",
        kind: str = "",
    ) -> Coming:
        """Keep a reminder; without a day, once, when that hour comes next.

        Args:
            text: as it will be spoken.
            at: local hour, such as 08:00.
            on: a day, such as 2026-11-30.
            daily: every day.
            weekdays: such as ``mon,wed``.
            kind: as of ``Reminder``; empty is told from the text.

        Raises:
            WellbeingError: something of it makes no sense; says what.
            StorageError: the database cannot be used.
        """
        if (bool(on) + daily + bool(weekdays)) > 1:
            raise WellbeingError("say only one of --on, --daily and --weekdays")
        text = " ".join(text.split())
        made = Reminder("", kind or self._kind(text), text, at.strip().zfill(5))
        if daily:
            made = replace(made, weekdays=tuple(range(7)))
        elif weekdays:
            made = replace(made, weekdays=_weekdays(weekdays))
        else:
            made = replace(made, day=_day(on) if on else self._here().date())
        coming = self._checked(made, asked_day=bool(on))
        kept = replace(coming.reminder, id=self._shown.save(coming.reminder))
        self._write_down("reminder saved", kept)
        return replace(coming, reminder=kept)

    def list(self) -> tuple[Coming, ...]:
        """Return all that will still be said, the next first.

        Raises:
            StorageError: the database cannot be used.
        """
        now = self._here()
        found = [(self._next(one, now), one) for one in self._shown.list()]
        return tuple(
            Coming(one, at)
            for at, one in sorted(
                ((at, one) for at, one in found if at is not None),
                key=lambda pair: (pair[0].timestamp(), pair[1].id),
            )
        )

    def remove(self, ids: Sequence[str]) -> tuple[Reminder, ...]:
        """Take out reminders; all of them, or none when one is not known.

        Args:
            ids: or their beginnings.

        Raises:
            WellbeingError: an id is not known, or begins several.
            StorageError: the database cannot be used.
        """
        everything = self._shown.list()
        chosen: dict[str, Reminder] = {}
        for start in ids:
            found = [one for one in everything if start and one.id.startswith(start.lower())]
            if len(found) != 1:
                raise WellbeingError(
                    f"not one reminder's id begins with '{start}': see companion remind list"
                )
            chosen[found[0].id] = found[0]
        for one in chosen.values():
            self._shown.remove(one.id)
            self._write_down("reminder removed", one)
        return tuple(chosen.values())

    def _checked(self, made: Reminder, *, asked_day: bool) -> Coming:
        wrong = mistakes(made, self._here().date())
        if wrong.get("text") == "missing":
            raise WellbeingError("there is nothing to remind of: say what")
        if "text" in wrong:
            raise WellbeingError(
                f"what to remind of has at most {LONGEST_TEXT} characters, in one line"
            )
        if "clock" in wrong:
            raise WellbeingError(f"'{made.clock}' is no hour: write it like 08:00 or 17:30")
        if "kind" in wrong:
            raise WellbeingError(f"no reminder is of the kind {made.kind}: use {', '.join(KINDS)}")
        now = self._here()
        at = self._next(made, now)
        if at is None and not asked_day:
            tomorrow = date.fromordinal(now.toordinal() + 1)
            made = replace(made, day=tomorrow)
            at = self._next(made, now)
        if at is None:
            raise WellbeingError(f"{made.day} {made.clock} is over: choose a time to come")
        return Coming(made, at)

    def _next(self, one: Reminder, now: datetime) -> datetime | None:
        from companion.mind.skills.when import Moment

        return Moment(one.clock, one.day, one.weekdays).next(now)

    def _kind(self, text: str) -> str:
        from companion.mind.skills.texts import load_skill_texts

        return load_skill_texts(self._language).kind(text)

    def _here(self) -> datetime:
        return datetime.fromtimestamp(self._now(), self._tz)

    def _write_down(self, what: str, one: Reminder) -> None:
        from companion.storage import audit

        with self._database.begin() as connection:
            data = {"reminder": one.id, "kind": one.kind}
            audit.append(connection, self._now(), _ACTOR, what, data)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise WellbeingError(f"'{text}' is no day: write it like 2026-11-30") from None


def _weekdays(text: str) -> tuple[int, ...]:
    found = set()
    for word in text.lower().replace(",", " ").split():
        if word[:3] not in _DAYS or not _whole(_DAYS.index(word[:3])).startswith(word):
            raise WellbeingError(f"'{word}' is no day of the week: use {', '.join(_DAYS)}")
        found.add(_DAYS.index(word[:3]))
    if not found:
        raise WellbeingError(f"name the days of the week: {', '.join(_DAYS)}")
    return tuple(sorted(found))


def _whole(number: int) -> str:
    """Return the English name of a weekday; 1 January 2024 was a Monday."""
    return date(2024, 1, 1 + number).strftime("%A").lower()


__all__ = ["Coming", "TypedReminders"]
