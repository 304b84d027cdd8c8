"""``companion care``: the dashboard, and who has an account on it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Annotated

import typer

from companion.cli.consent import TEXTS, VERSION
from companion.cli.people import role_of
from companion.cli.stored import ACTOR, open_here

app = typer.Typer(help="The dashboard for those who care.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Login = Annotated[str, typer.Argument(help="The login of the account.")]


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Where to listen; 0.0.0.0 is every network, with TLS.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    config: ConfigOption = None,
) -> None:
    """Serve the dashboard until interrupted; the first start prints a one-time code."""
    from companion import app as house
    from companion.care.tls import fingerprint
    from companion.config import load_config

    settings = load_config(config)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"care": settings.care.model_copy(update=given)})
    certificate = house.care_certificate(settings, time.time())
    scheme = "https" if certificate else "http"
    everywhere = settings.care.host in ("0.0.0.0", "::")
    shown = socket.gethostname() if everywhere else settings.care.host
    address = f"{scheme}://{shown}:{settings.care.port}"

    def announce(code: str) -> None:
        print(f"nobody can log in as the owner yet: open {address}/setup", flush=True)
        print(f"one-time code: {code}", flush=True)

    built = house.load_house(
        settings, consents=tuple(TEXTS), consent_version=VERSION, announce=announce
    )
    with built.store.database.read() as connection:
        built.look_for_owner(connection)
    print(f"the dashboard is at {address}", flush=True)
    if certificate:
        print(f"certificate, SHA-256: {fingerprint(certificate[0])}", flush=True)
        if settings.care.certificate is None:
            print("browsers will warn once: go on only if they show this very fingerprint")
    house.serve_care(settings, built, certificate)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: Annotated[
        str, typer.Option(help="What they see: family, nurse or therapist.")
    ] = "family",
    relation: Annotated[
        str | None, typer.Option(help="Such as daughter; needed for somebody new.")
    ] = None,
    login: Annotated[str | None, typer.Option(help="Made of the name if left out.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make an account for somebody who cares, and print a one-time invitation."""
    from companion.care.inviting import invite as open_invitation
    from companion.care.inviting import suggested
    from companion.errors import CareError
    from companion.storage import audit, carers, people

    settings, database = open_here(config)
    now = time.time()
    if role == "owner":
        raise CareError("the owner's account is made at the first start: companion care serve")
    with database.begin() as conn:
        people.owner(conn, at=now, name=settings.persona.person or "owner")
        person = people.find_person(conn, name)
        if person is None:
            known = relation or (role if role in people.ROLES else "family")
            person = people.add_person(conn, name, role_of(known), at=now)
        if person.role == "owner":
            raise CareError("the owner's account is made at the first start: companion care serve")
        made = carers.add_carer(conn, person.id, login or suggested(person.name), role, at=now)
        code = open_invitation(conn, made.id, now=now)
        audit.append(conn, now, ACTOR, "account made", {"account": made.id, "role": role})
    print(f"{made.name} ({made.role}): login {made.login}")
    print(f"invitation, once and within a week, at /invitation: {code}")


@app.command()
def invite(login: Login, config: ConfigOption = None) -> None:
    """Print a new invitation, such as after a forgotten password; the owner's too."""
    from companion.care.inviting import invite as open_invitation
    from companion.errors import CareError
    from companion.storage import audit, carers

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        found = carers.by_login(conn, login)
        if found is None:
            raise CareError(f"no account has the login {login}: see companion care list")
        code = open_invitation(conn, found.id, now=now)
        audit.append(conn, now, ACTOR, "invited again", {"account": found.id})
    print(f"{found.name}: invitation, once and within a week, at /invitation: {code}")


@app.command()
def remove(login: Login, config: ConfigOption = None) -> None:
    """Remove an account, not the person; whoever is logged in with it is logged out."""
    from companion.errors import CareError
    from companion.storage import audit, carers

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        found = carers.by_login(conn, login)
        if found is None:
            raise CareError(f"no account has the login {login}: see companion care list")
        carers.remove_carer(conn, found.id)
        audit.append(conn, now, ACTOR, "account removed", {"account": found.id})
    print(f"{found.login}: removed")


@app.command("list")
def list_accounts(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List who has an account, and what each may see at present."""
    from companion.care.house import given
    from companion.care.sharing import allowed
    from companion.storage import carers

    _, database = open_here(config)
    with database.read() as conn:
        _, consents = given(conn)
        rows = [
            {
                "login": one.login,
                "name": one.name,
                "role": one.role,
                "relation": one.relation,
                "open": one.password is not None and one.disabled_at is None,
                "second_factor": one.factor is not None and one.factor.confirmed,
                "sees": sorted(allowed(one, consents)),
            }
            for one in carers.list_carers(conn)
        ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        print("nobody yet: companion care serve makes the owner's account, care add others")
    for row in rows:
        state = "" if row["open"] else ", has not come yet"
        factor = ", second factor" if row["second_factor"] else ""
        sees = (
            ", ".join(map(str, row["sees"] if isinstance(row["sees"], list) else [])) or "nothing"
        )
        print(f"{row['login']}: {row['name']} ({row['role']}{state}{factor}) sees {sees}")
