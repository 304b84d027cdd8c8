"""The time zone the person lives in."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_zone(name: str | None = None, localtime: Path = Path("/etc/localtime")) -> tzinfo:
    """Return a time zone with its changes to summer time.

    Args:
        name: such as Europe/Berlin; None is the system's.
        localtime: where the system keeps its own.

    Returns:
        UTC where the system knows none.
    """
    for candidate in (name, os.environ.get("TZ", "").removeprefix(":")):
        if candidate:
            with suppress(ZoneInfoNotFoundError, ValueError, OSError):
                return ZoneInfo(candidate)
    # A fixed offset, as astimezone() gives, would be an hour wrong across a change of the clock.
    with suppress(ValueError, OSError), localtime.open("rb") as file:
        return ZoneInfo.from_file(file, str(localtime))
    return UTC


__all__ = ["local_zone"]
