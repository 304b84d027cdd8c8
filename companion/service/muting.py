"""Whether it listens at all: one place, whoever asks, and remembered over a restart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from companion.errors import StorageError
from companion.storage.disk import write_private

MUTE_FILE: Final = "muted.json"
"""In the state folder. That it is there means muted, whatever it holds."""

LONGEST_S: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Muted:
    """It does not listen."""

    by: str
    """``voice``, ``command`` or ``home``; ``""`` when the file could not be read."""
    until: float | None = None
    """Seconds since 1970; None until somebody unmutes it."""
    seconds: float | None = None
    """For how long it was asked, so that a clock set back cannot make it longer."""


class Ear(Protocol):
    """What can be closed; a ``Microphone`` can."""

    def mute(self) -> None:
        """Release the device."""
        ...

    def unmute(self) -> None:
        """Take it again."""
        ...


Changed = Callable[[Muted | None, str], None]
"""Told the new state, and who caused it: as of ``Muted.by``, or ``button`` or ``timer``."""


class Muting:
    """Opens and closes the ear; all calls on one thread."""

    def __init__(
        self,
        path: Path,
        ear: Ear,
        changed: Changed,
        trouble: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take up the state of the last run; a time that is over counts as unmuted.

        Args:
            path: where the state is kept.
            ear: what is closed.
            changed: told of every change, not of the state taken up.
            trouble: told one line when the state cannot be kept.
            now: seconds since 1970.
        """
        self._path = path
        self._ear = ear
        self._changed = changed
        self._trouble = trouble
        self._now = now
        self._muted = read_muted(path, now())
        if self._muted is not None:
            ear.mute()
        else:
            ear.unmute()
            self._keep()

    @property
    def muted(self) -> Muted | None:
        """The state; None when it listens."""
        return self._muted

    def mute(self, by: str, seconds: float | None = None) -> None:
        """Close the ear.

        Args:
            by: who asked.
            seconds: it opens by itself after so long, at most a week; None is until unmuted.
        """
        self._ear.mute()  # first, and again if need be: nothing may come before this
        before, self._muted = self._muted, new_mute(by, seconds, self._now())
        self._keep()
        if before is None or before != self._muted:
            self._changed(self._muted, by)

    def unmute(self, by: str) -> None:
        """Open the ear, if it is closed."""
        if self._muted is None:
            return
        self._muted = None
        self._keep()
        self._ear.unmute()
        self._changed(None, by)

    def tick(self) -> None:
        """Open the ear when its time is over; call it now and then."""
        muted, now = self._muted, self._now()
        if muted is None:
            return
        held = _held(muted, now)
        if held is None:
            self.unmute("timer")
        elif held != muted:
            self._muted = held
            self._keep()

    def _keep(self) -> None:
        try:
            write_muted(self._path, self._muted)
        except StorageError as error:
            self._trouble(f"whether it is muted will not survive a restart: {error}")


def new_mute(by: str, seconds: float | None, now: float) -> Muted:
    """Return the state after somebody asked not to be heard."""
    if seconds is None:
        return Muted(by)
    seconds = min(max(seconds, 1.0), LONGEST_S)
    return Muted(by, now + seconds, seconds)


def read_muted(path: Path, now: float) -> Muted | None:
    """Return the state that a file keeps; None when it listens, or the time is over."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return Muted("")
    try:
        data = json.loads(text)
        until, seconds = data.get("until"), data.get("seconds")
        timed = until is not None and seconds is not None
        muted = Muted(
            str(data.get("by", "")),
            float(until) if timed else None,
            float(seconds) if timed else None,
        )
    except (ValueError, AttributeError, TypeError):
        return Muted("")
    return _held(muted, now)


def write_muted(path: Path, muted: Muted | None) -> None:
    """Keep the state.

    Raises:
        StorageError: the disk is full or read-only.
    """
    if muted is not None:
        write_private(path, json.dumps(asdict(muted)).encode(), replace=True)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be removed: {error.strerror}") from error


def _held(muted: Muted, now: float) -> Muted | None:
    if muted.until is None or muted.seconds is None:
        return muted
    if muted.until <= now:
        return None
    return replace(muted, until=min(muted.until, now + muted.seconds))


__all__ = ["MUTE_FILE", "Ear", "Muted", "Muting", "new_mute", "read_muted", "write_muted"]
