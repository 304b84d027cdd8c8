"""What a live talk does beside answering: the journal, check-ins, exercises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.app.feeling import may_feel
from companion.app.keeping import Keeping
from companion.app.reaching import load_initiatives
from companion.app.remembering import load_memory, load_store, occasions_from
from companion.app.wellbeing import load_keeper
from companion.config import Config
from companion.domain import CommittedTurn, Danger, Exchange, Initiative, Match, Skill
from companion.errors import StorageError

if TYPE_CHECKING:
    from companion.mind.memory.skill import MemorySkill
    from companion.safety.alerts.service import AlertService
    from companion.wellbeing.exercises import Exercise, ExerciseTexts
    from companion.wellbeing.initiatives import Initiatives
    from companion.wellbeing.keeper import JournalKeeper
    from companion.wellbeing.replies import ReplyEar

TICK_S: Final = 30.0
"""Between two looks at what is due."""


@dataclass(slots=True)
class Living:
    """All on the inference thread, but ``close``."""

    keeper: JournalKeeper
    initiatives: Initiatives | None
    skills: tuple[Skill, ...]
    compared: bool
    """Whether voices are compared; otherwise nobody in particular is unsure."""
    memory: MemorySkill | None = None
    on_trouble: Callable[[str], None] = lambda _: None

    def committed(self, turn: CommittedTurn) -> None:
        """Take note of a turn; see ``Journal``."""
        speaker = turn.speaker
        if not self.compared and speaker is not None and speaker.match is Match.UNSURE:
            speaker = None
        self.keeper.committed(
            turn.text,
            seconds=turn.seconds,
            source=turn.source,
            feeling=turn.feeling,
            against_usual=turn.feeling.against_usual if turn.feeling is not None else None,
            speaker=speaker,
            screening=turn.screening,
            prompted=turn.prompted,
        )
        visitor = speaker is not None and speaker.match is Match.NO
        if self.initiatives is not None and not visitor:
            self.initiatives.heard(time.time())
        if self.memory is None or turn.source == "script":
            return
        # Of a doubtful voice nothing is remembered.
        if speaker is None or speaker.match is Match.YES:
            try:
                self.memory.told(turn.text, datetime.now().astimezone())
            except StorageError as error:
                self.on_trouble(str(error))

    def tick(self) -> None:
        """Look at what is due."""
        self.keeper.tick()
        if self.initiatives is not None:
            self.initiatives.tick()

    def listening(self, why: str) -> None:
        """Say how the device listens; as of ``JournalKeeper.listening``."""
        self.keeper.listening(why)

    def close(self) -> None:
        """Write the last of it."""
        self.keeper.close()


@dataclass(frozen=True, slots=True)
class _Peace:
    """Grants the wish to be left in peace, or to be spoken to again."""

    initiatives: Initiatives

    def answer(self, text: str, now: datetime) -> Exchange | None:
        wish = self.initiatives.wish(text)
        return self.initiatives.fulfil(wish) if wish is not None else None


@dataclass(frozen=True, slots=True)
class _Exercises:
    """Begins an exercise for whoever asks for one."""

    exercises: tuple[Exercise, ...]
    texts: ExerciseTexts
    ear: ReplyEar

    def answer(self, text: str, now: datetime) -> Exchange | None:
        from companion.wellbeing.exercises import ExerciseTalk, find_exercise

        found = find_exercise(text, self.exercises)
        return ExerciseTalk(found, self.texts, self.ear).begin() if found is not None else None


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Hands a worry to the alerts, which ask the owner's consent and each contact's lowest tier."""

    alerts: AlertService

    def offer(self, tier: int, text: str, evidence: tuple[str, ...], at: float) -> None:
        self.alerts.raise_alert(tier, Danger.SUPPORT.value, "silence")


def start_living(
    config: Config,
    keeping: Keeping,
    emit: Callable[[Initiative], None],
    *,
    compared: bool,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> Living:
    """Put it together.

    Args:
        config: settings.
        keeping: what the talk keeps.
        emit: takes what is to be said unasked; any thread.
        compared: whether voices are compared.
        on_trouble: told one plain line when something cannot be remembered.

    Raises:
        CompanionError: a text has a mistake, or the database cannot be read.
    """
    from companion.wellbeing.exercises import load_exercise_texts, load_exercises
    from companion.wellbeing.replies import load_ear

    database, person_id = keeping.database, keeping.person_id
    may = database is None or person_id is None or may_feel(database, person_id)
    keeper = load_keeper(config, keeping.diary, person_id, keeps_turns=may)
    language = config.persona.language
    exercises = _Exercises(
        load_exercises(language), load_exercise_texts(language), load_ear(language)
    )
    if database is None or person_id is None:
        return Living(keeper, None, (exercises,), compared)
    diary = keeping.diary
    store = load_store(config, database, person_id)
    memory = load_memory(config, store)
    initiatives = load_initiatives(
        config,
        database,
        person_id,
        lambda kind, data, at: diary.note(kind, data, at, person_id),
        emit,
        concern=_Concerned(keeping.alerts),
        occasions=occasions_from(store),
    )
    skills = (_Peace(initiatives), memory, exercises)
    return Living(keeper, initiatives, skills, compared, memory, on_trouble)


__all__ = ["TICK_S", "Living", "start_living"]
