"""Counts and times of a talk, for Prometheus: numbers, never words or names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.exposition import generate_latest

from companion import __version__, events
from companion.errors import ServiceError

LOOPBACK: Final = "127.0.0.1"
_GAPS: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_STAGES: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 4.0, 8.0)
_WAITS: Final = (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
_REASONS: Final = 20
"""Different reasons that are counted apart; more would be a mistake, and costs memory."""


class Metrics:
    """Sees the events of one talk; its own registry, so that two talks do not meet."""

    def __init__(self) -> None:
        """Begin at nothing."""
        registry = self.registry = CollectorRegistry()
        info = Gauge("companion_info", "Version, as a label.", ["version"], registry=registry)
        info.labels(__version__).set(1)
        self._gap = Histogram(
            "companion_gap_seconds",
            "From the end of speech to the first sound of the reply.",
            buckets=_GAPS,
            registry=registry,
        )
        self._words = Histogram(
            "companion_transcription_seconds",
            "To turn what was heard into words.",
            buckets=_STAGES,
            registry=registry,
        )
        self._wait = Histogram(
            "companion_endpoint_wait_seconds",
            "From the end of speech until the turn was judged complete.",
            buckets=_WAITS,
            registry=registry,
        )
        self._happened = Counter(
            "companion_events", "What happened, by kind and reason.", ["kind", "reason"],
            registry=registry,
        )  # fmt: skip
        self._ready = Counter(
            "companion_drafts",
            "Replies that were prepared: kept, dropped, or not ready in time.",
            ["outcome"],
            registry=registry,
        )
        self._muted = Gauge(
            "companion_muted", "1 while the microphone is closed.", registry=registry
        )
        self._heard_until: float | None = None
        self._reasons: set[tuple[str, str]] = set()

    def see(self, event: events.Event) -> None:
        """Count an event."""
        match event:
            case events.Transcribed():
                self._words.observe(event.stt_s)
            case events.TurnCommitted():
                self._wait.observe(max(0.0, event.endpoint_wait_s))
                self._heard_until = event.heard_until
                self._count("turn")
            case events.ReplyStarted():
                if self._heard_until is not None:
                    self._gap.observe(max(0.0, event.t - self._heard_until))
                    self._heard_until = None
                self._ready.labels("kept" if event.ready_at_commit else "late").inc()
                self._count("reply", event.source)
            case events.DraftDropped():
                self._ready.labels("dropped").inc()
                self._count("draft_dropped", event.reason)
            case events.TurnMerged():
                self._count("cut_off")  # it had answered somebody who was not done
            case events.BargeIn():
                self._count("barge_in")
            case events.Ignored():
                self._count("ignored", event.reason)
            case events.Screened():
                self._count("screened", f"tier {event.tier}")
            case events.Offered():
                self._count("offered", event.kind)
            case events.AlertNews():
                self._count("alert", event.kind)
            case events.DeviceChanged():
                self._count("device", f"{event.device} {event.state}")
            case events.Trouble():
                self._count("trouble", event.where)
            case events.MuteChanged():
                self._muted.set(1 if event.muted else 0)
            case _:
                pass

    def watch(self, name: str, says: str, read: Callable[[], float]) -> None:
        """Add a number that is read whenever somebody asks.

        Args:
            name: without ``companion_``.
            says: what it is, with its unit.
            read: returns it; any thread.
        """
        Gauge(f"companion_{name}", says, registry=self.registry).set_function(read)

    def text(self) -> str:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry).decode()

    def serve(self, port: int) -> Callable[[], None]:
        """Answer on the loopback; return what ends that.

        Args:
            port: 0 takes a free one.

        Raises:
            ServiceError: the port is in use.
        """
        try:
            server, thread = start_http_server(port, LOOPBACK, self.registry)
        except OSError as error:
            raise ServiceError(
                f"metrics cannot be served on port {port}: it is in use; set service.metrics_port"
            ) from error

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5.0)

        self.port = int(server.server_port)
        return end

    def _count(self, kind: str, reason: str = "") -> None:
        if (kind, reason) not in self._reasons and len(self._reasons) >= _REASONS * 10:
            reason = "other"
        self._reasons.add((kind, reason))
        self._happened.labels(kind, reason).inc()


def rss_bytes(status: Path = Path("/proc/self/status")) -> float:
    """Return the memory this process holds."""
    try:
        lines: Iterable[str] = status.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    for line in lines:
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) * 1024
    return 0.0


__all__ = ["LOOPBACK", "Metrics", "rss_bytes"]
