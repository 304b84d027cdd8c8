"""``companion soak``: does it stay the same over hours?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def soak(
    hours: Annotated[float, typer.Option(min=0.02, help="Of the home's time.")] = 24.0,
    speed: Annotated[
        float, typer.Option(min=0.0, help="At most so many times as fast as real; 0: no limit.")
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Live through hours of talk, television, noise and silence; memory, files, gap must stay.

    The sound is made up by its own voice, the state is a scratch folder. Fails when something grew.
    """
    from companion.cli.report import show
    from companion.config import load_config
    from companion.errors import MeasureError
    from companion.measure.soak import soak as measure

    told = 0

    def progress(share: float) -> None:
        nonlocal told
        if not json and int(share * 10) > told:
            told = int(share * 10)
            typer.echo(f"{told * 10}%", err=True)

    found = measure(load_config(config), hours, speed=speed, on_progress=progress)
    show(found, json=json)
    if found["wrong"]:
        raise MeasureError(f"it does not stay the same: {'; '.join(found['wrong'])}")
