"""Raise, tell, escalate, answer: with a real database, a still clock and a sender that notes."""

from __future__ import annotations

import pytest
from support.alert_support import KEY, Clock, FakeSender, House

from companion.config import AlertSettings
from companion.errors import AlertError, StorageError, StorageFullError
from companion.safety.alerts.service import AlertService


def test_an_alert_is_in_the_database_before_raise_returns(house: House) -> None:
    alert_id = house.service().raise_alert(4, "medical_emergency", "stroke")
    (row,) = house.service().alerts()
    assert (row.id, row.state, row.tier) == (alert_id, "waiting", 4)


def test_an_emergency_tells_the_first_two_at_once_and_others_only_later(house: House) -> None:
    for name in ("Anna", "Ben", "Cora"):
        house.contact(name)
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert house.sender.take() == ["anna", "ben"]
    assert service.deliver_due() == []
    house.clock.t += 599
    assert service.deliver_due() == []
    house.clock.t += 2
    service.deliver_due()
    assert house.sender.take() == ["cora"]


def test_an_urgent_alert_tells_one_and_escalates_until_somebody_answers(house: House) -> None:
    for name in ("Anna", "Ben", "Cora"):
        house.contact(name)
    service = house.service()
    service.raise_alert(3, "crisis", "plan")
    told = []
    for _ in range(2):
        service.deliver_due()
        told += house.sender.take()
        house.clock.t += 601
    assert told == ["anna", "ben"]
    assert service.acknowledge(service.alerts()[0].code) == "done"
    service.deliver_due()
    assert house.sender.take() == []


def test_when_all_were_told_they_are_reminded_twice_and_then_the_owner_hears(house: House) -> None:
    house.contact("Anna")
    house.contact("Ben")
    service = house.service()
    service.raise_alert(3, "crisis", "plan")
    told: list[str] = []
    for _ in range(12):
        service.deliver_due()
        reminders = ["Reminder" in m.body for _, m in house.sender.sent]
        assert all(reminders) == (len(told) >= 2)
        told += house.sender.take()
        house.clock.t += 601
    assert told == ["anna", "ben", "anna", "ben", "anna", "ben"]
    (row,) = service.alerts()
    assert row.state == "unreached"
    assert house.kinds() == ["reached", "reached", "unanswered"]
    assert service.acknowledge(row.code) == "done"


def test_the_accused_is_never_told_not_even_when_nobody_else_is_left(house: House) -> None:
    house.contact("David", role="family")
    house.contact("Anna (daughter)", "anna", role="family")
    house.contact("Dave Brown", "dave", role="friend")
    service = house.service()
    service.raise_alert(4, "abuse", "physical_abuse", frozenset({"My Grandson", "DAVID"}))
    for _ in range(8):
        service.deliver_due()
        house.clock.t += 601
    assert set(house.sender.told) == {"anna"}


def test_with_only_the_accused_the_owner_hears_that_there_is_nobody(house: House) -> None:
    house.contact("David", role="family")
    service = house.service()
    service.raise_alert(3, "scam", "grandchild", frozenset({"grandson"}))
    service.deliver_due()
    assert house.sender.told == []
    assert house.kinds() == ["nobody_to_tell"]
    house.contact("Nora", role="nurse")
    house.clock.t += 901
    service.deliver_due()
    assert house.sender.told == ["nora"]


def test_the_owner_is_never_told_as_a_contact(house: House) -> None:
    from companion.storage import people

    with house.database.begin() as conn:
        owner = people.owner(conn, at=0.0, name="Margaret")
        people.add_contact(conn, owner.id, "self", at=0.0)
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert house.sender.told == []


def test_a_broken_channel_is_passed_over_and_tried_again(house: House) -> None:
    house.contact("Anna")
    house.contact("Ben")
    house.sender.broken = {"anna"}
    service = house.service()
    service.raise_alert(3, "crisis", "plan")
    service.deliver_due()
    assert house.sender.told == ["anna", "ben"]
    house.sender.broken, house.sender.sent = set(), []
    house.clock.t += 601
    service.deliver_due()
    assert house.sender.told == ["anna"]


def test_an_emergency_does_not_remind_the_one_it_reached_while_it_tries_the_other(
    house: House,
) -> None:
    house.contact("Anna")
    house.contact("Ben")
    house.sender.broken = {"ben"}
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    for _ in range(20):
        service.deliver_due()
        house.clock.t += 20
    assert house.sender.told.count("anna") == 1
    assert house.sender.told.count("ben") >= 4


def test_a_lost_network_is_tried_again_with_growing_waits(house: House) -> None:
    house.contact("Anna")
    house.sender.broken = {"anna"}
    service = house.service()
    service.raise_alert(3, "crisis", "plan")
    waits = []
    for _ in range(8):
        service.deliver_due()
        (row,) = service.alerts()
        waits.append(round(row.due_at - house.clock.t))
        house.clock.t = row.due_at
    assert waits == [5, 15, 60, 120, 300, 900, 900, 900]
    assert house.kinds() == ["nobody"]
    house.sender.broken = set()
    service.deliver_due()
    assert house.kinds() == ["reached"]
    # What certainly failed is no repeat.
    assert "repeat" not in house.sender.sent[-1][1].body


def test_a_message_that_may_have_arrived_is_marked_when_sent_again(house: House) -> None:
    house.contact("Anna")
    house.sender.slow = {"anna"}
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    house.sender.slow = set()
    house.clock.t += 6
    service.deliver_due()
    assert ["may be a repeat" in m.body for _, m in house.sender.sent] == [False, True]


def test_a_slow_channel_does_not_hold_back_the_other(house: House) -> None:
    import threading

    house.contact("Anna")
    house.contact("Ben")
    ben = threading.Event()
    waited = []

    def during(channel: str) -> None:
        if channel == "anna":
            waited.append(ben.wait(10))
        else:
            ben.set()

    house.sender.during = during
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert waited == [True]


def test_two_processes_never_send_the_same_alert_at_once(house: House) -> None:
    house.contact("Anna")
    other = house.service()
    others: list[object] = []
    house.sender.during = lambda _: others.append(other.deliver_due())
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert others == [[]]
    assert house.sender.told == ["anna"]


def test_the_same_concern_is_added_to_the_open_alert(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    first = service.raise_alert(3, "crisis", "plan", frozenset({"x"}))
    service.deliver_due()
    assert service.raise_alert(3, "crisis", "plan", frozenset({"y"})) == first
    assert service.raise_alert(2, "crisis", "burden") == first
    service.deliver_due()
    (row,) = service.alerts()
    assert (row.count, row.tier, row.accused) == (3, 3, frozenset({"x", "y"}))
    assert house.sender.told == ["anna"]


def test_a_graver_one_reopens_it_and_tells_again_in_stronger_words(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    first = service.raise_alert(3, "medical_emergency", "fall")
    service.deliver_due()
    house.clock.t += 60
    assert service.raise_alert(4, "medical_emergency", "stroke") == first
    service.deliver_due()
    assert [m.tier for _, m in house.sender.sent] == [3, 4]
    assert " now" in house.sender.sent[1][1].title


def test_a_graver_one_while_it_is_being_sent_is_not_lost(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(3, "medical_emergency", "fall")

    def during(_: str) -> None:
        house.sender.during = lambda _: None
        house.clock.t += 1
        service.raise_alert(4, "medical_emergency", "stroke")

    house.sender.during = during
    service.deliver_due()
    service.deliver_due()
    assert [m.tier for _, m in house.sender.sent] == [3, 4]


def test_after_an_answer_the_same_concern_is_a_new_alert(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    first = service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    service.acknowledge(service.alerts()[0].code)
    assert service.raise_alert(4, "medical_emergency", "fall") != first


def test_too_many_alerts_wait_but_an_emergency_never(house: House) -> None:
    house.contact("Anna", lowest_tier=1)
    service = house.service(settings=AlertSettings(per_hour=2))
    for category in ("crisis", "abuse", "scam"):
        service.raise_alert(3, category, "")
    service.deliver_due()
    assert len(house.sender.take()) == 2
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert len(house.sender.take()) == 1
    for row in service.alerts():
        if row.state == "sent":
            service.cancel(row.id)
    house.clock.t += 3601
    service.deliver_due()
    assert len(house.sender.take()) == 1


def test_a_countdown_that_is_cancelled_tells_nobody(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall", countdown_s=30)
    house.clock.t += 29
    service.deliver_due()
    assert service.cancel_countdowns() == 1
    house.clock.t += 10
    service.deliver_due()
    assert house.sender.told == []
    assert house.kinds() == ["cancelled"]


def test_a_countdown_that_runs_out_is_sent_and_no_longer_cancelled_as_one(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall", countdown_s=30)
    house.clock.t += 30
    service.deliver_due()
    assert house.sender.told == ["anna"]
    assert service.cancel_countdowns() == 0


def test_a_second_cry_without_countdown_ends_the_countdown(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall", countdown_s=30)
    service.raise_alert(4, "medical_emergency", "stroke")
    service.deliver_due()
    assert house.sender.told == ["anna"]


def test_a_concern_is_told_once_to_one_and_nobody_is_chased(house: House) -> None:
    house.contact("Anna", lowest_tier=2)
    house.contact("Ben", lowest_tier=2)
    service = house.service()
    service.raise_alert(2, "crisis", "burden")
    for _ in range(6):
        service.deliver_due()
        house.clock.t += 601
    assert house.sender.told == ["anna"]


def test_contacts_hear_only_of_what_they_asked_for(house: House) -> None:
    house.contact("Anna", categories=("scam",))
    house.contact("Ben", lowest_tier=4)
    house.contact("Cora")
    service = house.service()
    service.raise_alert(3, "crisis", "plan")
    service.deliver_due()
    assert house.sender.told == ["cora"]


def test_the_owner_hears_who_was_reached_and_who_answered_even_by_another_process(
    house: House,
) -> None:
    house.contact("Anna")
    settings = AlertSettings(link_base="http://x")
    service = house.service(settings=settings)
    service.raise_alert(4, "medical_emergency", "fall")
    house.service(settings=settings, on_news=lambda _: None).deliver_due()
    service.deliver_due()
    (one,) = house.news[:1]
    assert (one.kind, one.contact) == ("reached", "Anna")
    assert "Anna" in one.text
    house.news.clear()
    link = house.sender.sent[0][1].body.split("button: ")[1].split()[0]
    assert house.service().acknowledge(link) == "done"
    service.deliver_due()
    assert [(n.kind, n.contact) for n in house.news] == [("acknowledged", "Anna")]


def test_news_of_abuse_gives_nothing_away_to_whoever_listens(house: House) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(3, "abuse", "physical_abuse")
    service.deliver_due()
    (one,) = house.news
    assert one.discreet
    assert "Anna" not in one.text
    assert "look in" not in one.text


def test_switched_off_it_says_truthfully_that_nobody_is_told(house: House) -> None:
    house.contact("Anna")
    service = house.service(settings=AlertSettings(enabled=False))
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert house.sender.told == []
    assert house.kinds() == ["nobody_to_tell"]
    assert service.alerts()[0].state == "unreached"


def test_an_alert_raised_under_a_wrong_clock_still_goes_out(house: House) -> None:
    """A device without a battery wakes with an old clock, then jumps when it meets the network."""
    house.contact("Anna")
    house.clock.t -= 30 * 86_400
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    house.clock.t += 30 * 86_400
    service.deliver_due()
    assert house.sender.take() == ["anna"]
    service.raise_alert(3, "crisis", "plan", countdown_s=10)
    house.clock.t -= 30 * 86_400
    service.deliver_due()
    assert "anna" in house.sender.take()


class Broken:
    """A database that can be made to fail."""

    def __init__(self, house: House) -> None:
        self.real = house.database
        self.reads = self.writes = True

    def begin(self):  # type: ignore[no-untyped-def]
        if not self.writes:
            raise StorageFullError("no space left")
        return self.real.begin()

    def read(self):  # type: ignore[no-untyped-def]
        if not self.reads:
            raise StorageError("gone")
        return self.real.read()


@pytest.fixture
def broken(house: House) -> Broken:
    made = Broken(house)
    house.database = made  # type: ignore[assignment]
    return made


def test_a_full_disk_does_not_hold_back_an_alert(house: House, broken: Broken) -> None:
    house.contact("Anna")
    service = house.service()
    service.deliver_due()
    broken.writes = False
    alert_id = service.raise_alert(4, "medical_emergency", "fall")
    assert service.trouble == "no space left"
    service.deliver_due()
    assert house.sender.take() == ["anna"]
    assert house.kinds() == ["trouble", "reached"]
    broken.writes = True
    service.deliver_due()
    service.deliver_due()
    assert service.trouble == ""
    (row,) = AlertService(broken.real, KEY, AlertSettings(), minute=house.clock.minute).alerts()
    assert (row.id, row.state, len(row.deliveries)) == (alert_id, "sent", 1)
    house.clock.t += 601
    service.deliver_due()
    assert house.sender.take() == ["anna"]


def test_a_disk_that_fills_after_the_raise_does_not_hold_back_an_alert(
    house: House, broken: Broken
) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")
    broken.writes = False
    for _ in range(3):
        service.deliver_due()
    assert house.sender.told == ["anna"]
    broken.writes = True
    service.deliver_due()
    house.clock.t += 601
    service.deliver_due()
    assert len(house.sender.told) == 2
    assert "Reminder" in house.sender.sent[1][1].body


def test_a_disk_that_fills_between_send_and_record_marks_the_repeat(
    house: House, broken: Broken
) -> None:
    house.contact("Anna")
    service = house.service()
    service.raise_alert(4, "medical_emergency", "fall")

    def during(_: str) -> None:
        broken.writes = False

    house.sender.during = during
    house.sender.slow = {"anna"}
    service.deliver_due()
    house.sender.slow = set()
    house.clock.t += 6
    service.deliver_due()
    assert ["may be a repeat" in m.body for _, m in house.sender.sent] == [False, True]


def test_a_database_that_vanishes_whole_does_not_hold_back_an_alert(
    house: House, broken: Broken
) -> None:
    house.contact("Anna")
    service = house.service()
    service.deliver_due()
    service.raise_alert(3, "crisis", "plan")
    broken.writes = broken.reads = False
    service.raise_alert(4, "medical_emergency", "fall")
    for _ in range(3):
        ids = service._worker.look()
        service._worker.wait_for(ids)
    assert sorted(m.tier for _, m in house.sender.sent) == [3, 4]


def test_without_any_database_the_owner_hears_that_nobody_is_told() -> None:
    news = []
    clock = Clock()
    service = AlertService(
        None,
        KEY,
        AlertSettings(),
        minute=clock.minute,
        now=clock,
        sender=FakeSender(),
        on_news=news.append,
    )
    service.raise_alert(4, "medical_emergency", "fall")
    service.deliver_due()
    assert [one.kind for one in news] == ["nobody_to_tell"]


def test_the_worker_sends_at_once_and_stops(house: House) -> None:
    import time

    house.contact("Anna")
    service = house.service(now=time.time)
    service.start()
    try:
        service.raise_alert(4, "medical_emergency", "fall")
        until = time.monotonic() + 10
        while "reached" not in [one.kind for one in house.news] and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        service.stop()
    assert house.sender.told == ["anna"]
    assert house.kinds() == ["reached"]


def test_a_test_names_unknown_contacts_and_says_when_there_are_none(house: House) -> None:
    service = house.service()
    with pytest.raises(AlertError, match="no contacts"):
        service.test()
    house.contact("Anna")
    house.contact("Ben")
    with pytest.raises(AlertError, match=r"'Zoe'; known: Anna, Ben"):
        service.test("Zoe")
    house.sender.broken = {"ben"}
    assert [(t.contact, t.outcome.ok) for t in service.test()] == [("Anna", True), ("Ben", False)]
    assert all("only a test" in m.body for _, m in house.sender.sent)
    assert service.alerts() == []
