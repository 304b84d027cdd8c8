"""Says what the companion has to say unasked, and minds whether anybody answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from companion import events
from companion.audio.clock import Clock
from companion.conversation.offers import Late, Offers, Say
from companion.conversation.replies import Emit
from companion.conversation.rooms import Rooms
from companion.conversation.tasks import Tasks
from companion.domain import Exchange, Initiative, ReplyPart, Speech
from companion.errors import CompanionError

_SKILL: Final = Initiative("skill", Exchange(()))
"""Stands for whatever exchange the person began."""

Speak = Callable[[Sequence[Speech]], bool]
"""Plays sentences; says False when somebody was quicker."""


class Unasked:
    """Reminders, check-ins and scales on their way to the person."""

    def __init__(
        self,
        rooms: Rooms,
        clock: Clock,
        emit: Emit,
        tasks: Tasks,
        speak: Speak,
        wall: Callable[[], float],
    ) -> None:
        """Have nothing to say.

        Args:
            rooms: mind and voice are used.
            clock: the input's.
            emit: told ``offered`` and ``offer_ended``.
            tasks: run what takes time.
            speak: plays sentences.
            wall: seconds since 1970.
        """
        self._rooms = rooms
        self._clock = clock
        self._emit = emit
        self._tasks = tasks
        self._speak = speak
        self._wall = wall
        self._offers = Offers()

    def add(self, initiative: Initiative) -> None:
        """Say it when it is quiet."""
        self._offers.add(initiative)

    def listen(self) -> None:
        """Give an answer to a skill the same time as one to what was said unasked."""
        self._offers.listen(_SKILL)

    def answered(self, now: float) -> bool:
        """Learn that the person spoke; return whether that answers what was said unasked."""
        opened = self._offers.answered()
        if opened is None or opened is _SKILL:
            return False
        self._emit(events.OfferEnded(now, opened.kind, True))
        return True

    def tick(self, now: float, quiet_s: float) -> None:
        """Do what is due; ``quiet_s`` is 0 while anybody speaks."""
        step = self._offers.step(quiet_s, self._wall())
        if isinstance(step, Say):
            self._tasks.spawn(self._say(step.initiative))
        elif isinstance(step, Late):
            self._tasks.spawn(self._too_late(step.initiative))
        elif step is not None:
            if step.initiative is not _SKILL:
                self._emit(events.OfferEnded(now, step.initiative.kind, False))
            self._tasks.spawn(self._unheard(step.initiative))

    async def _say(self, initiative: Initiative) -> None:
        spoken = await self._spoken(lambda: initiative.exchange.parts)
        if spoken and not self._speak(spoken):
            self._offers.interrupted(initiative)
            return
        self._offers.said(initiative)
        if not spoken:
            return
        self._told(initiative, spoken)
        mind, exchange = self._rooms.mind, initiative.exchange
        self._tasks.later(lambda: mind.expect(exchange))

    async def _too_late(self, initiative: Initiative) -> None:
        """Let whoever offered it note that it was never said."""
        mind, exchange = self._rooms.mind, initiative.exchange
        await self._clock.run(lambda: mind.unsaid(exchange))

    async def _unheard(self, initiative: Initiative) -> None:
        spoken = await self._spoken(self._rooms.mind.unheard)
        if spoken and self._speak(spoken):
            self._told(initiative, spoken)
            self.listen()  # a skill may go on in silence, as a breathing exercise does

    async def _spoken(self, parts: Callable[[], Sequence[ReplyPart]]) -> list[Speech]:
        voice = self._rooms.voice

        def job() -> list[Speech]:
            return [voice.synthesize(part.text, part.tone) for part in parts()]

        try:
            return await self._clock.run(job)
        except CompanionError as error:
            self._emit(events.Trouble(self._clock.now(), "unasked", str(error)))
            return []

    def _told(self, initiative: Initiative, spoken: Sequence[Speech]) -> None:
        text = " ".join(speech.text for speech in spoken)
        self._emit(events.Offered(self._clock.now(), initiative.kind, text))


__all__ = ["Unasked"]
