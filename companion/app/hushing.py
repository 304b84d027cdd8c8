"""Not listening, in a running talk: by voice, button, command or from the smart home."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from companion import events
from companion.config import Config
from companion.domain import JsonObject
from companion.errors import CompanionError, ConfigError
from companion.service.control import Control, ask, control_path
from companion.service.mute_skill import MuteSkill, load_mute_texts
from companion.service.muting import MUTE_FILE, Muted, Muting, new_mute, read_muted, write_muted

if TYPE_CHECKING:
    from companion.audio.microphone import Microphone
    from companion.conversation.loop import Conversation

_TICK_S: Final = 1.0
_RELEASE_S: Final = 3.0
"""The device is released within 0.2 s; a frozen sound server takes longer."""


def is_muted(config: Config) -> bool:
    """Return whether the last run was muted, and still is."""
    return read_muted(config.state_dir / MUTE_FILE, time.time()) is not None


class Hush:
    """Closes and opens the microphone of a talk, says so, and answers ``companion mute``."""

    def __init__(
        self,
        config: Config,
        microphone: Microphone,
        notices: Mapping[str, str],
        log: Callable[[events.Event], None],
        trouble: Callable[[str], None],
    ) -> None:
        """Take up the state of the last run; call it on the loop.

        Args:
            config: settings.
            microphone: what is closed.
            notices: lines ``muted`` and ``unmuted``.
            log: takes events.
            trouble: takes one line when something cannot be kept; any thread.
        """
        self._config = config
        self._microphone = microphone
        self._notices = notices
        self._log = log
        self._trouble = trouble
        self._loop = asyncio.get_running_loop()
        self._talk: Conversation | None = None
        self._listening: Callable[[str], None] = lambda _: None
        self.told: list[Callable[[Muted | None], None]] = []
        """Called on the loop after every change."""
        self.muting = Muting(config.state_dir / MUTE_FILE, microphone, self._changed, trouble)

    def skills(self) -> tuple[MuteSkill, ...]:
        """Return what understands "stop listening"; nothing when its texts have a mistake."""
        try:
            texts = load_mute_texts(self._config.persona.language)
        except ConfigError as error:
            self._trouble(str(error))
            return ()
        mute = self._config.mute
        return (
            MuteSkill(
                texts, self._config.persona.name, self._by_voice, mute.minutes * 60.0, mute.button
            ),
        )

    async def accompany(
        self, talk: Conversation, listening: Callable[[str], None]
    ) -> Callable[[], Awaitable[None]]:
        """Begin.

        Args:
            talk: speaks.
            listening: told ``muted``, ``heard`` or ``fault`` for the journal.

        Returns:
            What ends it.
        """
        self._talk, self._listening = talk, listening
        muted = self.muting.muted
        if muted is not None:
            self._tell(muted, "start")
        control = Control(
            control_path(self._config.state_dir, self._config.control.socket),
            {"mute": self._asked},
        )
        try:
            await control.start()
        except CompanionError as error:
            self._trouble(f"companion mute cannot reach this talk: {error}")
        task = asyncio.create_task(self._tick())

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await control.close()

        return end

    def push(self) -> None:
        """Engage as by a button; one who is muted listens again first."""
        self.muting.unmute("button")
        if self._talk is not None:
            self._talk.push()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.muting.tick()

    def _by_voice(self, seconds: float | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.muting.mute, "voice", seconds)

    async def _asked(self, what: JsonObject) -> JsonObject:
        to, seconds = what.get("to"), what.get("seconds")
        if to == "on":
            timed = isinstance(seconds, (int, float)) and seconds > 0
            self.muting.mute("command", float(seconds) if timed and seconds is not None else None)
            if not await asyncio.to_thread(self._microphone.await_release, _RELEASE_S):
                raise ConfigError("the sound system does not let go of the microphone")
        elif to == "off":
            self.muting.unmute("command")
        return {"running": True, **mute_state(self.muting.muted)}

    def _changed(self, muted: Muted | None, by: str) -> None:
        self._tell(muted, by)
        why = "fault" if self._microphone.lost else "heard"
        self._listening("muted" if muted is not None else why)
        if muted is None and self._talk is not None:
            self._talk.room_changed()
        for tell in self.told:
            tell(muted)

    def _tell(self, muted: Muted | None, by: str) -> None:
        talk = self._talk
        seconds = muted.seconds or 0.0 if muted is not None else 0.0
        now = talk.now if talk is not None else 0.0
        self._log(events.MuteChanged(now, muted is not None, by, seconds))
        line = self._notices.get("unmuted" if muted is None else "muted")
        if talk is not None and line and by != "voice":  # the answer itself said so
            talk.announce(line)


def mute_state(muted: Muted | None) -> JsonObject:
    """Return the state as JSON."""
    return {
        "muted": muted is not None,
        "until": muted.until if muted is not None else None,
        "by": muted.by if muted is not None else "",
    }


def mute(config: Config, to: str, seconds: float | None = None) -> JsonObject:
    """Mute or unmute the running talk, or the next one when none is running; blocking.

    Args:
        config: settings.
        to: ``on``, ``off`` or ``status``.
        seconds: with ``on``, for how long.

    Returns:
        ``running``, ``muted``, ``until`` (seconds since 1970 or None) and ``by``.

    Raises:
        CompanionError: the talk does not answer, or the state cannot be kept.
    """
    path = control_path(config.state_dir, config.control.socket)
    answer = ask(path, {"do": "mute", "to": to, "seconds": seconds})
    if answer is not None:
        return answer
    file, now = config.state_dir / MUTE_FILE, time.time()
    if to != "status":
        write_muted(file, new_mute("command", seconds, now) if to == "on" else None)
    return {"running": False, **mute_state(read_muted(file, now))}


__all__ = ["Hush", "is_muted", "mute", "mute_state"]
