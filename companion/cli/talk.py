"""``companion talk``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def talk(
    source: Annotated[
        Path | None, typer.Option("--from", help="A sound file instead of the microphone.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="A WAV file instead of the speaker.")
    ] = None,
    realtime: Annotated[
        bool, typer.Option("--realtime/--fast", help="Pace of a file: wall clock, or all it can.")
    ] = True,
    events: Annotated[
        Path | None, typer.Option("--events", help="Write every event as a JSON line.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--no-live", help="Store and send alerts; by default not with --from a file."
        ),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Hold a short recorded talk instead of a live one.")
    ] = False,
) -> None:
    """Listen, and answer aloud."""
    from companion.cli.display import Display
    from companion.config import load_config
    from companion.errors import NoMicrophoneError
    from companion.session import TalkRequest, hold, hold_demo

    settings = load_config(config)
    with Display(settings.persona.name) as display:
        request = TalkRequest(
            source,
            to,
            realtime,
            events,
            observers=(display.see,),
            on_frame=display.level,
            live=live,
        )
        if not demo:
            try:
                hold(settings, request)
                return
            except NoMicrophoneError as error:
                display.line(f"{error}. Here is a recorded demonstration instead.")
        question, reply = hold_demo(settings, request, Path.cwd())
        display.line(f"The question is in {question}, the reply in {reply}.")
