"""``companion data backup`` and ``restore``: one sealed file, and back."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from companion.cli.stored import ACTOR, local, open_here

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]

_VARIABLE = "COMPANION_BACKUP_PASSPHRASE"
_CREDENTIAL = "companion-backup"


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to; without it, the next in service.backups."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Seal the database and its key into one file, also while the companion runs."""
    from companion import app as house
    from companion.errors import ConfigError
    from companion.storage import audit
    from companion.storage.backup import back_up, name_of, rotate

    settings, database = open_here(config)
    now = time.time()
    folder = settings.service.backups
    if file is None and folder is None:
        raise ConfigError("name a file, or set service.backups to a folder for the nightly ones")
    target = file or (folder or Path()) / name_of(now)
    size = back_up(database, house.load_key(settings), target, _passphrase(confirm=True), now)
    with database.begin() as connection:
        audit.append(connection, now, ACTOR, "backup", {})
    print(f"{target}: {size} bytes; without its passphrase nobody, you included, can read it")
    if file is None and folder is not None:
        for old in rotate(folder, settings.service.backups_kept):
            print(f"removed {old.name}")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Put a backup in the place of what is kept; stop the companion first."""
    from companion import app as house
    from companion.config import load_config
    from companion.errors import StorageError
    from companion.service.health import read, why_not_well
    from companion.storage.backup import restore as put_back

    settings = load_config(config)
    place = house.place_of(settings)
    if place.path is None:
        raise StorageError("a PostgreSQL server is restored by its own tools")
    if not why_not_well(read(house.health_path(settings)), time.time()):
        raise StorageError("the companion runs: stop it first (systemctl stop 'companion*')")
    if os.environ.get("CREDENTIALS_DIRECTORY"):
        raise StorageError("the key comes from systemd here: restore outside of a unit")
    if not yes:
        if not sys.stdin.isatty():
            raise StorageError("nothing was restored: add --yes to restore without being asked")
        if not typer.confirm(f"Put {file} in the place of what is kept?", default=False):
            raise StorageError("nothing was restored")
    done = put_back(file, _passphrase(confirm=False), place.path, place.key_path)
    print(f"restored: what was kept on {local(done.made_at)}")
    if done.new_key:
        print(f"{place.key_path} is the key of the backup now; it has no passphrase")
    if done.replaced is not None:
        print(f"what was there lies in {done.replaced}: remove it when all is well")


def _passphrase(*, confirm: bool) -> str:
    from companion.errors import KeyMissingError

    given = os.environ.get(_VARIABLE)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if given is None and folder and (credential := Path(folder) / _CREDENTIAL).is_file():
        given = credential.read_text(encoding="utf-8").strip()
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise KeyMissingError(f"give the backup's passphrase in {_VARIABLE}, or at a terminal")
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
