"""``companion scale``: published questionnaires, asked in writing."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.stored import open_here

if TYPE_CHECKING:
    from companion.config import Config
    from companion.wellbeing.scales import Scale

app = typer.Typer(help="Published questionnaires on well-being.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

ENDED = (
    "The questions end here: that was not meant for them. If you need help now, see"
    " companion safety numbers."
)


@app.command("list")
def list_scales(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the scales: questions, range, source and licence."""
    from companion import app as house
    from companion.config import load_config
    from companion.wellbeing.scales import scale_names

    settings = load_config(config)
    found = [house.load_scale(settings, n) for n in scale_names(settings.persona.language)]
    if as_json:
        rows = [
            {
                "name": one.name,
                "title": one.title,
                "items": len(one.items),
                "min": one.lowest,
                "max": one.highest,
                "answers": {o.label: o.value for o in one.options},
                "source": one.source,
                "licence": one.licence,
            }
            for one in found
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one in found:
        print(f"{one.name}: {one.title}, {len(one.items)} questions, {one.lowest}-{one.highest}")
        print(f"  answers: {', '.join(f'{o.value} {o.label.lower()}' for o in one.options)}")
        print(f"  licence: {one.licence}")


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="who5, ucla3, phq2 or gds15.")],
    answers: Annotated[
        str | None,
        typer.Option(
            help="Published values in order, such as 3,4,2,1,5; words such as yes,no; - leaves one"
            " out. Asked one by one if left out."
        ),
    ] = None,
    share: Annotated[
        bool, typer.Option("--share/--no-share", help="Whether the summary may tell the result.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep the result.")] = True,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Answer a scale in writing; what is kept is the sum, never single answers."""
    from companion import app as house
    from companion.config import load_config
    from companion.wellbeing.scales import score
    from companion.wellbeing.scales.talk import scale_event
    from companion.wellbeing.scales.typed import read_answers

    settings = load_config(config)
    scale = house.load_scale(settings, name)
    if answers is None:
        _ask(settings, scale, keep=keep, config=config, as_json=as_json)
        return
    result = score(scale, read_answers(scale, answers))
    kept = keep and result.value is not None
    if kept:
        settings, database = open_here(config)
        house.keep_event(settings, database, "scale", scale_event(result, share), time.time())
    if as_json:
        row = {"name": result.name, "score": result.value, "max": result.highest}
        row |= {"skipped": result.skipped, "prorated": result.prorated}
        row |= {"share": share and kept, "kept": kept}
        row |= {"band": result.band.id if result.band else None}
        print(json.dumps(row))
        return
    for line in house.explain_score(settings, scale, result):
        print(line)


def _ask(settings: Config, scale: Scale, *, keep: bool, config: Path | None, as_json: bool) -> None:
    from companion import app as house
    from companion.domain import JsonObject

    noted: list[JsonObject] = []

    def note(kind: str, data: JsonObject, at: float) -> None:
        noted.append(data)
        if keep:
            now_settings, database = open_here(config)
            house.keep_event(now_settings, database, kind, data, at)

    said = house.begin_scale(settings, scale, note, house.load_screener(settings))
    while True:
        for part in said.parts:
            typer.echo(part.text, err=as_json)
        if said.effect is not None:
            said.effect()
        if said.then is None:
            break
        try:
            line = input("> ")
        except EOFError:
            break
        following = said.then.hear(line, datetime.now().astimezone())
        if following is None:
            typer.echo(ENDED, err=as_json)
            break
        said = following
    if as_json:
        print(json.dumps(noted[-1] if noted else None))


__all__ = ["app"]
