"""Devices and a hub around real servers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from support.mosquitto import Mosquitto
from support.post_house import Page, Shelf

from companion.care.hub import broker
from companion.care.hub.credentials import DeviceSecret, new_device
from companion.care.hub.feed import Feed, FeedRules
from companion.care.hub.intake import Intake, IntakeRules
from companion.care.hub.publisher import HubPublisher, PublishRules
from companion.care.hub.store import Store
from companion.storage import consents, outgoing, people
from companion.storage.alert import Alert
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.outbox import Outbox
from companion.storage.records import add_event

KEY = Key(bytes(range(32)))
QUICK = PublishRules(look_s=0.1, resend_s=(1.0, 2.0), reconnect_s=(1, 1))
ALL = ("hub", "summary", "mood", "alerts")


def until(true: Callable[[], object], timeout: float = 15.0) -> None:
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def empty_house(path: Path) -> None:
    """A device's database with an owner."""
    database = open_database(path, KEY)
    with database.begin() as connection:
        people.owner(connection, at=1.0, name="Rose")
    database.checkpoint()
    database.close()


class DeviceHouse:
    """One device."""

    def __init__(
        self,
        path: Path,
        mosquitto: Mosquitto,
        secret: DeviceSecret,
        *,
        template: Path | None = None,
        now: Callable[[], float] = time.time,
        rules: PublishRules = QUICK,
        health_every_s: float = 3600.0,
    ) -> None:
        if template is not None:
            shutil.copy(template, path)
        elif not path.exists():
            empty_house(path)
        self.now = now
        self.database: Database = open_database(path, KEY)
        self.shelf = Shelf()
        self.health: Mapping[str, object] = {"version": "0.1.0", "listening": True}
        self.feed = Feed(self.shelf, lambda: self.health, FeedRules(health_every_s=health_every_s))
        self.secret = secret
        self.publisher = HubPublisher(
            self.database, mosquitto.where, secret, self.feed, now=now, rules=rules
        )
        with self.database.read() as connection:
            self.owner = people.list_people(connection)[0]

    def say(self, *subjects: str, yes: bool = True) -> None:
        word = consents.give if yes else consents.withdraw
        with self.database.begin() as connection:
            for subject in subjects:
                word(
                    connection,
                    person_id=self.owner.id,
                    subject=subject,
                    how="typed",
                    version="1",
                    at=self.now() - 1.0,
                )

    def summary(self, short: str) -> None:
        with self.database.begin() as connection:
            event = add_event(connection, at=self.now(), kind="summary", data={})
            self.shelf.pages[event] = Page(short=short)

    def raise_alert(self, alert_id: str, tier: int = 3, **more: object) -> None:
        row = Alert(alert_id, self.now(), tier, "medical_emergency", "fall", self.now(), "1")
        Outbox(self.database).store(row.__class__(**{**_fields(row), **more}))

    def waiting(self) -> int:
        with self.database.read() as connection:
            return len(outgoing.listed(connection, "hub", state=outgoing.WAITING))

    def numbers(self) -> int:
        """How many messages it ever numbered."""
        with self.database.read() as connection:
            row = connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'hub-number'")
            return int(row.scalar() or 0)

    def close(self) -> None:
        self.publisher.stop()
        self.database.close()


class HubHouse:
    """A hub."""

    def __init__(self, mosquitto: Mosquitto, url: str) -> None:
        self.mosquitto = mosquitto
        self.url = url
        self.store = Store.open(url)
        self.intake = self.new_intake()

    def new_intake(self) -> Intake:
        rules = IntakeRules(look_s=0.1, retry_s=0.2, reconnect_s=(1, 1))
        return Intake(self.store, self.mosquitto.where, self.mosquitto.hub, rules=rules)

    def enrol(self, name: str, label: str = "") -> DeviceSecret:
        secret = new_device(name, self.mosquitto.hub)
        broker.let_in(self.mosquitto.folder, name, secret.password)
        self.store.enrol(name, label or name, secret.public, time.time())
        return secret

    def rows(self, table: str) -> list[Mapping[str, object]]:
        with self.store.begin() as connection:
            found = connection.exec_driver_sql(f"SELECT * FROM {table}")
            return [dict(row._mapping) for row in found]

    def bodies(self, kind: str) -> list[Mapping[str, object]]:
        return [row["body"] for row in self.rows("hub_messages") if row["kind"] == kind]  # type: ignore[misc]

    def close(self) -> None:
        self.intake.stop()
        self.store.close()


def _fields(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in alert.__slots__}
