"""Keeps Home Assistant informed, and hands over what it asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf, isfinite
from typing import Final

from companion.care.assistant.address import Login
from companion.care.assistant.discovery import (
    LONGEST_TEXT,
    LOUDEST_DB,
    OFF,
    ON,
    ONLINE,
    QUIETEST_DB,
    Node,
    discovery,
    will,
)
from companion.care.assistant.facts import Facts
from companion.care.hub.link import Address, Inbound, Link, Parcel

_COMMANDS: Final = ("mute/set", "volume/set", "say/set")
_MOST_BYTES: Final = 4 * LONGEST_TEXT
_MINUTE_S: Final = 60.0
_SETTLE_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class HomeState:
    """What can be seen of the companion."""

    muted: bool = False
    volume_db: float = 0.0
    heard_at: float | None = None
    """Seconds since 1970 when somebody last spoke with it; told to the minute."""
    message: str = "none"
    """One of ``discovery.RESULTS``."""
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Commands:
    """What Home Assistant may ask for; called on the connection's thread, must not block."""

    mute: Callable[[bool], None]
    volume: Callable[[float], None]
    """dB."""
    say: Callable[[str], None]
    """Text of 1 to 255 characters without control characters."""


class HomeBridge:
    """One companion at one broker; nothing is queued while the broker is away."""

    def __init__(
        self,
        where: Address,
        login: Login,
        node: Node,
        commands: Commands,
        *,
        reconnect_s: tuple[int, int] = (1, 60),
    ) -> None:
        """Prepare; ``start`` connects.

        Args:
            where: the broker.
            login: user and password.
            node: how the companion is called.
            commands: what may be asked for.
            reconnect_s: the shortest and longest wait between tries.

        Raises:
            HubError: the certificate cannot be used.
        """
        self._node = node
        self._commands = commands
        self._state = HomeState()
        self._lock = threading.Lock()
        self._repeat_at = inf
        self._link = Link(
            where,
            login.user,
            login.password,
            self._arrived,
            topics=(node.birth, *(node.topic(one) for one in _COMMANDS)),
            greeting=self._greeting,
            will=will(node),
            reconnect_s=reconnect_s,
            client_id=f"companion-{node.id}",
        )

    @property
    def up(self) -> bool:
        """Whether the broker has let it in."""
        return self._link.up

    @property
    def trouble(self) -> str:
        """Why it is not connected; empty when it is, or was not refused."""
        return self._link.trouble

    def start(self) -> None:
        """Connect, and keep trying."""
        self._link.start()

    def stop(self) -> None:
        """Say that it is gone, and disconnect."""
        self._link.stop((will(self._node),))

    def show(self, state: HomeState, *, again: bool = False) -> None:
        """Tell what has changed; any thread, every few seconds even if nothing has.

        Args:
            state: how things are.
            again: tell everything, for a Home Assistant that may have missed it.
        """
        with self._lock:
            before, self._state = self._state, state
        if not self._link.up:
            return  # the greeting will tell
        if state.facts.permitted != before.facts.permitted:
            self._link.publish(discovery(self._node, state.facts.permitted))
        if time.monotonic() >= self._repeat_at:
            self._repeat_at, again = inf, True
        old = {} if again else _states(before)
        for what, value in _states(state).items():
            if old.get(what) != value:
                self._link.publish(Parcel(self._node.topic(f"{what}/state"), value.encode()))

    def _greeting(self) -> Sequence[Parcel]:
        """Return what is said whenever the connection is up, or Home Assistant has started.

        Our own states are not kept by the broker, so that nothing about the person stays there.
        """
        # An entity that is new there does not listen yet; the next ``show`` tells it.
        self._repeat_at = time.monotonic() + _SETTLE_S
        with self._lock:
            state = self._state
        node = self._node
        return (
            discovery(node, state.facts.permitted),
            Parcel(node.topic("status"), ONLINE, retain=True),
            *(
                Parcel(node.topic(f"{what}/state"), value.encode())
                for what, value in _states(state).items()
            ),
        )

    def _arrived(self, message: Inbound) -> None:
        if message.topic == self._node.birth:
            if message.payload == ONLINE:
                for parcel in self._greeting():
                    self._link.publish(parcel)
            return
        if message.retained or len(message.payload) > _MOST_BYTES:
            return  # an old command must not mute or speak at every start
        text = message.payload.decode("utf-8", "replace")
        what = message.topic.removeprefix(self._node.topic(""))
        if what == "mute/set" and text in (ON, OFF):
            self._commands.mute(text == ON)
        elif what == "volume/set":
            self._volume(text)
        elif what == "say/set":
            self._say(text)

    def _volume(self, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        if isfinite(value):
            self._commands.volume(min(max(value, QUIETEST_DB), LOUDEST_DB))

    def _say(self, text: str) -> None:
        plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if plain:
            self._commands.say(plain[:LONGEST_TEXT])


def _states(state: HomeState) -> dict[str, str]:
    facts = state.facts
    told = {
        "mute": ON if state.muted else OFF,
        "volume": f"{state.volume_db:g}",
        "message": state.message,
    }
    if facts.heard and state.heard_at is not None:
        minute = state.heard_at // _MINUTE_S * _MINUTE_S
        told["heard"] = datetime.fromtimestamp(minute, UTC).isoformat()
    if facts.alert is not None:
        told["alert"] = ON if facts.alert else OFF
    if facts.mood is not None:
        told["mood"] = facts.mood
    return told


__all__ = ["Commands", "HomeBridge", "HomeState"]
