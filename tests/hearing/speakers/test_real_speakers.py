"""The real networks in the real worker, where the extra, the models and recordings are there."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from companion import app as house
from companion.audio.files import read_audio
from companion.config import Config
from companion.domain import Match, Samples
from companion.errors import CompanionError
from companion.hearing.speakers.background import load
from companion.hearing.speakers.enrolment import make_print
from companion.hearing.speakers.judge import SpeakerJudge
from companion.hearing.speakers.process import WorkerProcess

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    try:
        found = house.load_speaker_worker(Config())
    except CompanionError as error:
        pytest.skip(f"the speaker check cannot run here: {error}")
    found.warm()
    yield found
    found.close()


@pytest.fixture(scope="module")
def people(test_data: Path) -> dict[str, Samples]:
    folder = test_data / "speech" / "librispeech"
    said: dict[str, list[Samples]] = {}
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            said.setdefault(row["speaker"], []).append(read_audio(folder / row["path"]))
    return {name: np.concatenate(parts) for name, parts in said.items() if len(parts) >= 10}


def test_readers_are_told_apart(worker: WorkerProcess, people: dict[str, Samples]) -> None:
    background = load()
    judges = {}
    for name, sound in people.items():
        heard = house.hear_pieces(worker, [sound[: 16_000 * 40]])
        made = make_print(
            heard, person_id=name, name=name, device="d", model=background.model, at=0.0
        )
        judges[name] = SpeakerJudge(background, [made])
    for name, sound in people.items():
        taken = worker.take_apart(sound[16_000 * 40 : 16_000 * 44])
        for enrolled, judge in judges.items():
            match = judge.judge(taken).match
            assert match is Match.YES if enrolled == name else match is not Match.YES


def test_two_people_one_after_the_other_are_two(
    worker: WorkerProcess, people: dict[str, Samples]
) -> None:
    first, second = (sound[: 16_000 * 4] for sound in list(people.values())[:2])
    taken = worker.take_apart(np.concatenate([first, second]))
    assert taken.changes >= 1
    assert len(taken.voices) >= 2
    mixed = worker.take_apart(first + second)
    assert mixed.overlap_s > 0.5


def test_silence_has_no_voice(worker: WorkerProcess) -> None:
    assert worker.take_apart(np.zeros(64_000, np.float32)).seconds < 0.5


def test_the_worker_reaches_no_network_and_writes_no_file(
    worker: WorkerProcess, people: dict[str, Samples], tmp_path: Path
) -> None:
    worker.take_apart(next(iter(people.values()))[:64_000])
    pid = worker.pid
    assert pid is not None
    held = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert sum(one.startswith("socket:") for one in held) == 1
    assert not any(one.endswith((".wav", ".flac", ".raw")) for one in held)
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if "core file" in line).split()[4] == "0"


def test_the_house_itself_never_imports_torch() -> None:
    code = (
        "import sys; from companion import app; from companion.config import Config; "
        "who = app.load_who(Config(state_dir='/nonexistent/x')); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'pyannote')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_gives_its_memory_back(people: dict[str, Samples], worker: WorkerProcess) -> None:
    short = house.load_speaker_worker(
        Config.model_validate({"speakers": {"enabled": True, "idle_s": 0.5}})
    )
    short.take_apart(next(iter(people.values()))[:64_000])
    assert short.running
    until = time.monotonic() + 15
    while short.running and time.monotonic() < until:
        time.sleep(0.1)
    assert not short.running
    short.close()
