"""``companion data consent``: agree to something, take it back, see what was said."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from companion.cli.stored import ACTOR, find, local, open_here

app = typer.Typer(help="Agree to something, or take it back.", no_args_is_help=True)

VERSION = "1"
"""Of ``TEXTS``; raise it when one of them changes its meaning."""

TEXTS = {
    "alerts": "People you named are told when you may be in danger.",
    "evening": "In the evening this person is told that the owner's summary is ready.",
    "full_text": "This person gets the evening summary in full, not only word that it is ready.",
    "hub": "Summaries, mood, alerts and the device's health go to the care team's hub, each only "
    "with its own consent.",
    "memory": "What you tell of your life is kept until you have it forgotten.",
    "mood": "How you seem (not your words) is kept, to see changes over weeks.",
    "sharing": "Those you chose may look at what you let each of them see, on the dashboard.",
    "summary": "A short report of the day is kept and shown to those you choose.",
    "transcripts": "The words you say are kept for some days.",
    "voiceprint": "How your voice sounds is kept as numbers, to know you from others.",
}

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PersonOption = Annotated[str | None, typer.Option(help="Name; the owner if left out.")]
HowOption = Annotated[str, typer.Option(help="spoken or typed.")]
Subject = Annotated[str, typer.Argument(help=", ".join(TEXTS))]


@app.command()
def give(
    subject: Subject,
    person: PersonOption = None,
    how: HowOption = "typed",
    config: ConfigOption = None,
) -> None:
    """Record that a person agrees."""
    _consent(subject, person, how, config, granted=True)


@app.command()
def withdraw(
    subject: Subject,
    person: PersonOption = None,
    how: HowOption = "typed",
    config: ConfigOption = None,
) -> None:
    """Record that a person no longer agrees, and remove what was kept with that consent."""
    _consent(subject, person, how, config, granted=False)


@app.command("list")
def list_consents(
    subject: Annotated[str | None, typer.Argument(help="Only this subject.")] = None,
    person: PersonOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List everything that was agreed to or taken back, oldest first."""
    from companion.storage import consents, people

    _, database = open_here(config)
    with database.read() as conn:
        chosen = [find(conn, person)] if person is not None else list(people.list_people(conn))
        rows = [
            {"person": one.name, **asdict(word)}
            for one in chosen
            for word in consents.history(conn, one.id, subject)
        ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        print("nobody was asked yet, which is a no to everything")
    for row in rows:
        word = "agrees to" if row["granted"] else "does not agree to"
        when = local(float(str(row["at"])))
        print(f"{when}  {row['person']} {word} {row['subject']} ({row['how']})")


def _consent(
    subject: str, person: str | None, how: str, config: Path | None, *, granted: bool
) -> None:
    from companion.storage import audit, consents, people
    from companion.storage.retention import sweep_withdrawn

    settings, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        owner = people.owner(conn, at=now, name=settings.persona.person or "owner")
        who = owner if person is None else find(conn, person)
        record = consents.give if granted else consents.withdraw
        record(conn, person_id=who.id, subject=subject, how=how, version=VERSION, at=now)
        action = "consent given" if granted else "consent withdrawn"
        audit.append(conn, now, ACTOR, action, {"person": who.id, "subject": subject})
    print(f"{who.name} {'agrees' if granted else 'does not agree'}: {TEXTS[subject]}")
    if not granted and (gone := sweep_withdrawn(database)):
        database.checkpoint()
        print(f"{gone} rows that were kept with that consent are removed")
