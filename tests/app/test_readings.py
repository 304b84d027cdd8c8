"""The journal as the dashboard sees it."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

import pytest

from companion.app import open_storage
from companion.app.readings import JournalReadings, about
from companion.app.wellbeing import elsewhere, simulate_days
from companion.care.sharing import SUBJECTS
from companion.config import Config
from companion.wellbeing.summary import SECTIONS

LAST = date(2026, 11, 22)


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> JournalReadings:
    config = elsewhere(Config(), tmp_path_factory.mktemp("days"))
    simulate_days(config, days=21, seed=4, plants=("medicines",), last=LAST, tz=UTC)
    database = open_storage(config)
    return JournalReadings(config, lambda: database, UTC)


def test_a_made_up_life_fills_the_pages(readings: JournalReadings) -> None:
    days = readings.series(date(2026, 11, 1), LAST)
    assert len(days) >= 20
    assert all(
        -1 <= day.mood.low <= day.mood.value <= day.mood.high <= 1 for day in days if day.mood
    )
    assert any(day.energy and abs(day.energy.value) <= 1 for day in days)
    assert sum(day.reminders_missed for day in days[-7:]) > sum(
        day.reminders_missed for day in days[:7]
    )
    assert readings.series(date(2020, 1, 1), date(2020, 2, 1)) == ()


def test_every_sentence_asks_for_a_subject_that_can_be_shared(readings: JournalReadings) -> None:
    made = readings.summary(LAST)
    assert made is not None
    assert made.sentences
    assert {one.about for one in made.sentences} <= set(SUBJECTS)
    assert any("made up" in note or "simulated" in note.lower() for note in made.not_heard)
    assert {about(section, ()) for section in SECTIONS} <= set(SUBJECTS)
    assert about("changes", ("change.medicines.more",)) == "medicines"
    assert about("changes", ("change.sleep.worse",)) == "topics"


def test_before_anybody_has_talked_there_is_nothing(tmp_path: Path) -> None:
    config = elsewhere(Config(), tmp_path)
    database = open_storage(config)
    empty = JournalReadings(config, lambda: database, UTC)
    assert empty.summary(LAST) is None
    assert empty.series(LAST, LAST) == ()
    database.close()
