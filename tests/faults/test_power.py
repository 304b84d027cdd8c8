"""A talk whose power is cut: what was committed is there, and nothing else is broken.

A table of all faults and the tests for each is in docs/faults.md.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from companion import app
from companion.app.keeping import open_storage
from companion.config import Config
from companion.domain import SAMPLE_RATE
from companion.measure.soak import LINES, say_line
from companion.storage import audit
from companion.storage.database import check
from companion.storage.records import events

pytestmark = pytest.mark.real
NURSERY = Path(__file__).parent.parent / "support" / "talk_nursery.py"
CUTS = 4


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return minutes of talk, said by our own voice."""
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    engines = app.load_engines(Config())
    rest = np.zeros(12 * SAMPLE_RATE, np.float32)
    pieces = [part for line in LINES * 2 for part in (say_line(engines, line) * 0.5, rest)]
    soundfile.write(path, np.concatenate(pieces), SAMPLE_RATE)
    return path


@pytest.fixture
def talk(sound: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(NURSERY), str(sound), str(tmp_path / "state")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        yield process
        process.kill()


def kept(state: Path) -> int:
    """Return how many turns a state folder holds; it must open, and be whole."""
    database = open_storage(Config(state_dir=state))
    try:
        assert check(database) == ()
        with database.read() as connection:
            assert audit.verify(connection) is None
            return len(events(connection, "turn", 0.0, None, None))
    finally:
        database.close()


def test_a_copy_at_any_moment_opens_and_a_kill_loses_nothing(
    talk: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    dice = random.Random(5)
    until = time.monotonic() + 90.0
    while not (state / "companion.db").exists():
        assert talk.poll() is None, talk.stderr and talk.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.1)
    counts = []
    for number in range(CUTS):
        time.sleep(dice.uniform(0.5, 3.0))
        ended = talk.poll() is not None
        copy = tmp_path / f"cut{number}"
        # As after a power cut: every file as it was, at slightly different moments.
        shutil.copytree(state, copy, ignore=shutil.ignore_patterns("*.sock"))
        counts.append(kept(copy))
        if ended:
            break
    assert counts == sorted(counts), "a later moment held less"
    if talk.poll() is None:
        talk.send_signal(signal.SIGKILL)
        talk.wait(10)
    assert kept(state) >= counts[-1]
    assert not list(state.glob("*.wav")), "sound on the disk"
    assert counts[-1] > 0


def test_it_begins_again_after_a_kill(
    talk: subprocess.Popen[bytes], sound: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    until = time.monotonic() + 90.0
    while not (state / "companion.db").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(3.0)
    talk.kill()
    talk.wait(10)
    before = kept(state)
    short = tmp_path / "short.wav"
    samples, rate = soundfile.read(sound, frames=40 * SAMPLE_RATE, dtype="float32")
    soundfile.write(short, samples, rate)
    done = subprocess.run(
        [sys.executable, str(NURSERY), str(short), str(state)],
        env=os.environ | {"COMPANION_DEBUG": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert kept(state) > before
