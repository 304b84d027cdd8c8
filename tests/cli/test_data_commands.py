"""``companion data`` and ``companion people``: what an installer, or a daughter, types."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion import app as house
from companion.cli import main as cli
from companion.config import Config, load_config
from companion.storage import audit, consents, people
from companion.storage.database import Database
from companion.storage.erase import resume
from companion.storage.keys import is_wrapped
from companion.storage.records import add_event, events

SECRET = "rhubarb"
MAIL = f"mailtos://molly:{SECRET}@example.org?to=anna@example.org"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("COMPANION_PASSPHRASE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "config" / "companion" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n[persona]\nperson = "Margaret"\n')
    return tmp_path / "state"


@pytest.fixture
def call(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str, stdin: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin or ""))
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


@pytest.fixture
def filled(state: Path) -> Iterator[Database]:
    settings = load_config()
    database = house.open_storage(settings)
    with database.begin() as connection:
        owner = people.owner(connection, at=1.0, name="Margaret")
        people.add_person(connection, "Anna", "family", at=2.0)
        for text in ("Anna was here", "the garden"):
            add_event(
                connection, at=time.time(), kind="safety", data={"text": text}, person_id=owner.id
            )
        add_event(connection, at=1.0, kind="mood", data={"text": "old"}, person_id=owner.id)
    (state / "patience.json").write_text("{}")
    yield database
    database.close()


def texts(settings: Config | None = None) -> list[str]:
    database = house.open_storage(settings or load_config())
    with database.read() as connection:
        found = [str(event.data["text"]) for event in events(connection)]
    database.close()
    return found


def test_show_tells_what_is_kept_and_where(filled: Database, call: Call, state: Path) -> None:
    code, out, _ = call("data", "show")
    assert code == 0
    assert "(encrypted)" in out
    assert "safety             2 rows, kept 365 days" in out
    assert "sound is never kept" in out
    assert "words are not kept" in out
    assert str(state / "companion.db") in out
    assert str(state / "patience.json") in out
    assert "audit: whole" in out
    tree = json.loads(call("data", "show", "--json")[1])
    assert tree["people"] == {"owner": 1, "family": 1}


def test_export_writes_a_folder_once(filled: Database, call: Call, tmp_path: Path) -> None:
    code, out, _ = call("data", "export", str(tmp_path / "out"))
    assert code == 0
    assert "README.txt" in out
    assert "not encrypted" in out
    assert (tmp_path / "out" / "companion.json").exists()
    code, _, err = call("data", "export", str(tmp_path / "out"))
    assert (code, err.count("\n")) == (8, 1)
    assert "not empty" in err


def test_erase_does_nothing_unasked_without_a_terminal(filled: Database, call: Call) -> None:
    code, _, err = call("data", "erase", stdin="y\n")
    assert code == 8
    assert "--yes" in err
    assert len(texts()) == 3


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "left"), [("n\n", 3), ("y\n", 0)])
def test_erase_says_what_goes_and_asks(
    filled: Database,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    left: int,
) -> None:
    monkeypatch.setattr("sys.argv", ["companion", "data", "erase"])
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    code = cli.run()
    said = capsys.readouterr()
    assert code == (8 if left else 0)
    assert "EVERYTHING" in said.out
    assert "3 events" in said.out
    assert len(texts()) == left


def test_erase_of_a_person_takes_what_names_them(filled: Database, call: Call, state: Path) -> None:
    code, out, _ = call("data", "erase", "--person", "anna", "--yes")
    assert code == 0
    assert "all about Anna" in out
    assert texts() == ["old", "the garden"]
    assert not (state / "patience.json").exists()
    code, _, err = call("data", "erase", "--person", "anna", "--yes")
    assert code == 8
    assert "nobody here is called anna" in err


def test_erase_of_everything_begins_anew(filled: Database, call: Call, state: Path) -> None:
    key = (state / "key").read_text()
    code, out, _ = call("data", "erase", "--yes")
    assert code == 0
    assert "new key" in out
    assert "persona.person" in out
    assert (state / "key").read_text() != key
    assert texts() == []


def test_everything_can_be_erased_though_the_key_is_lost(
    filled: Database, call: Call, state: Path
) -> None:
    filled.close()
    (state / "key").unlink()
    code, _, err = call("data", "show")
    assert code == 8
    assert "put it back" in err
    assert call("data", "erase", "--person", "Anna", "--yes")[0] == 8
    assert call("data", "erase", "--yes")[0] == 0
    assert texts() == []


def test_sweep_removes_what_is_over_its_time(filled: Database, call: Call) -> None:
    assert call("data", "sweep")[:2] == (0, "removed: 1 mood\n")
    assert call("data", "sweep")[:2] == (0, "nothing is over its time\n")
    assert json.loads(call("data", "sweep", "--json")[1])["total"] == 0


def test_check_finds_damage_and_tampering(filled: Database, call: Call) -> None:
    assert call("data", "check")[0] == 0
    with filled.begin() as connection:
        audit.append(connection, 1.0, "a", "b", {})
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'x'")
    code, _, err = call("data", "check")
    assert code == 8
    assert "tampered with, from row 1" in err
    code, out, _ = call("data", "check", "--json")
    assert (code, json.loads(out)["ok"]) == (8, False)


def test_consent_is_given_listed_and_taken_back_with_what_it_kept(
    filled: Database, call: Call
) -> None:
    assert "Margaret agrees" in call("data", "consent", "give", "transcripts", "--how", "spoken")[1]
    with filled.begin() as connection:
        add_event(connection, at=time.time(), kind="transcript", data={"text": "words"})
    assert "words" in texts()
    code, out, _ = call("data", "consent", "withdraw", "transcripts")
    assert code == 0
    assert "1 rows" in out
    assert "words" not in texts()
    rows = json.loads(call("data", "consent", "list", "--json")[1])
    assert [(row["person"], row["granted"], row["how"]) for row in rows] == [
        ("Margaret", True, "spoken"),
        ("Margaret", False, "typed"),
    ]
    assert "Margaret agrees to transcripts" in call("data", "consent", "list")[1]
    code, _, err = call("data", "consent", "give", "everything")
    assert code == 8
    assert "transcripts" in err
    assert call("data", "consent", "give", "mood", "--person", "Nobody")[0] == 8
    assert call("data", "consent", "give", "mood", "--how", "guessed")[0] == 8


def test_every_subject_has_a_text() -> None:
    from companion.cli.consent import TEXTS

    assert set(TEXTS) == set(consents.SUBJECTS)


def test_a_passphrase_locks_the_key_and_comes_off(
    state: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = call("data", "passphrase")
    assert code == 8
    assert "COMPANION_PASSPHRASE" in err
    monkeypatch.setenv("COMPANION_PASSPHRASE", "correct horse")
    code, out, _ = call("data", "passphrase")
    assert code == 0
    assert "nobody" in out
    assert "correct horse" not in out
    assert is_wrapped(state / "key")
    assert call("data", "show")[0] == 0
    assert call("data", "passphrase")[0] == 8
    monkeypatch.setenv("COMPANION_PASSPHRASE", "wrong horse")
    assert call("data", "show")[0] == 8
    assert call("data", "passphrase", "--remove")[0] == 8
    monkeypatch.setenv("COMPANION_PASSPHRASE", "correct horse")
    assert call("data", "passphrase", "--remove")[0] == 0
    assert not is_wrapped(state / "key")
    assert call("data", "passphrase", "--remove")[0] == 8


# People


def test_people_are_added_under_everyday_roles_and_removed(state: Path, call: Call) -> None:
    assert call("people", "add", "Anna", "--role", "Daughter")[0] == 0
    assert call("people", "add", "Tom", "--role", "neighbor")[0] == 0
    code, _, err = call("people", "add", "Max", "--role", "astronaut")
    assert code == 8
    assert "family" in err
    assert call("people", "list")[1] == "Margaret (owner)\nAnna (daughter)\nTom (neighbour)\n"
    assert call("people", "rename", "owner", "Maggie")[0] == 0
    assert call("people", "remove", "anna")[0] == 0
    assert call("people", "remove", "owner")[0] == 8
    rows = json.loads(call("people", "list", "--json")[1])
    assert [row["name"] for row in rows] == ["Maggie", "Tom"]


def test_a_contact_is_checked_masked_and_records_consent(state: Path, call: Call) -> None:
    call("people", "add", "Anna", "--role", "daughter")
    code, out, err = call(
        *("people", "contact", "Anna", "--channel", "-", "--quiet", "22:00-7:00"),
        *("--category", "crisis", "--lowest-tier", "2"),
        stdin=MAIL + "\n",
    )
    assert code == 0
    assert SECRET not in out + err
    assert "mailtos://****@example.org to anna@example.org" in out
    assert "quiet 22:00-07:00, only crisis" in out
    assert SECRET not in call("people", "contacts")[1]
    (row,) = json.loads(call("people", "contacts", "--json")[1])
    assert (row["position"], row["lowest_tier"], row["categories"]) == (1, 2, ["crisis"])
    given = json.loads(call("data", "consent", "list", "alerts", "--json")[1])
    assert [(one["person"], one["granted"], one["how"]) for one in given] == [
        ("Margaret", True, "typed")
    ]
    database = house.open_storage(load_config())
    with database.read() as connection:
        assert people.contacts(connection)[0].channel == MAIL
        acts = audit.rows(connection)
    database.close()
    assert [act.action for act in acts] == ["person added", "contact added"]
    assert "Anna" not in str(acts)
    assert call("people", "uncontact", row["id"][:8])[0] == 0
    assert json.loads(call("people", "contacts", "--json")[1]) == []


def test_contacts_keep_the_order_that_was_asked_for(state: Path, call: Call) -> None:
    call("people", "add", "Anna", "--role", "daughter")
    call("people", "add", "Tom", "--role", "friend")
    call("people", "contact", "Anna", "--channel", "ntfy://localhost/anna")
    call("people", "contact", "Tom", "--channel", "ntfy://localhost/tom", "--position", "1")
    rows = json.loads(call("people", "contacts", "--json")[1])
    assert [row["name"] for row in rows] == ["Tom", "Anna"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("Anna", "--channel", f"nonsense://{SECRET}"), 10, "not understood"),
        (("Anna", "--channel", ""), 10, "not understood"),
        (("Anna", "--channel", MAIL, "--quiet", "late"), 10, "22:00-07:00"),
        (("Anna", "--channel", MAIL, "--quiet", "25:00-07:00"), 10, "22:00"),
        (("Anna", "--channel", MAIL, "--category", "burglary"), 10, "crisis"),
        (("Nobody", "--channel", MAIL), 8, "nobody here is called Nobody"),
    ],
)
def test_a_contact_that_could_not_work_is_refused_in_one_line(
    state: Path, call: Call, words: tuple[str, ...], code: int, said: str
) -> None:
    call("people", "add", "Anna", "--role", "daughter")
    found, out, err = call("people", "contact", *words)
    assert (found, err.count("\n")) == (code, 1)
    assert said in err
    assert SECRET not in out + err
    assert json.loads(call("people", "contacts", "--json")[1]) == []


def test_the_commands_know_where_an_erase_resumes(state: Path) -> None:
    from companion.app import place_of

    place = place_of(load_config())
    assert (place.state_dir, place.path, place.key_path) == (
        state,
        state / "companion.db",
        state / "key",
    )
    assert resume(place) is False
