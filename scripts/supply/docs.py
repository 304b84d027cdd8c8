"""Make docs/commands.md, docs/licences.md and docs/sbom.json, or check them without network."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable

from supply import commands, facts, listing, locks

DOCS = locks.ROOT / "docs"


def pages(known: listing.Facts) -> dict[str, Callable[[], str]]:
    """Return file name -> what makes it."""
    return {
        "commands.md": commands.page,
        "licences.md": lambda: listing.licences(known),
        "sbom.json": lambda: listing.sbom(known),
    }


def check() -> list[str]:
    """Return in one line each what is out of date."""
    found = locks.misfits()
    known = facts.load()
    have = {f"{one.name}=={one.version}" for one in locks.read(locks.ROOT / locks.EXTRAS)}
    if have != set(known):
        away = ", ".join(sorted(have ^ set(known)))
        return [*found, f"licences: locked and listed differ in {away}"]
    for name, make in pages(known).items():
        path = DOCS / name
        old = path.read_text("utf-8").splitlines() if path.exists() else []
        changes = list(difflib.unified_diff(old, make().splitlines(), lineterm="", n=0))[3:]
        if changes:
            found.append(f"docs/{name} is out of date, first at: {changes[0]}")
    return found


def main() -> int:
    """Write the pages, or with --check say what is out of date; 1 when something is."""
    if sys.argv[1:] not in ([], ["--check"]):
        print("usage: scripts/docs [--check]", file=sys.stderr)
        return 2
    if sys.argv[1:]:
        found = check()
        for line in found:
            print(line, file=sys.stderr)
        if found:
            print("run scripts/docs (scripts/lock first, if dependencies changed)", file=sys.stderr)
        return bool(found)
    known = facts.refresh(locks.read(locks.ROOT / locks.EXTRAS))
    for name, make in pages(known).items():
        (DOCS / name).write_text(make(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
