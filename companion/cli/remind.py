"""``companion remind``: reminders that are typed; a running talk sees them within half a minute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.stored import open_here

if TYPE_CHECKING:
    from companion.app.reminding import Coming, TypedReminders

app = typer.Typer(help="Reminders: add, list and remove.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHORT = 8
"""Characters of an id that are shown."""


@app.command()
def add(
    text: Annotated[str, typer.Argument(help='As it is spoken: "take the white pill".')],
    at: Annotated[str, typer.Option(help="Local hour, such as 08:00.")],
    on: Annotated[str, typer.Option(help="Once, on a day such as 2026-11-30.")] = "",
    daily: Annotated[bool, typer.Option("--daily", help="Every day.")] = False,
    weekdays: Annotated[str, typer.Option(help="On some days, such as mon,wed.")] = "",
    kind: Annotated[
        str, typer.Option(help="medicine, appointment or other; told from the text if left out.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add a reminder; without a day it is said once, when that hour comes next."""
    made = _open(config).add(text, at, on=on, daily=daily, weekdays=weekdays, kind=kind)
    print(json.dumps(_row(made), ensure_ascii=False) if as_json else f"{_line(made)}: added")


@app.command("list")
def list_reminders(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List all that will still be said, the next first."""
    found = _open(config).list()
    if as_json:
        print(json.dumps([_row(one) for one in found], indent=2, ensure_ascii=False))
        return
    if not found:
        print('none yet: companion remind add "take the white pill" --at 08:00 --daily')
    for one in found:
        print(_line(one))


@app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(help="Ids, or their beginnings, from remind list.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remove reminders; none, when one of the ids is not known."""
    gone = _open(config).remove(ids)
    if as_json:
        print(json.dumps({"removed": [one.id for one in gone]}))
        return
    for one in gone:
        print(f"{one.text or 'a call'}, {one.clock}: removed")


def _open(config: Path | None) -> TypedReminders:
    from companion import app as house

    return house.TypedReminders(*open_here(config))


def _row(one: Coming) -> dict[str, object]:
    kept = one.reminder
    return {
        "id": kept.id,
        "kind": kept.kind,
        "text": kept.text,
        "at": kept.clock,
        "on": kept.day.isoformat() if kept.day else None,
        "repeats": one.repeats or None,
        "next": one.at.isoformat(),
    }


def _line(one: Coming) -> str:
    kept = one.reminder
    when = f"{one.repeats} at {kept.clock}" if one.repeats else f"{one.at:%Y-%m-%d} at {kept.clock}"
    text = kept.text or "a call"
    return f"{text} ({kept.kind}), {when}, next {one.at:%a %d %b %H:%M}  [{kept.id[:SHORT]}]"
