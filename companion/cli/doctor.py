"""``companion doctor``: what is wrong with this device, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what is safe: permissions, models, left-overs.")
    ] = False,
    sound: Annotated[
        bool, typer.Option("--sound/--no-sound", help="Hear the room, and play a sweep.")
    ] = True,
    speed: Annotated[
        bool, typer.Option("--speed/--no-speed", help="Load the models and time an answer.")
    ] = True,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Look at microphone, speaker, echo, models, disk, clock, data, contacts and units.

    Ends with 0 when all is well, 20 when something should be seen to, 21 when something does not
    work. Sound is recorded in memory for a few seconds and forgotten; nothing is sent.
    """
    from companion.app.examining import Wishes, as_json, examine
    from companion.config import load_config
    from companion.service.doctor.findings import EXIT_CODES, worst

    found = []
    for finding in examine(load_config(config), Wishes(fix, sound, speed)):
        found.append(finding)
        if not json:
            typer.echo(f"{finding.state.value:<5} {finding.says}")
            if finding.do:
                typer.echo(f"      -> {finding.do}")
    if json:
        typer.echo(as_json(found))
    raise typer.Exit(EXIT_CODES[worst(found)])
