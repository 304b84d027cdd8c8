"""``companion data``: look at what is kept, take it along, and have it forgotten."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli import consent
from companion.cli.stored import ACTOR, find, local, open_here

if TYPE_CHECKING:
    from companion.config import Config
    from companion.storage.database import Database
    from companion.storage.erase import Erased, Place
    from companion.storage.overview import Overview
    from companion.storage.people import Person

app = typer.Typer(help="What is kept: show, export, erase, agree.", no_args_is_help=True)
app.add_typer(consent.app, name="consent")

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show what is kept, for how long, where, and with whose consent."""
    from companion import app as house
    from companion.storage.overview import learned_files, overview

    settings, database = open_here(config)
    place = house.place_of(settings)
    files = (place.key_path, *learned_files(place.state_dir))
    found = overview(database, time.time(), house.retention_of(settings), files)
    if as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        _print_overview(found)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write everything that is kept into a folder, readable without this program."""
    from companion.storage.export import README
    from companion.storage.export import export as write

    _, database = open_here(config)
    made = write(database, folder, time.time(), ACTOR)
    if as_json:
        print(json.dumps({**asdict(made), "folder": str(made.folder)}, indent=2))
        return
    print(f"{sum(made.rows.values())} rows written to {made.folder}; begin with {README}")
    print("these files are not encrypted: keep them safe, delete them when no longer needed")
    if not made.private:
        print("this disk cannot keep other users of this machine from reading them")
    if not made.audited:
        print("the disk is full or read-only, so the audit does not tell of this export")


@app.command()
def erase(
    person: Annotated[
        str | None, typer.Option(help="Only all about this person; everything if left out.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Forget everything, or all about one person; this cannot be undone."""
    from companion import app as house
    from companion.errors import StorageError
    from companion.storage.erase import erase as forget
    from companion.storage.erase_rows import planned

    settings, database = _open_if_possible(config, needed=person is not None)
    who, rows = None, {}
    if database is not None:
        # A damaged file can still be erased as a whole.
        with suppress(StorageError) if person is None else nullcontext(), database.read() as conn:
            who = find(conn, person) if person is not None else None
            rows = planned(conn, who)
    if not yes:
        _ask(who, rows, readable=database is not None, settings=settings)
    passphrase = os.environ.get("COMPANION_PASSPHRASE")
    place = house.place_of(settings)
    done = forget(database, place, time.time(), person=who, passphrase=passphrase, actor=ACTOR)
    if as_json:
        print(json.dumps(asdict(done), indent=2))
    else:
        _print_erased(done, who, place, settings)


@app.command()
def sweep(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Remove now what is over its time; a running companion does this every day."""
    from companion import app as house
    from companion.errors import StorageError
    from companion.storage.retention import sweep as clean

    settings, database = open_here(config)
    swept = clean(database, time.time(), house.retention_of(settings))
    if as_json:
        print(json.dumps({**asdict(swept), "total": swept.total}, indent=2))
    elif swept.total:
        print("removed: " + ", ".join(f"{n} {name}" for name, n in swept.counts.items()))
    else:
        print("nothing is over its time")
    if swept.trouble:
        raise StorageError(swept.trouble)


@app.command()
def check(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Check the database for damage, and the audit for tampering."""
    from companion.errors import StorageCorruptError
    from companion.storage import audit
    from companion.storage.database import check as look

    _, database = open_here(config)
    wrong = list(look(database))
    broken = None
    if not wrong:
        with database.read() as connection:
            broken = audit.verify(connection)
    if broken is not None:
        wrong.append(f"the audit was tampered with, from row {broken} on")
    if as_json:
        print(json.dumps({"ok": not wrong, "wrong": wrong}, indent=2))
    elif not wrong:
        print(f"{database.where}: whole, and so is the audit")
    if wrong:
        raise StorageCorruptError(f"{database.where}: {wrong[0]}; it was left as it is")


@app.command()
def passphrase(
    remove: Annotated[bool, typer.Option("--remove", help="Take the passphrase off.")] = False,
    config: ConfigOption = None,
) -> None:
    """Lock the key with a passphrase, asked for or taken from COMPANION_PASSPHRASE."""
    from companion import app as house
    from companion.config import load_config
    from companion.errors import KeyMissingError
    from companion.storage import keys

    settings = load_config(config)
    path = house.place_of(settings).key_path
    if os.environ.get("CREDENTIALS_DIRECTORY"):
        raise KeyMissingError("the key comes from systemd here: protect it there")
    if not path.exists():
        house.open_storage(settings).close()
    locked = keys.is_wrapped(path)
    if remove:
        if not locked:
            raise KeyMissingError(f"{path} has no passphrase")
        keys.unwrap_key(path, _secret(confirm=False))
        print(f"{path}: opens without a passphrase from now on")
        return
    if locked:
        raise KeyMissingError(f"{path} has a passphrase already; --remove takes it off first")
    keys.wrap_key(path, _secret(confirm=True))
    print(f"{path}: locked. Without the passphrase nobody, you included, can read what is kept.")
    print("Give it as COMPANION_PASSPHRASE when the companion starts, or it keeps no notes.")


def _open_if_possible(config: Path | None, *, needed: bool) -> tuple[Config, Database | None]:
    from companion import app as house
    from companion.config import load_config
    from companion.errors import StorageError

    settings = load_config(config)
    try:
        return settings, house.open_storage(settings)
    except StorageError as error:
        if needed or settings.storage.url:
            raise
        print(f"companion: {error}", file=sys.stderr)
        return settings, None


def _ask(who: Person | None, rows: dict[str, int], *, readable: bool, settings: Config) -> None:
    from companion.errors import StorageError

    if not sys.stdin.isatty():
        raise StorageError("nothing was erased: add --yes to erase without being asked")
    what = "EVERYTHING that is kept" if who is None else f"all about {who.name}"
    print(f"This erases {what}. It cannot be undone; nobody, not even we, can bring it back.")
    if not readable:
        print("The database cannot be read, so what is in it is not known.")
    for name, count in rows.items():
        print(f"  {count:6} {name}")
    if who is not None and rows.get("events"):
        print("Events are those about the person and those that name them.")
    where = settings.state_dir if not settings.storage.url else "the server, and caches here"
    print(f"Place: {where}. To keep a copy, first run: companion data export DIR")
    if not typer.confirm("Erase it?", default=False):
        raise StorageError("nothing was erased")


def _print_overview(found: Overview) -> None:
    print(f"{found.where} ({'encrypted' if found.encrypted else 'a server, not encrypted by us'})")
    for one in found.kept:
        kept = "until erased" if one.days is None else f"{one.days:g} days"
        line = f"  {one.name:12} {one.rows:7} rows, kept {kept}"
        if one.oldest is not None and one.newest is not None:
            line += f"; {local(one.oldest)} to {local(one.newest)}"
        if one.next_expiry is not None:
            line += f"; the next goes {local(one.next_expiry)}"
        print(line)
    print("sound is never kept")
    everybody = ", ".join(f"{count} {role}" for role, count in found.people.items()) or "nobody"
    print(f"people: {everybody}; ways to reach them: {found.contacts}")
    if found.voiceprints:
        print(f"  {found.voiceprints} voiceprints: companion people forget-voice NAME")
    if found.carers:
        print(f"  {found.carers} accounts on the dashboard: companion care list")
    for word in found.consents:
        what = "agrees to" if word.granted else "does not agree to"
        print(f"  {word.person} {what} {word.subject} ({word.how}, {local(word.at)})")
    if not found.consents:
        print("  nobody agreed to anything yet: words are not kept")
    print("files:")
    for file in found.files:
        note = "" if file.private else "  (others on this machine can read it)"
        print(f"  {file.bytes:10} bytes  {file.path}{note}")
    if found.audit_broken_at is None:
        print("audit: whole")
    else:
        print(f"audit: TAMPERED WITH from row {found.audit_broken_at} on")


def _print_erased(done: Erased, who: Person | None, place: Place, settings: Config) -> None:
    rows = sum(done.rows.values())
    what = "everything" if who is None else f"all about {who.name}"
    print(f"erased: {what} ({rows} rows, {done.files} learned or cached files)")
    if done.new_key:
        print("the database begins anew under a new key; copies of the old one cannot be read")
    if done.passphrase_lost:
        print("the new key has no passphrase: set one with companion data passphrase")
    if not done.complete:
        print("a running companion still uses old pages: the next start completes the erase")
    if done.left:
        print(f"left alone in {place.state_dir}, being none of ours: {', '.join(done.left)}")
    if settings.storage.url:
        print("the server's own backups and logs are not reached from here")
    if settings.persona.person and (who is None or who.role == "owner"):
        print("the owner's name still stands in the config file (persona.person)")
    print("a companion that is running now should be started again; exports and backups remain")


def _secret(*, confirm: bool) -> str:
    from companion.errors import KeyMissingError

    given = os.environ.get("COMPANION_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise KeyMissingError("give the passphrase in COMPANION_PASSPHRASE, or at a terminal")
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
