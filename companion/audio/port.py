"""Keeps the process that holds PortAudio alive, and speaks with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from companion.audio.devices import child_command
from companion.audio.output import OnChange
from companion.audio.port_child import HEAD
from companion.errors import DeviceError

_OPEN_S = 6.0
"""A child that has not opened its stream by then hangs."""
_FIRST_S = 4.0
"""After opening, blocks may be this late: an idle PulseAudio sink works in blocks of 2 s."""
_STEADY_S = 0.5
"""A device is reported as back when sound has moved for this long."""
_STALL_S = 1.0
"""No callback for this long: the device is gone, whatever PortAudio believes."""
_RETRY_S = (0.2, 0.5, 1.0, 2.0)
_OUTBOX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened."""

    name: str
    rate: int
    """Hz."""
    channels: int


class Port:
    """A microphone's or speaker's stream, restarted whenever it dies.

    A thread of its own reads the child and calls ``on_message``; ``on_change`` is called on the
    event loop that ran when the port was built, or on that thread when none did.

    Args:
        mode: ``capture`` or ``playback``.
        device: name, part of a name, or index; None is the default.
        on_opened: a stream was opened (again).
        on_message: type and payload of each message from the child.
        on_change: ``lost`` or ``back``, once each time.
    """

    def __init__(
        self,
        mode: Literal["capture", "playback"],
        device: str | int | None,
        *,
        on_opened: Callable[[Opened], None],
        on_message: Callable[[bytes, bytes], None],
        on_change: OnChange | None = None,
    ) -> None:
        self._mode = mode
        self._device = device
        self._on_opened = on_opened
        self._on_message = on_message
        self._on_change = on_change
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._child: subprocess.Popen[bytes] | None = None
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._closing = False
        self._paused = False
        self._patient = False
        """Begun in pause: a device that is not there is waited for, not an error."""
        self._lost = False
        self._told_lost = False
        self._opened_at = 0.0
        self._flowing_since = 0.0
        self._first: Opened | None = None
        self._settled = threading.Event()
        self._failure = "the sound device does not answer"
        self.flowing = False
        """Sound moves: the stream is open and its callback runs."""
        self._thread = threading.Thread(target=self._keep, name=f"port-{mode}", daemon=True)

    def open(self) -> Opened:
        """Open the stream for the first time; blocks for about 0.3 s.

        Raises:
            DeviceError: there is no such device, or it cannot be opened.
        """
        self._thread.start()
        self._settled.wait(_OPEN_S + 2)
        if self._first is None:
            self.close()
            raise DeviceError(self._failure)
        return self._first

    def open_paused(self) -> None:
        """Begin without opening anything; ``resume`` opens the stream for the first time."""
        self._paused = self._patient = True
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process that holds the stream now."""
        child = self._child
        return None if child is None else child.pid

    @property
    def lost(self) -> bool:
        """Whether the device has gone and is being looked for."""
        return self._lost

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Queue a message for the child; never blocks, dropped while there is no device."""
        if (
            self._first is not None
            and not (self._lost or self._paused)
            and self._outbox_bytes < _OUTBOX_BYTES
        ):
            self._outbox_bytes += len(payload)
            self._outbox.append(HEAD.pack(kind, len(payload)) + payload)
            self._wake()

    def pause(self) -> None:
        """Close the stream until ``resume``; the device is released."""
        self._paused = True
        self._wake()

    def resume(self) -> None:
        """Open the stream again."""
        self._paused = False
        self._wake()

    def close(self) -> None:
        """Close the stream for good."""
        if self._closing:
            return
        self._closing = True
        self._wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"w")

    def _keep(self) -> None:
        tries = 0
        while not self._closing:
            if self._paused:
                self._sleep(60.0)
                continue
            reason, flowed = self._session()
            if self._over():
                continue
            if self._first is None and not self._patient:
                self._failure = reason
                self._settled.set()
                return
            self._lost = True
            if not self._told_lost:
                self._told_lost = True
                self._tell("lost", reason)
            tries = 0 if flowed else tries + 1
            until = time.monotonic() + _RETRY_S[min(tries, len(_RETRY_S) - 1)]
            while not self._over() and time.monotonic() < until:
                self._sleep(until - time.monotonic())

    def _over(self) -> bool:
        return self._closing or self._paused

    def _sleep(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            if selector.select(max(0.0, seconds)):
                self._drain()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)

    def _session(self) -> tuple[str, bool]:
        """Run one child to its end; return why it ended and whether sound ever moved."""
        rate = self._first.rate if self._first else None
        child = subprocess.Popen(
            child_command(self._mode, json.dumps([self._device, rate])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us, not for it
        )
        flowed = False
        self._child = child
        try:
            reason = self._talk(child)
            flowed = self.flowing
        finally:
            self.flowing = False
            self._child = None
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._outbox.clear()
            self._outbox_bytes = 0
        return reason, flowed

    def _talk(self, child: subprocess.Popen[bytes]) -> str:
        assert child.stdin is not None
        assert child.stdout is not None
        read, write = child.stdout.fileno(), child.stdin.fileno()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        inbox = bytearray()
        unsent = memoryview(b"")
        deadline = time.monotonic() + _OPEN_S
        with selectors.DefaultSelector() as selector:
            selector.register(read, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            writing = False
            while not self._over():
                if writing != bool(unsent or self._outbox):
                    writing = not writing
                    if writing:
                        selector.register(write, selectors.EVENT_WRITE)
                    else:
                        selector.unregister(write)
                ready = {key.fd for key, _ in selector.select(deadline - time.monotonic())}
                if self._wake_read in ready:
                    self._drain()
                if write in ready:
                    unsent = self._push(write, unsent)
                if read in ready:
                    data = os.read(read, 1 << 16)
                    if not data:
                        return "the sound process ended"
                    inbox += data
                    verdict = self._take(inbox)
                    if isinstance(verdict, str):
                        return verdict
                    if verdict:
                        deadline = time.monotonic() + verdict
                elif time.monotonic() >= deadline:
                    return "no sound moves through the device"
        return "closed"

    def _push(self, write: int, unsent: memoryview) -> memoryview:
        if not unsent and self._outbox:
            message = self._outbox.popleft()
            self._outbox_bytes -= len(message) - HEAD.size
            unsent = memoryview(message)
        try:
            return unsent[os.write(write, unsent) :]
        except BlockingIOError:
            return unsent
        except OSError:
            return memoryview(b"")  # the child is gone; reading will say so

    def _take(self, inbox: bytearray) -> str | float:
        """Handle whole messages; return an error, or the seconds the next may take (0: as was)."""
        patience = 0.0
        while len(inbox) >= HEAD.size:
            kind, length = HEAD.unpack_from(inbox)
            if len(inbox) < HEAD.size + length:
                break
            payload = bytes(inbox[HEAD.size : HEAD.size + length])
            del inbox[: HEAD.size + length]
            if kind == b"E":
                return str(json.loads(payload)["error"])
            if kind == b"H":
                self._opened(Opened(**json.loads(payload)))
                patience = _FIRST_S
                continue
            now = time.monotonic()
            patience = max(_STALL_S, self._opened_at + _FIRST_S - now)
            if not self.flowing:
                self.flowing = True
                self._flowing_since = now
                self._lost = False
            if self._told_lost and now - self._flowing_since > _STEADY_S:
                self._told_lost = False
                self._tell("back", "")
            self._on_message(kind, payload)
        return patience

    def _opened(self, opened: Opened) -> None:
        self._opened_at = time.monotonic()
        self._on_opened(opened)
        if self._first is None:
            self._first = opened
            if isinstance(self._device, int):
                # Numbers change when devices come and go, names hardly do.
                self._device = opened.name.split(" (hw:")[0]
            self._settled.set()

    def _tell(self, state: str, detail: str) -> None:
        if self._on_change is None or self._closing:
            return
        if self._loop is None:
            self._on_change(state, detail)
        else:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._on_change, state, detail)
