"""Runs the decision: speaks first, notices what is answered, remembers, and backs off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from companion.config import CheckinSettings
from companion.domain import Exchange, Initiative, JsonObject
from companion.wellbeing.checkin_log import CheckinLog
from companion.wellbeing.checkin_words import CheckinWords, Wish, until
from companion.wellbeing.checkins import (
    SILENCE_TRIES,
    Facts,
    Plan,
    State,
    next_initiative,
    unusual_silence,
)
from companion.wellbeing.texts import spoken


class Concern(Protocol):
    """Somebody who decides, by the person's consent, whether those who care are told."""

    def offer(self, tier: int, text: str, evidence: tuple[str, ...], at: float) -> None:
        """Take a concern.

        Args:
            tier: 1 longer silent than usual, 2 longer than ever in eight weeks; never more.
            text: for those who care; it claims no emergency.
            evidence: why, for a reviewer.
            at: seconds since 1970.
        """
        ...


Note = Callable[[str, JsonObject, float], None]
"""Takes a kind of event, its data, and seconds since 1970; as ``Diary.note``."""


@dataclass(slots=True)
class Initiatives:
    """Speaks first when it is welcome. ``tick`` every minute; all calls on one thread."""

    settings: CheckinSettings
    facts: Callable[[datetime], Facts]
    """Asked at every tick; should be cheap."""
    emit: Callable[[Initiative], None]
    clock: Callable[[], datetime]
    """Returns the present in the person's time zone."""
    words: CheckinWords
    note: Note
    save: Callable[[JsonObject], None]
    """Keeps the log, as JSON, whenever it changed."""
    log: CheckinLog = field(default_factory=CheckinLog)
    concern: Concern | None = None
    scale: Callable[[str], Exchange] | None = None
    """Begins the scale of that name."""
    name: str | None = None
    """What the person is called."""
    _waiting: Plan | None = field(default=None, init=False)
    """Emitted and not yet spoken."""

    def tick(self) -> None:
        """Look whether something should be said, and whether the last was answered."""
        now = self.clock()
        at = now.timestamp()
        self._settle(at)
        if self._waiting is not None:
            if at <= self._waiting.expires_at:
                return
            self._waiting = None  # somebody was speaking all the time: it was not said
        if not self.settings.enabled:
            return
        state = State(self.settings, self.log, self.facts(now))
        self._worry(state, now)
        plan = next_initiative(state, now)
        if plan is not None:
            self._emit(plan, state, now)

    def heard(self, at: float) -> None:
        """Take note that the person spoke; call it for every committed turn of theirs.

        Args:
            at: seconds since 1970.
        """
        self._settle(at)
        open_offer = self.log.open
        self._set(self.log.heard(at))
        if open_offer is not None and self.log.open is None:
            self._note(open_offer.kind, True, at)

    def wish(self, text: str, *, answer: bool = False) -> Wish | None:
        """Return what somebody wants of check-ins, to be asked of any utterance; pure.

        Args:
            text: what was said.
            answer: it answers a check-in, where "later" is enough.
        """
        return self.words.wish(text, answer=answer)

    def fulfil(self, wish: Wish) -> Exchange:
        """Return the answer to a wish; it counts once committed."""
        return Exchange(spoken(self.words.answer(wish.value)), effect=lambda: self._snooze(wish))

    def _snooze(self, wish: Wish) -> None:
        now = self.clock()
        open_offer = self.log.open
        self._set(self.log.snoozed(until(wish, self.settings, now)))
        self._waiting = None
        if open_offer is not None:
            self._note(open_offer.kind, True, now.timestamp())

    def _emit(self, plan: Plan, state: State, now: datetime) -> None:
        if plan.kind == "scale":
            if self.scale is None:
                return
            exchange = self.scale(plan.about)
            effect = self._spoken(plan, "")
            whole = Exchange(exchange.parts, effect, exchange.then)
        else:
            day = now.toordinal()
            line = self.words.choose(plan.kind, state.facts.state, self.log.said, day)
            fill = {**plan.fill, "name": f", {self.name}" if self.name else ""}
            whole = Exchange(
                spoken(line.text, fill), self._spoken(plan, line.id), _CheckinTalk(self)
            )
        self._waiting = plan
        self.emit(Initiative(plan.kind, whole, expires_at=plan.expires_at))

    def _spoken(self, plan: Plan, line: str) -> Callable[[], None]:
        def now_said() -> None:
            self._waiting = None
            at = self.clock().timestamp()
            self._set(self.log.offered(plan.kind, at, plan.about, line))

        return now_said

    def _settle(self, at: float) -> None:
        open_offer = self.log.open
        self._set(self.log.missed(at))
        if open_offer is not None and self.log.open is None:
            self._note(open_offer.kind, False, at)

    def _worry(self, state: State, now: datetime) -> None:
        """Offer a concern once for a silence, after two questions nobody answered."""
        if self.concern is None or self.log.told or self.log.silence_tries < SILENCE_TRIES:
            return
        found = unusual_silence(state, now)
        if found is None or self.log.heard_at is None:
            return
        since = datetime.fromtimestamp(self.log.heard_at, now.tzinfo)
        text = self.words.unheard(self.name, since.strftime("%d %B, %H:%M").lstrip("0"))
        tier = 2 if found.seconds > found.longest else 1
        evidence = (f"silent {found.seconds:.0f} s", f"usual {found.usual:.0f} s")
        self._set(replace(self.log, told=True))
        self.concern.offer(tier, text, evidence, now.timestamp())

    def _note(self, kind: str, answered: bool, at: float) -> None:
        self.note("checkin", {"kind": kind, "answered": answered}, at)

    def _set(self, log: CheckinLog) -> None:
        if log != self.log:
            self.log = log
            self.save(log.to_json())


@dataclass(frozen=True, slots=True)
class _CheckinTalk:
    """Hears the answer to a check-in: a wish for peace is granted, all else is ordinary talk."""

    initiatives: Initiatives

    def hear(self, text: str, now: datetime) -> Exchange | None:
        """Return what is said to a wish; None leaves the answer to the conversation."""
        wish = self.initiatives.wish(text, answer=True)
        if wish is not None and wish is not Wish.RESUME:
            return self.initiatives.fulfil(wish)
        return None

    def unheard(self, now: datetime) -> Exchange | None:
        """Say nothing: who does not answer is left in peace."""
        return None


__all__ = ["Concern", "Initiatives", "Note"]
