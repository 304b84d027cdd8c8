"""The seam for the live loop: who said this?

``Who.who`` is all a conversation needs; anything with this shape may stand in its place::

    class WhoSpeaks(Protocol):
        async def who(self, audio: Samples) -> Speaker: ...

It never raises and never takes longer than ``patience_s``: whatever goes wrong, the answer is
``unsure``, with the reason in ``Speaker.why`` and, once, in ``on_trouble``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Protocol

from companion.domain import Match, Samples, Speaker
from companion.errors import SpeakerError
from companion.hearing.speakers.background import Background
from companion.hearing.speakers.judge import SHORTEST_S, SpeakerJudge
from companion.hearing.speakers.nouns import Taken, Voiceprint

PATIENCE_S: Final = 2.0
"""A reply is not kept waiting longer; the worker goes on loading meanwhile."""

_RATE: Final = 16_000


class TakesApart(Protocol):
    """What finds voices in sound: the worker process, or a fake."""

    def warm(self) -> None:
        """Get ready; blocking."""

    def take_apart(self, samples: Samples) -> Taken:
        """Return the voices in a stretch of sound; blocking."""

    def interrupt(self) -> None:
        """Make whatever is being waited for fail; from any thread."""

    def close(self) -> None:
        """Give everything back."""


class Who:
    """Says who spoke.

    Args:
        worker: finds voices; None when the extra is off or not installed.
        background: what strangers taught; None without a worker.
        prints: of the enrolled.
        owner: name and row of the owner, for ``assume_owner``.
        assume_owner: without a worker, every voice is the owner's.
        patience_s: longest wait for an answer.
        on_trouble: told one plain line when the check fails, once until it works again.
    """

    def __init__(
        self,
        worker: TakesApart | None = None,
        background: Background | None = None,
        prints: Sequence[Voiceprint] = (),
        *,
        owner: tuple[str | None, str | None] = (None, None),
        assume_owner: bool = False,
        patience_s: float = PATIENCE_S,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._worker = worker
        self._judge = SpeakerJudge(background, prints) if background is not None else None
        self._owner = owner
        self._assume_owner = assume_owner
        self._patience_s = patience_s
        self._on_trouble = on_trouble
        self._told = False
        # One thread: the worker answers one question at a time.
        self._thread = ThreadPoolExecutor(1, "who") if worker is not None else None

    @property
    def working(self) -> bool:
        """Whether voices are really compared."""
        return self._worker is not None and self._judge is not None and bool(self._judge.prints)

    def warm(self) -> None:
        """Start the worker in the background, such as when somebody begins to speak.

        It costs nothing when the worker is running or there is none.
        """
        if self._thread is not None and self.working:
            self._thread.submit(self._warm)

    async def who(self, audio: Samples) -> Speaker:
        """Say who spoke.

        Args:
            audio: one utterance, 16 kHz mono. It is not kept.
        """
        if self._worker is None or self._judge is None or self._thread is None:
            return self._unchecked()
        if not self._judge.prints:
            return Speaker(Match.UNSURE, why="nobody is enrolled")
        if len(audio) < SHORTEST_S * _RATE:
            return Speaker(Match.UNSURE, why="too short")
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._thread, self._worker.take_apart, audio)
        try:
            taken = await asyncio.wait_for(asyncio.shield(asked), self._patience_s)
        except TimeoutError:
            asked.add_done_callback(_ignore)
            return Speaker(Match.UNSURE, why="the speaker check was not ready")
        except SpeakerError as error:
            self._tell(str(error))
            return Speaker(Match.UNSURE, why="the speaker check failed")
        self._told = False
        return self._judge.judge(taken)

    def close(self) -> None:
        """End the worker; may be repeated."""
        if self._worker is not None and self._thread is not None:
            self._worker.interrupt()
            self._thread.shutdown(wait=True, cancel_futures=True)
            self._worker.close()

    def _unchecked(self) -> Speaker:
        name, person_id = self._owner
        if self._assume_owner:
            return Speaker(Match.YES, name, person_id, 1.0, why="every voice is the owner's")
        return Speaker(Match.UNSURE, why="voices are not compared")

    def _warm(self) -> None:
        assert self._worker is not None
        with suppress(SpeakerError):  # whoever asks next is told
            self._worker.warm()

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            self._on_trouble(text)


def _ignore(done: asyncio.Future[Taken]) -> None:
    """Take the answer nobody waits for any more, or its error."""
    if not done.cancelled():
        done.exception()
