"""Work beside the frames: nothing is lost silently, everything ends with the talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from companion.audio.clock import Clock

T = TypeVar("T")


class Tasks:
    """Keeps tasks alive, reports what fails, ends them all.

    Args:
        clock: runs the native jobs.
        failed: told one plain line about a task that raised.
    """

    def __init__(self, clock: Clock, failed: Callable[[str], None]) -> None:
        self._clock = clock
        self._failed = failed
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def later(self, job: Callable[[], None]) -> None:
        """Run a job on the inference thread, after what is queued there."""
        self.spawn(self._clock.run(job))

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(f"{type(error).__name__}: {error}")
