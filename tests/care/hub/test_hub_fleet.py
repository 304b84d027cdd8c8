"""A ward for a simulated hour, its broker killed and restarted twice: nothing lost, nothing twice.

Sixteen devices in the ordinary tests; COMPANION_HUB_FLEET=200 makes it the full ward.
"""

from __future__ import annotations

import os
import random
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.hub_house import ALL, DeviceHouse, HubHouse, empty_house, until

from companion.care.hub.feed import FeedRules
from companion.care.hub.publisher import PublishRules
from companion.storage.outbox import Outbox

HOUR_S = 3600.0
DEVICES = int(os.environ.get("COMPANION_HUB_FLEET", "16"))
WALL_S = 150.0 if DEVICES > 50 else 9.0
SPEED = HOUR_S / WALL_S
WORKERS = 4
RULES = PublishRules(resend_s=(4.0 * SPEED, 8.0 * SPEED), reconnect_s=(1, 4), window=20)


class Hour:
    """A clock on which an hour takes ``WALL_S``."""

    def __init__(self) -> None:
        self.base = time.time()
        self.began = float("inf")

    def __call__(self) -> float:
        return self.base + self.gone

    @property
    def gone(self) -> float:
        return max(time.monotonic() - self.began, 0.0) * SPEED


@dataclass
class Resident:
    house: DeviceHouse
    todo: list[tuple[float, Callable[[], None]]]
    summaries: set[str] = field(default_factory=set)
    alerts: dict[str, str] = field(default_factory=dict)
    rounds: int = 0
    waiting: int = 0

    def live(self, gone: float) -> None:
        while self.todo and self.todo[0][0] <= gone:
            self.todo.pop(0)[1]()
        self.house.publisher.tick()
        self.waiting = self.house.waiting()
        self.rounds += 1
        self.rest()

    def rest(self) -> None:
        if DEVICES > 50:
            # paho waits with select(), which knows no file beyond the 1,024th of a process.
            self.house.database.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 40 * DEVICES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def settle_in(name: str, number: int, house: DeviceHouse, dice: random.Random) -> Resident:
    one = Resident(house, [])

    def summarise(text: str) -> None:
        one.summaries.add(text)
        house.summary(text)

    def alarm(alert_id: str) -> None:
        one.alerts[alert_id] = "open"
        house.raise_alert(alert_id, tier=dice.choice((2, 3, 4)))

    def calm(alert_id: str) -> None:
        if Outbox(house.database).acknowledge(alert_id, "x", house.now()):
            one.alerts[alert_id] = "acknowledged"

    for count in range(3):
        text = f"{name} summary {count}"
        one.todo.append((dice.uniform(0, 3500), lambda text=text: summarise(text)))
    for count in range(2):
        alert_id, at = f"{number:016x}{count:016x}", dice.uniform(0, 2500)
        one.todo.append((at, lambda alert_id=alert_id: alarm(alert_id)))
        if dice.random() < 0.7:
            one.todo.append((at + dice.uniform(300, 1000), lambda a=alert_id: calm(a)))
    one.todo.sort(key=lambda entry: entry[0])
    return one


def test_an_hour_with_the_broker_killed_twice(
    hub: HubHouse, tmp_path: Path, many_files: None
) -> None:
    dice = random.Random(5)
    template = tmp_path / "template.db"
    empty_house(template)
    hub.mosquitto.start()
    hub.intake.start()
    clock = Hour()
    ward: list[Resident] = []
    for number in range(DEVICES):
        name = f"room-{number:03}"
        house = DeviceHouse(
            tmp_path / f"{name}.db",
            hub.mosquitto,
            hub.enrol(name),
            template=template,
            now=clock,
            rules=RULES,
            health_every_s=300.0,
        )
        house.say(*ALL)
        ward.append(settle_in(name, number, house, dice))
        ward[-1].rest()
    hub.mosquitto.reload()
    clock.began = time.monotonic()
    stop = threading.Event()
    errors: list[BaseException] = []

    def work(share: list[Resident]) -> None:
        try:
            while not stop.is_set():
                for one in share:
                    one.live(clock.gone)
                stop.wait(0.05)
        except BaseException as error:
            errors.append(error)

    def watch() -> None:
        while not stop.wait(5.0):
            waiting = sum(one.waiting for one in ward)
            slowest = min(one.rounds for one in ward)
            print(f"{clock.gone:.0f} s: {waiting} wait, {slowest} rounds", flush=True)

    threads = [
        threading.Thread(target=work, args=(ward[start::WORKERS],)) for start in range(WORKERS)
    ]
    threads.append(threading.Thread(target=watch))
    for thread in threads:
        thread.start()
    try:
        for moment in (0.33, 0.66):
            while clock.gone < moment * HOUR_S:
                time.sleep(0.05)
            hub.mosquitto.kill()
            time.sleep(WALL_S * 0.04)
            hub.mosquitto.start()
        until(lambda: errors or clock.gone >= HOUR_S, WALL_S)
        ended = time.monotonic()
        for one in ward:
            # The clock goes on, but nothing new is to be said.
            one.house.feed.rules = FeedRules(health_every_s=1e12)
        until(lambda: errors or not any(one.todo for one in ward), 30.0 + WALL_S)
        rounds = {one.house.secret.device: one.rounds + 2 for one in ward}
        until(
            lambda: errors or all(one.rounds >= rounds[one.house.secret.device] for one in ward),
            60.0,
        )
        until(lambda: errors or not any(one.waiting for one in ward), 30.0 + WALL_S)
        settled = time.monotonic() - ended
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sent = {one.house.secret.device: one.house.numbers() for one in ward}
        for one in ward:
            one.house.close()
    assert errors == []
    rows = hub.rows("hub_messages")
    stored = Counter((row["device_id"], row["epoch"], row["number"]) for row in rows)
    assert set(stored.values()) == {1}
    by_device = Counter(row["device_id"] for row in rows)
    for one in ward:
        name = one.house.secret.device
        numbers = {row["number"] for row in rows if row["device_id"] == name}
        assert numbers == set(range(1, sent[name] + 1)), name
        texts = [
            row["body"]["short"]  # type: ignore[index]
            for row in rows
            if row["device_id"] == name and row["kind"] == "summary"
        ]
        assert sorted(texts) == sorted(one.summaries)
    wanted = {alert: state for one in ward for alert, state in one.alerts.items()}
    found = {str(row["id"]): row["state"] for row in hub.rows("hub_alerts")}
    assert found == wanted
    assert hub.store.missing() == {}
    assert hub.intake.refused == 0
    print(
        f"\n{DEVICES} devices, {len(rows)} messages in {WALL_S:.0f} s, "
        f"{min(by_device.values())}-{max(by_device.values())} each; "
        f"{hub.intake.repeated} came again; settled {settled:.1f} s after the hour"
    )
