"""The outbox keeps its promises, in the file and on a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from companion.storage import audit, people
from companion.storage.alert import Alert, new_code, new_id
from companion.storage.database import Database, open_database
from companion.storage.keys import Key
from companion.storage.outbox import Outbox

NOW = 1_800_000_000.0


@pytest.fixture(params=["file", "server"])
def outbox(request: pytest.FixtureRequest, path: Path, key: Key) -> Iterator[Outbox]:
    if request.param == "server":
        url = request.getfixturevalue("server_url")
        database = open_database(None, key, url=url)
    else:
        database = open_database(path, key)
    yield Outbox(database)
    database.close()


@pytest.fixture
def anna(outbox: Outbox) -> str:
    with database_of(outbox).begin() as conn:
        person = people.add_person(conn, "Anna", "family", at=NOW)
        return people.add_contact(conn, person.id, "ntfy://x/y", at=NOW).id


def database_of(outbox: Outbox) -> Database:
    return outbox._database


def alert(**more: object) -> Alert:
    base = Alert(new_id(), NOW, 4, "crisis", "plan", NOW, new_code())
    return replace(base, **more)  # type: ignore[arg-type]


def added(outbox: Outbox, **more: object) -> Alert:
    return outbox.add(alert(**more), NOW, per_hour=6)


def claimed(outbox: Outbox, row: Alert, now: float = NOW, lease: float = 30.0) -> Alert:
    found = outbox.claim(row.id, now, now + lease)
    assert found is not None
    return found


def test_an_alert_comes_back_as_it_was_raised(outbox: Outbox) -> None:
    row = added(outbox, accused=frozenset({"b", "a"}), expires_at=NOW + 5)
    assert outbox.get(row.id) == row
    assert [a.id for a in outbox.due(NOW)] == [row.id]
    assert outbox.due(NOW - 1) == []


def test_only_one_of_two_can_claim_an_alert_and_it_returns_when_the_lease_ends(
    outbox: Outbox,
) -> None:
    row = added(outbox)
    assert outbox.claim(row.id, NOW, NOW + 30) is not None
    assert outbox.claim(row.id, NOW, NOW + 30) is None
    assert outbox.due(NOW + 29) == []
    assert claimed(outbox, row, NOW + 30).id == row.id


def test_a_worker_whose_lease_is_over_changes_nothing(outbox: Outbox, anna: str) -> None:
    row = added(outbox)
    slow = claimed(outbox, row)
    quick = claimed(outbox, row, NOW + 30)
    assert outbox.begin(slow, anna, NOW + 31) is None
    assert not outbox.renew(slow, NOW + 90)
    assert not outbox.settle(slow, replace(slow, state="unreached"))
    assert outbox.renew(quick, NOW + 90)


def test_an_answer_while_it_is_sent_is_not_overwritten(outbox: Outbox, anna: str) -> None:
    held = claimed(outbox, added(outbox))
    one = outbox.begin(held, anna, NOW)
    assert one is not None
    assert outbox.acknowledge(held.id, "Anna", NOW + 1)
    outbox.end(held, replace(one, ended_at=NOW + 2, ok=True))
    assert not outbox.settle(held, replace(held, state="sent", step=1))
    row = outbox.get(held.id)
    assert row is not None
    assert (row.state, row.acknowledged_by) == ("acknowledged", "Anna")
    assert row.deliveries[0].ok


def test_an_answer_counts_once(outbox: Outbox) -> None:
    row = added(outbox)
    assert outbox.acknowledge(row.id, "Anna", NOW)
    assert not outbox.acknowledge(row.id, "Ben", NOW)
    assert not outbox.cancel(row.id, NOW)
    assert outbox.claim(row.id, NOW, NOW + 30) is None


def test_a_try_without_end_marks_the_next_as_a_repeat(outbox: Outbox, anna: str) -> None:
    held = claimed(outbox, added(outbox))
    first = outbox.begin(held, anna, NOW)
    second = outbox.begin(held, anna, NOW + 1)
    assert first is not None
    assert second is not None
    assert (first.attempt, first.repeat) == (1, False)
    assert (second.attempt, second.repeat) == (2, True)
    row = outbox.get(held.id)
    assert row is not None
    assert row.deliveries == (first, second)


def test_the_same_concern_joins_the_open_alert_and_another_does_not(outbox: Outbox) -> None:
    row = added(outbox, tier=3)
    assert added(outbox, tier=4).id == row.id
    assert added(outbox, category="scam").id != row.id
    found = outbox.get(row.id)
    assert found is not None
    assert (found.tier, found.count) == (4, 2)
    later = NOW + 3601
    other = outbox.add(alert(at=later, due_at=later), later, per_hour=6)
    assert other.id != row.id


def test_more_than_so_many_an_hour_wait_but_not_for_lesser_ones(outbox: Outbox) -> None:
    for n in range(6):
        added(outbox, tier=2, category=f"c{n}")
    assert added(outbox, tier=2, category="x").due_at == NOW + 3600
    assert added(outbox, tier=3, category="y").due_at == NOW
    assert added(outbox, tier=4, category="z").due_at == NOW


def test_an_alert_due_in_a_far_future_was_written_by_a_wrong_clock(outbox: Outbox) -> None:
    row = added(outbox, due_at=NOW + 30 * 86_400)
    assert [a.id for a in outbox.due(NOW)] == [row.id]


def test_codes_of_open_alerts_differ(outbox: Outbox) -> None:
    first = added(outbox)
    other = outbox.add(alert(category="scam", code=first.code), NOW, per_hour=6)
    assert other.code != first.code
    found = outbox.by_code(other.code)
    assert found is not None
    assert found.id == other.id
    assert outbox.by_code("x") is None


def test_an_alert_kept_in_memory_is_stored_with_its_tries_once(outbox: Outbox, anna: str) -> None:
    from companion.storage.alert import Delivery

    tries = (Delivery(-1, anna, 1, NOW, NOW + 1, True), Delivery(-2, "gone", 1, NOW))
    row = alert(state="sent", step=1, deliveries=tries)
    outbox.store(row)
    found = outbox.get(row.id)
    assert found is not None
    assert (found.state, [d.contact_id for d in found.deliveries]) == ("sent", [anna, None])
    outbox.acknowledge(row.id, "Anna", NOW)
    outbox.store(found)
    again = outbox.get(row.id)
    assert again is not None
    assert (again.state, len(again.deliveries)) == ("acknowledged", 2)


def test_a_contact_that_was_removed_leaves_the_record_of_the_try(outbox: Outbox, anna: str) -> None:
    held = claimed(outbox, added(outbox))
    outbox.begin(held, anna, NOW)
    with database_of(outbox).begin() as conn:
        people.remove_contact(conn, anna)
    row = outbox.get(held.id)
    assert row is not None
    assert [d.contact_id for d in row.deliveries] == [None]
    assert outbox.contacts() == []


def test_wrong_codes_are_counted_and_forgotten_after_the_window(outbox: Outbox) -> None:
    assert [outbox.guess(NOW + n, 3, 60.0) for n in range(4)] == [True, True, False, False]
    assert outbox.guessed(NOW + 4, 60.0) == 3
    assert outbox.guessed(NOW + 100, 60.0) == 0


def test_the_audit_tells_what_was_done_without_what_happened(outbox: Outbox, anna: str) -> None:
    held = claimed(outbox, added(outbox, topic="rope", accused=frozenset({"david"})))
    one = outbox.begin(held, anna, NOW)
    assert one is not None
    outbox.end(held, replace(one, ended_at=NOW, ok=True))
    outbox.acknowledge(held.id, "Anna", NOW)
    with database_of(outbox).read() as conn:
        rows = audit.rows(conn)
        assert audit.verify(conn) is None
    acts = [row.action for row in rows]
    assert acts == ["alert raised", "alert told", "alert acknowledged"]
    assert not [row for row in rows if "rope" in str(row.data) or "david" in str(row.data)]
