"""Who is told, and when: pure rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from companion.safety.alerts.messages import load_words
from companion.safety.alerts.policy import Rules, after, plan, quiet_s
from companion.storage.alert import Alert, Contact, Delivery, cut_short, merged

NOW = 1_000_000.0
RULES = Rules()
KIN = load_words("en", "Molly", None).kin


def alert(tier: int = 3, **more: object) -> Alert:
    return replace(Alert("a" * 32, NOW, tier, "crisis", "plan", NOW, "123456"), **more)  # type: ignore[arg-type]


def contact(name: str, position: int, **more: object) -> Contact:
    return replace(Contact(name, name, "friend", position, name), **more)  # type: ignore[arg-type]


def told(
    row: Alert, contacts: list[Contact], hour: float = 12.0, now: float = NOW, **more: object
) -> list[str]:
    made = plan(row, contacts, KIN, RULES, now=now, minute=hour * 60, **more)  # type: ignore[arg-type]
    return [c.name for c in made.tell]


NIGHT = {"quiet_from": "22:00", "quiet_to": "07:00"}


@pytest.mark.parametrize(
    ("hour", "left"), [(21.99, None), (22.0, 9.0), (0.0, 7.0), (6.5, 0.5), (7.0, None)]
)
def test_quiet_hours_run_over_midnight(hour: float, left: float | None) -> None:
    found = quiet_s(contact("a", 1, **NIGHT), hour * 60)
    assert found == (None if left is None else pytest.approx(left * 3600))


@pytest.mark.parametrize("hours", [("", "07:00"), ("25:00", "07:00"), ("x", "y"), ("07:00",) * 2])
def test_broken_quiet_hours_count_as_none(hours: tuple[str, str]) -> None:
    assert quiet_s(contact("a", 1, quiet_from=hours[0], quiet_to=hours[1]), 60.0) is None


def test_an_emergency_ignores_quiet_hours() -> None:
    contacts = [contact("anna", 1, **NIGHT), contact("ben", 2), contact("cora", 3)]
    assert told(alert(4), contacts, hour=3) == ["anna", "ben"]


def test_an_urgent_alert_goes_to_who_is_awake_but_rather_wakes_somebody_than_nobody() -> None:
    anna, ben = contact("anna", 1, **NIGHT), contact("ben", 2)
    assert told(alert(3), [anna, ben], hour=3) == ["ben"]
    assert told(alert(3), [anna], hour=3) == ["anna"]
    assert told(alert(3), [anna, ben], hour=3, failed={"ben"}) == ["anna"]
    assert told(alert(3), [anna, ben], hour=12) == ["anna"]


def test_a_concern_waits_for_the_morning() -> None:
    anna = contact("anna", 1, lowest_tier=2, **NIGHT)
    made = plan(alert(2), [anna], KIN, RULES, now=NOW, minute=3 * 60)
    assert made.tell == ()
    assert made.held_s == pytest.approx(4 * 3600)
    row = after(alert(2), made, RULES, now=NOW, told=0, failed=0)
    assert (row.state, row.due_at) == ("waiting", NOW + 4 * 3600)


def test_contacts_are_told_by_position_whatever_order_they_come_in() -> None:
    assert told(alert(4), [contact("c", 3), contact("a", 1), contact("b", 2)]) == ["a", "b"]


def test_a_clock_that_was_set_back_does_not_stretch_the_wait() -> None:
    later = Delivery(1, "a", 1, NOW + 50_000, NOW + 50_000, True)
    row = alert(3, step=1, deliveries=(later,))
    made = plan(row, [contact("a", 1)], KIN, RULES, now=NOW, minute=0)
    assert made.again_s == RULES.acknowledge_within_s


def test_an_alert_is_given_up_after_a_day_but_not_when_hardly_tried() -> None:
    late = NOW + RULES.give_up_s + 1
    made = plan(alert(), [], KIN, RULES, now=late, minute=0)
    assert after(alert(), made, RULES, now=late, told=0, failed=1).state == "waiting"
    tried = alert(attempts=50)
    assert after(tried, made, RULES, now=late, told=0, failed=1).state == "unreached"


def test_an_emergency_is_retried_every_two_minutes_at_least() -> None:
    made = plan(alert(4), [], KIN, RULES, now=NOW, minute=0)
    row = after(alert(4, attempts=40), made, RULES, now=NOW, told=0, failed=2)
    assert row.due_at - NOW == 120


def test_a_try_without_end_makes_the_next_one_a_repeat_until_one_is_accepted() -> None:
    cut = Delivery(1, "a", 1, NOW)
    refused = Delivery(2, "a", 2, NOW, NOW, False)
    accepted = Delivery(3, "a", 3, NOW, NOW, True)
    assert not cut_short([], "a")
    assert cut_short([cut], "a")
    assert cut_short([cut, refused], "a")
    assert not cut_short([cut], "b")
    assert not cut_short([refused], "a")
    assert not cut_short([cut, accepted], "a")


def test_merging_keeps_the_graver_tier_and_every_accused() -> None:
    old = alert(3, accused=frozenset({"a"}), state="sent", step=1, due_at=NOW + 500)
    same = merged(old, alert(2, accused=frozenset({"b"})), NOW + 1)
    assert (same.tier, same.state, same.count, same.due_at) == (3, "sent", 2, NOW + 500)
    assert same.accused == {"a", "b"}
    graver = merged(old, alert(4), NOW + 1)
    assert (graver.tier, graver.state, graver.step, graver.due_at) == (4, "waiting", 0, NOW + 1)


@pytest.mark.parametrize(
    ("accused", "name", "role"),
    [
        ("David", "david", "friend"),
        ("DAVID", "David Smith", "family"),
        ("David Smith", "David", "family"),
        ("my Dave", "David", "neighbour"),
        ("Steve", "Stephen Jones", "friend"),
        ("Jon", "John", "friend"),
        ("grandson", "David", "family"),
        ("my grandson", "Paul (grandson)", "family"),
        ("my grandchild", "Paul (grandson)", "friend"),
        ("my husband", "Tom (partner)", "friend"),
        ("my children", "Anna (daughter)", "family"),
        ("the family", "Anna (daughter)", "family"),
        ("the carer", "Nora", "nurse"),
        ("neighbor", "Joe", "neighbour"),
        ("my friend", "Joe", "friend"),
        ("David's friend", "Joe", "friend"),
        ("grandson", "Sam", "grandson"),
    ],
)
def test_who_may_be_the_accused_is_not_told(accused: str, name: str, role: str) -> None:
    assert KIN.accuses({accused}, name, role)


@pytest.mark.parametrize(
    ("accused", "name", "role"),
    [
        ("grandson", "Anna (daughter)", "family"),
        ("my son", "Paul (grandson)", "family"),
        ("my son David", "Anna", "family"),
        ("my son David", "Paul (son)", "family"),
        ("Anna Smith", "David Smith", "family"),
        ("Joan", "John", "friend"),
        ("the bank", "Anna", "family"),
        ("a stranger on the phone", "Anna", "family"),
        ("my friend Bill", "Susan", "friend"),
        ("nurse", "Anna", "family"),
        ("", "Anna", "family"),
    ],
)
def test_who_cannot_be_the_accused_is_told(accused: str, name: str, role: str) -> None:
    assert not KIN.accuses({accused}, name, role)
