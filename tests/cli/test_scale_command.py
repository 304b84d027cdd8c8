"""``companion scale``, and what is kept of it; what check-ins remember and read."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from companion import app as house
from companion.cli import main as cli
from companion.config import load_config
from companion.domain import Initiative
from companion.storage.people import add_person, owner
from companion.storage.records import add_event, events
from companion.wellbeing.people_first import load_people_texts, read_circle
from companion.wellbeing.scales import scale_history
from companion.wellbeing.turns import read_turns

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name in ("COMPANION_PASSPHRASE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "config" / "companion" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n[persona]\nperson = "Margaret"\n')

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def kept() -> list[dict[str, object]]:
    with house.open_storage(load_config()).read() as connection:
        return [dict(one.data) for one in events(connection, "scale")]


def test_answers_in_writing_are_scored_and_kept_as_a_sum(call: Call) -> None:
    code, out, _ = call("scale", "run", "who5", "--answers", "3,4,2,1,5", "--share", "--json")
    assert code == 0
    assert json.loads(out)["score"] == 60
    event = {"name": "who5", "score": 60, "max": 100, "skipped": 0, "share": True}
    assert kept() == [event]
    with house.open_storage(load_config()).read() as connection:
        expires_at = events(connection, "scale")[0].expires_at
        assert len(scale_history(connection, time.time()).finished) == 1
    assert expires_at is not None
    assert expires_at == pytest.approx(time.time() + 365 * 86_400, abs=60)


def test_not_enough_answers_or_no_wish_keep_nothing(call: Call) -> None:
    code, out, _ = call("scale", "run", "phq2", "--answers", "1,-")
    assert code == 0
    assert "no sum" in out
    call("scale", "run", "phq2", "--answers", "1,2", "--no-keep")
    assert kept() == []


def test_mistakes_are_one_line_and_an_exit_code(call: Call) -> None:
    for words in (["phq9", "--answers", "1"], ["phq2", "--answers", "1,9"]):
        code, _, error = call("scale", "run", *words)
        assert code == 13
        assert error.count("\n") == 1


def test_asked_one_by_one_and_ended_at_any_time(call: Call) -> None:
    code, out, _ = call("scale", "run", "ucla3", stdin="yes\noften\nnot really\nsometimes\nyes\n")
    assert code == 0
    assert "6 out of 9" in out
    assert kept()[0]["share"] is True
    call("scale", "run", "ucla3", stdin="yes\noften\nstop\n")
    call("scale", "run", "ucla3", stdin="yes\noften\n")
    assert len(kept()) == 1


def test_the_list_names_licences(call: Call) -> None:
    _, out, _ = call("scale", "list", "--json")
    assert {row["name"] for row in json.loads(out)} == {"who5", "ucla3", "phq2", "gds15"}
    assert all(row["licence"] for row in json.loads(out))


def test_check_ins_remember_over_a_restart_and_read_what_was_kept(call: Call) -> None:
    call("scale", "run", "phq2", "--answers", "0,0")
    settings, database = load_config(), house.open_storage(load_config())
    now = time.time()
    with database.begin() as connection:
        person = owner(connection, at=now)
        add_person(connection, "Anna", "daughter", at=now)
        add_person(connection, "Nurse Joy", "nurse", at=now)
        turn = {"seconds": 3.0, "people": ["daughter"], "topics": []}
        add_event(connection, at=now - 50, kind="turn", data=turn, person_id=person.id)

    def build() -> object:
        said: list[Initiative] = []
        noted: list[str] = []
        return house.load_initiatives(
            settings, database, person.id, lambda kind, *_: noted.append(kind), said.append
        )

    runner = build()
    assert runner.log.heard_at == pytest.approx(now - 50)  # type: ignore[attr-defined]
    facts = runner.facts(datetime.now().astimezone())  # type: ignore[attr-defined]
    assert facts.scale is None  # one was done this week
    answer = runner.fulfil(runner.wish("leave me alone today"))  # type: ignore[attr-defined]
    answer.effect()
    again = build()
    assert again.log.snoozed_until > now  # type: ignore[attr-defined]
    with database.read() as connection:
        circle = read_circle(connection, read_turns(connection, 0.0), load_people_texts())
    assert [(one.name, one.mentioned_at) for one in circle] == [("Anna", pytest.approx(now - 50))]
