"""Builds what reaches family from a live talk: the page of the day, the post, nudges, the hub."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.app.remembering import RememberedCircle
from companion.app.sending import new_evening, new_hub_publisher, new_postman
from companion.app.skilling import Note, new_rounds, new_skills
from companion.app.zones import zone_of
from companion.config import Config
from companion.domain import CommittedTurn, Initiative, JsonObject, Match, Skill
from companion.errors import CompanionError, StorageError, WellbeingError

if TYPE_CHECKING:
    from companion.care.closing import Closing
    from companion.care.hub.publisher import HubPublisher
    from companion.care.postman import Postman
    from companion.mind.memory.store import MemoryStore
    from companion.mind.skills.room import SpokenSkills
    from companion.storage.database import Database
    from companion.wellbeing.company import Company
    from companion.wellbeing.rounds import Rounds
    from companion.wellbeing.sheets import Sheets
    from companion.wellbeing.summary_talk import SummarySkill

_PEOPLE: Final = "people_first"
"""Under this kind it is kept who was suggested when."""
_DAYS_S: Final = 9 * 86_400.0
_TROUBLED: Final = 2
"""The tier from which help goes before suggestions."""

Emit = Callable[[Initiative], None]


@dataclass(slots=True)
class Outward:
    """All on the inference thread; post and hub have threads of their own."""

    skills: tuple[Skill, ...]
    closing: Closing
    company: Company
    rounds: Rounds
    postman: Postman
    publisher: HubPublisher | None
    on_trouble: Callable[[str], None]
    spoken: SpokenSkills

    def committed(self, turn: CommittedTurn) -> None:
        """Take note of a turn."""
        speaker = turn.speaker
        if speaker is not None and speaker.match is Match.NO:
            return
        tier = turn.screening.tier if turn.screening is not None else 0
        self.company.heard(time.time(), troubled=tier >= _TROUBLED)

    def listening(self, *, muted: bool) -> None:
        """Take note of whether an answer can be heard."""
        self.rounds.deaf = muted

    def remind(self) -> None:
        """Say the reminders and timers that are due."""
        self._do(self.rounds.tick)

    def tick(self) -> None:
        """Do all else that is due; trouble is reported, and tried again the next time."""
        # Who cannot be heard is asked nothing, and has nobody suggested.
        parts = (self.closing.tick, self.company.tick)
        self._do(*(parts[:1] if self.rounds.deaf else parts))

    def _do(self, *parts: Callable[[datetime], object]) -> None:
        here = datetime.now(self.closing.sheets.tz)
        for part in parts:
            try:
                part(here)
            except StorageError:
                continue  # the diary tells of a failing database
            except CompanionError as error:
                self.on_trouble(str(error))

    def close(self) -> None:
        """Stop sending; what is not sent stays due."""
        self.spoken.close()
        self.postman.stop()
        if self.publisher is not None:
            self.publisher.stop()


def new_sheets(config: Config, database: Database, person_id: str, who: str | None) -> Sheets:
    """Return the pages of an owner."""
    from companion.wellbeing.sheets import Sheets

    return Sheets(
        database,
        person_id,
        zone_of(config),
        who,
        config.persona.language,
        config.storage.summaries_days,
    )


def new_closing(
    config: Config,
    sheets: Sheets,
    postman: Postman,
    emit: Emit | None = None,
    skill: SummarySkill | None = None,
) -> Closing:
    """Return what closes the days."""
    from companion.care.closing import Closing
    from companion.care.stored import StoredSummaries

    return Closing(
        sheets,
        new_evening(postman),
        StoredSummaries(sheets.database),
        config.evening.at,
        emit if config.evening.ask_first else None,
        skill,
    )


def start_outward(
    config: Config,
    database: Database,
    person_id: str,
    who: str | None,
    emit: Emit,
    welcome: Callable[[datetime], bool],
    note: Note,
    on_trouble: Callable[[str], None],
    store: MemoryStore,
) -> Outward:
    """Put it together, and start the post and the hub's publisher.

    Args:
        config: settings.
        database: an open one.
        person_id: the owner's row.
        who: what the owner is called.
        emit: takes what is to be said unasked.
        welcome: whether anything may be said unasked now.
        note: keeps an event, as ``Diary.note`` about the owner.
        on_trouble: told one plain line; any thread.
        store: what the owner told of their life, and of whom.

    Raises:
        CompanionError: a text has a mistake, or the database cannot be read.
    """
    from companion.wellbeing.phrasing import load_texts
    from companion.wellbeing.replies import load_ear
    from companion.wellbeing.summary_talk import SummarySkill, load_summary_words

    language = config.persona.language
    sheets = new_sheets(config, database, person_id, who)
    roles = tuple(role for role in load_texts(language).raw["people"] if role != "other")
    skill = SummarySkill(sheets, load_summary_words(language), load_ear(language), roles)
    postman = new_postman(config, database, who)

    def politely(initiative: Initiative) -> None:
        if welcome(datetime.now(sheets.tz)) and not rounds.deaf:
            emit(initiative)

    closing = new_closing(config, sheets, postman, politely, skill)
    company = _company(config, sheets, postman, emit, welcome, store)
    rounds = new_rounds(config, database, person_id, emit, note)
    spoken = new_skills(config, database, person_id, rounds, postman, on_trouble, emit)
    publisher = None
    if not config.service.post:
        try:
            publisher = new_hub_publisher(config, database)
        except CompanionError as error:
            on_trouble(f"the hub is not told anything: {error}")
        postman.start()
    if publisher is not None:
        publisher.start()
    return Outward(
        (skill, spoken), closing, company, rounds, postman, publisher, on_trouble, spoken
    )


def _company(
    config: Config,
    sheets: Sheets,
    postman: Postman,
    emit: Emit,
    welcome: Callable[[datetime], bool],
    store: MemoryStore,
) -> Company:
    from companion.care.allowed import is_accused
    from companion.storage import learned
    from companion.wellbeing.company import Around, Company
    from companion.wellbeing.people_first import (
        PeopleLog,
        load_people_texts,
        people_log_from_json,
    )
    from companion.wellbeing.replies import load_ear
    from companion.wellbeing.turns import read_turns

    database, person_id, language = sheets.database, sheets.person_id, config.persona.language
    texts = load_people_texts(language)
    circle = RememberedCircle(database, store, language, person_id)

    def read(now: datetime) -> Around:
        with database.read() as connection:
            turns = read_turns(connection, now.timestamp() - _DAYS_S, person_id)
        return Around(turns, tuple(circle.known()))

    def avoid() -> frozenset[str]:
        people = circle.known()
        with database.read() as connection:
            return frozenset(one.id for one in people if is_accused(connection, one, postman.kin))

    def save(data: JsonObject) -> None:
        with suppress(StorageError), database.begin() as connection:
            learned.keep(connection, person_id, _PEOPLE, data, at=time.time())

    log = PeopleLog()
    with database.read() as connection:
        kept = learned.recall(connection, person_id, _PEOPLE)
    if kept is not None:
        with suppress(WellbeingError):
            log = people_log_from_json(kept)
    return Company(
        read, emit, texts, load_ear(language), save, welcome, avoid, log, config.persona.person
    )


__all__ = ["Outward", "new_closing", "new_sheets", "start_outward"]
