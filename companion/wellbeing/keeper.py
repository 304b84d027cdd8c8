"""Keeps the journal of a running talk: one record a committed turn, and when it could listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from companion.domain import Feeling, Screening, Speaker
from companion.wellbeing.journal import KIND, Reader, TurnRecord, turn_record

LISTENING = "listening"
WHY = ("heard", "muted", "fault", "off")
_LONGEST_S = 3600.0
"""A span is written at least this often, so that a power cut loses little."""


class Notes(Protocol):
    """Takes notes; a ``Diary`` does."""

    def note(
        self, kind: str, data: Mapping[str, object], at: float, person_id: str | None = None
    ) -> None:
        """Note something to be written soon; never blocks, never raises."""
        ...


class JournalKeeper:
    """Fed by the session; words go no further than this."""

    def __init__(
        self,
        notes: Notes,
        reader: Reader,
        person_id: str | None,
        *,
        clock: Callable[[], float],
        keeps_turns: bool = True,
    ) -> None:
        """Start.

        Args:
            notes: the diary.
            reader: finds topics.
            person_id: the owner.
            clock: seconds since 1970.
            keeps_turns: False where the owner withdrew the consent to ``mood``.
        """
        self._notes = notes
        self._reader = reader
        self._person_id = person_id
        self._clock = clock
        self._keeps_turns = keeps_turns
        self._why: str | None = None
        self._since = 0.0

    def committed(
        self,
        text: str,
        *,
        seconds: float,
        source: str,
        feeling: Feeling | None = None,
        against_usual: Mapping[str, float] | None = None,
        speaker: Speaker | None = None,
        screening: Screening | None = None,
        prompted: bool = False,
        at: float | None = None,
    ) -> TurnRecord | None:
        """Record a committed turn; arguments as of ``turn_record``.

        Args:
            text: what was said; dropped at once.
            seconds: of speech.
            source: who answered.
            feeling: None where it is not inferred.
            against_usual: deviations of the voice.
            speaker: None when voices are not told apart.
            screening: of the turn.
            prompted: the companion had asked.
            at: seconds since 1970; None is now.

        Returns:
            What was noted; None of a visitor, or without consent.
        """
        if not self._keeps_turns:
            return None
        record = turn_record(
            text,
            reader=self._reader,
            feeling=feeling,
            against_usual=against_usual,
            speaker=speaker,
            screening=screening,
            seconds=seconds,
            source=source,
            prompted=prompted,
        )
        if record is not None:
            when = self._clock() if at is None else at
            self._notes.note(KIND, record.data(), when, self._person_id)
        return record

    def listening(self, why: str) -> None:
        """Say how it listens from now on: ``heard``, ``muted``, ``fault`` or ``off``.

        Raises:
            ValueError: another word.
        """
        if why not in WHY:
            raise ValueError(f"listening is one of {', '.join(WHY)}, not {why}")
        if why != self._why:
            self._write()
            self._why = why

    def tick(self) -> None:
        """Write a long span in parts; call it now and then."""
        if self._why is not None and self._clock() - self._since >= _LONGEST_S:
            self._write()

    def close(self) -> None:
        """Write the last span."""
        self._write()
        self._why = None

    def _write(self) -> None:
        now = self._clock()
        if self._why is not None and now > self._since:
            span = {"from": self._since, "to": now, "why": self._why}
            self._notes.note(LISTENING, span, now, self._person_id)
        self._since = now
