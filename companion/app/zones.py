"""The time of day where the person lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from companion.config import Config


def zone_of(config: Config) -> tzinfo:
    """Return the time zone the person lives in."""
    from companion.wellbeing.zones import local_zone

    return local_zone(config.checkins.timezone)


def minutes_of(config: Config) -> Callable[[float], float]:
    """Return what turns seconds since 1970 into the minute (0-1440) of the day there."""
    zone = zone_of(config)

    def minute(now: float) -> float:
        there = datetime.fromtimestamp(now, zone)
        return there.hour * 60 + there.minute + there.second / 60

    return minute


__all__ = ["minutes_of", "zone_of"]
