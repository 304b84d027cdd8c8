"""What this machine is, and which models fit it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PI5_MB: Final = 6_500
"""Profile ``pi5`` needs 4,000; a "4 GB" board shows about 3,800 and wants room for the rest."""
_JETSON_MB: Final = 6_800
"""A Jetson of 8 GB shows about 7,400."""
_PC_MB: Final = 14_500
"""A PC of 16 GB shows about 15,700."""
_CORES: Final = 4
_GPU_NODES: Final = ("nvidia0", "nvgpu", "nvhost-gpu")


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen."""

    ram_mb: int
    """10^6 bytes."""
    cores: int
    model: str = ""
    """Of the board, such as ``Raspberry Pi 5 Model B Rev 1.0``; empty on a PC."""
    gpu: bool = False
    """An NVIDIA GPU."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A profile of the catalogue."""

    profile: str
    why: str


def choose_profile(machine: Machine) -> Choice:
    """Return the largest profile that leaves room; ``starter`` runs anywhere.

    The limits are those of models/catalogue.toml, with room for the system and the dashboard.
    """
    seen = f"{machine.cores} cores, {machine.ram_mb} MB"
    board = machine.model.lower()
    if machine.cores < _CORES:
        return Choice("starter", f"{seen}: fewer than {_CORES} cores")
    if "jetson" in board or "orin" in board:
        if machine.gpu and machine.ram_mb >= _JETSON_MB:
            return Choice("jetson", f"{machine.model}, {seen}")
        return Choice("starter", f"{machine.model}, {seen}: no GPU or too little memory")
    if board:
        fits = "raspberry pi 5" in board and machine.ram_mb >= _PI5_MB
        return Choice("pi5" if fits else "starter", f"{machine.model}, {seen}")
    if machine.ram_mb >= _PC_MB:
        return Choice("pc", seen + (" and a GPU" if machine.gpu else ""))
    if machine.ram_mb >= _PI5_MB:
        return Choice("pi5", f"{seen}: as strong as a Raspberry Pi 5")
    return Choice("starter", f"{seen}: too little memory for more")


def look(root: Path = Path("/")) -> Machine:
    """Return what this machine is.

    Args:
        root: where ``proc`` and ``dev`` lie.
    """
    ram_mb = 0
    with suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemTotal:"):
                ram_mb = int(line.split()[1]) * 1024 // 1_000_000
    model = ""
    with suppress(OSError):
        raw = (root / "proc/device-tree/model").read_bytes()
        model = raw.rstrip(b"\0").decode("utf-8", "replace").strip()
    return Machine(
        ram_mb=ram_mb,
        cores=len(os.sched_getaffinity(0)),
        model=model,
        gpu=any((root / "dev" / node).exists() for node in _GPU_NODES),
    )


__all__ = ["Choice", "Machine", "choose_profile", "look"]
