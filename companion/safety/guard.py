"""The guard of a talk: screens, answers danger with scripts, checks replies, calls for help.

Satisfies the conversation's ``Guard``. It is used from the loop's thread and the engines' thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from companion.domain import Danger, JsonObject, ReplyPart, Screening, Tone
from companion.safety.accused import accused
from companion.safety.dialogue import Dialogue
from companion.safety.disclosure import Disclosure
from companion.safety.protocols import Protocols, ProtocolState, Turn
from companion.safety.reply_check import SafetyCheck
from companion.safety.screen import Screener

ALERT_TIER: Final = 3
"""Urgent and emergency are told to the contacts (design: tiers)."""
NOTE_TIER: Final = 2
"""Concern and above is noted for the summary."""
CRY_TIER: Final = 4
CRY_SCORE: Final = 0.9
"""A cry nobody addressed to us is answered only when it is this sure: a television plays too."""
CRY_REST_S: Final = 600.0
"""After one such question there is not another for so long."""
CRY_COUNTDOWN_S: Final = 60.0
"""Nobody answered whether all is well: then help is called for."""

_BLAMES: Final = frozenset({Danger.ABUSE, Danger.SCAM, Danger.CRISIS})
"""Matters in which somebody may be accused, who must then not be told."""
_FINE: Final = "cry_fine"
_CANCELLED: Final = "fall_cancelled"

Note = Callable[[str, JsonObject, float, str | None], None]
"""Notes an event: kind, data, seconds since 1970, person."""
FirstTold = Callable[[frozenset[str]], str | None]
"""Names the first contact who may be told when these are accused; None when nobody may."""
Count = Callable[[Screening, int], None]
"""Counts the use of a protocol in a year; blocking."""


class Help(Protocol):
    """Raises alerts; see ``companion.safety.alerts``."""

    def raise_alert(
        self,
        tier: int,
        category: str,
        topic: str,
        accused: frozenset[str] = frozenset(),
        countdown_s: float = 0.0,
    ) -> str:
        """Make an alert and return its id."""
        ...

    def cancel_countdowns(self) -> int:
        """Stop alerts whose countdown runs; return how many."""
        ...


class SafetyGuard:
    """One talk's guard; without ``go_live`` it neither stores nor alerts."""

    def __init__(
        self,
        screener: Screener,
        dialogue: Dialogue,
        protocols: Protocols,
        check: SafetyCheck,
        disclosure: Disclosure,
        *,
        countdown_s: float = 30.0,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Put the parts together.

        Args:
            screener: screens single utterances.
            dialogue: what they mean within the talk.
            protocols: what is said in danger.
            check: what a mind may not say.
            disclosure: when it must say that it is no person.
            countdown_s: seconds in which a call for help after a fall can be cancelled.
            now: local time.
        """
        self._screener = screener
        self._protocols = protocols
        self._check = check
        self.disclosure = disclosure
        self._countdown_s = countdown_s
        self._now = now
        self._dialogue = dialogue
        self._state = ProtocolState()
        self._help: Help | None = None
        self._note: Note | None = None
        self._count: Count | None = None
        self._person_id: str | None = None
        self._contact: FirstTold = lambda _: None
        self._blamed: frozenset[str] = frozenset()
        """All who were accused in this talk: none of them is told of it, or named as a help."""
        self._counting_until = float("-inf")
        self._settled: Callable[[str], bool] = lambda _: False
        self._turns = 0
        self._news: deque[str] = deque()
        self._cried_at = float("-inf")
        self._lock = threading.RLock()
        self._errands: ThreadPoolExecutor | None = None

    def go_live(
        self,
        help: Help,
        note: Note,
        count: Count,
        *,
        person_id: str | None = None,
        contact: FirstTold = lambda _: None,
        notices: JsonObject | None = None,
    ) -> None:
        """Store and call for help from now on.

        Args:
            help: raises alerts.
            note: stores events.
            count: counts the use of protocols.
            person_id: the owner's row.
            contact: names who is told first; None when nobody can be told, and then the person
                is not promised that anybody is.
            notices: the state of the notices when the last run ended.
        """
        self._help, self._note, self._count = help, note, count
        self._person_id = person_id
        self._contact = contact
        if notices is not None:
            self.disclosure.restore(notices)
        self._errands = ThreadPoolExecutor(1, thread_name_prefix="guard")

    def go_quiet(self) -> None:
        """Finish what is under way and only screen from now on."""
        errands, self._errands = self._errands, None
        if errands is not None:
            errands.shutdown(wait=True)
        self._help = self._note = self._count = None

    def yield_to(self, settled: Callable[[str], bool]) -> None:
        """Leave to the mind what is no danger and what this says is settled there."""
        self._settled = settled

    @property
    def trouble(self) -> str | None:
        """One plain line about what is missing, or None."""
        return self._screener.trouble

    # -- before the mind -----------------------------------------------------------------

    def screen(self, text: str) -> Screening:
        """Return what an utterance means within the talk so far, and the script that answers."""
        try:
            with self._lock:
                screening = self._dialogue.consider(text, self._screener.screen(text), self._t())
                if screening.tier == 0 and self._settled(text):
                    screening = Screening(evidence=("guard:settled",))
                turn = self._turn(text, screening, addressed=True)
        except Exception:
            # Never silent and never raised: what cannot be judged is met with the safe words.
            return Screening(evidence=("guard:failed",))
        tier = max(screening.tier, turn.tier) if turn.script else screening.tier
        return replace(screening, tier=tier, script=turn.script)

    def is_cry(self, screening: Screening) -> bool:
        """Whether it must be answered even though nobody called the companion."""
        with self._lock:
            answers = self._state.answering == "cry" and self._t() - self._cried_at < CRY_REST_S
            if answers and self._state.quiet == 0:
                return True
            return (
                screening.tier >= CRY_TIER
                and screening.score >= CRY_SCORE
                and self._t() - self._cried_at >= CRY_REST_S
            )

    def answer(self, text: str, screening: Screening, *, addressed: bool) -> tuple[ReplyPart, ...]:
        """Return the scripted reply, or nothing when the mind may answer."""
        if "guard:failed" in screening.evidence:
            return (self.instead(screening),)
        try:
            with self._lock:
                turn = self._turn(text, screening, addressed=addressed)
        except Exception:
            return (self.instead(screening),)
        return tuple(ReplyPart(line, "script", tone=turn.tone) for line in turn.lines)

    # -- after the mind ------------------------------------------------------------------

    def failed(self, sentence: str, said: str, screening: Screening) -> tuple[str, ...]:
        """Return why the mind may not say a sentence, empty when it may."""
        return self._check.failed(sentence, said, screening)

    def instead(self, screening: Screening) -> ReplyPart:
        """Return what is said in place of a sentence that failed."""
        script = "instead_danger" if screening.tier >= NOTE_TIER else "instead"
        step = self._turns if script == "instead" else 0
        try:
            lines = self._protocols.lines(script, step)
        except Exception:
            lines = ("I am listening.",)
        return ReplyPart(" ".join(lines), "script")

    # -- the notice ----------------------------------------------------------------------

    def notice(self) -> ReplyPart | None:
        """Return the reminder that it is no person, when it is due."""
        now = self._now()
        with self._lock:
            if not self.disclosure.due(now, now.timestamp()):
                return None
            return ReplyPart(self.disclosure.words(), "notice", tone=Tone.WARM)

    def noticed(self) -> None:
        """Learn that the reminder was heard."""
        with self._lock:
            self.disclosure.said(self._now())
            state = self.disclosure.to_json()
        self._write("notice", state)

    # -- what follows --------------------------------------------------------------------

    def commit(self, text: str, screening: Screening, *, addressed: bool) -> None:
        """Remember a finished turn and call for the help it needs; returns at once."""
        with suppress(Exception), self._lock:
            # A failure here costs the memory of a turn, never the talk.
            before = self._state
            turn = self._turn(text, screening, addressed=addressed)
            self._state = turn.state
            self._turns += 1
            self.disclosure.used(self._now().timestamp())
            if not addressed:
                if turn.script is not None:
                    self._cried(screening)
                return
            self._dialogue.commit(text, screening, self._t())
            self._blamed = self._blames(text, screening)
            if turn.script is not None and turn.tier > screening.tier:
                # A bare "yes" is about what was asked.
                screening = replace(
                    screening, tier=turn.tier, category=turn.category, topic=turn.topic
                )
            self._act(text, replace(screening, script=turn.script), turn, before)

    def _act(self, text: str, screening: Screening, turn: Turn, before: ProtocolState) -> None:
        if turn.cancels or turn.script in (_FINE, _CANCELLED):
            self._run(lambda: self._help and self._help.cancel_countdowns())
        raised = screening.tier >= NOTE_TIER and (
            turn.script is None or before.script != turn.script or screening.tier > before.tier
        )
        if turn.script is not None and screening.tier >= NOTE_TIER:
            self._write(
                "safety",
                {
                    "tier": screening.tier,
                    "category": screening.category.value,
                    "topic": screening.topic,
                    "script": turn.script,
                    "score": screening.score,
                    "evidence": list(screening.evidence),
                },
            )
        if raised:
            self._run(lambda: self._count and self._count(screening, self._now().year))
        if self._needs_help(screening, turn, before):
            if turn.countdown:
                self._counting_until = self._t() + self._countdown_s
            self._call(screening, self._blamed, self._countdown_s if turn.countdown else 0.0)

    def _needs_help(self, screening: Screening, turn: Turn, before: ProtocolState) -> bool:
        if turn.cancels or turn.script in (_FINE, _CANCELLED) or screening.tier < ALERT_TIER:
            return False
        # A script that only stays with an open event calls nobody again.
        stays = turn.script == before.script and screening.tier <= before.tier
        return not (stays and screening.category is not before.category)

    def _cried(self, screening: Screening) -> None:
        self._cried_at = self._t()
        if screening.category is Danger.MEDICAL:
            self._call(screening, frozenset(), CRY_COUNTDOWN_S)

    def _call(self, screening: Screening, blamed: frozenset[str], countdown_s: float) -> None:
        self._run(
            lambda: (
                self._help
                and self._help.raise_alert(
                    screening.tier, screening.category.value, screening.topic, blamed, countdown_s
                )
            )
        )

    def start_afresh(self) -> None:
        """Forget the talk: the next words begin a new one."""
        with self._lock:
            self._dialogue.start_afresh()
            self._state = ProtocolState()
            self._blamed = frozenset()

    def tell(self, line: str) -> None:
        """Have the owner told something, such as who was reached; any thread."""
        self._news.append(line)

    def news(self) -> str | None:
        """Return the next thing the owner must be told, or None."""
        return self._news.popleft() if self._news else None

    # -- small things --------------------------------------------------------------------

    def _turn(self, text: str, screening: Screening, *, addressed: bool) -> Turn:
        contact = None
        if self._help is not None and max(screening.tier, self._state.tier) >= NOTE_TIER:
            contact = self._contact(self._blames(text, screening))
        tells = screening.tier >= ALERT_TIER or self._state.tier >= ALERT_TIER
        return replace(self._protocols, contact=contact).turn(
            text,
            screening,
            self._state,
            addressed=addressed,
            alerted=contact is not None and tells,
            counting=self._state.counting and self._t() < self._counting_until,
            seconds=self._countdown_s,
        )

    def _blames(self, text: str, screening: Screening) -> frozenset[str]:
        """Return all who were accused in the talk so far."""
        if screening.category not in _BLAMES or screening.tier < NOTE_TIER:
            return self._blamed
        return self._blamed | accused(text)

    def _write(self, kind: str, data: JsonObject) -> None:
        if self._note is not None:
            self._note(kind, data, self._t(), self._person_id)

    def _run(self, errand: Callable[[], object]) -> None:
        """Do what touches the disk on a thread of its own, in order."""
        if self._errands is not None:
            self._errands.submit(errand)

    def _t(self) -> float:
        return self._now().timestamp()


__all__ = ["Help", "SafetyGuard"]
