"""``companion evening``: who gets word of the day's summary, and what they were told."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from companion.cli.consent import VERSION
from companion.cli.stored import ACTOR, find, local, open_here

app = typer.Typer(help="Word of the day's summary for family.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The person's name.")]


@app.command()
def to(
    name: Name,
    full: Annotated[
        bool, typer.Option("--full", help="They asked for the whole text, not only a word.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Let a person get word of the summary in the evening, once the owner agrees to summaries."""
    _record(config, name, {"evening": True, "full_text": full})
    print(f"{name} gets {'the whole summary' if full else 'word of the summary'} in the evening")
    print("it goes only while the owner agrees: companion data consent give summary")


@app.command()
def stop(name: Name, config: ConfigOption = None) -> None:
    """Send a person nothing in the evening any more; what is in the post is stopped too."""
    _record(config, name, {"evening": False, "full_text": False})
    print(f"{name} gets nothing in the evening any more")


@app.command()
def told(
    name: Annotated[str | None, typer.Argument(help="Only this person.")] = None,
    days: Annotated[int, typer.Option(min=1, help="So many days back.")] = 30,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell who was told what: the answer to "what did you tell my daughter?"."""
    from companion import app as house

    settings, database = open_here(config)
    person = None
    if name is not None:
        with database.read() as conn:
            person = find(conn, name).id
    evening = house.new_evening(house.new_postman(settings, database))
    found = evening.told(person, time.time() - days * 86_400.0)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    if not found:
        print("nobody was told anything")
    for one in found:
        what = "a message of yours" if one.day is None else f"the summary of {one.day}"
        if one.day is not None and one.state == "sent":
            what += ", in full" if one.full else ", only that it is ready"
        when = f" at {local(one.sent_at)}" if one.sent_at else ""
        why = f" ({one.error})" if one.error else ""
        print(f"{one.person} ({one.role}): {what}: {one.state}{when}{why}")


@app.command()
def send(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Try what is in the post and due, once; for a timer, beside the running companion."""
    from companion import app as house

    settings, database = open_here(config)
    rows = house.new_postman(settings, database).deliver_due()
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(f"{len(rows)} tried" if rows else "nothing is due")
    for row in rows:
        print(f"{row.id[:8]}  {row.kind}: {row.state}{f' ({row.error})' if row.error else ''}")


def _record(config: Path | None, name: str, words: dict[str, bool]) -> None:
    from companion.errors import StorageError
    from companion.storage import audit, consents

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        person = find(conn, name)
        if person.role == "owner":
            raise StorageError("the owner hears the summary at home: name somebody else")
        for subject, yes in words.items():
            record = consents.give if yes else consents.withdraw
            record(conn, person_id=person.id, subject=subject, how="typed", version=VERSION, at=now)
        audit.append(conn, now, ACTOR, "evening changed", {"person": person.id, **words})
