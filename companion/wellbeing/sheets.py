"""The page of a day as it lies in the database: made, struck in, closed, and who was told of it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from companion.errors import StorageError
from companion.wellbeing import pages, shared
from companion.wellbeing.days import read_days
from companion.wellbeing.summary import Summary

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from companion.storage.database import Database

DAY_S: Final = 86_400.0
TOLD_S: Final = 28 * DAY_S
"""So far back it is said who was told what."""
_KIND: Final = "summary_talk"
"""Under this kind the wishes about summaries are kept among what was learned."""
_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may be told of the days."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Sheets:
    """Pages of one owner. Every method raises ``StorageError`` when the database fails."""

    database: Database
    person_id: str
    tz: tzinfo
    who: str | None
    """What the owner is called."""
    language: str
    keep_days: float

    def page(self, now: datetime) -> Summary:
        """Return today's page with the person's strikes."""
        with self.database.read() as connection:
            return self._page(connection, now.astimezone(self.tz).date(), now.timestamp())

    def readers(self) -> tuple[Reader, ...]:
        """Return everybody known but the owner."""
        from companion.storage.people import list_people

        with self.database.read() as connection:
            return tuple(
                Reader(one.name, one.role)
                for one in list_people(connection)
                if one.id != self.person_id
            )

    def closed(self, day: date) -> bool:
        """Return whether the page of a day was given out."""
        with self.database.read() as connection:
            kept = shared.stored(connection, self.person_id, day)
        return kept is not None and not kept.open

    def strike(self, ids: Collection[str], now: datetime) -> shared.Struck:
        """Leave lines out of today's page, also such as are not in it yet."""
        day = now.astimezone(self.tz).date()
        with self.database.begin() as connection:
            kept = shared.stored(connection, self.person_id, day)
            before = self._page(connection, day, now.timestamp())
            struck = shared.strike(before, ids, pages.texts_of(self.language))
            wished = tuple(sorted({*struck.summary.struck, *ids} - set(struck.refused)))
            kept_open = kept is None or kept.open
            self._store(connection, replace(struck.summary, struck=wished), now, open=kept_open)
        return struck

    def close(self, day: date, now: datetime) -> int | None:
        """Make the page of a day final.

        Returns:
            The event that holds it; None when it may not be kept, or nothing is known of the day.
        """
        from companion.storage import consents

        with self.database.begin() as connection:
            word = consents.current(connection, self.person_id, "summary")
            if self.keep_days <= 0 or (word is not None and not word.granted):
                return None
            kept = shared.stored(connection, self.person_id, day)
            if kept is None or kept.open:
                (only,) = read_days(connection, self.person_id, day, day, self.tz)
                if not (only.turns or only.listening or only.reminders or only.safety):
                    return None
                made = self._page(connection, day, now.timestamp())
                return self._store(connection, made, now, open=False)
            return shared.event_of(connection, self.person_id, day)

    def told(self, to: str, now: datetime) -> tuple[shared.Telling, ...]:
        """Return what somebody was told in the last four weeks, oldest first."""
        texts = pages.texts_of(self.language)
        since = now.timestamp() - TOLD_S
        with self.database.read() as connection:
            return shared.told(connection, self.person_id, to, self.tz, texts, since=since)

    def hold(self, now: datetime) -> None:
        """Send nothing of today."""
        self._wish("held", now.astimezone(self.tz).date().isoformat(), now)

    def held(self, day: date) -> bool:
        """Return whether nothing of that day may be sent."""
        return self._wishes().get("held") == day.isoformat()

    def asked(self, now: datetime) -> None:
        """Note that the person was asked whether to hear the page first."""
        self._wish("asked", now.timestamp(), now)

    def last_asked(self) -> float | None:
        """Return when that was, seconds since 1970."""
        at = self._wishes().get("asked")
        return float(at) if isinstance(at, (int, float)) else None

    def stop(self, now: datetime) -> None:
        """Take the consent to summaries back, as spoken."""
        from companion.storage import audit, consents

        at = now.timestamp()
        with self.database.begin() as connection:
            consents.withdraw(
                connection,
                person_id=self.person_id,
                subject="summary",
                how="spoken",
                version=_VERSION,
                at=at,
            )
            audit.append(connection, at, "owner", "consent", {"summary": False, "how": "spoken"})

    def _page(self, connection: Connection, day: date, at: float) -> Summary:
        return pages.today(
            connection,
            self.person_id,
            day,
            self.tz,
            who=self.who,
            language=self.language,
            at=at,
        )

    def _store(self, connection: Connection, made: Summary, now: datetime, *, open: bool) -> int:
        return shared.store(
            connection,
            made,
            self.person_id,
            expires_at=now.timestamp() + self.keep_days * DAY_S,
            open=open,
        )

    def _wishes(self) -> dict[str, object]:
        from companion.storage import learned

        with suppress(StorageError), self.database.read() as connection:
            return dict(learned.recall(connection, self.person_id, _KIND) or {})
        return {}

    def _wish(self, key: str, value: object, now: datetime) -> None:
        from companion.storage import learned

        kept = {**self._wishes(), key: value}
        with self.database.begin() as connection:
            learned.keep(connection, self.person_id, _KIND, kept, at=now.timestamp())


__all__ = ["Reader", "Sheets"]
