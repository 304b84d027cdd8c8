"""``companion wyoming``: ears, voice and mind for others in the house."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Serve speech by the Wyoming protocol.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``serve`` a subcommand."""


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any.")] = 10400,
    config: Annotated[Path | None, typer.Option("--config", help="Use this config file.")] = None,
) -> None:
    """Serve asr, tts and handle until interrupted."""
    from companion import app as house
    from companion.care.hosts import is_loopback
    from companion.config import load_config

    if not is_loopback(host):
        print(
            "Wyoming has no passwords and no encryption: whoever is in that network can use this",
            file=sys.stderr,
        )
    house.serve_wyoming(
        load_config(config),
        host,
        port,
        lambda taken: print(f"serving at tcp://{host}:{taken}", flush=True),
    )
