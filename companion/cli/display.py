"""What ``companion talk`` shows: a level meter, what it is doing, and the talk so far."""

from __future__ import annotations

from collections import deque
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from companion import events

_FLOOR_DB: Final = -60.0
_BAR: Final = 32
_STATES: Final = {
    "listening": ("listening", "green"),
    "away": ("waiting to be called", "bright_black"),
    "hearing": ("hearing you", "cyan"),
    "thinking": ("thinking", "yellow"),
    "speaking": ("speaking", "magenta"),
    "muted": ("not listening", "red"),
}


class Display:
    """A calm live view on a terminal; plain lines when there is none."""

    def __init__(self, name: str, console: Console | None = None, *, lines: int = 12) -> None:
        self._name = name
        self._console = console or Console()
        self._talk: deque[tuple[str, str, str]] = deque(maxlen=lines)
        self._level = _FLOOR_DB
        self._state = "listening"
        self._note = ""
        self._muted = False
        self._reply: list[str] = []
        self._live: Live | None = None

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live = Live(
                self.render(), console=self._console, refresh_per_second=12, transient=False
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.update(self.render())
            self._live.stop()

    def level(self, dbfs: float, state: str) -> None:
        """Show the microphone's level and what the companion is doing."""
        self._level = max(dbfs, self._level - 3.0)
        self._state = "muted" if self._muted and state in ("listening", "away") else state
        self._refresh()

    def see(self, event: events.Event) -> None:
        """Take an event into the picture."""
        match event:
            case events.Listening() if event.attention == "name":
                self._note = f"say “{self._name}” to call me"
            case events.TurnCommitted():
                self._say("you", event.text, "cyan")
            case events.TurnMerged():
                if self._talk and self._talk[-1][0] == "you":
                    self._talk.pop()
            case events.ReplySentence():
                self._say(self._name, event.text, "magenta")
            case events.ReplyStopped():
                self._say("", f"({event.reason.replace('_', ' ')})", "bright_black")
            case events.Ignored() if event.reason == "not_addressed":
                self._say("", f"(not for me; say “{self._name}” to call me)", "bright_black")
            case events.Trouble():
                self._say("!", event.what, "red")
            case events.DeviceChanged():
                self._say("!", f"{event.device} {event.state} {event.detail}".strip(), "red")
            case events.MuteChanged():
                self._muted = event.muted
                self._say("!", "not listening" if event.muted else "listening again", "red")
            case events.AttentionChanged():
                self._note = "" if event.engaged else f"say “{self._name}” to call me"
        self._refresh()

    def line(self, text: str) -> None:
        """Show a plain line above the talk."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _say(self, who: str, text: str, colour: str) -> None:
        self._talk.append((who, text, colour))
        if self._live is None and text:
            said = f"{who}: {text}" if who else text
            self._console.print(said, highlight=False, markup=False, soft_wrap=True)

    def _refresh(self) -> None:
        if self._live is not None:
            self._live.update(self.render())

    def render(self) -> RenderableType:
        """Return the picture as it is now."""
        filled = round(_BAR * min(1.0, max(0.0, (self._level - _FLOOR_DB) / -_FLOOR_DB)))
        label, colour = _STATES.get(self._state, (self._state, "white"))
        meter = Text.assemble(
            ("mic ", "bright_black"),
            ("━" * filled, "green" if self._level < -6 else "red"),
            ("━" * (_BAR - filled), "bright_black"),
            (f"  {self._level:5.0f} dB   ", "bright_black"),
            (f"● {label}", colour),
            (f"   {self._note}", "bright_black"),
        )
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for who, text, style in self._talk:
            words = Text(text, style="" if who else style)
            table.add_row(Text(who, style=f"bold {style}"), words)
        return Panel(
            Group(meter, Text(""), table),
            title=f"[bold]{self._name}[/bold]",
            subtitle="everything stays on this machine · Ctrl-C ends",
            border_style="bright_black",
            padding=(1, 2),
        )
