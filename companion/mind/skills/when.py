"""When somebody means, in their words: found in a sentence, taken out of it, made a date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from companion.errors import MindError
from companion.patterns import normalise
from companion.reading import read_toml
from companion.resources import data_dir

EVERY_DAY: Final = (0, 1, 2, 3, 4, 5, 6)
_AWAKE: Final = (7, 22)
"""A bare "at eight" means one of these hours: from, to (the latter excluded)."""
_AFTERNOON_FROM: Final = 7
"""A bare hour before this, said for every day, is one of the afternoon: "every day at five"."""
_SMALL_HOURS: Final = 4


@dataclass(frozen=True, slots=True)
class When:
    """What was said of the time; what was not said is empty."""

    hour: int | None = None
    minute: int = 0
    sure: bool = False
    """Whether it is known which half of the day is meant."""
    part: str = ""
    """morning, afternoon, evening or night."""
    day: date | None = None
    weekdays: tuple[int, ...] = ()
    seconds: float | None = None
    """From now."""
    unknown_repeat: bool = False
    """Something such as "every other day", which cannot be kept."""

    @property
    def said(self) -> bool:
        """Whether anything was said of the time."""
        return self != When()


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that can be kept."""

    clock: str
    """Local "HH:MM"."""
    day: date | None = None
    weekdays: tuple[int, ...] = ()

    def next(self, now: datetime) -> datetime | None:
        """Return when it comes next after ``now``, in its time zone; None when it is over."""
        hour, minute = map(int, self.clock.split(":"))
        days = (
            [self.day]
            if self.day is not None
            else [now.date() + timedelta(days=n) for n in range(8)]
        )
        for day in days:
            there = datetime.combine(day, time(hour, minute), now.tzinfo)
            fits = self.day is not None or day.weekday() in self.weekdays
            if fits and there.timestamp() > now.timestamp():
                return there
        return None


class Times:
    """Finds times in sentences of one language, and says times in it."""

    def __init__(self, tree: Mapping[str, Any], path: Path) -> None:
        """Compile.

        Raises:
            MindError: the file has a mistake.
        """
        self._tree = tree
        try:
            names = tree["names"]
            self._numbers = _table(names["numbers"])
            self._ordinals = _table(names["ordinals"])
            self._ordinals |= {f"{n}th": n for n in range(1, 32)}
            self._weekdays = {word: n for n, word in enumerate(names["weekdays"])}
            self._months = {word: n for n, word in enumerate(names["months"], 1)}
            self._parts = {word: part for part, words in tree["parts"].items() for word in words}
            self._units = {
                word: seconds
                for unit, seconds in (("second", 1), ("minute", 60), ("hour", 3600))
                for word in tree["units"][unit]
            }
            self._rules = [
                (str(rule["means"]), re.compile(rf"(?<!\S)(?:{self._filled(rule['re'])})(?!\S)"))
                for rule in tree["rule"]
            ]
            self._rewrite = [(re.compile(a), b) for a, b in tree["rewrite"].items()]
            self._say: Mapping[str, str] = tree["say"]
        except (KeyError, TypeError, AttributeError, re.error) as error:
            raise MindError(f"{path} has a mistake near {error}") from error

    @property
    def names(self) -> Mapping[str, Sequence[str]]:
        """``weekdays``, ``months``, ``numbers`` and ``ordinals`` in words."""
        found: Mapping[str, Sequence[str]] = self._tree["names"]
        return found

    def words(self, text: str) -> str:
        """Return a sentence as the rules want it: words between single spaces, no signs."""
        text = text.lower().replace("’", "'")
        for pattern, new in self._rewrite:
            text = pattern.sub(new, text)
        said = " ".join(word for word in normalise(text).split() if word != ".")
        return said.replace(" 's", "'s")

    def take(self, words: str, now: datetime) -> tuple[When, str]:
        """Find what was said of the time.

        Args:
            words: of ``words``.
            now: with the person's time zone.

        Returns:
            It, and the words without it.
        """
        when = When()
        for means, pattern in self._rules:
            found = pattern.search(words)
            if found is None or not self._fits(means, when):
                continue
            read = self._read(means, found, when, now)
            if read is None:
                continue
            when = read
            words = " ".join(f"{words[: found.start()]} {words[found.end() :]}".split())
        return when, words

    def settle(self, when: When, now: datetime) -> Moment | None:
        """Return the next sensible time that is meant; None without an hour, or when it is past.

        Args:
            when: what was said.
            now: with the person's time zone.
        """
        if when.seconds is not None:
            # To the nearest minute that is still to come.
            at = round((now.timestamp() + when.seconds) / 60) * 60
            at += 60 * (at <= now.timestamp())
            there = datetime.fromtimestamp(at, now.tzinfo)
            return Moment(there.strftime("%H:%M"), there.date())
        if when.hour is None:
            if not when.part:
                return None
            clock = str(self._tree["part_hour"][when.part])
            whole = replace(when, hour=int(clock[:2]), minute=int(clock[3:]), sure=True)
            return self.settle(whole, now)
        for hour in self._hours(when):
            clock = f"{hour:02}:{when.minute:02}"
            if when.weekdays:
                return Moment(clock, weekdays=when.weekdays)
            if when.day is not None:
                day = when.day + timedelta(days=hour < _SMALL_HOURS and when.part == "night")
                moment = Moment(clock, day)
                if moment.next(now) is not None:
                    return moment
        if when.day is not None or when.weekdays:
            return None
        candidates = [
            datetime.combine(now.date() + timedelta(days=n), time(hour, when.minute), now.tzinfo)
            for n in (0, 1)
            for hour in self._hours(when)
        ]
        best = min((one for one in candidates if one.timestamp() > now.timestamp()), default=None)
        return Moment(best.strftime("%H:%M"), best.date()) if best is not None else None

    def clock(self, hour: int, minute: int, *, part: bool = True) -> str:
        """Return an hour in words: "half past eight in the morning"."""
        say = self._say
        if (hour, minute) == (12, 0):
            return say["noon"]
        if (hour, minute) == (0, 0):
            return say["midnight"]
        number = self._tree["names"]["numbers"]
        here, after = number[hour % 12 or 12], number[(hour + 1) % 12 or 12]
        form = {0: "full", 15: "quarter_past", 30: "half_past", 45: "quarter_to"}.get(
            minute, "past" if minute < 30 else "to"
        )
        named = after if form in ("quarter_to", "to") else here
        minutes = number[minute if minute < 30 else 60 - minute]
        words = say[form].format(hour=named, minutes=minutes)
        return say[part_of(hour)].format(clock=words) if part else words

    def day(self, day: date, now: datetime, hour: int = 12) -> str:
        """Return a day in words: "tomorrow", "on Tuesday"."""
        say, names = self._say, self._tree["names"]
        ahead = (day - now.date()).days
        if ahead == 0:
            return say["tonight" if hour >= 18 else "today"]
        if ahead == 1:
            return say["tomorrow"]
        weekday = names["weekdays"][day.weekday()].capitalize()
        if 0 < ahead < 7:
            return say["weekday"].format(weekday=weekday)
        return say["date"].format(
            weekday=weekday,
            ordinal=names["ordinals"][day.day],
            month=names["months"][day.month - 1].capitalize(),
        )

    def moment(self, moment: Moment, now: datetime) -> str:
        """Return a time in words: "tomorrow at half past eight in the morning"."""
        hour, minute = map(int, moment.clock.split(":"))
        at = self.clock(hour, minute)
        if moment.day is not None:
            there = moment.day
            if hour < _SMALL_HOURS and there > now.date():
                # The small hours belong to the night before, as when they are heard.
                there, hour = there - timedelta(days=1), 23
            day = self.day(there, now, hour)
            if day == self._say["tonight"]:
                at = self.clock(int(moment.clock[:2]), minute, part=False)
        elif moment.weekdays == EVERY_DAY:
            day = self._say["daily"]
        else:
            names = [self._tree["names"]["weekdays"][n].capitalize() for n in moment.weekdays]
            day = self._say["every"].format(weekdays=self.joined(names))
        return f"{day} at {at}"

    def span(self, seconds: float) -> str:
        """Return a length of time in words, to the second below a minute, else to the minute."""
        whole = max(round(seconds), 1)
        if whole < 60:
            return self._count("second", whole)
        minutes = max(round(whole / 60), 1)
        hours, minutes = divmod(minutes, 60)
        parts = [self._count("hour", hours)] if hours else []
        parts += [self._count("minute", minutes)] if minutes else []
        return self.joined(parts)

    def joined(self, words: Sequence[str]) -> str:
        """Return words as a list in a sentence."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self._say['and']} {words[-1]}"

    def _count(self, unit: str, number: int) -> str:
        numbers = self._tree["names"]["numbers"]
        word = numbers[number] if number < len(numbers) else str(number)
        return self._say[unit if number == 1 else f"{unit}s"].format(number=word)

    def _hours(self, when: When) -> tuple[int, ...]:
        hour = when.hour or 0
        if when.sure or hour > 12:
            return (hour,)
        low, high = hour % 12, hour % 12 + 12
        if when.part == "morning":
            return (low,)
        if when.part in ("afternoon", "evening"):
            return (high,)
        if when.part == "night":
            return (low if 0 <= low < 5 else high,)
        if when.weekdays or when.day is not None:
            return (low if low >= _AFTERNOON_FROM else high,)
        first, end = _AWAKE
        return tuple(one for one in (low, high) if first <= one < end) or (high,)

    def _fits(self, means: str, when: When) -> bool:
        clocks = ("half", "quarter", "minutes", "digits", "hour", "noon", "midnight", "meal")
        if means.startswith(clocks) or means == "to_hour":
            return when.hour is None and when.seconds is None
        if means in ("today", "tomorrow", "after_tomorrow", "date", "weekday", "in_days"):
            return when.day is None and not when.weekdays
        if means == "part":
            return not when.part
        if means == "in_alone":
            return not when.said
        return True

    def _read(self, means: str, found: re.Match[str], when: When, now: datetime) -> When | None:
        kept = {name: word for name, word in found.groupdict().items() if word}
        part = self._parts.get(_first(kept, "part"), when.part)
        if means in ("in", "in_alone", "in_days", "date", "every_weekday", "weekday"):
            return self._read_day(means, kept, replace(when, part=part), now)
        days = {"today": 0, "tomorrow": 1, "after_tomorrow": 2}
        if means in days:
            tonight = "night" if found.group() == "tonight" else part
            return replace(when, day=now.date() + timedelta(days=days[means]), part=tonight)
        repeats = {"daily": EVERY_DAY, "workdays": EVERY_DAY[:5], "weekend": EVERY_DAY[5:]}
        if means in repeats or means == "daily_part":
            return replace(when, weekdays=repeats.get(means, EVERY_DAY), part=part)
        if means == "unknown_repeat":
            return replace(when, unknown_repeat=True)
        if means == "part":
            return replace(when, part=part)
        return self._read_clock(means, kept, replace(when, part=part))

    def _read_day(self, means: str, kept: dict[str, str], when: When, now: datetime) -> When | None:
        today = now.date()
        if means in ("in", "in_alone"):
            seconds = self._seconds(kept)
            return replace(when, seconds=seconds) if seconds else None
        if means == "in_days":
            ahead = self._numbers.get(_first(kept, "number"), 7)
            return replace(when, day=today + timedelta(days=ahead))
        if means == "date":
            return self._read_date(kept, when, today)
        named = sorted({self._weekdays[kept[k]] for k in kept if k.startswith("weekday")})
        if means == "every_weekday":
            return replace(when, weekdays=tuple(named))
        ahead = (named[0] - today.weekday()) % 7
        return replace(when, day=today + timedelta(days=ahead or 7))

    def _read_date(self, kept: dict[str, str], when: When, today: date) -> When | None:
        number = self._ordinals[_first(kept, "ordinal")]
        named = self._months.get(_first(kept, "month"))
        for ahead in range(14):
            year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
            if named not in (None, month + 1):
                continue
            try:
                day = date(year, month + 1, number)
            except ValueError:
                continue
            if day >= today:
                return replace(when, day=day)
        return None

    def _read_clock(self, means: str, kept: dict[str, str], when: When) -> When | None:
        if means == "noon":
            return replace(when, hour=12, sure=True)
        if means == "midnight":
            return replace(when, hour=0, sure=True, part="night")
        if means == "meal":
            clock = str(self._tree["meals"][kept["meal"]])
            return replace(when, hour=int(clock[:2]), minute=int(clock[3:]), sure=True)
        if means == "digits":
            hour, minute = int(kept["h"]), int(kept["m"])
        else:
            hour = self._numbers[_first(kept, "hour")]
            minute = self._numbers.get(_first(kept, "minute"), 0)
        if means.startswith(("half_past", "quarter_past")):
            minute = 30 if means == "half_past" else 15
        elif means in ("quarter_to", "minutes_to"):
            minute = 45 if means == "quarter_to" else 60 - minute
            hour = (hour - 1) % 24 if hour != 1 else 12
        if hour > 23 or not 0 <= minute < 60:
            return None
        half = kept.get("half")
        if half:
            if hour > 12:
                return None
            hour = hour % 12 + (12 if half == "pm" else 0)
        return replace(when, hour=hour, minute=minute, sure=bool(half) or hour > 12)

    def _seconds(self, kept: Mapping[str, str]) -> float:
        total = 0.0
        for name, word in kept.items():
            if name.startswith("span"):
                total += float(self._tree["span"][word])
            elif name.startswith("count"):
                unit = kept[name.replace("count", "unit")]
                total += self._numbers[word] * self._units[unit]
        return total

    def _filled(self, template: str) -> str:
        """Put the tables into a rule; a table that comes twice gets a numbered group."""
        number = _either(self._numbers)
        unit = _either(self._units)
        whole = _either(self._tree["span"])
        tables = {
            "hour": _either({w: n for w, n in self._numbers.items() if n <= 24}),
            "minute": _either({w: n for w, n in self._numbers.items() if n < 60}),
            "number": number,
            "part": _either(self._parts),
            "weekday": _either(self._weekdays),
            "month": _either(self._months),
            "ordinal": _either(self._ordinals),
            "unit": unit,
        }
        seen = 0

        def put(match: re.Match[str]) -> str:
            nonlocal seen
            seen += 1
            name = match.group(1).rstrip("0123456789")
            if name == "span":
                return (
                    rf"(?:(?P<count{seen}>{number}) (?P<unit{seen}>{unit})|(?P<span{seen}>{whole}))"
                    rf"(?: (?:and )?(?P<count{seen}b>{number}) (?P<unit{seen}b>{unit}))?"
                )
            return f"(?P<{name}{seen}>{tables[name]})"

        return re.sub(r"\{(\w+)\}", put, template)


def part_of(hour: int) -> str:
    """Return the part of the day an hour belongs to."""
    if hour < 5 or hour >= 22:
        return "night"
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def _first(kept: Mapping[str, str], name: str) -> str:
    """Return what a table kept, whatever its number."""
    return next((word for key, word in kept.items() if key.startswith(name)), "")


def _table(words: Sequence[str]) -> dict[str, int]:
    found = {word: n for n, word in enumerate(words) if word}
    return found | {str(n): n for n in range(len(words))}


def _either(words: Mapping[str, object]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@lru_cache
def load_times(language: str = "en") -> Times:
    """Read ``skills/when.toml``.

    Raises:
        MindError: the file is missing or has a mistake.
    """
    path = data_dir("prompts") / language / "skills" / "when.toml"
    return Times(read_toml(path, MindError), path)


__all__ = ["EVERY_DAY", "Moment", "Times", "When", "load_times", "part_of"]
