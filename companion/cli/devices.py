"""``companion devices``: which microphones and speakers there are, with live levels."""

from __future__ import annotations

import asyncio
import json as json_format
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from companion.audio.clock import WallClock
from companion.audio.devices import DeviceInfo, list_devices
from companion.audio.level import FLOOR_DBFS, Meter
from companion.audio.microphone import Microphone
from companion.errors import AudioError, CompanionError

_REFRESH_S = 0.1
_BAR = 20


def devices(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0.0, help="How long to show live input levels.")
    ] = 3.0,
) -> None:
    """List microphones and speakers with live levels."""
    try:
        found = list_devices()
        if not found:
            raise AudioError("no microphone or speaker found; plug one in and try again")
    except CompanionError as error:
        if json:
            typer.echo(json_format.dumps({"devices": [], "error": str(error)}))
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error
    levels = _Levels(found)
    console = Console()
    live = not json and console.is_terminal and seconds > 0
    if live:
        with Live(_table(found, levels), console=console, refresh_per_second=10) as view:
            asyncio.run(levels.listen(seconds, lambda: view.update(_table(found, levels))))
    else:
        asyncio.run(levels.listen(seconds, lambda: None))
        if json:
            rows = [d.to_json() | {"level_dbfs": levels.loudest.get(d.index)} for d in found]
            typer.echo(json_format.dumps({"devices": rows}))
        else:
            console.print(_table(found, levels))


class _Levels:
    """Listens to every microphone at once."""

    def __init__(self, found: Sequence[DeviceInfo]) -> None:
        self.meters = {d.index: Meter() for d in found if d.can("input")}
        self.loudest: dict[int, float] = {}
        """Highest level heard so far, dBFS, by device index."""
        self.failed: set[int] = set()

    async def listen(self, seconds: float, refresh: Callable[[], None]) -> None:
        if seconds <= 0:
            return
        tasks = [asyncio.create_task(self._hear(index)) for index in self.meters]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(_REFRESH_S)
            refresh()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self, index: int) -> None:
        clock = WallClock()
        microphone: Microphone | None = None
        try:
            microphone = await asyncio.to_thread(Microphone, index, clock)
            async for frame in microphone.frames():
                level = round(self.meters[index].update(frame.pcm), 1)
                self.loudest[index] = max(level, self.loudest.get(index, FLOOR_DBFS))
        except CompanionError:
            self.failed.add(index)
        finally:
            if microphone is not None:
                await microphone.close()
            clock.close()


def _table(found: Sequence[DeviceInfo], levels: _Levels) -> Table:
    table = Table(title="Microphones and speakers", title_justify="left")
    for heading in ("index", "name", "in", "out", "Hz", "level"):
        table.add_column(heading, justify="right" if heading in ("index", "in", "out") else "left")
    for device in found:
        inputs, outputs = (_channels(device, kind) for kind in ("input", "output"))
        level = _bar(levels, device.index)
        table.add_row(str(device.index), device.name, inputs, outputs, str(device.rate), level)
    table.caption = "* used when no device is named. Set audio.input and audio.output to a name."
    table.caption_justify = "left"
    return table


def _channels(device: DeviceInfo, kind: str) -> str:
    count = device.inputs if kind == "input" else device.outputs
    default = device.default_input if kind == "input" else device.default_output
    return f"{count}{'*' if default else ''}" if count else ""


def _bar(levels: _Levels, index: int) -> str:
    if index in levels.failed:
        return "[red]cannot be opened[/red]"
    if index not in levels.loudest:
        return ""
    meter = levels.meters[index]
    full = round(meter.share * _BAR)
    return f"[green]{'█' * full}[/green]{'·' * (_BAR - full)} {meter.rms:4.0f} dB"
