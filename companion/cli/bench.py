"""``companion bench``: speed and memory, beside the plain pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Recordings of one utterance each.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime/--fast", help="Wall clock, or virtual time.")
    ] = True,
    compare: Annotated[
        bool, typer.Option("--compare/--alone", help="Also run the plain pipeline.")
    ] = True,
    idle: Annotated[
        float, typer.Option("--idle", help="Instead, watch a live talk wait for so many seconds.")
    ] = 0.0,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Time every stage, the response gap, CPU and memory of a talk."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.bench import bench as measure
    from companion.measure.idle import measure_idle

    if idle > 0:
        show(measure_idle(idle, config), json=json)
        return
    show(measure(load_config(config), files or (), realtime=realtime, compare=compare), json=json)
