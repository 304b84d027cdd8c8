"""The end of the day: the page is closed at its hour, and goes once to whoever may have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.alert_servers import Ntfy
from support.post_house import PostHouse

from companion.care.closing import Closing
from companion.care.evening import Evening
from companion.care.stored import StoredSummaries
from companion.domain import Initiative
from companion.storage.records import add_event, events
from companion.wellbeing.phrasing import load_texts
from companion.wellbeing.replies import load_ear
from companion.wellbeing.sheets import Sheets
from companion.wellbeing.summary_talk import SummarySkill, load_summary_words

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 11, 23)


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=LONDON)


class Days:
    def __init__(self, path: Path, ntfy: Ntfy) -> None:
        self.house = PostHouse(path, ntfy)
        self.house.shelf = StoredSummaries(self.house.database)  # type: ignore[assignment]
        self.house.postman = self.house.new_postman()
        self.offered: list[Initiative] = []
        self.sheets = Sheets(self.house.database, self.house.owner.id, LONDON, "Rose", "en", 365.0)
        self.closing = self.new_closing()

    def new_closing(self) -> Closing:
        roles = tuple(load_texts().raw["people"])
        return Closing(
            self.sheets,
            Evening(self.house.postman),
            StoredSummaries(self.house.database),
            "19:30",
            self.offered.append,
            SummarySkill(self.sheets, load_summary_words(), load_ear(), roles),
        )

    def tick(self, now: datetime) -> tuple[date, ...]:
        self.house.time = now.timestamp()
        return self.closing.tick(now)

    def spoke(self, now: datetime, topic: str = "pain") -> None:
        data = {"seconds": 5.0, "words": 9, "topics": [topic], "speaker": "yes", "people": []}
        with self.house.database.begin() as connection:
            add_event(
                connection,
                at=now.timestamp(),
                kind="turn",
                data=data,
                person_id=self.house.owner.id,
            )

    def agreed(self) -> None:
        self.house.add("Anna", "daughter", "evening", "full_text")
        self.house.say(self.house.owner.id, "summary")


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    ntfy = Ntfy()
    made = Days(tmp_path / "companion.db", ntfy)
    yield made
    made.house.database.close()
    ntfy.cut()


def test_the_page_goes_at_its_hour_and_once(days: Days) -> None:
    days.agreed()
    days.spoke(at("10:00"))
    assert days.tick(at("19:29")) == ()
    assert days.tick(at("19:30")) == (DAY,)
    assert days.tick(at("19:31")) == ()
    days.closing = days.new_closing()  # restarted
    assert days.tick(at("19:40")) == (DAY,)
    days.house.postman.deliver_due()
    (letter,) = days.house.ntfy.wait(1)
    assert "Rose spoke of pain once." in letter.body
    assert [told.person for told in days.closing.evening.told()] == ["Anna"]
    with days.house.database.read() as connection:
        assert len(events(connection, "summary")) == 1


def test_what_the_person_left_out_does_not_go(days: Days) -> None:
    days.agreed()
    days.spoke(at("10:00"))
    days.spoke(at("11:00"), "sleep_bad")
    days.sheets.strike(["topic.pain"], at("12:00"))
    days.tick(at("19:30"))
    days.house.postman.deliver_due()
    (letter,) = days.house.ntfy.wait(1)
    assert "pain" not in letter.body
    assert "sleeping badly" in letter.body


def test_nothing_goes_on_a_day_it_was_asked_not_to(days: Days) -> None:
    days.agreed()
    days.spoke(at("10:00"))
    days.sheets.hold(at("12:00"))
    assert days.tick(at("19:30")) == (DAY,)
    assert days.house.postman.deliver_due() == ()
    days.spoke(at("10:00", DAY + timedelta(days=1)))
    assert days.tick(at("19:30", DAY + timedelta(days=1))) == (DAY + timedelta(days=1),)
    assert len(days.house.postman.deliver_due()) == 1


def test_a_day_that_ended_while_it_was_off_is_closed_the_next_morning(days: Days) -> None:
    days.agreed()
    days.spoke(at("10:00"))
    assert days.tick(at("08:10", DAY + timedelta(days=1))) == (DAY,)
    assert len(days.house.postman.deliver_due()) == 1


def test_days_of_which_nothing_is_known_and_days_not_agreed_to_make_no_page(days: Days) -> None:
    assert days.tick(at("08:10")) == ()
    assert days.tick(at("19:30")) == ()
    days.spoke(at("20:00", DAY + timedelta(days=1)))
    days.house.say(days.house.owner.id, "summary", yes=False)
    assert days.tick(at("21:00", DAY + timedelta(days=1))) == ()
    with days.house.database.read() as connection:
        assert events(connection, "summary") == ()


def test_once_a_week_the_person_may_hear_it_first(days: Days) -> None:
    days.spoke(at("10:00"))
    days.tick(at("19:10"))
    assert days.offered == []  # nobody gets it: there is nothing to ask

    days.agreed()
    days.closing = days.new_closing()
    days.tick(at("18:00"))
    assert days.offered == []
    days.tick(at("19:05"))
    (offer,) = days.offered
    assert "your daughter" in offer.exchange.parts[0].text
    assert offer.expires_at == at("19:30").timestamp()
    assert offer.exchange.effect is not None
    assert offer.exchange.then is not None
    offer.exchange.effect()
    reading = offer.exchange.then.hear("Yes please", at("19:06"))
    assert reading is not None
    assert "Monday, 23 November" in reading.parts[0].text
    for later in range(1, 7):
        days.tick(at("19:05", DAY + timedelta(days=later)))
    assert len(days.offered) == 1
    days.tick(at("19:05", DAY + timedelta(days=7)))
    assert len(days.offered) == 2
