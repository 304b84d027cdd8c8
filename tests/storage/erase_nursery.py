"""Erases again and again, killed each time one step later. Run as a program of its own.

``erase_nursery.py FOLDER SCOPE``: FOLDER/ready is a state folder; each round works on a copy of it.
Prints one JSON line for each round.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from companion.storage import people
from companion.storage.database import open_database
from companion.storage.erase import Place, erase, resume
from companion.storage.keys import load_key
from companion.storage.records import events

STEPS = {"open", "os.remove", "os.rename", "os.link", "os.mkdir", "os.rmdir", "os.truncate"}
"""What Python does to files; only in the state folder are they the erase's own."""


def erase_and_die(place: Place, scope: str, step: int) -> None:
    assert place.path is not None
    database = open_database(place.path, load_key(place.key_path))
    with database.read() as connection:
        person = people.find_person(connection, "Susan Miller") if scope == "person" else None
    left = step

    def count(event: str, words: tuple[object, ...]) -> None:
        nonlocal left
        reads = event == "open" and not int(str(words[2])) & (os.O_WRONLY | os.O_RDWR)
        if event in STEPS and str(words[0]).startswith(str(place.state_dir)) and not reads:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    erase(database, place, 2_000.0, person=person)
    left = 0
    os._exit(0)


def main(folder: Path, scope: str) -> None:
    # Whatever is imported on the way is imported here, so that the steps are the erase's own.
    open_database(folder / "warm" / "companion.db", load_key(folder / "warm" / "key")).close()
    step, killed = 0, True
    while killed:
        step += 1
        state = folder / "state"
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(folder / "ready", state)
        place = Place(state, state / "companion.db", state / "key")
        pid = os.fork()
        if pid == 0:
            try:
                erase_and_die(place, scope, step)
            finally:
                os._exit(1)
        status = os.waitpid(pid, 0)[1]
        killed = os.WIFSIGNALED(status)
        begun = place.marker.exists()
        resume(place)
        assert place.path is not None
        database = open_database(place.path, load_key(place.key_path, database_exists=True))
        with database.read() as connection:
            texts = [str(event.data.get("text")) for event in events(connection)]
        database.close()
        print(
            json.dumps(
                {
                    "killed": killed,
                    "failed": os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0,
                    "begun": begun,
                    "texts": texts,
                    "learned": (state / "patience.json").exists(),
                    "files": sorted(path.name for path in state.iterdir()),
                    "same_key": place.key_path.read_bytes()
                    == (folder / "ready" / "key").read_bytes(),
                }
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
