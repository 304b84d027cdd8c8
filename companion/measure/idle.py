"""What it costs to listen to nobody: CPU, memory and files of a talk that waits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from companion.domain import JsonObject
from companion.errors import MeasureError

_START_S: Final = 120.0
_SETTLE_S: Final = 20.0
"""What is loaded in the background is loaded by then."""
_STEP_S: Final = 0.2
_END_S: Final = 20.0


def measure_idle(
    seconds: float, config: Path | None = None, settle_s: float = _SETTLE_S
) -> JsonObject:
    """Run ``companion talk`` on this machine's devices and watch it and its helpers wait.

    Args:
        seconds: how long it is watched, after it has settled.
        config: settings of the talk.
        settle_s: how long it may settle.

    Returns:
        ``cpu_percent`` of one core, of the talk and its processes; ``rss_mb`` of the talk, and
        ``pss_mb`` of all (memory shared with others counted in part); ``threads``, ``files``,
        ``processes``; ``listening_after_s`` from the start.

    Raises:
        MeasureError: the talk did not begin, or ended.
    """
    with TemporaryDirectory() as folder:
        events = Path(folder) / "events.jsonl"
        command = [sys.executable, "-m", "companion", "talk", "--events", str(events)]
        command += ["--config", str(config)] if config is not None else []
        began = time.monotonic()
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as talk:
            try:
                _await_listening(talk, events, began)
                after = time.monotonic() - began
                time.sleep(settle_s)
                before, at = _cpu_s(talk.pid), time.monotonic()
                time.sleep(seconds)
                spent, gone = _cpu_s(talk.pid) - before, time.monotonic() - at
                if talk.poll() is not None:
                    raise MeasureError("the talk ended while it was watched")
                everybody = list(_tree(talk.pid))
                return {
                    "seconds": round(gone, 1),
                    "cpu_percent": round(100 * spent / gone, 2),
                    "rss_mb": round(_status(talk.pid, "VmRSS") / 1024),
                    "pss_mb": round(sum(map(_pss_kb, everybody)) / 1024),
                    "threads": _status(talk.pid, "Threads"),
                    "files": sum(1 for _ in Path(f"/proc/{talk.pid}/fd").iterdir()),
                    "processes": len(everybody),
                    "listening_after_s": round(after, 1),
                }
            finally:
                talk.send_signal(signal.SIGINT)
                try:
                    talk.wait(_END_S)
                except subprocess.TimeoutExpired:
                    talk.kill()


def _await_listening(talk: subprocess.Popen[bytes], events: Path, began: float) -> None:
    while time.monotonic() - began < _START_S:
        if talk.poll() is not None:
            said = talk.stderr.read().decode(errors="replace") if talk.stderr else ""
            last = (said.strip().splitlines() or ["it said nothing"])[-1]
            raise MeasureError(f"the talk did not begin: {last}")
        if events.is_file():
            for line in events.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):
                    if json.loads(line).get("type") == "listening":
                        return
        time.sleep(_STEP_S)
    raise MeasureError(f"the talk did not listen within {_START_S:.0f} s")


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text(encoding="ascii")
            for child in children.split():
                yield from _tree(int(child))


def _cpu_s(pid: int) -> float:
    """Return user and system time of a process, its living children, and those it waited for."""
    ticks = os.sysconf("SC_CLK_TCK")
    spent = 0.0
    for one in _tree(pid):
        with suppress(OSError):
            fields = (
                Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            )
            spent += sum(map(int, fields[11:13])) / ticks  # utime, stime
    return spent


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


__all__ = ["measure_idle"]
