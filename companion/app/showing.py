"""What a talk shows of itself to whoever looks after the machine: numbers, and a light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from companion import events
from companion.config import Config
from companion.errors import CompanionError

if TYPE_CHECKING:
    from companion.app.keeping import Keeping
    from companion.app.watching import Watched
    from companion.service.light import Light
    from companion.service.metrics import Metrics

_TROUBLE_S = 60.0
"""The light shows trouble for so long."""


@dataclass(slots=True)
class Shown:
    """Told the events and the frames of a talk, on the loop."""

    metrics: Metrics | None
    light: Light | None
    end_metrics: Callable[[], None] | None = None
    _muted: bool = field(default=False, init=False)
    _trouble_until: float = field(default=-1.0, init=False)
    _now: float = field(default=0.0, init=False)

    def see(self, event: events.Event) -> None:
        """Take note of an event."""
        self._now = max(self._now, event.t)
        if self.metrics is not None:
            self.metrics.see(event)
        if isinstance(event, events.MuteChanged):
            self._muted = event.muted
        elif isinstance(event, events.Trouble) or (
            isinstance(event, events.DeviceChanged) and event.state == "lost"
        ):
            self._trouble_until = event.t + _TROUBLE_S

    def frame(self, state: str, t: float) -> None:
        """Show the state of the talk.

        Args:
            state: of ``Conversation.state``.
            t: seconds on the input clock.
        """
        if self.light is None:
            return
        if state in ("hearing", "speaking"):
            shown = state
        elif self._muted:
            shown = "muted"
        else:
            shown = "trouble" if t < self._trouble_until else state
        self.light.show(shown)

    def close(self) -> None:
        """Stop serving, and switch the light off."""
        if self.light is not None:
            self.light.close()
        if self.end_metrics is not None:
            self.end_metrics()


def start_showing(
    config: Config,
    keeping: Keeping | None,
    watched: Watched | None,
    on_trouble: Callable[[str], None],
) -> Shown | None:
    """Begin to show what the settings ask for; None where that is nothing.

    Args:
        config: settings.
        keeping: whose alerts are counted.
        watched: whose heart is asked.
        on_trouble: told one plain line when something of it cannot work.
    """
    from companion.service.light import Light

    light = Light(config.service.light, on_trouble) if config.service.light is not None else None
    metrics = _metrics(keeping, watched) if config.service.metrics_port else None
    if light is None and metrics is None:
        return None
    shown = Shown(metrics, light)
    if metrics is not None:
        try:
            shown.end_metrics = metrics.serve(config.service.metrics_port)
        except CompanionError as error:
            on_trouble(str(error))
    return shown


def _metrics(keeping: Keeping | None, watched: Watched | None) -> Metrics:
    from companion.service.metrics import Metrics, rss_bytes

    metrics = Metrics()
    metrics.watch("resident_memory_bytes", "Memory of the talk.", rss_bytes)
    if watched is not None:
        heart = watched.heart
        metrics.watch("frame_age_seconds", "Since the talk took a frame.", lambda: heart.frame_s)
        metrics.watch("loop_lag_seconds", "How late the loop is.", lambda: heart.loop_s)
        metrics.watch(
            "watchdog_restarts",
            "Restarts that the watchdog asked for, of those remembered.",
            lambda: float(watched.book.asked),
        )
    if keeping is not None:
        metrics.watch(
            "alerts_waiting",
            "Alerts that nobody has answered yet; -1 when the database fails.",
            lambda: _waiting(keeping),
        )
    return metrics


def _waiting(keeping: Keeping) -> float:
    try:
        return float(keeping.alerts.waiting())
    except CompanionError:
        return -1.0


__all__ = ["Shown", "start_showing"]
