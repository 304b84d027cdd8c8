"""What is over its time goes, with its bytes; what is not stays; the audit stays whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.plain_pages import plain_pages

from companion.errors import StorageError
from companion.storage import audit, consents, people
from companion.storage.alert import Alert, Delivery, new_id
from companion.storage.database import Database, check
from companion.storage.keys import Key
from companion.storage.outbox import Outbox
from companion.storage.overview import overview
from companion.storage.records import DAY_S, add_event, events
from companion.storage.retention import Retention, Swept, sweep, sweep_withdrawn

NOW = 1_800_000_000.0
DEFAULTS = Retention()


def owner(database: Database, *, transcripts: bool | None = True) -> people.Person:
    with database.begin() as connection:
        person = people.owner(connection, at=1.0)
        if transcripts is not None:
            record = consents.give if transcripts else consents.withdraw
            record(
                connection,
                person_id=person.id,
                subject="transcripts",
                how="spoken",
                version="1",
                at=2.0,
            )
    return person


def note(
    database: Database,
    kind: str,
    age_days: float,
    *,
    person_id: str | None = None,
    expires_in: float | None = None,
    text: str = "",
) -> None:
    with database.begin() as connection:
        add_event(
            connection,
            at=NOW - age_days * DAY_S,
            kind=kind,
            data={"text": text or f"{kind} {age_days:g}"},
            person_id=person_id,
            expires_at=None if expires_in is None else NOW + expires_in * DAY_S,
        )


def left(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(str(event.data["text"]) for event in events(connection))


def raise_alert(database: Database, age_days: float, state: str) -> None:
    at = NOW - age_days * DAY_S
    one = Alert(new_id(), at, 3, state, "", at, "123456", state=state)
    Outbox(database).store(
        Alert(
            **{name: getattr(one, name) for name in one.__slots__ if name != "deliveries"},
            deliveries=(Delivery(-1, None, 1, at, at + 1, True),),
        )
    )


@pytest.mark.parametrize(
    ("kind", "days"),
    [("transcript", 7), ("mood", 90), ("summary", 365), ("safety", 365), ("notice", 365)],
)
def test_each_class_is_kept_its_own_time(database: Database, kind: str, days: float) -> None:
    owner(database)
    note(database, kind, days + 0.01, text="old")
    note(database, kind, days - 0.01, text="young")
    swept = sweep(database, NOW, DEFAULTS)
    assert left(database) == ["young"]
    assert swept.total == 1
    assert sweep(database, NOW, DEFAULTS) == Swept()


def test_what_was_promised_to_go_goes_though_the_setting_is_longer_now(database: Database) -> None:
    note(database, "mood", 10, expires_in=-0.01, text="promised")
    note(database, "mood", 10, expires_in=50, text="later")
    sweep(database, NOW, Retention(mood=1000))
    assert left(database) == ["later"]


def test_a_shorter_setting_counts_at_once(database: Database) -> None:
    note(database, "mood", 3, expires_in=87)
    assert sweep(database, NOW, Retention(mood=2)).counts == {"mood": 1}


def test_a_class_that_is_off_keeps_nothing(database: Database) -> None:
    owner(database)
    note(database, "transcript", 0.0)
    assert sweep(database, NOW, Retention(transcripts=0)).counts == {"transcripts": 1}


def test_a_kind_of_no_class_goes_by_its_own_date_only(database: Database) -> None:
    note(database, "memory", 5_000, text="kept")
    note(database, "memory", 1, expires_in=-0.5, text="gone")
    assert sweep(database, NOW, DEFAULTS).counts == {"other": 1}
    assert left(database) == ["kept"]


def test_a_wrong_clock_in_the_past_removes_nothing(database: Database) -> None:
    owner(database)
    for kind in ("transcript", "mood", "safety"):
        note(database, kind, 1)
    assert sweep(database, 0.0, DEFAULTS).total == 0


def test_words_without_consent_go(database: Database) -> None:
    margaret = owner(database, transcripts=None)
    note(database, "transcript", 1, person_id=margaret.id, text="hers")
    note(database, "transcript", 1, text="nobody's")
    note(database, "mood", 1, person_id=margaret.id, text="mood")
    assert sweep(database, NOW, DEFAULTS).counts == {"withdrawn": 2}
    assert left(database) == ["mood"]


def test_taking_a_consent_back_removes_what_was_kept_with_it_and_only_that(
    database: Database,
) -> None:
    margaret = owner(database)
    with database.begin() as connection:
        anna = people.add_person(connection, "Anna", "family", at=2.0)
        for person in (margaret, anna):
            for record in (consents.give, consents.withdraw)[: 1 + (person is anna)]:
                record(
                    connection, person_id=person.id, subject="mood", how="typed", version="1", at=3
                )
    note(database, "mood", 1, person_id=margaret.id, text="margaret")
    note(database, "mood", 1, text="nobody")
    note(database, "mood", 1, person_id=anna.id, text="anna")
    note(database, "safety", 1, person_id=anna.id, text="safety")
    assert sweep_withdrawn(database) == 1
    assert left(database) == ["margaret", "nobody", "safety"]


def test_closed_alerts_go_and_open_ones_are_not_lost(database: Database) -> None:
    for age, state in ((366, "acknowledged"), (366, "sent"), (300, "cancelled"), (10, "waiting")):
        raise_alert(database, age, state)
    swept = sweep(database, NOW, DEFAULTS)
    assert swept.counts["alerts"] == swept.counts["deliveries"] == 2
    assert {one.state for one in Outbox(database).newest()} == {"cancelled", "waiting"}
    sweep(database, NOW, Retention(safety=0))
    assert [one.state for one in Outbox(database).newest()] == ["waiting"]


def test_the_audit_loses_its_front_and_stays_whole(database: Database) -> None:
    with database.begin() as connection:
        for age in (500, 400, 100, 1):
            audit.append(connection, NOW - age * DAY_S, "command", f"{age}", {})
    assert sweep(database, NOW, DEFAULTS).counts == {"audit": 2}
    with database.read() as connection:
        assert [row.action for row in audit.rows(connection)] == ["100", "1", "sweep"]
        assert audit.rows(connection)[-1].data == {"audit": 2}
        assert audit.verify(connection) is None


def test_a_sweep_that_finds_nothing_leaves_no_trace(database: Database) -> None:
    note(database, "mood", 1)
    sweep(database, NOW, DEFAULTS)
    with database.read() as connection:
        assert audit.rows(connection) == ()


def test_a_broken_audit_does_not_keep_words_longer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(database, "mood", 100)

    def broken(*_: object) -> int:
        raise StorageError("the audit was tampered with")

    monkeypatch.setattr(audit, "drop_before", broken)
    swept = sweep(database, NOW, DEFAULTS)
    assert swept == Swept({"mood": 1}, "the audit was tampered with")
    assert left(database) == []


def test_the_bytes_go_too_and_the_file_shrinks(database: Database, path: Path, key: Key) -> None:
    with database.begin() as connection:
        for number in range(1_300):
            add_event(
                connection,
                at=NOW - 100 * DAY_S,
                kind="mood",
                data={"text": f"rhubarb {number} " * 100},
            )
    note(database, "mood", 1, text="stays")
    database.checkpoint()
    before = path.stat().st_size
    assert b"rhubarb" in plain_pages(path, key)
    assert sweep(database, NOW, DEFAULTS).counts == {"mood": 1_300}
    assert path.stat().st_size < before / 4
    assert b"rhubarb" not in plain_pages(path, key)
    assert b"stays" in plain_pages(path, key)
    assert check(database) == ()


def test_a_few_bytes_go_without_rewriting_the_file(
    database: Database, path: Path, key: Key
) -> None:
    note(database, "mood", 100, text="rhubarb")
    note(database, "mood", 1, text="stays")
    sweep(database, NOW, DEFAULTS)
    assert b"rhubarb" not in plain_pages(path, key)
    assert path.with_name("companion.db-wal").stat().st_size == 0


def test_days_by_kind_are_those_of_the_classes() -> None:
    assert Retention(transcripts=1, mood=2, summaries=3, safety=4).by_kind() == {
        "transcript": 1,
        "mood": 2,
        "turn": 2,
        "listening": 2,
        "summary": 3,
        "told": 3,
        "reminder": 3,
        "checkin": 3,
        "scale": 3,
        "message": 3,
        "safety": 4,
        "notice": 4,
    }


def test_the_overview_tells_how_much_how_long_and_with_whose_consent(
    database: Database, path: Path
) -> None:
    owner(database)
    note(database, "mood", 80)
    note(database, "mood", 10)
    note(database, "memory", 1)
    key_path = path.with_name("key")
    key_path.write_text("x")
    key_path.chmod(0o644)
    found = overview(database, NOW, DEFAULTS, (key_path, path.with_name("missing")))
    kept = {one.name: one for one in found.kept}
    assert list(kept) == [
        "transcripts",
        "mood",
        "summaries",
        "safety",
        "other",
        "memories",
        "alerts",
        "outgoing",
        "audit",
    ]
    mood = kept["mood"]
    assert (mood.rows, mood.oldest, mood.newest, mood.days) == (
        2,
        NOW - 80 * DAY_S,
        NOW - 10 * DAY_S,
        90,
    )
    assert mood.next_expiry == NOW + 10 * DAY_S
    assert kept["transcripts"].next_expiry is None
    assert kept["other"].days is None
    assert found.people == {"owner": 1}
    assert [(word.subject, word.granted) for word in found.consents] == [("transcripts", True)]
    assert found.encrypted
    assert found.audit_broken_at is None
    files = {Path(file.path).name: file for file in found.files}
    assert files["companion.db"].private
    assert files["companion.db"].bytes > 4096
    assert not files["key"].private
    assert "missing" not in files
