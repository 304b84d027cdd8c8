"""The worker process: lazy, mortal, replaced, and given back."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.errors import SpeakerError
from companion.hearing.speakers.process import Weights, WorkerProcess

SOUND = np.full(32_000, 0.5, np.float32)

New = Callable[..., WorkerProcess]


@pytest.fixture
def new() -> Iterator[New]:
    made: list[WorkerProcess] = []

    def build(how: str = "good", idle_s: float = 30.0, **options: float) -> WorkerProcess:
        script = str(Path(__file__).with_name("fake_worker.py"))
        worker = WorkerProcess(
            Weights(Path("s"), Path("v")),
            command=lambda line: [sys.executable, script, str(line), how, str(idle_s)],
            **options,  # type: ignore[arg-type]
        )
        made.append(worker)
        return worker

    yield build
    for worker in made:
        worker.close()


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_nothing_runs_before_the_first_question(new: New) -> None:
    worker = new()
    assert not worker.running
    assert worker.pid is None
    taken = worker.take_apart(SOUND)
    assert worker.running
    (voice,) = taken.voices
    assert voice.seconds == 2.0
    assert voice.embedding.tolist() == [0.5, 0.5, 0.5]
    assert (taken.overlap_s, taken.changes) == (0.25, 1)


def test_one_process_answers_many_questions(new: New) -> None:
    worker = new()
    worker.warm()
    first = worker.pid
    for _ in range(3):
        worker.take_apart(SOUND)
    assert worker.pid == first


def test_it_ends_when_idle_and_starts_again_when_asked(new: New) -> None:
    worker = new(idle_s=0.2)
    worker.take_apart(SOUND)
    first = worker.pid
    assert first is not None
    wait_until(lambda: not worker.running)
    assert worker.take_apart(SOUND).seconds == 2.0
    assert worker.pid != first


def test_a_killed_worker_is_replaced_within_the_same_question(new: New) -> None:
    worker = new()
    worker.take_apart(SOUND)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert worker.take_apart(SOUND).seconds == 2.0
    assert worker.pid != first


def test_one_that_always_dies_is_reported_and_rested(new: New) -> None:
    now = [0.0]
    worker = new("dies", clock=lambda: now[0])
    for _ in range(2):
        with pytest.raises(SpeakerError, match="is gone"):
            worker.take_apart(SOUND)
    with pytest.raises(SpeakerError, match="tried again in a while"):
        worker.take_apart(SOUND)
    now[0] = 31.0
    with pytest.raises(SpeakerError, match="is gone"):
        worker.take_apart(SOUND)


def test_one_that_hangs_is_killed(new: New) -> None:
    worker = new("hangs", answer_s=0.3)
    worker.warm()
    pid = worker.pid
    assert pid is not None
    began = time.monotonic()
    with pytest.raises(SpeakerError, match="no answer in time"):
        worker.take_apart(SOUND)
    assert time.monotonic() - began < 5
    assert not worker.running
    assert gone(pid)


def test_one_that_never_gets_ready_is_killed(new: New) -> None:
    worker = new("mute", start_s=0.5)
    with pytest.raises(SpeakerError, match="cannot be started: no answer in time"):
        worker.warm()
    assert not worker.running


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("stillborn", "is gone"),
        ("broken", "needs the extra 'speakers'"),
        ("fails", "ValueError: odd"),
        ("babbles", "no message|no answer|is gone"),
    ],
)
def test_whatever_goes_wrong_is_one_line(new: New, how: str, text: str) -> None:
    with pytest.raises(SpeakerError, match=text) as told:
        new(how, answer_s=2.0).take_apart(SOUND)
    assert "\n" not in str(told.value)


def test_closing_ends_the_process_and_it_can_be_used_again(new: New) -> None:
    worker = new()
    worker.warm()
    pid = worker.pid
    assert pid is not None
    worker.close()
    assert gone(pid)
    assert worker.take_apart(SOUND).seconds == 2.0


def test_the_worker_ends_when_the_house_is_gone(new: New) -> None:
    worker = new()
    worker.warm()
    child = worker._child
    assert child is not None
    child.line.close()
    assert child.process.wait(timeout=10) == 0


def test_bad_samples_do_no_harm(new: New) -> None:
    worker = new()
    odd = np.array([np.nan, np.inf, 0.25] * 100, np.float32)
    assert worker.take_apart(odd[:0]).seconds == 0.0
    assert len(worker.take_apart(odd).voices) == 1
    assert worker.take_apart(np.zeros(16_000 * 200, np.float32)).seconds == 120.0


def test_a_start_can_be_interrupted_from_another_thread(new: New) -> None:
    worker = new("mute")
    threading.Timer(0.5, worker.interrupt).start()
    began = time.monotonic()
    with pytest.raises(SpeakerError):
        worker.take_apart(SOUND)
    assert time.monotonic() - began < 5
    assert not worker.running
