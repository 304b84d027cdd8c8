"""``companion journal`` and ``companion simulate``: numbers a day, never words."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from companion.cli.stored import ACTOR
from companion.cli.summary import ConfigOption, StateOption, parse_day

app = typer.Typer(help="What is kept of the days: numbers and topics.", no_args_is_help=True)
simulated = typer.Typer(help="A made-up life, to try things out.", no_args_is_help=True)


@app.command()
def show(
    days: Annotated[int, typer.Option(min=1, max=400, help="How many, today included.")] = 7,
    date: Annotated[str | None, typer.Option("--date", help="The last day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    state: StateOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the days of the journal."""
    from companion import app as house
    from companion.app import wellbeing, zones
    from companion.config import load_config
    from companion.wellbeing import pages
    from companion.wellbeing.marker import is_simulated

    settings = wellbeing.elsewhere(load_config(config), state)
    zone = zones.zone_of(settings)
    last = parse_day(date, datetime.now(zone).date())
    with house.open_storage(settings).read() as connection:
        owner = wellbeing.owner_of(connection)
        first = last - timedelta(days=days - 1)
        points = pages.series(connection, owner.id, first, last, zone)
        made_up = is_simulated(connection)
    if as_json:
        rows = [asdict(point) | {"day": point.day.isoformat()} for point in points]
        print(json.dumps({"simulated": made_up, "days": rows}, indent=2))
        return
    if made_up:
        print(pages.texts_of(settings.persona.language).line("notes", "simulated"))
    for one in points:
        print(_line(one))


def _line(one) -> str:  # type: ignore[no-untyped-def]
    if one.not_heard:
        return f"{one.day}  nothing heard"
    parts = [f"{one.turns} turns, {one.minutes_heard:g} min"]
    for name, (value, low, high) in (("mood", one.mood), ("energy", one.energy)):
        if value is not None:
            parts.append(f"{name} {value:+.2f} ({low:+.2f} to {high:+.2f})")
    if due := one.reminders_done + one.reminders_missed:
        parts.append(f"medicines {one.reminders_done} of {due}")
    parts += [f"{name} {count}" for name, count in sorted(one.topics.items())]
    parts += [f"safety tier {tier}: {count}" for tier, count in sorted(one.safety_tiers.items())]
    return f"{one.day}  {', '.join(parts)}"


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="JSON lines, see docs/wellbeing.md.")],
    state: StateOption = None,
    config: ConfigOption = None,
) -> None:
    """Import a journal; every line is checked first, and a mistake in one imports none."""
    from companion import app as house
    from companion.app import wellbeing
    from companion.config import load_config
    from companion.storage import audit, people
    from companion.wellbeing import importing

    settings = wellbeing.elsewhere(load_config(config), state)
    now = time.time()
    found = importing.read_file(file, now=now)
    database = house.open_storage(settings)
    with database.begin() as connection:
        owner = people.owner(connection, at=now, name=settings.persona.person or "owner")
        kept = house.retention_of(settings).by_kind()
        written, old = importing.write(connection, found, owner.id, days=kept, now=now)
        audit.append(connection, now, ACTOR, "journal imported", {"events": written})
    print(f"{written} events imported" + (f", {old} too old to be kept" if old else ""))


@simulated.command("days")
def simulate_days(
    days: Annotated[int, typer.Option(min=1, max=800, help="How many.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed makes the same life.")] = 1,
    to: Annotated[
        Path | None, typer.Option("--to", help="A new state folder; never the real one.")
    ] = None,
    plant: Annotated[
        list[str] | None,
        typer.Option(help="low_week, sleep, medicines, contacts or none; the last 7 days."),
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="The last day; today.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write made-up days through the real journal into a scratch store, marked as simulated."""
    from companion.app import wellbeing, zones
    from companion.config import load_config
    from companion.errors import WellbeingError

    settings = load_config(config)
    real = settings.state_dir.absolute()
    folder = (to or real.with_name(f"{real.name}-simulated")).absolute()
    if folder == real or folder.resolve() == real.resolve():
        raise WellbeingError(f"{folder} is the real state folder: name another with --to")
    zone = zones.zone_of(settings)
    counts = wellbeing.simulate_days(
        wellbeing.elsewhere(settings, folder),
        days=days,
        seed=seed,
        plants=tuple(one for one in plant or [] if one != "none"),
        last=parse_day(date, datetime.now(zone).date()),
        tz=zone,
    )
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    print(f"{days} simulated days in {folder}: {told}")
    print(f"look at them: companion summary --state {folder}")
