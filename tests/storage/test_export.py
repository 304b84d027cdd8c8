"""An export is complete, readable, explained, private, and safe to open."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from companion.errors import StorageError, StorageFullError
from companion.storage import audit, carers, consents, learned, memories, outgoing, people, sessions
from companion.storage.alert import Alert, Delivery
from companion.storage.channels import masked
from companion.storage.columns import TABLES
from companion.storage.counts import add_count
from companion.storage.database import Database
from companion.storage.export import export, iso, safe_cell
from companion.storage.outbox import Outbox
from companion.storage.records import add_event
from companion.storage.tables import metadata
from companion.storage.voiceprints import store_print

NOW = 1_800_000_000.0
WORDS = 'She said "hello", grüße\nand left'


@pytest.fixture
def filled(database: Database) -> Database:
    with database.begin() as connection:
        owner = people.owner(connection, at=1.5, name="Margaret")
        anna = people.add_person(connection, "=Anna", "family", at=2.0)
        contact = people.add_contact(
            connection, anna.id, "mailtos://anna:rhubarb@example.org?to=a@example.org", at=3.0
        )
        consents.give(
            connection, person_id=owner.id, subject="mood", how="spoken", version="1", at=4.0
        )
        consents.give(
            connection, person_id=owner.id, subject="voiceprint", how="spoken", version="1", at=4.0
        )
        store_print(
            connection,
            person_id=owner.id,
            device="mic",
            model="net",
            seconds=60,
            vectors=b"numbers",
            at=4.5,
        )
        learned.keep(connection, owner.id, "feeling", {"mood": WORDS}, at=4.7)
        consents.give(
            connection, person_id=owner.id, subject="memory", how="spoken", version="1", at=4.0
        )
        memories.remember(
            connection,
            person_id=owner.id,
            kind="people",
            subject="daughter/anna",
            relation="lives",
            value="Leeds",
            sentence="Your daughter Anna lives in Leeds.",
            told_at=4.8,
            at=4.9,
            vector=b"numbers",
        )
        carer = carers.add_carer(connection, owner.id, "rose", "owner", at=4.8)
        carers.set_password(connection, carer.id, "rhubarb hash")
        carers.share(connection, carer.id, {"mood": True}, granted_by=owner.id, at=4.8)
        sessions.open_session(connection, carer.id, now=4.9, lasts_s=9.0, complete=True)
        outgoing.add(
            connection, lane="contact", kind="message", mark="1", at=4.8, content={"text": WORDS}
        )
        add_event(connection, at=5.0, kind="transcript", data={"text": WORDS}, person_id=owner.id)
        add_count(connection, 2026, "crisis.3")
    Outbox(database).store(
        Alert(
            "a1",
            6.0,
            3,
            "crisis",
            "plan",
            7.0,
            "654321",
            frozenset({"bob"}),
            owner.id,
            deliveries=(Delivery(-1, contact.id, 1, 6.0),),
        )
    )
    return database


def sheet(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_in_both_forms(filled: Database, tmp_path: Path) -> None:
    made = export(filled, tmp_path / "out", NOW)
    tree = json.loads((made.folder / "companion.json").read_text(encoding="utf-8"))
    assert tree["format"] == "companion-export-1"
    assert tree["made_at_iso"] == "2027-01-15T08:00:00+00:00"
    assert set(tree["tables"]) == (set(metadata.tables) - {"meta"}) | {"counts"}
    for name, table in tree["tables"].items():
        rows = sheet(made.folder, name)
        assert len(rows) == len(table["rows"]) == made.rows[name] > 0
        assert list(rows[0]) == list(table["rows"][0]) == list(table["columns"])
    (event,) = tree["tables"]["events"]["rows"]
    assert (event["data"], event["at"], event["at_iso"]) == (
        {"text": WORDS},
        5.0,
        "1970-01-01T00:00:05+00:00",
    )
    (row,) = sheet(made.folder, "events")
    assert json.loads(row["data"]) == {"text": WORDS}
    assert (row["at"], row["at_iso"]) == ("5.0", "1970-01-01T00:00:05+00:00")
    assert sheet(made.folder, "consents")[0]["granted"] == "yes"
    assert sheet(made.folder, "counts") == [{"year": "2026", "name": "crisis.3", "count": "1"}]
    assert sheet(made.folder, "deliveries")[0]["ended_at_iso"] == ""


def test_no_password_key_or_reply_code_is_in_it(filled: Database, tmp_path: Path) -> None:
    folder = export(filled, tmp_path / "out", NOW).folder
    whole = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert "rhubarb" not in whole
    assert "654321" not in whole
    assert "canary" not in whole
    assert "mailtos://****@example.org to a@example.org" in whole


def test_the_readme_explains_every_file_and_column(filled: Database, tmp_path: Path) -> None:
    folder = export(filled, tmp_path / "out", NOW).folder
    text = (folder / "README.txt").read_text(encoding="utf-8")
    for path in folder.iterdir():
        assert path.name in text or path.name == "README.txt"
    for shown in TABLES:
        part = text.split(f"\n{shown.name}.csv (")[1]
        for name in shown.columns:
            assert f"\n  {name}: " in part
    assert "NOT encrypted" in text


def test_the_files_are_for_their_owner_only(filled: Database, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = export(filled, tmp_path / "deep" / "out", NOW)
    finally:
        os.umask(old)
    assert made.private
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in made.folder.iterdir()} == {0o600}


def test_a_spreadsheet_runs_nothing_of_it(filled: Database, tmp_path: Path) -> None:
    folder = export(filled, tmp_path / "out", NOW).folder
    names = [row["name"] for row in sheet(folder, "people")]
    assert names == ["Margaret", "'=Anna"]
    assert [safe_cell(text) for text in ("=1", "+1", "-1", "@x", "\t=1", " =1", "a=1", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\t=1",
        "' =1",
        "a=1",
        "",
    ]
    assert safe_cell(-1.5) == -1.5


def test_the_audit_tells_of_it(filled: Database, tmp_path: Path) -> None:
    assert export(filled, tmp_path / "out", NOW, "owner").audited
    with filled.read() as connection:
        row = audit.rows(connection)[-1]
    assert (row.at, row.actor, row.action) == (NOW, "owner", "export")
    assert sheet(tmp_path / "out", "audit")[-1]["action"] == "export"


def test_an_empty_folder_is_taken_and_a_full_one_is_left_alone(
    filled: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir(mode=0o755)
    export(filled, folder, NOW)
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(StorageError, match="not empty"):
        export(filled, folder, NOW)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(StorageError, match="not a folder"):
        export(filled, folder / "README.txt", NOW)


def test_a_whole_disk_is_not_replaced(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stick").mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "stick")
    with pytest.raises(StorageError, match="name a new folder on it"):
        export(filled, tmp_path / "stick", NOW)
    export(filled, tmp_path / "stick" / "out", NOW)


def test_a_failed_export_leaves_nothing_behind(
    filled: Database,
    tmp_path: Path,
    full_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    with full_disk(2_000), pytest.raises(StorageFullError):
        export(filled, tmp_path / "out", NOW)
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_full_database_disk_does_not_keep_people_from_their_data(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFullError("no space")

    monkeypatch.setattr(audit, "append", full)
    made = export(filled, tmp_path / "out", NOW)
    assert not made.audited
    assert made.rows["events"] == 1


def test_what_a_killed_export_left_is_removed_by_the_next(filled: Database, tmp_path: Path) -> None:
    dead, alive = tmp_path / ".out.999999999-0123abcd", tmp_path / f".out.{os.getpid()}-0123abcd"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "events.csv").touch()
    export(filled, tmp_path / "out", NOW)
    assert not dead.exists()
    assert alive.exists()


def test_times_beyond_the_calendar_are_left_empty() -> None:
    assert [iso(at) for at in (None, 1e300, 0.0)] == [None, None, "1970-01-01T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("mailtos://molly:rhubarb@example.org:587?to=a@x.org", "mailtos://****@example.org:587 to "
         "a@x.org"),
        ("mailto://anna:rhubarb@example.org", "mailto://****@example.org to anna@example.org"),
        ("ntfys://ntfy.sh/rhubarb", "ntfys://ntfy.sh/****"),
        ("ntfy://rhubarb", "ntfy://****"),
        ("ntfy://u:rhubarb@host:80/rhubarb?token=rhubarb", "ntfy://host:80/****"),
        ("tgram://rhubarb/rhubarb", "tgram://****"),
        ("slack:rhubarb", "slack://****"),
        ("rhubarb", "****"),
        ("mailto://u:p[rhubarb@x", "mailto://****"),
    ],
)  # fmt: skip
def test_a_channel_shows_without_its_secrets(channel: str, shown: str) -> None:
    assert masked(channel) == shown
    assert "rhubarb" not in masked(channel)
