"""The machine: disk, clock, heat, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from companion.service.doctor.findings import Finding, fail, note, ok, warn

LITTLE_DISK: Final = 1 << 30
NO_DISK: Final = 100 << 20
HOT_C: Final = 75.0
TOO_HOT_C: Final = 84.0
"""A Raspberry Pi slows down from 80 degrees, and more from 85."""
_BUILT: Final = 2026
_THROTTLED: Final[Mapping[int, str]] = {
    0: "the power supply is too weak now",
    1: "the processor is slowed down now",
    2: "the processor is throttled now",
    16: "the power supply was too weak since it was switched on",
    18: "the processor was throttled since it was switched on",
}
"""Bits of the Raspberry Pi's firmware (``get_throttled``)."""


def look_at_disk(free: int, what: str) -> Finding:
    """Judge free bytes where things are kept."""
    size = f"{free / (1 << 30):.1f} GB"
    if free < NO_DISK:
        return fail(
            "disk",
            f"the disk of {what} is full: {size} free",
            "free some space; companion data sweep removes what is over its time",
        )
    if free < LITTLE_DISK:
        return warn("disk", f"little disk is left for {what}: {size}", "free some space")
    return ok("disk", f"{size} free for {what}")


def look_at_clock(now: datetime, synchronised: bool | None, zone: str) -> Finding:
    """Judge the clock.

    Args:
        now: the present.
        synchronised: whether the system says that it follows a time server; None is not known.
        zone: of the person; empty where only the machine's is known.
    """
    if now.year < _BUILT:
        return fail(
            "clock",
            f"the clock says {now.year}",
            "connect it to the network once, or set it: sudo timedatectl set-time ...",
        )
    here = f"{now:%Y-%m-%d %H:%M}"
    if not zone and now.utcoffset() == UTC.utcoffset(None):
        return warn(
            "clock.zone",
            f"the clock says {here} in universal time",
            'set checkins.timezone in the config file, such as "Europe/London"',
        )
    if synchronised is False:
        return note(
            "clock",
            f"the clock says {here} and follows no time server",
            "sudo timedatectl set-ntp true, or a board with a clock of its own",
        )
    return ok("clock", f"the clock says {here}")


def look_at_heat(celsius: float | None, throttled: int | None) -> list[Finding]:
    """Judge the temperature and the firmware's own complaints; None is not known."""
    found = []
    if celsius is not None and celsius >= TOO_HOT_C:
        do = "give it air, or a cooler with a fan"
        found.append(fail("heat", f"the processor is at {celsius:.0f} degrees", do))
    elif celsius is not None and celsius >= HOT_C:
        do = "give it air, or a cooler with a fan"
        found.append(warn("heat", f"the processor is at {celsius:.0f} degrees", do))
    bits = throttled or 0
    for bit, says in _THROTTLED.items():
        if bits & (1 << bit):
            do = "use the maker's power supply" if "power" in says else "give it air"
            found.append(warn(f"heat.throttled.{bit}", says, do))
    if not found and celsius is not None:
        found.append(ok("heat", f"the processor is at {celsius:.0f} degrees"))
    return found


def temperature(root: Path = Path("/")) -> float | None:
    """Return the hottest of the machine's sensors, degrees Celsius; None without any."""
    hot = []
    for path in (root / "sys/class/thermal").glob("thermal_zone*/temp"):
        try:
            hot.append(int(path.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max((one for one in hot if 0 < one < 150), default=None)


def throttled_bits(root: Path = Path("/")) -> int | None:
    """Return what a Raspberry Pi's firmware complains of; None elsewhere."""
    for path in (root / "sys/devices/platform").glob("**/get_throttled"):
        try:
            return int(path.read_text(encoding="ascii").strip(), 16)
        except (OSError, ValueError):
            continue
    return None


def look_at_modes(paths: Sequence[tuple[Path, int]]) -> list[Finding]:
    """Judge who may read what is kept.

    Args:
        paths: files, and the permission bits that they may have at most.
    """
    found = []
    for path, most in paths:
        try:
            mode = path.stat().st_mode & 0o777
        except OSError:
            continue
        if mode & ~most:
            found.append(
                warn(
                    "permissions",
                    f"{path} may be read or changed by others of this machine ({mode:03o})",
                    f"chmod {most:03o} {path}",
                )
            )
    return found


__all__ = [
    "look_at_clock",
    "look_at_disk",
    "look_at_heat",
    "look_at_modes",
    "temperature",
    "throttled_bits",
]
