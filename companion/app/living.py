"""What a live talk does beside answering: the journal, check-ins, exercises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.app.feeling import may_feel
from companion.app.keeping import Keeping
from companion.app.outward import Outward, start_outward
from companion.app.reaching import load_initiatives
from companion.app.remembering import load_memory, load_store, occasions_from
from companion.app.skilling import Note
from companion.app.wellbeing import load_keeper
from companion.config import Config
from companion.domain import (
    CommittedTurn,
    Danger,
    Exchange,
    Initiative,
    JsonObject,
    Match,
    Skill,
)
from companion.errors import StorageError

if TYPE_CHECKING:
    from companion.mind.memory.skill import MemorySkill
    from companion.safety.alerts.service import AlertService
    from companion.storage.database import Database
    from companion.wellbeing.exercises import Exercise, ExerciseTexts
    from companion.wellbeing.initiatives import Initiatives
    from companion.wellbeing.keeper import JournalKeeper
    from companion.wellbeing.replies import ReplyEar
    from companion.wellbeing.scales.asked import ScaleSkill

TICK_S: Final = 2.0
"""Between two ticks; a timer is that exact."""
_LOOK_S: Final = 30.0
"""Between two looks at all else that is due."""
_GRAVE: Final = 2
"""From this tier on a turn is no telling of a life; nothing of it is remembered."""


@dataclass(slots=True)
class Living:
    """All on the inference thread, but ``close``."""

    keeper: JournalKeeper
    initiatives: Initiatives | None
    skills: tuple[Skill, ...]
    compared: bool
    """Whether voices are compared; otherwise nobody in particular is unsure."""
    outward: Outward | None = None
    memory: MemorySkill | None = None
    on_trouble: Callable[[str], None] = lambda _: None
    muted: bool = False
    """It does not listen: asking would be unkind, and no answer would mean nothing."""
    _looked_at: float = field(default=float("-inf"), init=False)

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
        if self.outward is not None:
            self.outward.committed(turn)
        if self.memory is None or turn.source == "script":
            return
        if turn.screening is not None and turn.screening.tier >= _GRAVE:
            return
        # Of a doubtful voice nothing is remembered.
        if speaker is None or speaker.match is Match.YES:
            try:
                self.memory.told(turn.text, datetime.now().astimezone())
            except StorageError as error:
                self.on_trouble(str(error))

    def tick(self) -> None:
        """Look at what is due."""
        if self.outward is not None:
            self.outward.remind()
        if time.monotonic() - self._looked_at < _LOOK_S:
            return
        self._looked_at = time.monotonic()
        self.keeper.tick()
        if self.initiatives is not None and not self.muted:
            self.initiatives.tick()
        if self.outward is not None:
            self.outward.tick()

    def listening(self, why: str) -> None:
        """Say how the device listens; as of ``JournalKeeper.listening``."""
        self.muted = why == "muted"
        if self.outward is not None:
            self.outward.listening(muted=self.muted)
        self.keeper.listening(why)

    def close(self) -> None:
        """Write the last of it."""
        self.keeper.close()
        if self.outward is not None:
            self.outward.close()


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
    on_trouble: Callable[[str], None],
    *,
    compared: bool,
) -> Living:
    """Put it together.

    Args:
        config: settings.
        keeping: what the talk keeps.
        emit: takes what is to be said unasked; any thread.
        on_trouble: told one plain line when something of it cannot work; any thread.
        compared: whether voices are compared.

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

    def note(kind: str, data: JsonObject, at: float) -> None:
        diary.note(kind, data, at, person_id)

    store = load_store(config, database, person_id)
    memory = load_memory(config, store)
    initiatives = load_initiatives(
        config,
        database,
        person_id,
        note,
        emit,
        concern=_Concerned(keeping.alerts),
        occasions=occasions_from(store),
    )

    outward = start_outward(
        config,
        database,
        person_id,
        keeping.owner_name,
        emit,
        initiatives.welcome,
        note,
        on_trouble,
        store,
    )
    # Who asks for an exercise or a scale by name is not to be told a joke; "remind me" and "tell
    # my daughter" are for the memory only when the rest does not know them.
    first: tuple[Skill, ...] = (
        _Peace(initiatives),
        _scales(config, database, person_id, note),
        exercises,
    )
    skills = (*first, *outward.skills, memory)
    return Living(keeper, initiatives, skills, compared, outward, memory, on_trouble)


def _scales(config: Config, database: Database, person_id: str, note: Note) -> ScaleSkill:
    from companion.app.reaching import begin_scale
    from companion.wellbeing.scales import ScaleHistory, load_scale, scale_history, scale_names
    from companion.wellbeing.scales.asked import ScaleSkill, load_asked_words

    language = config.persona.language

    def history(now: datetime) -> ScaleHistory:
        with database.read() as connection:
            return scale_history(connection, now.timestamp(), person_id)

    scales = tuple(load_scale(name, language) for name in scale_names(language))
    words = load_asked_words(language)
    return ScaleSkill(scales, words, history, lambda one: begin_scale(config, one, note))


__all__ = ["TICK_S", "Living", "start_living"]
