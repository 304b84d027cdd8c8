"""The heart: looks every two seconds whether all lives, tells systemd, and writes the status file.

It beats on a thread of its own, so that a talk that hangs does not stop it from saying so; when the
whole process hangs, systemd hears nothing more and acts by itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from companion.service import health
from companion.service.notify import Notifier
from companion.service.restarts import RestartBook
from companion.service.watchdog import WELL, Signs, Verdict, Watchdog

EVERY_S: Final = 2.0
_REPORT_S: Final = 10.0
_CALM_REPORT_S: Final = 60.0
"""Between two reports where systemd gives no folder in memory for them: flash wears."""


@dataclass(frozen=True, slots=True)
class Probes:
    """How each part is asked; all may be called from any thread."""

    sound_s: Callable[[], float | None]
    """As in ``Signs``."""
    lost: Callable[[], bool]
    microphone: Callable[[], str]
    """As in ``health.Moment``."""
    plugged: Callable[[], bool | None]
    workers: Callable[[], Mapping[str, float]]
    storage: Callable[[], str]
    alerts: Callable[[], str]
    free_mb: Callable[[], int | None]
    """On the disk of the state folder."""


class Heart:
    """Beats from ``start`` to ``stop``.

    Args:
        notifier: to systemd.
        book: what is remembered over restarts.
        report_to: the status file.
        probes: how each part is asked.
        watchdog: judges; by default one that knows of earlier restarts.
        every_s: seconds between two beats.
        monotonic: seconds that no clock change moves.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        notifier: Notifier,
        book: RestartBook,
        report_to: Path,
        probes: Probes,
        *,
        watchdog: Watchdog | None = None,
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._notifier = notifier
        self._book = book
        self._report_to = report_to
        self._probes = probes
        self._monotonic = monotonic
        self._wall = wall
        self._watchdog = watchdog or Watchdog(deaf_before=book.count("deaf", wall()))
        given = notifier.watchdog_s
        self._every_s = min(every_s, given / 4) if given else every_s
        self._reports_s = _REPORT_S if notifier.active else _CALM_REPORT_S
        self._frame_at = monotonic()
        self._called_at = monotonic()
        self._waiting = False
        self._since: float | None = None
        self._reported: float | None = None
        self._asked = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Say that it listens, and begin to beat; call it on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._since = self._wall()
        self._frame_at = self._monotonic()
        self._notifier.ready("listening")
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    @property
    def frame_s(self) -> float:
        """Seconds since the talk took a frame."""
        return max(self._monotonic() - self._frame_at, 0.0)

    @property
    def loop_s(self) -> float:
        """Seconds the event loop has not answered; 0 when it has."""
        return max(self._monotonic() - self._called_at, 0.0) if self._waiting else 0.0

    def frame(self) -> None:
        """Take note that the talk took a frame."""
        self._frame_at = self._monotonic()

    def stop(self) -> None:
        """End on purpose."""
        self._notifier.stopping()
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self._book.end()
        self._report("stopped", self._signs(self._monotonic()), WELL)

    def beat(self) -> Verdict:
        """Look once; feed the watchdog only when all is well."""
        now = self._monotonic()
        self._ask_loop(now)
        signs = self._signs(now)
        verdict = self._watchdog.look(now, signs)
        if verdict.healthy:
            self._asked = False
            self._notifier.alive()
        due = self._reported is None or now - self._reported >= self._reports_s
        if due or not verdict.healthy:
            self._reported = now
            self._report("listening", signs, verdict)
        if not verdict.healthy and not self._asked:
            self._asked = True
            if self._notifier.active:
                self._book.ask(verdict.why, self._wall())
            self._notifier.failed(verdict.text)
        return verdict

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Whatever a probe raises, the heart goes on: without it systemd would end a good talk.
            with suppress(Exception):
                self.beat()
            self._stopping.wait(self._every_s)

    def _ask_loop(self, now: float) -> None:
        if self._loop is None:
            return
        if not self._waiting:
            self._waiting = True
            self._called_at = now
            with suppress(RuntimeError):  # the loop has ended; the talk with it
                self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._waiting = False

    def _signs(self, now: float) -> Signs:
        ask = self._probes
        lost = ask.lost()
        return Signs(
            frame_s=self.frame_s,
            loop_s=self.loop_s,
            sound_s=ask.sound_s(),
            lost=lost,
            plugged=ask.plugged() if lost else None,
            workers=dict(ask.workers()),
        )

    def _report(self, state: str, signs: Signs, verdict: Verdict) -> None:
        moment = health.Moment(
            at=self._wall(),
            state=state,
            listening_since=self._since if state == "listening" else None,
            signs=signs,
            verdict=verdict,
            microphone=self._probes.microphone(),
            storage=self._probes.storage(),
            alerts=self._probes.alerts(),
            restart=self._book.last(),
            free_mb=self._probes.free_mb(),
        )
        health.write(self._report_to, health.report(moment))


__all__ = ["EVERY_S", "Heart", "Probes"]
