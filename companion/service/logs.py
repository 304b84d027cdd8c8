"""What a talk may write into the system's log: what happened, never what was said or by whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, Literal

from companion import events
from companion.domain import JsonObject

Style = Literal["plain", "json"]

ALLOWED: Final[dict[type[events.Event], tuple[str, ...]]] = {
    events.Listening: ("attention", "load_s"),
    events.Transcribed: ("stt_s", "completeness"),
    events.TurnCommitted: ("endpoint_wait_s",),
    events.DraftDropped: ("reason",),
    events.TurnMerged: (),
    events.Ignored: ("reason",),
    events.ReplyStarted: ("ready_at_commit", "source"),
    events.ReplyStopped: ("reason",),
    events.BargeIn: (),
    events.AttentionChanged: ("engaged", "reason"),
    events.Offered: ("kind",),
    events.OfferEnded: ("kind", "answered"),
    events.DeviceChanged: ("device", "state"),
    events.MuteChanged: ("muted", "by", "seconds"),
    events.AlertNews: ("kind",),
    events.Trouble: ("where",),
}
"""What of each event; the rest, and every other kind of event, stays out. Danger and feeling are in
the encrypted journal, and nowhere else."""

_PLAIN: Final = (
    events.Listening, events.DeviceChanged, events.MuteChanged, events.AlertNews, events.Trouble,
)  # fmt: skip
"""What a person who reads the log wants to see."""


def entry(event: events.Event) -> JsonObject | None:
    """Return what may be written of an event; None for nothing."""
    fields = ALLOWED.get(type(event))
    if fields is None:
        return None
    whole = event.to_json()
    return {"event": event.type, "t": whole["t"]} | {name: whole[name] for name in fields}


def line(event: events.Event, style: Style) -> str | None:
    """Return the line of an event; None for nothing."""
    found = entry(event)
    if found is None:
        return None
    if style == "json":
        return json.dumps(found, ensure_ascii=False)
    if not isinstance(event, _PLAIN):
        return None
    match event:
        case events.Listening():
            return f"listening after {event.load_s:.1f} s"
        case events.DeviceChanged():
            return f"{event.device} {event.state}"
        case events.MuteChanged():
            return f"{'muted' if event.muted else 'listening again'} by {event.by}"
        case events.AlertNews():
            return f"an alert: {event.kind}"
        case _:
            return f"trouble in {found['where']}"


def writer(style: Style, write: Callable[[str], None]) -> Callable[[events.Event], None]:
    """Return an observer that writes the lines of events."""

    def see(event: events.Event) -> None:
        text = line(event, style)
        if text is not None:
            write(text)

    return see


__all__ = ["ALLOWED", "Style", "entry", "line", "writer"]
