"""The ``companion`` command: registers every command and turns errors into one line."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from companion.cli import (
    alerts,
    care,
    config,
    data,
    evaluate,
    evening,
    hub,
    journal,
    models,
    mute,
    people,
    remind,
    safety,
    scale,
    service,
    train,
    wyoming,
)
from companion.cli.ask import ask
from companion.cli.bench import bench
from companion.cli.check_reply import check_reply
from companion.cli.devices import devices
from companion.cli.doctor import doctor
from companion.cli.feel import feel
from companion.cli.listen import listen
from companion.cli.memory import forget, recall, remember
from companion.cli.say import say
from companion.cli.screen import screen
from companion.cli.soak import soak
from companion.cli.summary import summary
from companion.cli.talk import talk
from companion.errors import CompanionError
from companion.heap import keep_little

EXIT_UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h: a fault of ours, not of the user's."""

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that wait must sleep: spinning ones made replies 8 to 12 s late as soon as anything
    # else wants a core (docs/decisions.md).
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "KMP_BLOCKTIME": "0",
}
"""Set before any engine is imported: nothing may call out behind the user's back."""

app = typer.Typer(
    name="companion",
    help="A kind voice at home that never sends a word to a cloud.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from companion import __version__

        print(f"companion {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and stop.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    pass


for command in (
    *(talk, listen, feel, say, ask, screen, check_reply, devices, doctor, bench, soak, summary),
    *(remember, recall, forget),
):
    app.command(command.__name__.replace("_", "-"))(command)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.add_typer(people.app, name="people")
app.add_typer(alerts.app, name="alerts")
app.add_typer(care.app, name="care")
app.add_typer(evening.app, name="evening")
app.add_typer(hub.app, name="hub")
app.add_typer(mute.app, name="mute")
app.add_typer(data.app, name="data")
app.add_typer(remind.app, name="remind")
app.add_typer(safety.app, name="safety")
app.add_typer(scale.app, name="scale")
app.add_typer(service.app, name="service")
app.add_typer(train.app, name="train")
app.add_typer(wyoming.app, name="wyoming")
app.add_typer(journal.app, name="journal")
app.add_typer(journal.simulated, name="simulate")


def main() -> None:
    """Run the command line and exit with the code of the error tree."""
    os.environ.update(QUIET)
    keep_little()
    sys.exit(run())


def run() -> int:
    """Run the command line; return the exit code, having said what went wrong in one line."""
    try:
        app(prog_name="companion")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except CompanionError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output left; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("COMPANION_DEBUG"):
            traceback.print_exc()
        else:
            _say(
                f"unexpected error: {type(error).__name__}: {error}; "
                "run again with COMPANION_DEBUG=1 for details"
            )
        return EXIT_UNEXPECTED
    return 0


def _say(text: str) -> None:
    print("companion: " + " ".join(text.split()), file=sys.stderr)
