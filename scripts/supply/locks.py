"""The two locks: what is in them, and whether they fit pyproject.toml."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DEVICE = "requirements.lock"
EXTRAS = "requirements-extras.lock"
MACHINES = ("x86_64", "aarch64")
PYTHONS = ("3.11", "3.12", "3.13")


@dataclass(frozen=True, slots=True)
class Locked:
    """One version of one distribution."""

    requirement: Requirement
    hashes: tuple[str, ...]
    """SHA-256 of every file that may be installed, sorted."""

    @property
    def name(self) -> str:
        """As the index spells it: lower case, with hyphens."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The one that is locked."""
        (pin,) = self.requirement.specifier
        return pin.version

    def applies(self, machine: str, python: str) -> bool:
        """Return whether it is installed on such a machine with such a Python."""
        return applies(self.requirement, machine, python)


def applies(requirement: Requirement, machine: str, python: str, extra: str = "") -> bool:
    """Return whether a requirement counts there."""
    return requirement.marker is None or requirement.marker.evaluate(
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": machine,
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": extra,
        }
    )


def read(path: Path) -> list[Locked]:
    """Return what a lock holds, in its order.

    Raises:
        ValueError: a line is neither a pin nor a hash, or a pin has no hash.
    """
    joined = re.sub(r"\\\n\s*", "", path.read_text("utf-8"))
    found = []
    for line in joined.splitlines():
        if not line or line.startswith("#"):
            continue
        words, *hashes = re.split(r"\s+--hash=sha256:", line)
        requirement = Requirement(words)
        pins = [one for one in requirement.specifier if one.operator == "=="]
        if len(pins) != 1 or len(requirement.specifier) != 1:
            raise ValueError(f"{path.name}: {requirement.name} is not pinned to one version")
        if not hashes or not all(re.fullmatch("[0-9a-f]{64}", one.strip()) for one in hashes):
            raise ValueError(f"{path.name}: {requirement.name} has no SHA-256")
        found.append(Locked(requirement, tuple(sorted(one.strip() for one in hashes))))
    return found


def wanted(root: Path = ROOT) -> dict[str, list[Requirement]]:
    """Return what pyproject.toml asks for, by extra; "" is what every device has."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(one) for one in ones] for extra, ones in groups.items()}


def misfits(root: Path = ROOT) -> list[str]:
    """Return in one line each where the locks do not fit pyproject.toml or each other."""
    device, extras = read(root / DEVICE), read(root / EXTRAS)
    groups = wanted(root)
    every = [one for ones in groups.values() for one in ones]
    return [
        *_unmet(groups[""], device, DEVICE),
        *_unmet(every, extras, EXTRAS),
        *_apart(device, extras),
    ]


def _unmet(requirements: list[Requirement], locked: list[Locked], where: str) -> list[str]:
    lines = []
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        for machine in MACHINES:
            for python in PYTHONS:
                if not applies(requirement, machine, python):
                    continue
                have = [one for one in locked if one.name == name and one.applies(machine, python)]
                if len(have) != 1 or have[0].version not in requirement.specifier:
                    found = ", ".join(one.version for one in have) or "nothing"
                    lines.append(f"{where}: {requirement} is met by {found} ({machine}, {python})")
    return lines


def _apart(device: list[Locked], extras: list[Locked]) -> list[str]:
    known = {(one.name, one.version): set(one.hashes) for one in extras}
    return [
        f"{EXTRAS}: {one.name} {one.version} is not the one of {DEVICE}"
        for one in device
        if known.get((one.name, one.version)) != set(one.hashes)
    ]


def main() -> int:
    """Say whether the locks fit; 1 when they do not."""
    try:
        lines = misfits()
    except (OSError, ValueError) as error:
        lines = [str(error)]
    for line in lines:
        print(line, file=sys.stderr)
    if lines:
        print("run scripts/lock, then scripts/docs", file=sys.stderr)
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
