"""Does it stay the same over hours of talk?"""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from companion import app, events
from companion.audio.clock import VirtualClock
from companion.audio.files import FileOutput
from companion.config import Config
from companion.domain import JsonObject
from companion.measure.bench import PLAIN, SHORT, recorded, spoken
from companion.measure.dialogue import Dialogue, Line


def _endless(lines: Sequence[Line], seconds: float, clock: VirtualClock) -> Iterator[Line]:
    """Yield the same lines again and again, until enough time has passed."""
    for line in itertools.cycle(lines):
        if clock.now() >= seconds:
            return
        yield line


def evaluate_endurance(
    config: Config,
    minutes: float,
    files: Sequence[Path] = (),
    engines: app.Engines | None = None,
) -> JsonObject:
    """Talk for a long time in virtual time and watch the process.

    Args:
        config: settings.
        minutes: of talk, on the input clock.
        files: recordings of one utterance each; none means sentences said by our own voice.
        engines: loaded models, or None to load them.

    Returns:
        ``turns``, ``unanswered``, ``rss_mb`` (by tenths of the time), ``rss_growth`` (last tenth
        against the second, by share), ``threads`` and ``files`` open at the start and the end,
        ``troubles``.
    """
    engines = engines or app.load_engines(config)
    lines = [recorded(f) for f in files] or [spoken(engines, t) for t in (*PLAIN, *SHORT)]
    return asyncio.run(_talk(config, engines, lines, minutes))


async def _talk(
    config: Config, engines: app.Engines, lines: Sequence[Line], minutes: float
) -> JsonObject:
    clock = VirtualClock()
    dialogue = Dialogue(_endless(lines, minutes * 60, clock), clock)
    samples: list[tuple[float, float]] = []
    troubles: list[str] = []
    began = _counts()

    def see(event: events.Event) -> None:
        dialogue.see(event)
        if isinstance(event, events.Trouble):
            troubles.append(event.what)
        if isinstance(event, events.ReplyFinished):
            samples.append((clock.now(), _rss_mb()))

    talk = app.build_conversation(
        config, engines, clock, dialogue, FileOutput(None, clock), see, in_file=True
    )
    try:
        await talk.run()
        ended = _counts()
    finally:
        clock.close()
    tenths = [
        float(np.mean([rss for t, rss in samples if i <= t / (minutes * 6) < i + 1] or [np.nan]))
        for i in range(10)
    ]
    return {
        "minutes": round(clock.now() / 60, 1),
        "turns": len(dialogue.said),
        "unanswered": sum(s.replied is None for s in dialogue.said),
        "rss_mb": [round(v, 1) for v in tenths],
        "rss_growth": round(tenths[-1] / tenths[1] - 1, 4),
        "threads": [began[0], ended[0]],
        "files": [began[1], ended[1]],
        "troubles": troubles,
    }


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _counts() -> tuple[int, int]:
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
