"""What a live talk keeps of the days, with the real rooms and a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from companion import app
from companion.config import Config, PersonaSettings
from companion.domain import CommittedTurn, Feeling, Initiative, Match, Speaker
from companion.storage.records import events

SAD = Feeling(-0.5, -0.3, "sad", 0.8, against_usual={"tempo": -1.5})


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[app.Keeping]:
    config = Config(state_dir=tmp_path, persona=PersonaSettings(person="Rose"))
    kept = app.start_keeping(config, lambda line: pytest.fail(line), lambda news: None)
    yield kept
    kept.close()


@pytest.fixture
def offered() -> list[Initiative]:
    return []


@pytest.fixture
def living(keeping: app.Keeping, tmp_path: Path, offered: list[Initiative]) -> app.Living:
    config = Config(state_dir=tmp_path, persona=PersonaSettings(person="Rose"))
    return app.start_living(config, keeping, offered.append, compared=False)


def kept(keeping: app.Keeping, kind: str) -> list[dict[str, object]]:
    assert keeping.diary.flush(5)
    assert keeping.database is not None
    with keeping.database.read() as connection:
        return [dict(event.data) for event in events(connection, kind)]


def test_of_a_turn_numbers_and_topics_are_kept_and_no_words(
    keeping: app.Keeping, living: app.Living
) -> None:
    unsure = Speaker(Match.UNSURE, why="voices are not compared")
    living.committed(CommittedTurn("My knee hurts a lot today.", 2.5, "fallback", SAD, unsure))
    (turn,) = kept(keeping, "turn")
    assert (turn["seconds"], turn["words"], turn["speaker"]) == (2.5, 6, "")
    assert (turn["label"], turn["valence"]) == ("sad", -0.5)
    assert turn["against_usual"] == {"tempo": -1.5}
    assert "pain" in turn["topics"]  # type: ignore[operator]
    assert "knee" not in str(turn)


def test_visitors_leave_no_trace_and_doubtful_voices_only_a_count(
    keeping: app.Keeping, living: app.Living
) -> None:
    living.compared = True
    for match in (Match.NO, Match.UNSURE):
        living.committed(CommittedTurn("I am so sad.", 1.0, "model", SAD, Speaker(match)))
    (turn,) = kept(keeping, "turn")
    assert (turn["speaker"], turn["valence"], turn["topics"]) == ("unsure", None, [])


def test_a_request_is_no_topic(keeping: app.Keeping, living: app.Living) -> None:
    living.committed(CommittedTurn("Leave me alone today, please.", 1.0, "skill"))
    (turn,) = kept(keeping, "turn")
    assert turn["topics"] == []


def test_who_wants_peace_gets_it(living: app.Living, offered: list[Initiative]) -> None:
    now = datetime.now()
    found = [skill.answer("Leave me alone today, please.", now) for skill in living.skills]
    (granted,) = [one for one in found if one is not None]
    assert granted.effect is not None
    granted.effect()
    living.tick()
    assert offered == []
    assert all(skill.answer("My knee hurts.", now) is None for skill in living.skills)


def test_how_long_it_listened_is_kept(keeping: app.Keeping, living: app.Living) -> None:
    living.listening("heard")
    living.listening("fault")
    living.close()
    assert [span["why"] for span in kept(keeping, "listening")] == ["heard", "fault"]
