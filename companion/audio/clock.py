"""Time as the conversation sees it: the wall's, or the input file's.

The input clock counts seconds since the first input frame. On the ``WallClock`` it is real
time. On the ``VirtualClock`` a file is worked through as fast as the machine allows, and yet
every native job (transcription, generation, synthesis) is charged the time it really took:
its result is held back until the input has advanced by as much. So ``--fast`` runs report the
same gaps as ``--realtime`` ones.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Seconds since the first input frame, and work that takes time."""

    def now(self) -> float:
        """Return seconds since the first input frame."""
        ...

    async def until(self, t: float) -> None:
        """Wait until ``now() >= t``."""
        ...

    async def run(self, job: Callable[[], T]) -> T:
        """Run a blocking native job on the one inference thread and return its result.

        One thread for all engines: two at once on two cores make each other many times slower
        (spin barriers; design, section 4).
        """
        ...

    def close(self) -> None:
        """Let the inference thread end."""
        ...


class WallClock:
    """Real time, started by the first input frame."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._working_since: float | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="inference")

    @property
    def busy_s(self) -> float:
        """Seconds the job that runs now has taken; 0 when there is none."""
        since = self._working_since
        return 0.0 if since is None else time.monotonic() - since

    def start(self) -> None:
        """Make now the zero of the input clock; later calls change nothing."""
        if self._start is None:
            self._start = time.monotonic()

    def now(self) -> float:
        """Return seconds since ``start``, 0 before it."""
        return 0.0 if self._start is None else time.monotonic() - self._start

    async def until(self, t: float) -> None:
        """Sleep until ``t``."""
        await asyncio.sleep(max(0.0, t - self.now()))

    async def pace(self, t: float) -> None:
        """Hold a recorded input back until ``t``."""
        await self.until(t)

    async def run(self, job: Callable[[], T]) -> T:
        """Run a job on the inference thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, job)

    def _timed(self, job: Callable[[], T]) -> T:
        self._working_since = time.monotonic()
        try:
            return job()
        finally:
            self._working_since = None

    def close(self) -> None:
        """Let the inference thread end."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class VirtualClock:
    """The input's own time, advanced by whoever feeds the input.

    ``charge`` scales what a job costs on this clock: 1 is honest, 0 makes tests of the logic
    independent of the machine's speed.
    """

    def __init__(self, charge: float = 1.0) -> None:
        self._now = 0.0
        self._charge = charge
        self._busy = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._engine = asyncio.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="inference")

    def now(self) -> float:
        """Return how far the input has been fed, seconds."""
        return self._now

    async def until(self, t: float) -> None:
        """Wait until the input has been fed to ``t``."""
        if t <= self._now:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (t, next(self._order), future))
        await future

    async def run(self, job: Callable[[], T]) -> T:
        """Run a job, hold the input still meanwhile, then charge the job's duration.

        Jobs queue on one engine thread: a job starts, and looks whether it is still wanted, when
        the one before has been paid for.
        """
        async with self._engine:
            self._busy += 1
            self._quiet.clear()
            try:
                began = time.perf_counter()
                result = await asyncio.get_running_loop().run_in_executor(self._pool, job)
                took = (time.perf_counter() - began) * self._charge
            finally:
                self._busy -= 1
                if self._busy == 0:
                    self._quiet.set()
            await self.until(self._now + took)
        return result

    def start(self) -> None:
        """Nothing to do: the first frame begins the input's own time."""

    async def pace(self, t: float) -> None:
        """Feed a recorded input to ``t``."""
        await self.advance(t)

    async def advance(self, t: float) -> None:
        """Feed the input to ``t``: wait for running jobs, then wake whoever waited for it."""
        await self._settle()
        while self._waiting and self._waiting[0][0] <= t:
            due, _, future = heapq.heappop(self._waiting)
            self._now = max(self._now, due)
            if not future.done():
                future.set_result(None)
            await self._settle()
        self._now = max(self._now, t)

    async def _settle(self) -> None:
        # Several rounds, because a woken task may wake another before it starts a job.
        for _ in range(8):
            await asyncio.sleep(0)
            await self._quiet.wait()

    def close(self) -> None:
        """Let the inference thread end."""
        self._pool.shutdown(wait=True, cancel_futures=True)
