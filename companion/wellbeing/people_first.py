"""Real people first: nudges to the person's own circle, long use, a warm end to the day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import Field, TypeAdapter, ValidationError

from companion.domain import Exchange, JsonObject, Tone
from companion.errors import WellbeingError
from companion.wellbeing.replies import ReplyEar, Said
from companion.wellbeing.texts import Section, prompt_path, read, spoken
from companion.wellbeing.turns import Turn

if TYPE_CHECKING:
    from sqlalchemy import Connection

DAY_S: Final = 86_400.0
NUDGE_EVERY_S: Final = 2 * DAY_S
SAME_PERSON_S: Final = 7 * DAY_S
UNMENTIONED_S: Final = 4 * DAY_S
"""Somebody not spoken of for so long may be suggested."""
LONG_USE_S: Final = 2 * 3_600.0
"""Talk in one day from which a break is suggested."""
BREAKS_A_WEEK: Final = 3
SAME_TALK_S: Final = 300.0
"""Turns so near each other belong to one talk."""
REPLY_S: Final = 10.0
"""What a single turn counts besides its own seconds."""


class _Role(Section):
    say: str
    words: tuple[str, ...]


class PeopleTexts(Section):
    """All that is said about people."""

    nudge: tuple[tuple[str, ...], ...] = Field(min_length=1)
    nudge_yes: tuple[str, ...]
    nudge_no: tuple[str, ...]
    use_time: tuple[tuple[str, ...], ...] = Field(min_length=1)
    goodnight: dict[str, tuple[tuple[str, ...], ...]]
    roles: dict[str, _Role]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the person's own circle."""

    id: str
    name: str
    role: str
    mentioned_at: float | None
    """When they were last spoken of, seconds since 1970; None is never, that is known."""


class Circle(Protocol):
    """Who belongs to the person."""

    def known(self) -> Sequence[Known]:
        """Return them, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class PeopleLog:
    """When what was suggested."""

    nudges: tuple[tuple[float, str], ...] = ()
    """Seconds since 1970, and whose id."""
    breaks: tuple[float, ...] = ()

    def to_json(self) -> JsonObject:
        """Return what ``people_log_from_json`` takes."""
        data: JsonObject = _ADAPTER.dump_python(self, mode="json")
        return data

    def nudged(self, at: float, who: str) -> PeopleLog:
        """Return the log after a nudge."""
        kept = tuple(one for one in self.nudges if at - one[0] < 60 * DAY_S)
        return replace(self, nudges=(*kept, (at, who)))

    def paused(self, at: float) -> PeopleLog:
        """Return the log after a break was suggested."""
        return replace(self, breaks=(*(b for b in self.breaks if at - b < 30 * DAY_S), at))


_ADAPTER: Final = TypeAdapter(PeopleLog)


def people_log_from_json(data: JsonObject) -> PeopleLog:
    """Return a log that was kept.

    Raises:
        WellbeingError: it is damaged; it is best to begin anew.
    """
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        raise WellbeingError("what was kept of nudges is damaged; it begins anew") from error


def read_circle(
    connection: Connection, turns: Sequence[Turn], texts: PeopleTexts
) -> tuple[Known, ...]:
    """Return the people of the person's own circle, with when their kind was last spoken of.

    Helpers by profession do not belong to it.

    Args:
        connection: of ``Database.read()``.
        turns: oldest first; their words of kinship tell who was spoken of.
        texts: which words mean which role.
    """
    from companion.storage.people import list_people

    found = []
    for person in list_people(connection):
        if person.role not in texts.roles:
            continue
        words = set(texts.roles[person.role].words)
        spoken_of = [turn.at for turn in turns if words & set(turn.people)]
        last = max(spoken_of, default=None)
        found.append(Known(person.id, person.name, person.role, last))
    return tuple(found)


def whom_to_suggest(
    circle: Circle,
    turns: Sequence[Turn],
    log: PeopleLog,
    now: datetime,
    avoid: Collection[str] = (),
) -> Known | None:
    """Return who might be rung today, or None: seldom, by day, and not after company.

    Args:
        circle: who belongs to the person.
        turns: of the last days.
        log: what was suggested before.
        now: the present, in the person's time zone.
        avoid: roles or ids not to be suggested: whoever they fear, or who is accused.
    """
    at = now.timestamp()
    if not 10 <= now.hour < 19:
        return None
    if log.nudges and at - log.nudges[-1][0] < NUDGE_EVERY_S:
        return None
    if any("people_contact" in one.topics for one in turns if at - one.at < DAY_S):
        return None
    last = {who: when for when, who in log.nudges}
    able = [
        one
        for one in circle.known()
        if one.role not in avoid
        and one.id not in avoid
        and (one.mentioned_at is None or at - one.mentioned_at >= UNMENTIONED_S)
        and at - last.get(one.id, float("-inf")) >= SAME_PERSON_S
    ]
    return min(able, key=lambda one: (last.get(one.id, 0.0), one.mentioned_at or 0.0), default=None)


@dataclass(frozen=True, slots=True)
class _NudgeTalk:
    texts: PeopleTexts
    ear: ReplyEar

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Return a kind word to yes or no; all else is ordinary talk."""
        answer = self.ear.consent(text)
        if answer is Said.YES:
            return Exchange(spoken(self.texts.nudge_yes))
        return Exchange(spoken(self.texts.nudge_no)) if answer is Said.NO else None

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing."""
        return None


def nudge(
    who: Known, texts: PeopleTexts, ear: ReplyEar, now: datetime, name: str | None = None
) -> Exchange:
    """Return the suggestion to ring somebody."""
    line = texts.nudge[now.toordinal() % len(texts.nudge)]
    called = texts.roles[who.role].say.format(name=who.name)
    return Exchange(spoken(line, {"who": called, **_name(name)}), then=_NudgeTalk(texts, ear))


def use_today(turns: Sequence[Turn], now: datetime) -> float:
    """Return the seconds of talk on this local day; turns within five minutes are one talk."""
    today = now.toordinal()
    times = [t for t in turns if datetime.fromtimestamp(t.at, now.tzinfo).toordinal() == today]
    total, before = 0.0, None
    for turn in times:
        together = before is not None and turn.at - before <= SAME_TALK_S
        total += turn.at - before if together and before is not None else turn.seconds + REPLY_S
        before = turn.at
    return total


def may_suggest_break(turns: Sequence[Turn], log: PeopleLog, now: datetime) -> bool:
    """Return whether to suggest a break: after two hours in a day, once a day, thrice a week."""
    at = now.timestamp()
    week = [one for one in log.breaks if at - one < 7 * DAY_S]
    if len(week) >= BREAKS_A_WEEK:
        return False
    if week and datetime.fromtimestamp(week[-1], now.tzinfo).toordinal() == now.toordinal():
        return False
    return use_today(turns, now) >= LONG_USE_S


def suggest_break(texts: PeopleTexts, now: datetime, name: str | None = None) -> Exchange:
    """Return a gentle word after a very long talk."""
    return Exchange(spoken(texts.use_time[now.toordinal() % len(texts.use_time)], _name(name)))


def goodnight(
    turns: Sequence[Turn], texts: PeopleTexts, now: datetime, name: str | None = None
) -> Exchange:
    """Return a warm end to the day, in keeping with what it was like."""
    today = [one for one in turns if now.timestamp() - one.at < 16 * 3_600]
    moods = [one.valence for one in today if one.valence is not None]
    mood = median(moods) if len(moods) >= 3 else 0.0
    topics = {topic for one in today for topic in one.topics}
    if mood <= -0.25 or "low_mood" in topics:
        kind = "low"
    elif "people_contact" in topics:
        kind = "company"
    else:
        kind = "good" if mood >= 0.25 else "default"
    lines = texts.goodnight[kind]
    return Exchange(spoken(lines[now.toordinal() % len(lines)], _name(name), Tone.CALM))


def _name(name: str | None) -> dict[str, str]:
    return {"name": f", {name}" if name else ""}


@lru_cache
def load_people_texts(language: str = "en", path: Path | None = None) -> PeopleTexts:
    """Read ``people_first.toml``.

    Raises:
        WellbeingError: the file is missing or has a mistake.
    """
    path = path or prompt_path(language, "people_first.toml")
    texts = read(PeopleTexts, path)
    if missing := {"default", "company", "good", "low"} - set(texts.goodnight):
        raise WellbeingError(f"{path}: 'goodnight' lacks {', '.join(sorted(missing))}")
    return texts


__all__ = [
    "Circle",
    "Known",
    "PeopleLog",
    "PeopleTexts",
    "goodnight",
    "load_people_texts",
    "may_suggest_break",
    "nudge",
    "people_log_from_json",
    "read_circle",
    "suggest_break",
    "use_today",
    "whom_to_suggest",
]
