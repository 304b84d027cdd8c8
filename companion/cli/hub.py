"""``companion hub``: many residents, one team."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.stored import local, open_here

if TYPE_CHECKING:
    from companion.care.hub.store import Store

app = typer.Typer(help="Many residents, one team.", no_args_is_help=True)
account_app = typer.Typer(help="Who of the team may look.", no_args_is_help=True)
app.add_typer(account_app, name="account")

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DirOption = Annotated[Path, typer.Option("--dir", help="The folder that mosquitto-config wrote.")]
DatabaseOption = Annotated[
    str | None,
    typer.Option(help="postgresql://...; by default $COMPANION_HUB_DATABASE."),
]
_DIR = Path("hub")


@app.command("mosquitto-config")
def mosquitto_config(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    host: Annotated[
        str, typer.Option(help="Name or address by which devices reach the broker.")
    ] = "localhost",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8883,
) -> None:
    """Write all a Mosquitto broker needs: configuration, certificates, passwords, rights."""
    from companion.care.hub.broker import write_broker

    write_broker(folder, host, port, time.time())
    broker = folder.absolute() / "broker"
    print(f"written to {folder}; hub.json and authority.key are secrets of the hub")
    print(f"give Mosquitto its part: chown -R mosquitto {broker}")
    print(f"and run it: mosquitto -c {broker}/mosquitto.conf")
    print("next: companion hub enrol NAME, companion hub account add LOGIN, companion hub serve")


@app.command()
def enrol(
    device: Annotated[str, typer.Argument(help="Such as room-12; no name of a person.")],
    label: Annotated[
        str | None, typer.Option(help="What the team calls the resident; the name if left out.")
    ] = None,
    folder: DirOption = _DIR,
    database: DatabaseOption = None,
) -> None:
    """Let a device in: makes its credentials, in place of earlier ones of that name."""
    from companion.care.hub import broker
    from companion.care.hub.credentials import new_device, read_hub, write_device

    hub = read_hub(folder / broker.HUB_FILE)
    secret = new_device(device, hub)
    store = _store(database)
    path = folder / "devices" / f"{device}.json"
    write_device(path, secret)
    broker.let_in(folder, device, secret.password)
    store.enrol(device, label or device, secret.public, time.time())
    store.close()
    print(f"{device}: enrolled; tell the broker: kill -HUP $(pidof mosquitto)")
    print(f"carry to the device, then delete here: {path}")
    print(f"and its certificate: {broker.ca_file(folder)}")
    print("in the device's config:")
    print("[hub]")
    print(f'url = "mqtts://{hub.host}:{hub.port}"')
    print(f'device = "{device}"')
    print(f'secret_file = "/path/to/{device}.json"')
    print('ca = "/path/to/ca.pem"')
    print("nothing is sent before the owner agrees there: companion data consent give hub")


@app.command()
def forget(
    device: Annotated[str, typer.Argument(help="As it was enrolled.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: DirOption = _DIR,
    database: DatabaseOption = None,
) -> None:
    """Let a device in no more, and erase all it ever sent."""
    from companion.care.hub import broker
    from companion.errors import HubError

    if not yes and not typer.confirm(f"Erase all that {device} sent?"):
        raise typer.Exit(1)
    store = _store(database)
    found = store.forget(device)
    store.close()
    broker.shut_out(folder, device)
    if not found:
        raise HubError(f"no device is called {device}: see companion hub devices")
    print(f"{device}: forgotten; tell the broker: kill -HUP $(pidof mosquitto)")


@app.command()
def devices(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """List the devices, and when each was last heard."""
    store = _store(database)
    missing = store.missing()
    rows = [
        {
            "device": one.id,
            "label": one.label,
            "online": one.online,
            "heard_at": one.heard_at,
            "missing": missing.get(one.id, 0),
            "health": dict(one.health),
        }
        for one in store.devices().values()
    ]
    store.close()
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        print("no device is enrolled: companion hub enrol NAME")
    for row in rows:
        heard = row["heard_at"]
        when = local(heard) if isinstance(heard, float) else "never"
        lost = f", {row['missing']} messages missing" if row["missing"] else ""
        print(f"{row['device']}: {'online' if row['online'] else 'offline'}, heard {when}{lost}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where the ward page listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8479,
    database: DatabaseOption = None,
    broker_url: Annotated[
        str | None, typer.Option("--broker", help="mqtts://host:port; by default as written.")
    ] = None,
    folder: DirOption = _DIR,
    certificate: Annotated[Path | None, typer.Option(help="PEM, for the ward page.")] = None,
    key: Annotated[Path | None, typer.Option(help="Of the certificate.")] = None,
    proxy: Annotated[
        bool, typer.Option("--proxy", help="A reverse proxy on this machine does TLS.")
    ] = False,
    keep_days: Annotated[float, typer.Option(min=1, help="What devices sent is kept.")] = 90.0,
) -> None:
    """Take what devices publish, and serve the ward page, until interrupted."""
    from companion.care.hub import broker
    from companion.care.hub.credentials import read_hub
    from companion.care.hub.intake import Intake, IntakeRules
    from companion.care.hub.link import address
    from companion.care.hub.serve import Serving
    from companion.care.hub.serve import serve as run

    where = Serving(host, port, certificate, key, proxy)
    where.check()
    secret = read_hub(folder / broker.HUB_FILE)
    url = broker_url or f"mqtts://{secret.host}:{secret.port}"
    at = address(url, broker.ca_file(folder))
    store = _store(database)
    intake = Intake(store, at, secret, rules=IntakeRules(keep_days=keep_days))
    scheme = "https" if certificate else "http"
    print(f"the ward page is at {scheme}://{host}:{port}", flush=True)
    run(store, intake, where)


@app.command()
def publish(
    once: Annotated[
        float | None,
        typer.Option("--for", help="Seconds; without it, until interrupted."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Publish to the hub what the owner agreed to; the running companion does it by itself."""
    from companion import app as house
    from companion.errors import HubError

    settings, database = open_here(config)
    publisher = house.new_hub_publisher(settings, database)
    if publisher is None:
        raise HubError("no hub is configured: set 'hub.url' (docs/hub.md)")
    publisher.start()
    began = time.monotonic()
    told = None
    try:
        while once is None or time.monotonic() - began < once:
            state = publisher.trouble or ("connected" if publisher.connected else "not connected")
            if state != told:
                print(state, flush=True)
                told = state
            time.sleep(0.2)
    finally:
        publisher.stop()
        database.close()


@account_app.command("add")
def add_account(
    login: Annotated[str, typer.Argument(help="Small letters and digits.")],
    role: Annotated[str, typer.Option(help="nurse, therapist or technician.")] = "nurse",
    name: Annotated[str | None, typer.Option(help="As residents' families know them.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Make an account, or give one a new password; the password is read from the input."""
    from companion.care.hub.accounts import Accounts

    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    store = _store(database)
    Accounts(store).put(login, name or login, role, password, time.time())
    store.close()
    print(f"{login} ({role}): may log in")


@account_app.command("close")
def close_account(
    login: Annotated[str, typer.Argument(help="The login.")],
    database: DatabaseOption = None,
) -> None:
    """Close an account; whoever is logged in with it is logged out."""
    from companion.care.hub.accounts import Accounts
    from companion.errors import HubError

    store = _store(database)
    closed = Accounts(store).close(login, time.time())
    store.close()
    if not closed:
        raise HubError(f"there is no open account {login}")
    print(f"{login}: closed")


def _store(url: str | None) -> Store:
    from companion.care.hub.store import Store
    from companion.errors import HubError

    found = url or os.environ.get("COMPANION_HUB_DATABASE")
    if not found:
        raise HubError(
            "the hub needs a PostgreSQL database: --database postgresql://user@host/name, or "
            "$COMPANION_HUB_DATABASE"
        )
    return Store.open(found)
