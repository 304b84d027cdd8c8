"""``companion safety``: what the protocols did, and the numbers they give."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Safety protocols: yearly counts, help numbers.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A TOML config file.")]


@app.command()
def report(
    year: Annotated[int | None, typer.Option(help="Which year; this one if left out.")] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """How often each protocol was used in a year: counts only, no names, words or times."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.safety.report import yearly_report

    database = house.open_storage(load_config(config))
    try:
        with database.read() as connection:
            show(yearly_report(connection, year or datetime.now().year), json=json)
    finally:
        database.close()


@app.command()
def numbers(json: Json = False, config: ConfigFile = None) -> None:
    """The help numbers of the region, each with its source and the day it was checked."""
    import json as jsonlib

    from companion.config import load_config
    from companion.safety.regions import load_region

    settings = load_config(config)
    region = load_region(settings.safety.region, settings.persona.language)
    if json:
        print(jsonlib.dumps(region.model_dump(mode="json"), ensure_ascii=False))
        return
    for kind, entry in region.numbers():
        print(f"{kind:16} {entry.number:18} {entry.name} (checked {entry.checked}; {entry.source})")
