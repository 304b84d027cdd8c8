"""``companion remind``, also while a talk runs on the same database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from companion import app
from companion.app.skilling import KeptReminders, new_rounds
from companion.app.zones import zone_of
from companion.cli import main as cli
from companion.config import Config, load_config
from companion.domain import Initiative
from companion.storage import people, reminders
from companion.storage.records import DAY_S
from companion.storage.reminders import Reminder
from companion.wellbeing.rounds import LOOK_S

Call = Callable[..., tuple[int, str, str]]
TODAY = date.today()
LATER = (TODAY + timedelta(days=40)).isoformat()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n'
        '[persona]\nperson = "Rose"\n[checkins]\ntimezone = "Europe/London"\n'
    )
    return file


@pytest.fixture
def call(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", "remind", *words, "--config", str(file)])
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def listed(call: Call) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(call("list", "--json")[1])
    return found


def test_add_list_and_remove(call: Call) -> None:
    assert "none yet" in call("list")[1]
    assert call("add", "take the white pill", "--at", "8:00", "--daily")[0] == 0
    assert call("add", "the dentist", "--at", "14:30", "--on", LATER)[0] == 0
    assert call("add", "feed the cat", "--at", "07:15", "--weekdays", "wed,mon")[0] == 0
    by_text = {row["text"]: row for row in listed(call)}
    pill, dentist, cat = (
        by_text[text] for text in ("take the white pill", "the dentist", "feed the cat")
    )
    assert (pill["kind"], pill["at"], pill["repeats"]) == ("medicine", "08:00", "daily")
    assert (dentist["kind"], dentist["on"], dentist["repeats"]) == ("appointment", LATER, None)
    assert str(dentist["next"]).startswith(f"{LATER}T14:30:00")
    assert (cat["kind"], cat["repeats"], cat["on"]) == ("other", "mon,wed", None)
    code, out, _ = call("remove", str(pill["id"])[:8], str(cat["id"]).upper())
    assert code == 0
    assert "take the white pill, 08:00: removed" in out
    assert [row["text"] for row in listed(call)] == ["the dentist"]


def test_the_next_comes_first_and_is_shown_with_the_beginning_of_its_id(call: Call) -> None:
    for days in (30, 10, 20):
        day = (TODAY + timedelta(days=days)).isoformat()
        call("add", f"water the ferns {days}", "--at", "10:00", "--on", day)
    rows = listed(call)
    assert [str(row["text"])[-2:] for row in rows] == ["10", "20", "30"]
    lines = call("list")[1].splitlines()
    for row, line in zip(rows, lines, strict=True):
        assert f"[{str(row['id'])[:8]}]" in line


def test_without_a_day_it_is_once_when_that_hour_comes_next(call: Call) -> None:
    code, out, _ = call("add", "ring Anna", "--at", "13:05", "--json")
    assert code == 0
    there = datetime.fromisoformat(json.loads(out)["next"])
    ahead = there.timestamp() - datetime.now().timestamp()
    assert 0 < ahead <= DAY_S + 3600
    assert (there.hour, there.minute) == (13, 5)


def test_the_kind_that_is_named_counts(call: Call) -> None:
    call("add", "rub it in", "--at", "08:00", "--daily", "--kind", "medicine")
    (row,) = listed(call)
    assert row["kind"] == "medicine"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tea", "--at", "25:00", "--daily"], "'25:00' is no hour"),
        (["tea", "--at", "eight", "--daily"], "is no hour"),
        (["  ", "--at", "08:00", "--daily"], "nothing to remind of"),
        (["x" * 121, "--at", "08:00", "--daily"], "at most 120"),
        (["tea", "--at", "08:00", "--on", "2020-02-01"], "is over"),
        (["tea", "--at", "08:00", "--on", "30.11.2026"], "is no day"),
        (["tea", "--at", "08:00", "--on", LATER, "--daily"], "only one of"),
        (["tea", "--at", "08:00", "--weekdays", "mon,someday"], "'someday' is no day of the week"),
        (["tea", "--at", "08:00", "--weekdays", ","], "name the days"),
        (["tea", "--at", "08:00", "--daily", "--kind", "party"], "medicine, appointment, other"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    call: Call, words: list[str], says: str
) -> None:
    code, out, err = call("add", *words)
    assert code == 13
    assert says in err
    assert err.count("\n") == 1
    assert out == ""
    assert listed(call) == []


def test_all_are_removed_or_none(call: Call) -> None:
    call("add", "tea", "--at", "16:00", "--daily")
    (row,) = listed(call)
    code, _, err = call("remove", str(row["id"]), "nosuch")
    assert code == 13
    assert "'nosuch'" in err
    assert call("remove", "")[0] == 13
    assert len(listed(call)) == 1


def test_a_beginning_of_two_ids_removes_neither(call: Call, file: Path) -> None:
    call("add", "tea", "--at", "16:00", "--daily")
    database = app.open_storage(load_config(file))
    with database.begin() as connection:
        owner = people.owner(connection, at=1.0)
        for _ in range(16):  # of 17 ids two begin alike
            tea = Reminder("", "other", "tea", "16:00", weekdays=(0,))
            reminders.add(connection, owner.id, tea)
    database.close()
    firsts = [str(row["id"])[0] for row in listed(call)]
    twice = next(one for one in firsts if firsts.count(one) > 1)
    assert call("remove", twice)[0] == 13
    assert len(listed(call)) == 17


def test_a_running_talk_sees_it_within_half_a_minute(call: Call, file: Path) -> None:
    config: Config = load_config(file)
    database = app.open_storage(config)
    offered: list[Initiative] = []
    with database.begin() as connection:
        owner = people.owner(connection, at=1.0, name="Rose")
    rounds = new_rounds(config, database, owner.id, offered.append, lambda *_: None)
    tz = zone_of(config)
    noon = datetime.combine(TODAY + timedelta(days=3), datetime.min.time(), tz).replace(hour=12)
    rounds.tick(noon - timedelta(seconds=10))
    day = noon.date().isoformat()
    assert call("add", "ring the bell", "--at", "12:00", "--on", day)[0] == 0
    rounds.tick(noon - timedelta(seconds=10 - LOOK_S))
    (said,) = offered
    assert "ring the bell" in " ".join(part.text for part in said.exchange.parts)
    (row,) = KeptReminders(database, owner.id).listed()
    assert row.how == "typed"
    assert call("remove", row.id)[0] == 0
    assert KeptReminders(database, owner.id).listed() == ()
    database.close()
