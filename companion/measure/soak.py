"""Hours of an ordinary home in virtual time: talk, television, noise and silence, all kept."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import soundfile
import soxr

from companion import app, events
from companion.config import Config
from companion.domain import SAMPLE_RATE, JsonObject, Samples, Tone
from companion.errors import MeasureError
from companion.measure.spoken import pink
from companion.service.metrics import rss_bytes
from companion.session import TalkRequest, hold

LINES: Final = (
    "Good morning. I slept quite well last night.",
    "What time is it?",
    "My daughter rang me this morning, and we talked about the garden.",
    "Remind me to take my heart tablet at eight.",
    "I am a little tired today.",
    "What have I got on tomorrow?",
    "When I was young we lived near the harbour.",
    "Thank you, that is kind of you.",
)
TELEVISION: Final = (
    "And now the weather for the coming week, with rain in the north and east.",
    "Our next contestant comes from Leeds and has brought a clock that belonged to her aunt.",
    "The minister said this afternoon that the talks would go on until Thursday.",
)
GROWTH: Final = 0.03
"""Of memory, from the second half hour to the last."""
_LEAST_BLOCKS: Final = 3
GAP_GROWTH: Final = 1.3
"""p95 of the last quarter over the first."""
_BLOCK_S: Final = 1800.0
_TALK_S: Final = 300.0
_TV_S: Final = 180.0
_NOISE_S: Final = 240.0
_HOUR_BYTES: Final = 130_000_000
"""An hour of 16 kHz FLAC takes at most so much."""


@dataclass(slots=True)
class Watch:
    """Samples what the process holds, and the gaps, over the time of the talk."""

    began: float = field(default_factory=time.monotonic)
    speed: float = 0.0
    t: float = 0.0
    samples: list[tuple[float, float, int, int]] = field(default_factory=list)
    """Time on the input clock, RSS in bytes, threads, open files."""
    gaps: list[tuple[float, float]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    turns: int = 0
    _heard_until: float | None = None
    _next: float = 0.0

    def see(self, event: events.Event) -> None:
        """Take note of an event."""
        self.t = max(self.t, event.t)
        match event:
            case events.TurnCommitted():
                self.turns += 1
                self._heard_until = event.heard_until
            case events.ReplyStarted() if self._heard_until is not None:
                self.gaps.append((event.t, event.t - self._heard_until))
                self._heard_until = None
            case events.Trouble():
                self.troubles.append(f"{event.where}: {event.what}")
            case _:
                pass

    def frame(self, _level: float, _state: str) -> None:
        """Sample now and then; called ten times a second of the talk."""
        self.t += 0.1
        if self.speed > 0 and (ahead := self.t / self.speed - self.gone) > 0:
            time.sleep(ahead)
        if self.t >= self._next:
            self._next = self.t + 30.0
            files = sum(1 for _ in Path("/proc/self/fd").iterdir())
            self.samples.append((self.t, rss_bytes(), threading.active_count(), files))

    @property
    def gone(self) -> float:
        """Seconds on the wall."""
        return time.monotonic() - self.began


def soak(
    config: Config,
    hours: float,
    *,
    speed: float = 0.0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> JsonObject:
    """Live through some hours and look whether anything grows.

    The talk is the real one, with journal, skills, alerts and storage in a scratch folder; only
    microphone, speaker and clock are made up.

    Args:
        config: settings; ``state_dir`` and ``storage`` are replaced.
        hours: of the home's time.
        speed: at most so many times as fast as real; 0 is as fast as it goes.
        on_progress: told the share that is done.

    Returns:
        ``hours``, ``wall_s``, ``turns``, ``replies``, ``rss_mb`` by half hours, ``rss_growth``
        (last against second; None for less than an hour and a half), ``threads`` and ``files``
        (after the first half hour, at the end), ``gap_p95_s`` (first and last quarter),
        ``troubles``, and ``wrong``: what does not stay the same.

    Raises:
        MeasureError: the disk has no room for the sound.
        CompanionError: the talk cannot begin.
    """
    with TemporaryDirectory(prefix="companion-soak-") as name:
        folder = Path(name)
        need = hours * _HOUR_BYTES
        if shutil.disk_usage(folder).free < need * 1.5:
            raise MeasureError(f"{need / 1e9:.1f} GB are needed in {folder} for the made-up sound")
        scratch = config.model_copy(update={"state_dir": folder / "state"})
        path = folder / "home.flac"
        engines = app.load_engines(scratch)
        _write(path, hours, engines)
        watch = Watch(speed=speed)

        def frame(level: float, state: str) -> None:
            watch.frame(level, state)
            on_progress(min(1.0, watch.t / (hours * 3600)))

        request = TalkRequest(
            source=path, realtime=False, live=True, observers=(watch.see,), on_frame=frame
        )
        hold(scratch, request, replace(engines))
        return judge(watch, hours)


def judge(watch: Watch, hours: float) -> JsonObject:
    """Return what was seen, and what of it does not stay the same."""
    end = max(watch.t, 1.0)
    count = max(1, round(end / _BLOCK_S))
    blocks = [
        [one for one in watch.samples if i <= one[0] * count / end < i + 1] or watch.samples[-1:]
        for i in range(count)
    ]
    rss = [float(np.mean([one[1] for one in some])) / 1e6 for some in blocks]
    # Every half hour holds the same; in the first one all is loaded.
    growth = rss[-1] / rss[1] - 1 if count >= _LEAST_BLOCKS else None
    early, late = blocks[min(1, count - 1)][0], blocks[-1][-1]
    first = [gap for t, gap in watch.gaps if t < end / 4]
    last = [gap for t, gap in watch.gaps if t >= end * 3 / 4]
    p95 = [float(np.percentile(some, 95)) if some else None for some in (first, last)]
    wrong = []
    if growth is not None and growth > GROWTH:
        wrong.append(f"memory grew by {growth:.1%}")
    if late[2] > early[2]:
        wrong.append(f"threads grew from {early[2]} to {late[2]}")
    if late[3] > early[3]:
        wrong.append(f"open files grew from {early[3]} to {late[3]}")
    if p95[0] and p95[1] and p95[1] > GAP_GROWTH * p95[0]:
        wrong.append(f"the gap grew from {p95[0]:.2f} to {p95[1]:.2f} s")
    if watch.troubles:
        wrong.append(f"{len(watch.troubles)} troubles, such as {watch.troubles[0]}")
    return {
        "hours": round(hours, 2),
        "wall_s": round(watch.gone),
        "turns": watch.turns,
        "replies": len(watch.gaps),
        "rss_mb": [round(one, 1) for one in rss],
        "rss_growth": None if growth is None else round(growth, 4),
        "threads": [early[2], late[2]],
        "files": [early[3], late[3]],
        "gap_p95_s": [None if one is None else round(one, 2) for one in p95],
        "troubles": watch.troubles[:10],
        "wrong": wrong,
    }


def _write(path: Path, hours: float, engines: app.Engines) -> None:
    random = np.random.default_rng(7)
    talk = [say_line(engines, line) for line in LINES]
    shows = [say_line(engines, line) for line in TELEVISION]
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as file:
        left = round(hours * 3600 * SAMPLE_RATE)
        while left > 0:
            for piece in _half_hour(talk, shows, random):
                piece = piece[:left]
                file.write(np.clip(piece, -1, 1))
                left -= len(piece)
                if left <= 0:
                    break


def _half_hour(
    talk: list[Samples], shows: list[Samples], random: np.random.Generator
) -> Iterator[Samples]:
    gone = 0.0
    while gone < _TALK_S:
        line = talk[int(random.integers(len(talk)))]
        rest = float(random.uniform(14.0, 30.0))  # time for the answer, and to think
        yield np.concatenate([line * 0.5, _room(rest, random)])
        gone += len(line) / SAMPLE_RATE + rest
    gone = 0.0
    while gone < _TV_S:
        show = shows[int(random.integers(len(shows)))]
        yield show * 0.04 + _room(len(show) / SAMPLE_RATE, random)[: len(show)]
        gone += len(show) / SAMPLE_RATE
    yield from (_room(30.0, random) * 12 for _ in range(int(_NOISE_S // 30)))
    rest = _BLOCK_S - _TALK_S - _TV_S - _NOISE_S
    yield from (_room(60.0, random) for _ in range(int(rest // 60)))


def _room(seconds: float, random: np.random.Generator) -> Samples:
    """Return a quiet room, about -62 dBFS."""
    return np.asarray(pink(round(seconds * SAMPLE_RATE), random) * 8e-4, np.float32)


def say_line(engines: app.Engines, line: str) -> Samples:
    """Return a line in our own voice, 16 kHz mono."""
    speech = engines.voice.synthesize(line, Tone.NEUTRAL)
    sound = speech.pcm.astype(np.float32) / 32768
    return np.asarray(soxr.resample(sound, speech.rate, SAMPLE_RATE), np.float32)


__all__ = ["GAP_GROWTH", "GROWTH", "LINES", "Watch", "judge", "say_line", "soak"]
