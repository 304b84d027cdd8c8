"""Makes children that write as hard as they can until they are killed.

Reads lines ``<file> <key> <first number>``, as ``support.nursery`` does. Every number a child has
committed is printed too, so the line comes after the commit.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path

from alembic import command  # noqa: F401  (loaded before the forks)
from support.nursery import serve, tell

from companion.storage import audit
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.records import Diary, add_event

WRITERS = 3
STEP = 10_000


def write(database: Database, first: int) -> None:
    chance = random.Random(first)
    for number in range(first, first + STEP):
        with database.begin() as connection:
            add_event(
                connection,
                at=float(number),
                kind="mood",
                data={"n": number, "pad": "x" * chance.choice((10, 300, 9_000))},
            )
            audit.append(connection, float(number), "test", "write", {"n": number})
        tell(str(number))


def tidy(database: Database) -> None:
    while True:
        database.checkpoint()
        with database.begin() as connection:
            audit.drop_before(connection, float(random.randrange(10**9)))
        database.vacuum()


def note(path: Path, key: Key, first: int) -> None:
    diary = Diary(lambda: open_database(path, key), lambda words: tell(f"trouble {words}"))
    for number in range(first, first + STEP):
        diary.note("mood", {"n": number, "pad": ""}, float(number))
        if diary.flush(60.0):
            tell(str(number))


def child(path: Path, key: Key, first: int) -> None:
    database = open_database(path, key)
    tell("open")
    for index in range(WRITERS):
        threading.Thread(target=write, args=(database, first + index * STEP)).start()
    threading.Thread(target=note, args=(path, key, first + WRITERS * STEP)).start()
    tidy(database)


def main() -> None:
    serve(lambda path, key, first: child(Path(path), Key(bytes.fromhex(key)), int(first)))


if __name__ == "__main__":
    main()
