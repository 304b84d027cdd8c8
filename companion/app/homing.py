"""The smart home in a running talk: what it sees, and what it may ask for."""

from __future__ import annotations

import asyncio
import os
import time
import tomllib
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from companion import __version__, events
from companion.app.hushing import Hush
from companion.config import Config
from companion.domain import Exchange, Initiative, ReplyPart
from companion.errors import CompanionError, StorageError
from companion.resources import data_dir
from companion.storage.disk import write_private

if TYPE_CHECKING:
    from companion.care.assistant.bridge import HomeBridge, HomeState
    from companion.care.assistant.discovery import Node
    from companion.conversation.loop import Conversation
    from companion.conversation.protocols import Voice
    from companion.storage.database import Database

T = TypeVar("T")

ID_FILE: Final = "home-id"
_TICK_S: Final = 2.0
_FACTS_S: Final = 60.0
"""An alert is shown within a minute; those who are called are called at once, and not by this."""
_AGAIN_S: Final = 60.0
_SAY_WITHIN_S: Final = 900.0
"""What could not be said for so long, since others were speaking, is not said any more."""
_MOST_WAITING: Final = 3


class HomeTalk:
    """Everything of it runs on the loop, but the connection itself."""

    def __init__(
        self,
        config: Config,
        voice: Voice,
        hush: Hush,
        database: Database | None,
        trouble: Callable[[str], None],
    ) -> None:
        """Prepare; call it on the loop.

        Args:
            config: settings; ``home.url`` is set.
            voice: whose volume is set.
            hush: closes the microphone.
            database: what the owner agreed to; None tells nothing of the person.
            trouble: told one line when the broker refuses; any thread.

        Raises:
            CompanionError: the settings or the texts have a mistake.
        """
        from companion.care.assistant.address import home_address, home_login
        from companion.care.assistant.bridge import Commands, HomeBridge, HomeState
        from companion.wellbeing.zones import local_zone

        self._config = config
        self._voice = voice
        self._hush = hush
        self._database = database
        self._trouble = trouble
        self._said_trouble = ""
        self._loop = asyncio.get_running_loop()
        self._talk: Conversation | None = None
        self._intro = _intro(config.persona.language)
        self._zone: tzinfo = local_zone(config.checkins.timezone)
        self._waiting: deque[float] = deque()
        self._state: HomeState = HomeState()
        self._bridge: HomeBridge = HomeBridge(
            home_address(config.home),
            home_login(config.home),
            _node(config),
            Commands(
                self._soon(
                    lambda on: hush.muting.mute("home") if on else hush.muting.unmute("home")
                ),
                self._soon(self._set_volume),
                self._soon(self._say),
            ),
        )

    def see(self, event: events.Event) -> None:
        """Take note that somebody spoke; any event may be given."""
        if isinstance(event, events.TurnCommitted):
            self._show(heard_at=time.time())

    async def accompany(self, talk: Conversation) -> Callable[[], Awaitable[None]]:
        """Begin; return what ends it."""
        self._talk = talk
        self._hush.told.append(lambda muted: self._show(muted=muted is not None))
        self._state = replace(
            self._state,
            muted=self._hush.muting.muted is not None,
            volume_db=self._volume_now(),
        )
        await self._look()
        self._bridge.show(self._state)
        self._bridge.start()
        task = asyncio.create_task(self._tick())

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(self._bridge.stop)

        return end

    async def _tick(self) -> None:
        looked = told = self._loop.time()
        while True:
            await asyncio.sleep(_TICK_S)
            now = self._loop.time()
            if now - looked >= _FACTS_S:
                looked = now
                await self._look()
            self._forget_late()
            self._show(again=now - told >= _AGAIN_S, volume_db=self._volume_now())
            if now - told >= _AGAIN_S:
                told = now
            trouble = self._bridge.trouble
            if trouble and trouble != self._said_trouble:
                self._trouble(f"Home Assistant cannot be reached: {trouble}; it is tried again")
            self._said_trouble = trouble

    async def _look(self) -> None:
        """Read what may be told."""
        from companion.care.assistant.facts import Facts, read_facts

        database = self._database

        def read() -> Facts:
            if database is None:
                return Facts()
            with database.read() as connection:
                return read_facts(connection, time.time(), self._zone)

        try:
            self._state = replace(self._state, facts=await asyncio.to_thread(read))
        except StorageError:
            # The diary reports it; what is not known to be allowed is not told.
            self._state = replace(self._state, facts=Facts())

    def _show(self, *, again: bool = False, **changed: object) -> None:
        self._state = replace(self._state, **changed)  # type: ignore[arg-type]
        self._bridge.show(self._state, again=again)

    def _volume_now(self) -> float:
        return float(getattr(self._voice, "volume_db", 0.0))

    def _set_volume(self, volume_db: float) -> None:
        talk, voice = self._talk, self._voice
        if talk is not None:
            talk.later(lambda: voice.adjust(volume=volume_db - self._volume_now()))

    def _say(self, text: str) -> None:
        from companion.wellbeing.checkins import is_quiet

        talk = self._talk
        self._forget_late()
        if talk is None:
            return
        if is_quiet(self._config.checkins, datetime.now(self._zone)):
            self._show(message="quiet_hours")
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._show(message="too_many")
            return
        expires = time.time() + _SAY_WITHIN_S
        self._waiting.append(expires)
        self._show(message="waiting")
        said = self._soon(lambda _: self._was_said(expires))
        parts = (ReplyPart(self._intro, "skill"), ReplyPart(text, "skill"))
        exchange = Exchange(parts, effect=lambda: said(None))
        talk.offer(Initiative("message", exchange, expires_at=expires))

    def _was_said(self, expires: float) -> None:
        with suppress(ValueError):
            self._waiting.remove(expires)
        self._show(message="said")

    def _forget_late(self) -> None:
        while self._waiting and self._waiting[0] < time.time():
            self._waiting.popleft()
            self._show(message="too_late")

    def _soon(self, job: Callable[[T], object]) -> Callable[[T], None]:
        """Return what runs a job on the loop, from any thread."""

        def call(value: T) -> None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(job, value)

        return call


def start_home(
    config: Config,
    voice: Voice,
    hush: Hush,
    database: Database | None,
    trouble: Callable[[str], None],
) -> HomeTalk | None:
    """Return the smart home's side of a talk; None when none is configured, or it cannot be.

    A mistake in its settings is told and costs nothing else.
    """
    if config.home.url is None:
        return None
    try:
        return HomeTalk(config, voice, hush, database, trouble)
    except CompanionError as error:
        trouble(f"the smart home is left out: {error}")
        return None


def _node(config: Config) -> Node:
    from companion.care.assistant.discovery import Node

    path = config.state_dir / ID_FILE
    fresh = os.urandom(6).hex()
    write_private(path, fresh.encode(), replace=False)
    known = path.read_text(encoding="ascii", errors="replace").strip()
    if not (known.isalnum() and known.isascii()):
        write_private(path, fresh.encode(), replace=True)
        known = fresh
    return Node(known, config.persona.name, config.home.prefix, __version__)


def _intro(language: str) -> str:
    for folder in (language, "en"):
        path: Path = data_dir("prompts") / folder / "home.toml"
        if path.is_file():
            return str(tomllib.loads(path.read_text(encoding="utf-8"))["message"])
    return ""


__all__ = ["ID_FILE", "HomeTalk", "start_home"]
