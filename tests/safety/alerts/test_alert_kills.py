"""Kills and cuts: no alert is lost, and what may have come twice says so."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import alert_nursery
from support.alert_servers import Ntfy
from support.alert_support import KEY, House

from companion.safety.alerts.channel import AppriseSender
from companion.safety.alerts.service import AlertService
from companion.storage import audit
from companion.storage.database import Database, check

MANY = 5 if os.environ.get("COMPANION_MANY_KILLS") else 1
"""With the variable set, 200 kills and cuts (docs/measurements.md); CI has no time for all."""
KILLS, BETWEEN, CUTS = 15 * MANY, 15 * MANY, 10 * MANY
SEED = 3
HERE = Path(__file__).parents[2] / "support"


class Nursery:
    """Children to kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        folders = os.pathsep.join((str(HERE.parent), str(HERE.parents[1])))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "alert_nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": folders},
        )

    def bear(self, first: int, mode: str) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{self.path} {first} {mode}\n")
        self.process.stdin.flush()
        return int(self.line().removeprefix("child "))

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery has died"
        assert not line.startswith("trouble"), line
        return line.strip()


@pytest.fixture
def nursery(path: Path, database: Database) -> Iterator[Nursery]:
    made = Nursery(path)
    yield made
    made.process.kill()
    made.process.communicate()


def test_kills_and_cuts_lose_no_alert_and_mark_what_may_come_twice(
    nursery: Nursery, house: House, ntfy: Ntfy
) -> None:
    chance = random.Random(SEED)
    contacts = {house.contact("Anna", ntfy.url("anna")), house.contact("Ben", ntfy.url("ben"))}
    assert len(contacts) == 2
    modes = ["random"] * KILLS + ["between"] * BETWEEN
    chance.shuffle(modes)
    cuts = set(chance.sample(range(len(modes)), CUTS))
    raised: set[str] = set()
    suicides = 0
    for number, mode in enumerate(modes):
        pid = nursery.bear(number * 100, mode)
        seen = [nursery.line()]
        if number in cuts:
            ntfy.cut()
            time.sleep(chance.uniform(0.0, 0.05))
            ntfy.restore()
        if mode == "random":
            time.sleep(chance.uniform(0.0, 0.12))
            os.kill(pid, signal.SIGKILL)
        while seen[-1] != "dead":
            seen.append(nursery.line())
        suicides += mode == "between"
        raised |= {line.removeprefix("raised ") for line in seen if line.startswith("raised ")}
    assert suicides == BETWEEN
    work_off(house, contacts=2)

    with house.database.read() as conn:
        assert audit.verify(conn) is None
    assert check(house.database) == ()
    came = Counter((one.alert_id, one.to) for one in ntfy.all)
    unmarked = Counter((one.alert_id, one.to) for one in ntfy.all if not one.repeat)
    lost = [(a, to) for a in raised for to in ("anna", "ben") if not came[a, to]]
    assert lost == []
    assert max(unmarked.values()) == 1, "a duplicate was not marked"
    twice = sum(count > 1 for count in came.values())
    print(
        f"{len(raised)} alerts, {len(ntfy.all)} messages, {twice} came more than once, all marked"
    )
    assert twice >= BETWEEN // 2


def work_off(house: House, contacts: int) -> None:
    """Deliver what the killed ones left."""
    service = AlertService(
        house.database,
        KEY,
        alert_nursery.SETTINGS,
        minute=alert_nursery.MINUTE,
        sender=AppriseSender(),
        rules=alert_nursery.RULES,
    )
    service.start()
    try:
        until = time.monotonic() + 40
        while time.monotonic() < until:
            if all(row.step >= contacts for row in service.alerts(10_000)):
                return
            time.sleep(0.05)
        left = [row for row in service.alerts(10_000) if row.step < contacts]
        pytest.fail(f"{len(left)} alerts were not delivered")
    finally:
        service.stop()
