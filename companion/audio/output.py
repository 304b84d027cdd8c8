"""What the conversation hears from and speaks into."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from companion.domain import Frame, Pcm

FADE_S = 0.010
"""A cut fades this long, so that it does not click."""

OnChange = Callable[[str, str], None]
"""Called with a device's new state (``lost``, ``back``, ``silent``, ``sounding``) and a detail."""


class Source(Protocol):
    """Where sound comes from."""

    def frames(self) -> AsyncIterator[Frame]:
        """Yield 20 ms frames, 16 kHz mono, in order, until the source is closed or ends."""
        ...

    @property
    def ended_at(self) -> float | None:
        """When a file's own sound ended, on the clock; None until then and for a microphone."""
        ...

    def finish(self) -> None:
        """Say that the conversation is over: a file's trailing silence may end."""
        ...

    async def close(self) -> None:
        """Stop delivering and release the device or file."""
        ...


class Output(Protocol):
    """Where speech goes. Nothing here blocks or raises into the conversation."""

    @property
    def rate(self) -> int:
        """Hz that ``write`` takes."""
        ...

    def write(self, pcm: Pcm) -> None:
        """Queue mono samples at ``rate``, gapless after what is queued already."""
        ...

    def cut(self) -> None:
        """Fall silent within 100 ms: fade for 10 ms and drop the rest."""
        ...

    def pending(self) -> float:
        """Return seconds written that have not sounded yet, device latency included."""
        ...

    def reference(self, until: float) -> Pcm:
        """Return what sounded in the 20 ms ending at ``until`` on the input clock.

        Shape (320,), 16 kHz mono; zeros when nothing did.
        """
        ...

    def close(self) -> None:
        """Finish the file or release the device."""
        ...
