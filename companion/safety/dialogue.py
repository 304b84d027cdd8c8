"""What an utterance means after what was said before: slow disclosure, short answers, denial.

Pure and clock-free: time is a parameter, in seconds on any clock that does not run backwards.
``consider`` changes nothing, so a draft may be dropped; ``commit`` remembers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from companion.domain import Danger, Screening
from companion.resources import data_dir
from companion.safety.context import Answer, Context, load_context
from companion.safety.screen import DANGERS

OPEN_S: Final = 1800.0
"""An event stays open for half an hour after its last sign, whatever is said (design: a denial
does not close an event)."""
FULL_S: Final = 300.0
"""For so long it stays as grave as it was."""
STEP_S: Final = 600.0
"""Then it becomes one tier milder in this time, down to concern."""
LOWEST_OPEN: Final = 2
ANSWER_S: Final = 600.0
"""For so long a short answer is taken to be about the event."""
JOIN_S: Final = 300.0
"""Turns further apart are not read as one."""

SHORT_WORDS: Final = 7
"""A turn of at most so many words may be an answer, or the rest of the turn before."""
JOINED_TURNS: Final = 2
JOINED_WORDS: Final = 70
REPEATED: Final = 3
"""So many separate turns of concern within one talk are urgent."""
UNSURE_SCORE: Final = 0.97
"""A turn whose harmlessness is less sure than this may take its meaning from the turns before."""

Screen = Callable[[str], Screening]


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """A danger that has been spoken of and is not over."""

    category: Danger
    topic: str
    tier: int
    """How grave it is now."""
    worst: int
    """How grave it was at worst."""
    other: bool
    since: float
    """When it was first spoken of."""
    last: float
    """When it was last spoken of."""


@dataclass(frozen=True, slots=True)
class _Turn:
    text: str
    t: float
    screening: Screening


class Dialogue:
    """The memory of one talk, as far as danger goes."""

    def __init__(self, context: Context, screen: Screen) -> None:
        """Begin a talk.

        Args:
            context: what short answers mean.
            screen: judges a text by itself, for turns that only mean something together.
        """
        self._context = context
        self._screen = screen
        self.start_afresh()

    def start_afresh(self) -> None:
        """Forget the talk."""
        self._turns: deque[_Turn] = deque(maxlen=8)
        self._event: OpenEvent | None = None

    def open_event(self, t: float) -> OpenEvent | None:
        """Return the event that is open at a time, as grave as it is by then."""
        event = self._event
        if event is None or t - event.last > OPEN_S:
            return None
        milder = int(max(0.0, t - event.last - FULL_S) // STEP_S)
        return replace(event, tier=max(LOWEST_OPEN, event.worst - milder))

    def consider(self, text: str, screening: Screening, t: float) -> Screening:
        """Return what a turn means in this talk; changes nothing.

        Args:
            text: what was said.
            screening: what it means by itself.
            t: when, in seconds.
        """
        if _elsewhere(screening):
            return screening
        meant = self._together(text, screening, t)
        event = self.open_event(t)
        if event is not None:
            meant = self._answered(text, meant, event, t)
        return self._repeated(meant, t)

    def commit(self, text: str, screening: Screening, t: float) -> None:
        """Remember a turn.

        Args:
            text: what was said.
            screening: what ``consider`` made of it.
            t: when, in seconds.
        """
        if _elsewhere(screening):
            return
        event = self.open_event(t)
        self._turns.append(_Turn(text, t, screening))
        if screening.tier < LOWEST_OPEN or screening.category not in DANGERS:
            return
        if event is None:
            self._event = OpenEvent(
                screening.category, screening.topic, screening.tier, screening.tier,
                screening.other, t, t,
            )  # fmt: skip
        elif screening.category is event.category or screening.tier >= event.tier:
            newer = screening.tier >= event.tier
            worst = max(event.tier, screening.tier)
            self._event = OpenEvent(
                screening.category if newer else event.category,
                screening.topic if newer and screening.topic else event.topic,
                worst,
                worst,
                screening.other if newer else event.other,
                event.since,
                t,
            )

    def _together(self, text: str, screening: Screening, t: float) -> Screening:
        """Read the turn with those before it, when it may be their continuation."""
        before = [turn for turn in self._turns if t - turn.t <= JOIN_S][-JOINED_TURNS:]
        if not before or screening.tier >= 4:
            return screening
        short = len(text.split()) <= SHORT_WORDS
        unsure = screening.tier > 0 or screening.score < UNSURE_SCORE
        if not (unsure or (short and self._context.goes_on(text))):
            return screening
        worst = max(turn.screening.tier for turn in before)
        # Taken together they must be graver than each alone: else an event would never end.
        best = screening
        for count in range(1, len(before) + 1):
            joined = " ".join([*(_ended(turn.text) for turn in before[-count:]), text])
            if len(joined.split()) > JOINED_WORDS:
                break
            found = self._screen(joined)
            if found.category in DANGERS and found.tier > max(worst, best.tier, 1):
                best = replace(found, evidence=(*found.evidence, f"dialogue:with_last_{count}"))
        return best

    def _answered(self, text: str, screening: Screening, event: OpenEvent, t: float) -> Screening:
        """Read a turn as an answer within an open event."""
        answers = self._context.answers(text)
        if not answers or t - event.last > ANSWER_S:
            return screening
        tier = 0
        if Answer.SECRET in answers:
            tier = event.tier
        if Answer.DENIED in answers:
            tier = max(LOWEST_OPEN, event.tier - 1)
        if Answer.CONFIRMS in answers:
            tier = max(3, event.tier) if event.category is Danger.CRISIS else event.tier
        if Answer.SOON in answers:
            tier = 4 if event.category is Danger.CRISIS else event.tier
        if Answer.PRESENT in answers and event.category in (Danger.ABUSE, Danger.SCAM):
            tier = 4 if event.category is Danger.ABUSE and event.tier >= 3 else max(3, event.tier)
        if tier <= screening.tier:
            return screening
        told = tuple(f"dialogue:{answer}" for answer in sorted(answers))
        return Screening(
            tier,
            event.category,
            event.topic,
            screening.score if screening.category is event.category else 0.5,
            (*screening.evidence, *told),
            other=event.other,
        )

    def _repeated(self, screening: Screening, t: float) -> Screening:
        """Raise concern that comes again and again within a talk."""
        if screening.tier != LOWEST_OPEN or screening.category is Danger.MEDICAL:
            return screening
        alike = sum(
            turn.screening.tier >= LOWEST_OPEN
            and turn.screening.category is screening.category
            and t - turn.t <= OPEN_S
            for turn in self._turns
        )
        if alike + 1 < REPEATED:
            return screening
        evidence = (*screening.evidence, f"dialogue:{alike + 1}_signs")
        return replace(screening, tier=LOWEST_OPEN + 1, evidence=evidence)


def load_dialogue(language: str, screen: Screen, *, prompts: Path | None = None) -> Dialogue:
    """Return a new talk in a language.

    Args:
        language: two letters.
        screen: judges a text by itself, such as ``Screener.screen``.
        prompts: folder of the prompts; None is the shipped one.

    Raises:
        SafetyError: the phrases have a mistake.
    """
    folder = (prompts or data_dir("prompts")) / language / "safety"
    return Dialogue(load_context(folder / "context.toml"), screen)


def _elsewhere(screening: Screening) -> bool:
    return "heard:television" in screening.evidence


def _ended(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?" else f"{text}."


__all__ = ["Dialogue", "OpenEvent", "load_dialogue"]
