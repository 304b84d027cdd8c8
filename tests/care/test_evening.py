"""Word of the evening summary: to whom, how much, once, and only as long as it is agreed to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from support.alert_servers import Ntfy
from support.post_house import DAY, PostHouse

from companion.errors import AlertError
from companion.safety.alerts.channel import AppriseSender, Outcome
from companion.safety.alerts.messages import Message
from companion.storage import outgoing
from companion.storage.alert import Alert
from companion.storage.outbox import Outbox
from companion.storage.records import events
from companion.storage.tables import meta


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PostHouse]:
    ntfy = Ntfy()
    made = PostHouse(tmp_path / "companion.db", ntfy)
    yield made
    made.database.close()
    ntfy.cut()


def test_by_default_a_letter_says_only_that_the_summary_is_ready(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    event = house.offer()
    (row,) = house.postman.deliver_due()
    (letter,) = house.ntfy.wait(1)
    assert letter.title == "Today's summary for Rose is ready"
    assert "https://rose.example/" in letter.body
    for secret in ("quiet day", "Slept", "fallen"):
        assert secret not in letter.headers["raw"]
    assert (row.state, row.full, row.event_id) == ("sent", False, event)
    (told,) = house.evening.told()
    assert (told.person, told.role, told.day) == ("Anna", "daughter", DAY)
    assert told.digest == outgoing.digest(letter.title, letter.body)


def test_the_full_text_goes_only_to_whoever_asked_for_it(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening", "full_text")
    house.add("Ben", "son", "evening")
    house.add("Cleo", "friend")
    house.say(house.owner.id, "summary")
    house.offer()
    house.postman.deliver_due()
    letters = {one.to: one.body for one in house.ntfy.wait(2)}
    assert set(letters) == {"anna", "ben"}
    assert "A quiet day" in letters["anna"]
    assert "had fallen" in letters["anna"]
    assert "quiet day" not in letters["ben"]
    assert {t.person: t.full for t in house.evening.told()} == {"Anna": True, "Ben": False}


@pytest.mark.parametrize("missing", ["owner", "person", "never"])
def test_without_both_words_nothing_is_put_into_the_post(house: PostHouse, missing: str) -> None:
    anna = house.add("Anna", "daughter")
    if missing != "person":
        house.say(anna.id, "evening")
    if missing == "person":
        house.say(house.owner.id, "summary")
    if missing == "owner":
        house.say(house.owner.id, "summary")
        house.say(house.owner.id, "summary", yes=False)
    house.offer()
    assert house.postman.deliver_due() == ()
    assert house.ntfy.all == []


@pytest.mark.parametrize("who", ["owner", "person"])
def test_a_withdrawn_consent_stops_what_is_already_in_the_post(house: PostHouse, who: str) -> None:
    anna = house.add("Anna", "daughter", "evening", "full_text")
    house.say(house.owner.id, "summary")
    house.offer()
    if who == "owner":
        house.say(house.owner.id, "summary", yes=False)
    else:
        house.say(anna.id, "evening", yes=False)
    (row,) = house.postman.deliver_due()
    assert (row.state, row.digest) == ("cancelled", None)
    assert house.ntfy.all == []


def test_a_day_is_told_once_whatever_is_repeated(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    house.offer()
    house.postman.deliver_due()
    house.offer()
    house.postman.deliver_due()
    house.new_postman().deliver_due()
    assert len(house.ntfy.wait(1)) == 1


def test_a_failing_channel_is_tried_again_with_longer_waits_until_it_is_old_news(
    house: PostHouse,
) -> None:
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    house.offer()
    house.ntfy.status = 500
    waits = []
    for _ in range(4):
        (row,) = house.postman.deliver_due()
        assert (row.state, row.began_at) == ("waiting", None)
        waits.append(row.due_at - house.time)
        assert house.postman.deliver_due() == ()
        house.time = row.due_at
    assert waits == [60.0, 300.0, 900.0, 1800.0]
    house.ntfy.status = 200
    (row,) = house.postman.deliver_due()
    assert row.state == "sent"
    assert "repeat" not in house.ntfy.wait(1)[0].body


def test_old_news_is_given_up(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    house.offer()
    house.time += 37 * 3600.0
    (row,) = house.postman.deliver_due()
    assert row.state == "failed"
    assert house.ntfy.all == []


def test_quiet_hours_hold_the_letter_until_they_end(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening", quiet=("18:00", "07:30"))
    house.say(house.owner.id, "summary")
    house.offer()
    (row,) = house.postman.deliver_due()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due_at - house.time == pytest.approx(12.5 * 3600.0)
    house.time, house.local_minute = row.due_at, 7 * 60 + 30.0
    (row,) = house.postman.deliver_due()
    assert row.state == "sent"


def test_whoever_an_alert_is_about_gets_nothing(house: PostHouse) -> None:
    ben = house.add("Ben", "son", "evening", "full_text")
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    raised = Alert("a1", 5.0, 3, "abuse", "", 5.0, "1", frozenset({"my son"}), state="sent")
    Outbox(house.database).store(raised)
    house.offer()
    house.postman.deliver_due()
    assert [one.to for one in house.ntfy.wait(1)] == ["anna"]
    with pytest.raises(AlertError, match="no way to reach Ben"):
        house.messenger.send(ben.id, "I am fine")


def test_a_simulated_store_sends_nothing(house: PostHouse) -> None:
    anna = house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    event = house.offer()
    with house.database.begin() as connection:
        connection.execute(insert(meta).values(key="simulated", value="1"))
    assert house.postman.deliver_due() == ()
    assert house.evening.offer(house.shelf.pages[event], event) == ()
    with pytest.raises(AlertError, match="demonstration"):
        house.messenger.send(anna.id, "hello")
    assert house.ntfy.all == []


def test_a_message_goes_with_its_words_and_leaves_none_behind(house: PostHouse) -> None:
    anna = house.add("Anna", "daughter")
    posted = house.messenger.send(anna.id, "  I'm fine,\n and I ate. ")
    assert (posted.to, posted.at_once) == ("Anna", True)
    with house.database.read() as connection:
        assert outgoing.content(connection, posted.id) == {"text": "I'm fine, and I ate."}
    house.postman.deliver_due()
    (letter,) = house.ntfy.wait(1)
    assert "Rose asked me to tell you: I'm fine, and I ate." in letter.body
    with house.database.read() as connection:
        assert outgoing.content(connection, posted.id) is None
        kept = events(connection, "message")
        assert [dict(e.data) for e in kept] == [{"to": "daughter", "state": "sent"}]
        everything = [
            str(r)
            for t in ("outgoing", "events", "audit")
            for r in connection.execute(text(f"SELECT * FROM {t}"))
        ]
        assert not any("I ate" in row for row in everything)


def test_a_message_is_stopped_or_waits_for_the_morning(house: PostHouse) -> None:
    anna = house.add("Anna", "daughter", quiet=("18:00", "07:00"))
    posted = house.messenger.send(anna.id, "I am fine")
    assert not posted.at_once
    assert house.postman.deliver_due() == ()
    assert house.messenger.cancel(posted.id)
    assert not house.messenger.cancel(posted.id)
    with house.database.read() as connection:
        assert [dict(e.data) for e in events(connection, "message")] == [
            {"to": "daughter", "state": "cancelled"}
        ]


class Hanging(AppriseSender):
    """Delivers, but does not hear that it did."""

    def send(self, channel: str, message: Message) -> Outcome:
        super().send(channel, message)
        return Outcome(False, "no answer in time", unsure=True)


def test_a_try_that_may_have_arrived_is_marked_when_repeated(house: PostHouse) -> None:
    house.add("Anna", "daughter", "evening")
    house.say(house.owner.id, "summary")
    house.offer()
    house.new_postman(Hanging()).deliver_due()
    house.time += 3600.0
    (row,) = house.postman.deliver_due()
    first, second = house.ntfy.wait(2)
    assert "repeat" not in first.body
    assert "(may be a repeat)" in second.title
    assert row.state == "sent"


CHILD = """
import os, signal, sys
from pathlib import Path
from support.alert_servers import Ntfy
from support.post_house import PostHouse
from companion.safety.alerts.channel import AppriseSender

class Fatal(AppriseSender):
    def send(self, channel, message):
        if sys.argv[2] == "after":
            super().send(channel, message)
        os.kill(os.getpid(), signal.SIGKILL)

house = PostHouse(Path(sys.argv[1]), None, Fatal())
house.shelf.pages[1] = __import__("support.post_house", fromlist=["Page"]).Page()
house.postman.deliver_due()
"""


@pytest.mark.parametrize(("moment", "letters"), [("before", 1), ("after", 2)])
def test_a_kill_in_the_middle_loses_nothing(house: PostHouse, moment: str, letters: int) -> None:
    house.add("Anna", "daughter", "evening", "full_text")
    house.say(house.owner.id, "summary")
    house.offer()
    tests = str(Path(__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(house.path), moment],
        env=os.environ | {"PYTHONPATH": f"{tests}:{Path(tests).parent}"},
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    assert house.postman.deliver_due() == ()
    house.time += 61.0
    (row,) = house.postman.deliver_due()
    assert row.state == "sent"
    arrived = house.ntfy.wait(letters)
    assert len(arrived) == letters
    assert "may be a repeat" in arrived[-1].body
