"""What the smart home may know: only with the owner's word, and never about the accused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import insert

from companion.care.assistant.facts import Facts, read_facts
from companion.storage import consents, people
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.records import DAY_S, add_event
from companion.storage.tables import alerts, meta

NOW = 1_790_000_000.0


class House:
    def __init__(self, path: Path) -> None:
        self.database: Database = open_database(path, Key(bytes(range(32))))
        with self.database.begin() as connection:
            self.owner = people.owner(connection, at=1.0, name="Rose").id

    def say(self, *subjects: str, yes: bool = True) -> None:
        word = consents.give if yes else consents.withdraw
        with self.database.begin() as connection:
            for one in subjects:
                word(connection, person_id=self.owner, subject=one, how="typed", version="1", at=1)

    def alert(self, state: str, *accused: str, at: float = NOW - 60) -> None:
        with self.database.begin() as connection:
            connection.execute(
                insert(alerts).values(
                    id=f"{state}{at}{len(accused)}",
                    at=at,
                    tier=3,
                    category="abuse" if accused else "medical_emergency",
                    topic="x",
                    accused=list(accused),
                    count=1,
                    state=state,
                    due_at=at,
                    step=0,
                    attempts=0,
                    code="1234",
                )
            )

    def mood(self, days_ago: int, valence: float) -> None:
        data = {"seconds": 2.0, "words": 5, "speaker": "yes", "label": "sad", "arousal": 0.0}
        data |= {"valence": valence, "confidence": 0.8, "unsure": False, "topics": []}
        data |= {"against_usual": {}, "people": [], "tier": 0, "category": "none"}
        data |= {"source": "model", "prompted": False}
        with self.database.begin() as connection:
            for i in range(8):
                at = NOW - days_ago * DAY_S + i * 60
                add_event(connection, at=at, kind="turn", data=data, person_id=self.owner)

    def facts(self) -> Facts:
        with self.database.read() as connection:
            return read_facts(connection, NOW, UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "rose.db")
    yield made
    made.database.close()


def test_nothing_is_told_of_somebody_who_was_never_asked(house: House) -> None:
    house.alert("sent")
    assert house.facts() == Facts()
    house.say("mood", "alerts")  # that is about other things
    assert house.facts().permitted == frozenset()


def test_each_thing_needs_its_own_consent(house: House) -> None:
    house.say("home")
    assert house.facts() == Facts(True, None, None)
    house.say("alerts")
    assert house.facts() == Facts(True, False, None)
    house.say("mood")
    assert house.facts() == Facts(True, False, "unknown")
    house.say("home", yes=False)
    assert house.facts() == Facts()


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("waiting", True),
        ("sent", True),
        ("unreached", True),
        ("countdown", False),
        ("cancelled", False),
        ("acknowledged", False),
    ],
)
def test_an_alert_is_open_until_somebody_answers(house: House, state: str, shown: bool) -> None:
    house.say("home", "alerts")
    house.alert(state)
    assert house.facts().alert is shown


def test_an_alert_about_somebody_is_not_shown_where_they_may_see_it(house: House) -> None:
    house.say("home", "alerts")
    house.alert("sent", "son")
    assert house.facts().alert is False


def test_an_alert_of_last_month_is_over(house: House) -> None:
    house.say("home", "alerts")
    house.alert("unreached", at=NOW - 30 * DAY_S)
    assert house.facts().alert is False


def test_mood_is_told_only_against_enough_days(house: House) -> None:
    house.say("home", "mood")
    for day in range(5, 9):
        house.mood(day, 0.3)
    assert house.facts().mood == "unknown"
    for day in range(9, 40):
        house.mood(day, 0.3 + 0.05 * (day % 3))
    assert house.facts().mood == "usual"
    for day in range(1, 5):
        house.mood(day, -0.7)
    assert house.facts().mood == "lower"


def test_a_simulated_life_is_told_to_nobody(house: House) -> None:
    house.say("home", "mood", "alerts")
    with house.database.begin() as connection:
        connection.execute(insert(meta).values(key="simulated", value="yes"))
    assert house.facts() == Facts()
