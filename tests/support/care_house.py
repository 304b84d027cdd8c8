"""A dashboard with people, alerts, reminders and a year of days, for tests and demos."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from companion import app
from companion.care.house import House
from companion.care.inviting import invite
from companion.care.passwords import Passwords
from companion.care.readings import Day, Estimate, Sentence, Summary
from companion.care.reminding import Reminder
from companion.cli.consent import TEXTS
from companion.config import CareSettings, Config
from companion.storage import carers, consents, people
from companion.storage.alert import Alert, new_id
from companion.storage.outbox import Outbox

PASSWORD = "seven quiet herons"
NOW = datetime(2026, 11, 23, 17, 30).astimezone().timestamp()
TODAY = date(2026, 11, 23)

CANARIES = {
    "summary": "canary-summary",
    "mood": "canary-mood",
    "topics": "canary-topics",
    "safety": "canary-safety",
    "medicines": "canary-medicines",
    "reminders": "canary-reminders",
    "scales": "canary-scales",
    "health_device": "canary-device",
}
"""A word for each subject that must show to nobody who may not see it."""


class FakeReadings:
    """A year that dips in autumn, with days on which nothing was heard."""

    def __init__(self, days: int = 364, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.days = [self._day(n, chance) for n in range(days)]

    def _day(self, back: int, chance: random.Random) -> Day:
        day = TODAY - timedelta(days=back)
        if chance.random() < 0.06:
            return Day(day, not_heard_h=14.0)
        mood = 0.25 * math.cos(back / 58) + chance.gauss(0, 0.12)
        energy = 0.2 * math.sin(back / 40) + chance.gauss(0, 0.15)
        wide = chance.uniform(0.08, 0.3)
        return Day(
            day,
            Estimate(mood, mood - wide, mood + wide),
            Estimate(energy, energy - wide, energy + wide),
            turns=chance.randint(8, 60),
            minutes_heard=chance.uniform(6, 48),
            contacts=chance.choice((0, 0, 1, 1, 2, 3)),
            topics=dict.fromkeys(chance.sample(("sleep_bad", "pain", "outing", "worry"), 2), 1),
            reminders_done=chance.choice((3, 3, 4)),
            reminders_missed=chance.choice((0, 0, 0, 1)),
            not_heard_h=chance.choice((0.0, 0.0, 1.5)),
        )

    def summary(self, day: date) -> Summary | None:
        if day != TODAY:
            return None
        told = {
            "summary": "Rose talked for about half an hour, mostly in the morning",
            "mood": "She seemed a little quieter than usual",
            "topics": "She said twice that she slept badly",
            "safety": "She spoke of nearly falling in the bathroom",
            "medicines": "She took her heart tablet at eight and at six",
        }
        sentences = tuple(
            Sentence(f"{text}.", about, "fairly sure" if about == "mood" else "")
            for about, text in told.items()
        )
        unheard = ("Between two and four in the afternoon the microphone was switched off.",)
        return Summary(day, sentences, unheard, made_at=NOW - 600)

    def series(self, first: date, last: date) -> tuple[Day, ...]:
        return tuple(day for day in reversed(self.days) if first <= day.day <= last)


class CanaryReadings(FakeReadings):
    """Says a canary for each subject."""

    def summary(self, day: date) -> Summary | None:
        told = tuple(Sentence(word, about) for about, word in CANARIES.items())
        return Summary(day, told)


@dataclass
class FakeReminders:
    kept: dict[str, Reminder] = field(default_factory=dict)

    def list(self) -> tuple[Reminder, ...]:
        return tuple(sorted(self.kept.values(), key=lambda one: one.clock))

    def save(self, reminder: Reminder) -> str:
        number = reminder.id or f"r{len(self.kept) + 1}"
        self.kept[number] = replace(reminder, id=number)
        return number

    def remove(self, reminder_id: str) -> bool:
        return self.kept.pop(reminder_id, None) is not None


def make_house(
    folder: Path, *, now: Callable[[], float] = lambda: NOW, port: int = 8478, **care: object
) -> House:
    """Return a house with an empty database, without readings and reminders."""
    config = Config(state_dir=folder, care=CareSettings(port=port, **care))  # type: ignore[arg-type]
    codes: list[str] = []
    house = app.load_house(
        config, consents=tuple(TEXTS), consent_version="1", announce=codes.append, now=now
    )
    house.readings, house.reminders = None, None
    # As slow as needed in life would only make the tests slow.
    house.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    house.names |= {"testserver"}
    return house


def furnish(house: House, *, readings: FakeReadings | None = None) -> dict[str, str]:
    """Add the owner Rose, three who care, alerts, reminders; return role -> account id."""
    house.readings = readings or FakeReadings()
    words = CANARIES if isinstance(readings, CanaryReadings) else {}
    house.reminders = FakeReminders()
    everyday = tuple(range(7))
    tablet = words.get("medicines", "take your heart tablet")
    choir = words.get("reminders", "choir practice in the church hall")
    house.reminders.save(Reminder("", "medicine", tablet, "18:00", None, everyday))
    house.reminders.save(Reminder("", "other", choir, "19:30", None, (0, 3)))
    hashed = house.passwords.hash(PASSWORD)
    ids = {}
    with house.store.database.begin() as connection:
        owner = people.owner(connection, at=NOW - 1e6, name="Rose")
        for subject in ("sharing", "summary", "mood", "alerts"):
            consents.give(
                connection,
                person_id=owner.id,
                subject=subject,
                how="typed",
                version="1",
                at=NOW - 1e6,
            )
        who = {
            "owner": ("Rose", "owner", "rose"),
            "family": ("Anna Berger", "daughter", "anna"),
            "nurse": ("Nora Kent", "nurse", "nora"),
            "therapist": ("Theo Marsh", "therapist", "theo"),
        }
        for role, (name, relation, login) in who.items():
            person = people.find_person(connection, name) or people.add_person(
                connection, name, relation, at=NOW - 9e5
            )
            made = carers.add_carer(connection, person.id, login, role, at=NOW - 9e5)
            carers.set_password(connection, made.id, hashed)
            ids[role] = made.id
        anna = people.find_person(connection, "Anna Berger")
        assert anna is not None
        contact = people.add_contact(
            connection, anna.id, "mailto://u:secret-word@example.org", at=NOW - 9e5
        )
    outbox = Outbox(house.store.database)
    row = Alert(
        new_id(), NOW - 1500, 3, "medical_emergency", "fall", NOW, "123456", person_id=owner.id
    )
    row = outbox.add(row, NOW - 1500, per_hour=6)
    begun = outbox.begin(row, contact.id, NOW - 1490)
    assert begun is not None
    outbox.end(row, replace(begun, ended_at=NOW - 1488, ok=True))
    claimed = outbox.get(row.id)
    assert claimed is not None
    outbox.settle(claimed, replace(claimed, state="sent", step=1))
    ids["alert"] = row.id
    device = words.get("health_device", "delivers sound")
    parts = (("Microphone", "ok", device), ("Disk", "warning", "12% free"))
    checks = [dict(zip(("name", "state", "text"), part, strict=True)) for part in parts]
    house.health_file.write_text(json.dumps({"at": NOW - 60, "checks": checks}))
    return ids


def invitation(house: House, account: str) -> str:
    with house.store.database.begin() as connection:
        return invite(connection, account, now=house.now())
