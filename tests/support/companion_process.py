"""``companion talk`` as a process of its own, and what it writes down about itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Companion:
    """A running ``companion talk``; its events can be waited for."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        config: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "events.jsonl"
        settings = folder / "config.toml"
        # Whatever the hour of the day, no check-in comes of itself between what a test says.
        own = "" if "[checkins]" in config else "[checkins]\nenabled = false\n"
        # A key before the first table: what follows may open tables.
        settings.write_text(f'state_dir = "{folder / "state"}"\n{config}\n{own}')
        self.asked: list[str] = []
        """What a test said to it and expects an answer to."""
        self.loaded_s = 0.0
        """Seconds from the start to listening, as seen from outside."""
        self.began = time.monotonic()
        with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "companion", "talk"),
                    *("--events", str(self.log), "--config", str(settings)),
                    *arguments,
                ],
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
            )

    @property
    def out(self) -> str:
        """What it printed so far."""
        return (self.folder / "out.txt").read_text()

    @property
    def err(self) -> str:
        """What it complained about so far."""
        return (self.folder / "err.txt").read_text()

    @property
    def events(self) -> list[Event]:
        """Every event so far; a line that is still being written is left out."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def of(self, kind: str, since: int = 0) -> list[Event]:
        """Return the events of a type, from a position in ``events`` on."""
        return [event for event in self.events[since:] if event["type"] == kind]

    def wait(
        self,
        kind: str,
        since: int = 0,
        *,
        seconds: float = 20.0,
        where: Callable[[Event], bool] = lambda event: True,
    ) -> Event:
        """Return the first such event after position ``since``, waiting for it."""
        deadline = time.monotonic() + seconds
        while True:
            found = [event for event in self.of(kind, since) if where(event)]
            if found:
                return found[0]
            told = f"{self.summary(since)}\n{self.out}\n{self.err}"
            assert self.process.poll() is None, f"it ended before {kind}: {told}"
            assert time.monotonic() < deadline, f"no {kind} within {seconds} s: {told}"
            time.sleep(0.02)

    def summary(self, since: int = 0) -> str:
        """Return the events as short lines, for a failing test."""
        return "\n".join(json.dumps(event) for event in self.events[since:])

    def end(self, number: int = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
