"""The person's own say: hear the summary first, strike lines, ask who was told what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Final

from sqlalchemy import Connection, delete, select

from companion.errors import WellbeingError
from companion.storage.records import add_event, events
from companion.storage.tables import alerts, contacts, deliveries, people
from companion.storage.tables import events as events_table
from companion.wellbeing.days import day_of
from companion.wellbeing.phrasing import Texts
from companion.wellbeing.summary import KIND, Section, Summary

TOLD: Final = "told"
"""Kind of the event that somebody was given a summary: its ``day``, ``to`` (a role), ``state``."""
_LATE_DAYS: Final = 30
"""A summary may be made, or struck in, so long after its day."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What became of the wish to leave lines out."""

    summary: Summary
    done: tuple[str, ...]
    refused: tuple[str, ...]
    """About safety."""
    unknown: tuple[str, ...]
    answer: str
    """To be said."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A summary as it is kept."""

    summary: Summary
    open: bool
    """Not given to anybody yet: its strikes count, the rest is made anew."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that somebody was told."""

    at: float
    """Seconds since 1970."""
    text: str
    lines: tuple[str, ...] = ()
    """Of the summary they were given."""


def spoken(summary: Summary, texts: Texts) -> tuple[str, ...]:
    """Return the summary as it is read to the person, a sentence each; they may then strike."""
    lines = [texts.line("spoken", "open", day=texts.date_words(summary.day))]
    if summary.simulated:
        lines.insert(0, texts.line("notes", "simulated"))
    lines += [one.text for one in summary.sentences]
    return (*lines, texts.line("spoken", "close"))


def strike(summary: Summary, ids: Collection[str], texts: Texts) -> Struck:
    """Leave lines out, with the facts only they rest on; what is about safety stays.

    Args:
        summary: as it stands.
        ids: of its lines, or names of sections.
        texts: for the answer.
    """
    named = {one.id: one for one in summary.sentences if {one.id, one.section} & set(ids)}
    refused = tuple(name for name, one in named.items() if one.fixed)
    done = tuple(name for name in named if name not in refused)
    hit = set(named) | {one.section for one in named.values()}
    unknown = tuple(sorted(set(ids) - hit - set(summary.struck)))
    sections = tuple(
        Section(section.name, section.title, inside)
        for section in summary.sections
        if (inside := tuple(one for one in section.sentences if one.id not in done))
    )
    used = {fact for section in sections for one in section.sentences for fact in one.facts}
    answers = []
    if done:
        answers.append("struck")
    if refused:
        answers.append("safety_stays")
    if unknown or not answers:
        answers.append("unknown")
    return Struck(
        replace(
            summary,
            sections=sections,
            facts=tuple(fact for fact in summary.facts if fact.id in used),
            struck=tuple(sorted({*summary.struck, *done})),
        ),
        done,
        refused,
        unknown,
        " ".join(texts.line("spoken", one) for one in answers),
    )


def store(
    connection: Connection,
    summary: Summary,
    person_id: str,
    *,
    expires_at: float | None,
    open: bool = False,
) -> int:
    """Keep the summary of a day in place of an earlier one; return the event's id.

    Args:
        connection: of ``Database.begin()``.
        summary: with its strikes; struck lines are not kept.
        person_id: the owner.
        expires_at: seconds since 1970; of the class ``summaries``.
        open: it was not given to anybody yet.
    """
    before = [event_id for event_id, _ in _kept(connection, person_id, summary.day)]
    connection.execute(delete(events_table).where(events_table.c.id.in_(before)))
    return add_event(
        connection,
        at=summary.made_at,
        kind=KIND,
        data={**summary.data(), "open": open},
        person_id=person_id,
        expires_at=expires_at,
    )


def stored(connection: Connection, person_id: str, day: date) -> Stored | None:
    """Return the kept summary of a day, or None.

    Raises:
        StorageError: the database cannot be read.
    """
    kept = _kept(connection, person_id, day)
    return kept[-1][1] if kept else None


def _kept(connection: Connection, person_id: str, day: date) -> list[tuple[int, Stored]]:
    # The time zone is not known here: a day more on either side.
    noon = datetime.combine(day, datetime.min.time()).timestamp()
    found = []
    since, until = noon - 2 * 86_400, noon + _LATE_DAYS * 86_400
    for event in events(connection, KIND, since, until, person_id):
        if event.data.get("day") != day.isoformat():
            continue
        try:
            found.append(
                (event.id, Stored(Summary.read(event.data), event.data.get("open") is True))
            )
        except WellbeingError:
            continue
    return found


def note_told(
    connection: Connection,
    person_id: str,
    day: date,
    to: str,
    *,
    at: float,
    expires_at: float | None,
    state: str = "sent",
    full: bool = False,
) -> int:
    """Note that somebody was given, or could not be given, the summary of a day.

    Args:
        connection: of ``Database.begin()``.
        person_id: the owner.
        day: of the summary.
        to: their role, such as ``daughter``.
        at: when, seconds since 1970.
        expires_at: of the class ``summaries``.
        state: ``sent``, ``read`` or ``failed``.
        full: the text itself went out, not only a link.
    """
    data = {"day": day.isoformat(), "to": to, "state": state, "full": full}
    return add_event(
        connection, at=at, kind=TOLD, data=data, person_id=person_id, expires_at=expires_at
    )


def told(
    connection: Connection, person_id: str, to: str, tz: tzinfo, texts: Texts, *, since: float
) -> tuple[Telling, ...]:
    """Answer "what did you tell my daughter?": summaries, alerts and messages, oldest first.

    Args:
        connection: of ``Database.read()``.
        person_id: the owner.
        to: a role, such as ``daughter``, or a person's name.
        tz: the person's time zone.
        texts: for the sentences.
        since: seconds since 1970.

    Returns:
        One entry that says so when nothing was told.

    Raises:
        StorageError: the database cannot be read.
    """
    name = to.strip().lower()
    your = texts.line("spoken", "your", to=to) if texts.raw["people"].get(name) else to
    found = [
        *_summaries(connection, person_id, name, your, texts, since),
        *_alerts(connection, name, your, tz, texts, since),
    ]
    for event in events(connection, "message", since, None, person_id):
        if str(event.data.get("to", "")).lower() == name and event.data.get("state") == "sent":
            line = texts.line("spoken", "told_message", day=_day(event.at, tz, texts), to=your)
            found.append(Telling(event.at, line))
    if not found:
        return (Telling(since, texts.line("spoken", "told_nothing", to=your)),)
    return tuple(sorted(found, key=lambda one: one.at))


def _summaries(
    connection: Connection, person_id: str, name: str, your: str, texts: Texts, since: float
) -> list[Telling]:
    found = []
    for event in events(connection, TOLD, since, None, person_id):
        if str(event.data.get("to", "")).lower() != name:
            continue
        day = _date(event.data)
        if day is None:
            continue
        sent = event.data.get("state") != "failed"
        line = "told" if sent else "told_unreached"
        kept = stored(connection, person_id, day) if sent else None
        lines = tuple(one.text for one in kept.summary.sentences) if kept else ()
        if sent and not lines:
            lines = (texts.line("spoken", "told_none_kept"),)
        text = texts.line("spoken", line, day=texts.date_words(day), to=your)
        found.append(Telling(event.at, text, lines))
    return found


def _alerts(
    connection: Connection, name: str, your: str, tz: tzinfo, texts: Texts, since: float
) -> list[Telling]:
    query = (
        select(deliveries.c.began_at, deliveries.c.ok, people.c.name, people.c.role)
        .join(alerts, deliveries.c.alert_id == alerts.c.id)
        .join(contacts, deliveries.c.contact_id == contacts.c.id)
        .join(people, contacts.c.person_id == people.c.id)
        .where(deliveries.c.began_at >= since)
        .order_by(deliveries.c.began_at)
    )
    found = []
    for row in connection.execute(query):
        if name not in (row.name.lower(), row.role):
            continue
        line = {True: "told_alert", False: "told_unreached", None: "told_alert_maybe"}[row.ok]
        day = _day(row.began_at, tz, texts)
        found.append(Telling(row.began_at, texts.line("spoken", line, day=day, to=your)))
    return found


def _day(at: float, tz: tzinfo, texts: Texts) -> str:
    return texts.date_words(day_of(at, tz))


def _date(data: Mapping[str, object]) -> date | None:
    try:
        return date.fromisoformat(str(data.get("day")))
    except ValueError:
        return None


__all__ = [
    "TOLD",
    "Stored",
    "Struck",
    "Telling",
    "note_told",
    "spoken",
    "store",
    "stored",
    "strike",
    "told",
]
