"""A light that shows how it is: an LED of the board, or a file that another program reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

LED: Final = {
    "away": ("none", "0"),
    "listening": ("none", "1"),
    "hearing": ("none", "max"),
    "thinking": ("timer", "max"),
    "speaking": ("none", "max"),
    "muted": ("heartbeat", "max"),
    "trouble": ("timer", "max"),
}
"""State -> trigger and brightness of a Linux LED (``Documentation/leds``)."""


class Light:
    """Shows states; written only when they change."""

    def __init__(self, path: Path, on_trouble: Callable[[str], None]) -> None:
        """Take a light.

        Args:
            path: a folder such as ``/sys/class/leds/ACT``, or a file or FIFO that gets the word.
            on_trouble: told once, when it cannot be written.
        """
        self._path = path
        self._on_trouble = on_trouble
        self._told = False
        self._state = ""

    def show(self, state: str) -> None:
        """Show ``away``, ``listening``, ``hearing``, ``thinking``, ``speaking`` or ``muted``."""
        if state == self._state:
            return
        self._state = state
        try:
            if self._path.is_dir():
                self._led(state)
            else:
                self._word(state)
        except OSError as error:
            if not self._told:
                self._told = True
                self._on_trouble(f"the light {self._path} cannot be set: {error.strerror}")

    def close(self) -> None:
        """Switch it off."""
        with suppress(OSError):
            self.show("away")

    def _led(self, state: str) -> None:
        trigger, brightness = LED.get(state, LED["away"])
        if brightness == "max":
            brightness = (self._path / "max_brightness").read_text(encoding="ascii").strip()
        # The trigger first: it sets the brightness to its own.
        (self._path / "trigger").write_text(trigger, encoding="ascii")
        (self._path / "brightness").write_text(brightness, encoding="ascii")

    def _word(self, state: str) -> None:
        import os

        # Not blocking: a FIFO that nobody reads must not stop the talk.
        flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK
        if not self._path.is_fifo():
            flags |= os.O_TRUNC
        handle = os.open(self._path, flags, 0o644)
        try:
            os.write(handle, f"{state}\n".encode("ascii"))
        finally:
            os.close(handle)


__all__ = ["LED", "Light"]
