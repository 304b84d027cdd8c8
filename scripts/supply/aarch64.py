"""Does everything that is locked exist for 64-bit ARM, as a wheel or as a build we describe?

Asks pip to download each locked file for such a machine, its SHA-256 included, and prints a table.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.utils import parse_wheel_filename

from supply.locks import DEVICE, EXTRAS, ROOT, Locked, read

MACHINE = "aarch64"
PYTHONS = ("3.11", "3.13")
GLIBC = 35
"""2.35 of Ubuntu 22.04, which Jetsons run; Debian 12 has 2.36."""
BUILDS = {
    "llama-cpp-python": "build-essential, cmake",
    "pyaudio": "build-essential, portaudio19-dev",
}
"""No wheel, but `scripts/install-device` brings what compiling needs."""


def platforms() -> list[str]:
    """Return pip's arguments for the machine."""
    tags = [f"manylinux_2_{minor}_{MACHINE}" for minor in range(17, GLIBC + 1)]
    return [word for tag in (*tags, f"manylinux2014_{MACHINE}") for word in ("--platform", tag)]


def fetch(one: Locked, python: str) -> str:
    """Return the file name that pip takes there, or nothing; raise when pip fails otherwise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = folder / "wanted.txt"
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in one.hashes)
        wanted.write_text(f"{one.name}=={one.version} {hashes}\n", "utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--require-hashes", "--only-binary=:all:", "--implementation", "cp"),
                *("--python-version", python, *platforms()),
                *("--dest", name, "--requirement", str(wanted)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        files = [path.name for path in folder.iterdir() if path != wanted]
        if not files and "No matching distribution" not in done.stderr:
            raise RuntimeError(done.stderr.strip() or "pip failed")
    return files[0] if files else ""


def describe(one: Locked, python: str) -> str:
    """Return what a device gets: its wheel's platform, "pure", a build, or "**nothing**"."""
    if not one.applies(MACHINE, python):
        return ""
    if not (file := fetch(one, python)):
        return f"build: {BUILDS[one.name]}" if one.name in BUILDS else "**nothing**"
    _, _, _, tags = parse_wheel_filename(file)
    if {tag.platform for tag in tags} == {"any"}:
        return "pure"
    named = {tag.platform.replace("manylinux2014", "manylinux_2_17") for tag in tags}
    oldest = min(int(found[1]) for one in named if (found := re.match(r"manylinux_2_(\d+)_", one)))
    return f"wheel, glibc 2.{oldest}"


def main() -> int:
    """Print the table; 1 when something is for no such machine."""
    parser = argparse.ArgumentParser(prog="scripts/check-aarch64", description=__doc__)
    parser.add_argument("--extras", action="store_true", help="those of the extras as well")
    asked = parser.parse_args()
    locked = [
        one
        for one in read(ROOT / (EXTRAS if asked.extras else DEVICE))
        if any(one.applies(MACHINE, python) for python in PYTHONS)
    ]
    print("| distribution | version | " + " | ".join(f"Python {p}" for p in PYTHONS) + " |")
    print("|---|---|" + "---|" * len(PYTHONS))
    missing, pure = 0, 0
    for one in locked:
        found = [describe(one, python) for python in PYTHONS]
        missing += sum("nothing" in text for text in found)
        if set(found) <= {"pure", ""}:
            pure += 1
            continue
        print(f"| {one.name} | {one.version} | " + " | ".join(found) + " |", flush=True)
    print(f"\nand {pure} pure ones, which run anywhere; {missing} are for no such machine.")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
