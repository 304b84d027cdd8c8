"""``companion people``: who cares for the owner, and how they are reached."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.consent import VERSION as CONSENT_VERSION
from companion.cli.enrol import enrol, forget_voice
from companion.cli.stored import ACTOR, find, open_here

if TYPE_CHECKING:
    from companion.storage.alert import Contact

app = typer.Typer(help="People, and how they are reached.", no_args_is_help=True)
app.command()(enrol)
app.command()(forget_voice)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The person's name.")]

_ROLES = {
    "family": "child children spouse mother father parent grandchild aunt uncle",
    "carer": "caregiver caretaker aide",
    "doctor": "gp",
    "neighbour": "neighbor",
    "therapist": "counsellor counselor psychologist",
}
"""Role -> everyday words for it."""


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="Such as daughter, friend, nurse, neighbour.")],
    config: ConfigOption = None,
) -> None:
    """Add somebody who cares for the owner, or talks to the companion."""
    from companion.storage import audit, people

    settings, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        people.owner(conn, at=now, name=settings.persona.person or "owner")
        person = people.add_person(conn, name, role_of(role), at=now)
        audit.append(conn, now, ACTOR, "person added", {"person": person.id, "role": person.role})
    print(f"{person.name} ({person.role}): added; now: companion people contact ...")


@app.command("list")
def list_people(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List everybody, and how many ways there are to reach them."""
    from companion.storage import people

    _, database = open_here(config)
    with database.read() as conn:
        rows = [
            {**asdict(person), "contacts": len(people.contacts(conn, person.id))}
            for person in sorted(people.list_people(conn), key=lambda one: one.role != "owner")
        ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        print("nobody yet: companion people add NAME --role daughter")
    for row in rows:
        ways = f", {row['contacts']} ways to reach them" if row["contacts"] else ""
        print(f"{row['name']} ({row['role']}){ways}")


@app.command()
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(help="The new name.")],
    config: ConfigOption = None,
) -> None:
    """Give a person another name; "owner" is whoever that is."""
    from companion.storage import audit, people

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        person = people.rename_person(conn, find(conn, name).id, new)
        audit.append(conn, now, ACTOR, "person renamed", {"person": person.id})
    print(f"{person.name}: renamed")


@app.command()
def remove(name: Name, config: ConfigOption = None) -> None:
    """Remove a person and all kept about them; data erase --person also removes what names them."""
    from companion.errors import StorageError
    from companion.storage import audit, people

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        person = find(conn, name)
        if person.role == "owner":
            raise StorageError("the owner cannot be removed: use companion data erase")
        people.remove_person(conn, person.id)
        audit.append(conn, now, ACTOR, "person removed", {"person": person.id})
    database.checkpoint()
    print(f"{person.name}: removed")


@app.command()
def contact(
    name: Name,
    channel: Annotated[
        str,
        typer.Option(help="An apprise URL; - reads it from the input, out of the shell's history."),
    ],
    position: Annotated[
        int | None, typer.Option(min=1, help="1 is told first; last if left out.")
    ] = None,
    quiet: Annotated[
        str | None, typer.Option(help="22:00-07:00: only emergencies then, in local time.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Only this kind of danger; may be repeated.")
    ] = None,
    lowest_tier: Annotated[
        int, typer.Option(min=1, max=4, help="Told from this tier on: 2 concern, 3 urgent.")
    ] = 3,
    config: ConfigOption = None,
) -> None:
    """Add a way to reach a person; this records that the owner agrees to alerts."""
    from companion.safety.alerts.channel import AppriseSender
    from companion.storage import audit, consents, people

    if channel == "-":
        if sys.stdin.isatty():
            channel = str(typer.prompt("Channel", hide_input=True))
        else:
            channel = sys.stdin.readline()
    channel = channel.strip()
    hours, kinds = _quiet(quiet), _categories(category or [])
    AppriseSender().check(channel)
    settings, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        owner = people.owner(conn, at=now, name=settings.persona.person or "owner")
        person = find(conn, name)
        added = people.add_contact(
            conn,
            person.id,
            channel,
            at=now,
            position=position,
            quiet=hours,
            categories=kinds,
            lowest_tier=lowest_tier,
        )
        consents.give(
            conn,
            person_id=owner.id,
            subject="alerts",
            how="typed",
            version=CONSENT_VERSION,
            at=now,
        )
        audit.append(conn, now, ACTOR, "contact added", {"person": person.id, "contact": added.id})
    print(f"{_line(added)}: added; the owner's consent to alerts is recorded as typed")
    print(f'try it: companion alerts test "{person.name}"')


@app.command()
def uncontact(
    contact_id: Annotated[str, typer.Argument(help="Id, or its beginning, from people contacts.")],
    config: ConfigOption = None,
) -> None:
    """Remove one way to reach somebody."""
    from companion.errors import AlertError
    from companion.storage import audit, people

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        found = [c for c in people.contacts(conn) if c.id.startswith(contact_id.lower())]
        if len(found) != 1:
            raise AlertError(f"not one contact begins with '{contact_id}': see people contacts")
        people.remove_contact(conn, found[0].id)
        audit.append(conn, now, ACTOR, "contact removed", {"contact": found[0].id})
    database.checkpoint()
    print(f"{_line(found[0])}: removed")


@app.command()
def contacts(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List who is told, in order; passwords are not shown."""
    from companion.storage import people
    from companion.storage.channels import masked

    _, database = open_here(config)
    with database.read() as conn:
        found = people.contacts(conn)
    if as_json:
        rows = [{**asdict(one), "channel": masked(one.channel)} for one in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not found:
        print("nobody can be told: companion people contact NAME --channel URL")
    for one in found:
        print(_line(one))


def role_of(word: str) -> str:
    """Return the role for an everyday word, such as family for daughter; others as they are."""
    from companion.storage.people import ROLES

    plain = word.strip().lower()
    if plain in ROLES:
        return plain
    return next((role for role, words in _ROLES.items() if plain in words.split()), plain)


def _quiet(text: str | None) -> tuple[str, str] | None:
    from companion.errors import AlertError

    if text is None:
        return None
    begin, dash, end = text.replace(" ", "").partition("-")
    if not dash:
        raise AlertError("quiet hours are written like 22:00-07:00")
    return begin.zfill(5), end.zfill(5)


def _categories(given: list[str]) -> list[str]:
    from companion.domain import Danger
    from companion.errors import AlertError

    known = [danger.value for danger in Danger if danger is not Danger.NONE]
    for one in given:
        if one not in known:
            raise AlertError(f"no kind of danger is called {one}: use {', '.join(known)}")
    return given


def _line(one: Contact) -> str:
    from companion.storage.channels import masked

    quiet = f", quiet {one.quiet_from}-{one.quiet_to}" if one.quiet_from else ""
    kinds = f", only {', '.join(one.categories)}" if one.categories else ""
    return (
        f"{one.position}. {one.name} ({one.role}) by {masked(one.channel)}, "
        f"from tier {one.lowest_tier}{quiet}{kinds}  [{one.id[:8]}]"
    )
