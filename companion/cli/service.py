"""``companion service``: what the units run, and how the running companion is."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Running untouched, as a service.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]


@app.command()
def run(config: ConfigOption = None) -> None:
    """Talk, as companion.service does: no display, no words in the log, no demonstration."""
    from companion.config import load_config
    from companion.service.logs import writer
    from companion.session import TalkRequest, hold

    settings = load_config(config)
    log = writer(settings.service.log, lambda line: print(line, flush=True))
    hold(settings, TalkRequest(observers=(log,)))


@app.command()
def post(config: ConfigOption = None) -> None:
    """Send alerts, the evening's post and what the hub gets, until stopped."""
    from companion import app as house
    from companion.config import load_config

    stopping = threading.Event()
    house.until_told(stopping)
    house.hold_post(load_config(config), stopping, lambda line: print(line, flush=True))


@app.command("status-file")
def status_file(
    as_json: Annotated[bool, typer.Option("--json", help="Print its content.")] = False,
    config: ConfigOption = None,
) -> None:
    """Print where the running companion says how it is, or what it said."""
    from companion import app as house
    from companion.config import load_config
    from companion.service.health import read

    path = house.health_path(load_config(config))
    print(json.dumps(read(path), indent=2) if as_json else path)


@app.command()
def check(
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for it to be well.")] = 0.0,
    since: Annotated[
        float, typer.Option(help="Only believe a report made after this (seconds since 1970).")
    ] = 0.0,
    config: ConfigOption = None,
) -> None:
    """Say whether a running companion listens; fails when it does not."""
    from companion import app as house
    from companion.config import load_config
    from companion.errors import ServiceError
    from companion.service.health import read, why_not_well

    path = house.health_path(load_config(config))
    until = time.monotonic() + wait
    while True:
        tree = read(path)
        why = why_not_well(tree, time.time())
        if not why and tree is not None and float(tree["at"]) < since:
            why = "it has not reported on itself since then"
        if not why:
            print("it listens")
            return
        if time.monotonic() >= until:
            raise ServiceError(f"the companion is not well: {why}")
        time.sleep(0.5)


@app.command("try")
def try_out(config: ConfigOption = None) -> None:
    """Load all that a talk needs and open what is kept, without sound: fit to be started?"""
    from companion import app as house
    from companion.config import load_config

    settings = load_config(config)
    database = house.open_storage(settings)
    try:
        house.load_engines(settings)
    finally:
        database.close()
    print("all loads")


@app.command()
def recommend(
    as_json: Annotated[bool, typer.Option("--json", help="With what was seen.")] = False,
) -> None:
    """Print the models profile that fits this machine."""
    from dataclasses import asdict

    from companion.service.machine import choose_profile, look

    machine = look()
    choice = choose_profile(machine)
    if as_json:
        print(json.dumps({**asdict(choice), "machine": asdict(machine)}, indent=2))
        return
    print(choice.profile)
    print(choice.why, file=sys.stderr)
