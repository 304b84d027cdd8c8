"""The evening: puts word of the day's summary into the post, once for each person and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from companion.care.allowed import is_simulated, may_get_summary
from companion.care.letters import DailySummary
from companion.care.postman import Postman, day_mark, day_of
from companion.storage import outgoing
from companion.storage.outgoing import CONTACT, Outgoing
from companion.storage.people import contacts, list_people
from companion.storage.records import DAY_S

SUMMARY: Final = "summary"


@dataclass(frozen=True, slots=True)
class Told:
    """What one person was told: the answer to "what did you tell my daughter?"."""

    person: str
    role: str
    day: date | None
    """The day the summary was about; None for a message."""
    kind: str
    """summary or message."""
    state: str
    """waiting, sent, failed or cancelled."""
    sent_at: float | None
    """Seconds since 1970."""
    full: bool | None
    """Whether the whole text went; False: only word that it is ready."""
    event_id: int | None
    """The stored summary, in which the words are still found."""
    digest: str | None
    """SHA-256 of title and body as they were sent."""
    error: str | None


class Evening:
    """Offers a day's summary to those who may get it."""

    def __init__(self, postman: Postman) -> None:
        self._postman = postman

    def offer(self, summary: DailySummary, event_id: int) -> tuple[Outgoing, ...]:
        """Put word of a summary into the post, for everybody who may get it now.

        May be repeated: each person gets word of a day once. Whether it may go, and how much, is
        asked again when it is sent.

        Args:
            summary: of one day.
            event_id: the stored event of kind ``summary`` that holds it.

        Raises:
            StorageError: the database cannot be written.
        """
        post = self._postman
        now = post.now()
        made: list[Outgoing] = []
        with post.database.begin() as connection:
            if is_simulated(connection):
                return ()
            for person in list_people(connection):
                if not may_get_summary(connection, person, post.kin):
                    continue
                if not contacts(connection, person.id):
                    continue
                row = outgoing.add(
                    connection,
                    lane=CONTACT,
                    kind=SUMMARY,
                    mark=day_mark(summary.day, person.id),
                    at=now,
                    person_id=person.id,
                    event_id=event_id,
                    expires_at=now + post.rules.keep_days * DAY_S,
                )
                if row is not None:
                    made.append(row)
        post.wake()
        return tuple(made)

    def told(self, person_id: str | None = None, since: float = 0.0) -> tuple[Told, ...]:
        """Return what people were told, oldest first.

        Args:
            person_id: only this person; None is all.
            since: seconds since 1970.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._postman.database.read() as connection:
            rows = outgoing.listed(connection, CONTACT, person_id=person_id)
            known = {one.id: one for one in list_people(connection)}
        return tuple(
            Told(
                known[row.person_id].name,
                known[row.person_id].role,
                day_of(row.mark),
                row.kind,
                row.state,
                row.sent_at,
                row.full if row.kind == SUMMARY else None,
                row.event_id,
                row.digest,
                row.error,
            )
            for row in rows
            if row.person_id in known and row.at >= since
        )
