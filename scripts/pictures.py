"""Hold a short talk and save the terminal's last picture as SVG."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console

from companion.cli.main import QUIET

os.environ.update(QUIET)

from companion import app, events
from companion.audio.clock import VirtualClock
from companion.audio.files import FileOutput
from companion.cli.display import Display
from companion.config import Config
from companion.measure.bench import spoken
from companion.measure.dialogue import Dialogue

LINES = (
    "Good morning! How are you today?",
    "I didn't sleep very well last night, my knee was hurting again.",
    "My daughter is coming to visit me on Sunday.",
    "Could you say that again, please?",
)


async def talk(display: Display) -> None:
    """Hold the talk in virtual time."""
    config = Config()
    engines = app.load_engines(config)
    clock = VirtualClock()
    dialogue = Dialogue([spoken(engines, line) for line in LINES], clock)

    def see(event: events.Event) -> None:
        dialogue.see(event)
        display.see(event)

    conversation = app.build_conversation(
        config,
        engines,
        clock,
        dialogue,
        FileOutput(None, clock),
        see,
        in_file=True,
        watch=display.level,
    )
    await conversation.run()
    clock.close()


def main() -> None:
    """Draw the picture."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    display = Display(Config().persona.name, Console(quiet=True))
    asyncio.run(talk(display))
    display.level(-31.0, "listening")
    console = Console(record=True, width=92, force_terminal=True, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    console.print(display.render())
    console.save_svg(str(folder / "talk.svg"), title="companion talk")


if __name__ == "__main__":
    main()
