"""Journals from elsewhere: JSON lines, checked whole before anything is written.

Each line is an object with ``at`` (seconds since 1970, or ISO 8601 with an offset), ``kind``, and
``data`` as docs/wellbeing.md describes for that kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert

from companion.errors import WellbeingError
from companion.storage.tables import events
from companion.wellbeing.days import Noted
from companion.wellbeing.journal import KIND, read_turn
from companion.wellbeing.keeper import WHY

DAY_S: Final = 86_400.0
_MOST_BYTES: Final = 200_000_000
_CHECKINS: Final = (
    *("morning", "evening", "silence", "appointment", "anniversary", "low_week", "missed_walk"),
    *("scale", "reminder"),
)
_MAX_SCORE: Final = {"who5": 25, "ucla3": 9, "phq2": 6, "gds15": 15}


def read_file(path: Path, *, now: float) -> list[Noted]:
    """Return what a file holds, in the order of time.

    Args:
        path: JSON lines.
        now: seconds since 1970; what lies in the future is refused.

    Raises:
        WellbeingError: it cannot be read, or a line has a mistake; the text names the line.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WellbeingError(f"{path} is larger than 200 MB: import it in parts")
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WellbeingError(f"cannot read the journal {path}: {error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            found.append(read_line(row, now=now))
        except WellbeingError as error:
            raise WellbeingError(f"{path}:{number}: {error}; nothing was imported") from error
    if not found:
        raise WellbeingError(f"{path} holds no lines")
    return sorted(found, key=lambda one: one.at)


def read_line(row: str, *, now: float) -> Noted:
    """Return what one line holds.

    Raises:
        WellbeingError: it has a mistake.
    """
    try:
        line = json.loads(row)
    except (ValueError, RecursionError) as error:
        raise WellbeingError("this is no JSON") from error
    if not isinstance(line, dict) or set(line) != {"at", "kind", "data"}:
        raise WellbeingError('a line is an object with "at", "kind" and "data"')
    kind, data = line["kind"], line["data"]
    if kind not in _CHECKS:
        raise WellbeingError(f"no kind is called {kind!r}: use {', '.join(sorted(_CHECKS))}")
    if not isinstance(data, dict):
        raise WellbeingError("data is an object")
    at = _time(line["at"])
    if at > now + DAY_S:
        raise WellbeingError("at lies in the future")
    return Noted(at, kind, _CHECKS[kind](data))


def write(
    connection: Connection,
    notes: Iterable[Noted],
    person_id: str,
    *,
    days: Mapping[str, float],
    now: float,
) -> tuple[int, int]:
    """Write notes as events; what is already over its time is left out.

    Args:
        connection: of ``Database.begin()``.
        notes: checked ones.
        person_id: the owner.
        days: kind -> days it is kept.
        now: seconds since 1970.

    Returns:
        How many were written, and how many were too old.
    """
    rows, old = [], 0
    for note in notes:
        kept = days.get(note.kind)
        expires_at = None if kept is None else note.at + kept * DAY_S
        if expires_at is not None and expires_at <= now:
            old += 1
            continue
        rows.append(
            {
                "at": note.at,
                "kind": note.kind,
                "person_id": person_id,
                "data": dict(note.data),
                "expires_at": expires_at,
            }
        )
    if rows:
        connection.execute(insert(events), rows)
    return len(rows), old


def _time(value: Any) -> float:
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value)
        except ValueError as error:
            raise WellbeingError(f"at is no time: {value[:40]!r}") from error
        if when.tzinfo is None:
            raise WellbeingError("at needs an offset, such as 2026-06-01T09:30:00+01:00")
        return when.timestamp()
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    if not number or not 0 <= value < 4e9:
        raise WellbeingError("at is seconds since 1970, or ISO 8601 with an offset")
    return float(value)


Data = Mapping[str, Any]


def _turn(data: Data) -> Data:
    return read_turn(data).data()


def _fields(data: Data, **wanted: Callable[[Any], bool]) -> Data:
    if odd := sorted(set(data) ^ set(wanted)):
        raise WellbeingError(f"data has exactly {', '.join(wanted)}; look at {odd[0]!r}")
    for name, right in wanted.items():
        if not right(data[name]):
            raise WellbeingError(f"{name} cannot be {str(data[name])[:40]!r}")
    return dict(data)


def _one_of(*known: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in known


def _is_time(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and isfinite(value) and 0 <= value < 4e9


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64 and len(value.split()) == 1


def _reminder(data: Data) -> Data:
    return _fields(
        data,
        id=_is_word,
        kind=_one_of("medicine", "appointment", "other"),
        outcome=_one_of("done", "refused", "missed", "later", "told"),
        due_at=_is_time,
    )


def _checkin(data: Data) -> Data:
    return _fields(data, kind=_one_of(*_CHECKINS), answered=_is_flag)


def _scale(data: Data) -> Data:
    found = _fields(
        data,
        name=_one_of(*_MAX_SCORE),
        score=_is_count,
        max=_is_count,
        skipped=_is_count,
        share=_is_flag,
    )
    if found["max"] != _MAX_SCORE[found["name"]] or found["score"] > found["max"]:
        raise WellbeingError(f"{found['name']} goes from 0 to {_MAX_SCORE[found['name']]}")
    return found


def _listening(data: Data) -> Data:
    found = _fields(data, **{"from": _is_time, "to": _is_time, "why": _one_of(*WHY)})
    if found["to"] < found["from"]:
        raise WellbeingError("a span ends before it begins")
    return found


def _message(data: Data) -> Data:
    return _fields(data, to=_is_word, state=_one_of("sent", "failed", "cancelled"))


_CHECKS: Final[Mapping[str, Callable[[Data], Data]]] = {
    KIND: _turn,
    "reminder": _reminder,
    "checkin": _checkin,
    "scale": _scale,
    "listening": _listening,
    "message": _message,
}
KINDS: Final[Sequence[str]] = tuple(_CHECKS)
"""What can be imported; safety events cannot, they were seen here or not at all."""
