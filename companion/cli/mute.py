"""``companion mute``: closes the microphone of the running talk, and opens it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Close the microphone, or open it again.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def on(
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=1, max=10_080, help="Listen again after.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Stop listening: the capture stream is closed, also after a restart."""
    _mute("on", config, as_json, None if minutes is None else minutes * 60.0)


@app.command()
def off(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Listen again."""
    _mute("off", config, as_json)


@app.command()
def status(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Say whether it listens."""
    _mute("status", config, as_json)


def _mute(to: str, config: Path | None, as_json: bool, seconds: float | None = None) -> None:
    from companion import app as house
    from companion.config import load_config

    state = house.mute(load_config(config), to, seconds)
    print(json.dumps(state) if as_json else _sentence(state))


def _sentence(state: dict[str, Any]) -> str:
    from companion.cli.stored import local

    until = f" until {local(state['until'])}" if state["until"] is not None else ""
    if state["running"]:
        return f"muted{until}: the microphone is closed" if state["muted"] else "listening"
    if state["muted"]:
        return f"no talk is running; the next one will be muted{until}"
    return "no talk is running; the next one will listen"
