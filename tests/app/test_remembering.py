"""What a live talk remembers, with the real rooms and a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from companion import app
from companion.config import Config, PersonaSettings
from companion.domain import CommittedTurn, Match, Speaker
from companion.storage import people


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state_dir=tmp_path, persona=PersonaSettings(person="Rose"))


@pytest.fixture
def keeping(config: Config) -> Iterator[app.Keeping]:
    kept = app.start_keeping(config, lambda line: pytest.fail(line), lambda news: None)
    yield kept
    kept.close()


def sentences(config: Config, keeping: app.Keeping) -> list[str]:
    assert keeping.database is not None
    assert keeping.person_id is not None
    store = app.load_store(config, keeping.database, keeping.person_id)
    return [one.sentence for one in store.facts()]


def test_only_the_owners_own_turns_are_remembered(config: Config, keeping: app.Keeping) -> None:
    assert keeping.database is not None
    assert keeping.person_id is not None
    store = app.load_store(config, keeping.database, keeping.person_id)
    living = app.start_living(config, keeping, lambda one: None, pytest.fail, compared=True)
    owner = Speaker(Match.YES)
    living.committed(CommittedTurn("I love rhubarb.", 1.0, "model", None, owner))
    assert sentences(config, keeping) == []  # nobody agreed
    store.agree(1.0)
    for match in (Match.NO, Match.UNSURE):
        living.committed(CommittedTurn("I love custard.", 1.0, "model", None, Speaker(match)))
    living.committed(CommittedTurn("I love rhubarb.", 1.0, "model", None, owner))
    living.committed(CommittedTurn("My sister Ruth lives in Leeds.", 1.0, "script", None, owner))
    assert sentences(config, keeping) == ["You love rhubarb."]
    said = [s.answer("What pudding do I love?", datetime.now(UTC)) for s in living.skills]
    assert ["You love rhubarb."] in [[p.text for p in one.parts] for one in said if one]
    living.close()


def test_birthdays_become_occasions_and_kin_the_circle(
    config: Config, keeping: app.Keeping
) -> None:
    database, person_id = keeping.database, keeping.person_id
    assert database is not None
    assert person_id is not None
    store = app.load_store(config, database, person_id)
    store.agree(1.0)
    skill = app.load_memory(config, store)
    now = datetime(2026, 3, 4, 10, tzinfo=UTC)
    for told in (
        "My sister Ruth's birthday is the fourth of March.",
        "My daughter is called Anna.",
        "My brother Frank died in 1998.",
    ):
        skill.told(told, now)
    _, days = app.occasions_from(store)(now)
    assert [one.what for one in days] == ["your sister Ruth's birthday"]
    assert app.occasions_from(store)(now.replace(day=5)) == ((), ())
    with database.begin() as connection:
        people.add_person(connection, "Molly", "daughter", at=1.0)
    circle = app.RememberedCircle(database, store, "en", person_id).known()
    names = {one.name for one in circle}
    assert {"Molly", "Anna"} <= names
    assert "Frank" not in names
