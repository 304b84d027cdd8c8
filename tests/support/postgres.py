"""A private PostgreSQL server, where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def private_postgres() -> Iterator[Path]:
    """Run a server; its socket lies in this folder. Skips where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    pg_ctl = shutil.which("pg_ctl") or (str(found[-1]) if found else None)
    if pg_ctl is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="companion-pg-"))
    who: dict[str, int] = {}
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid}

    def control(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [pg_ctl, "-D", str(folder / "data"), *words]
        return subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **who,
        )

    control("init", "-o", "-A trust -U companion --no-sync -E UTF8 --locale=C")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    if control("-w", "-t", "60", "-o", options, "start").returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip("PostgreSQL does not start here")
    try:
        yield folder
    finally:
        control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: Path) -> str:
    """Return the URL of a new, empty database."""
    import psycopg

    name = f"companion_{uuid.uuid4().hex}"
    with psycopg.connect(
        host=str(server), user="companion", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://companion@/{name}?host={server}"
