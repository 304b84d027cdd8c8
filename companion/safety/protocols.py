"""Which script answers, which of its steps is next, and what an answer to it means.

Pure: a turn takes the state before and gives the state after, so a draft that is dropped leaves no
trace. Nothing here ends a talk; an event stays open when it is denied, and after some everyday talk
it is asked about once more, gently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from companion.domain import Danger, Screening, Tone
from companion.patterns import normalise
from companion.safety.accused import accused
from companion.safety.answers import Answer, AnswerEar, load_answers
from companion.safety.protocol_state import ProtocolState, Turn, quieter
from companion.safety.regions import Region
from companion.safety.scripts import Script, load_scripts
from companion.safety.spoken import Spoken

DANGERS: Final = frozenset({Danger.CRISIS, Danger.MEDICAL, Danger.ABUSE, Danger.SCAM})
URGENT: Final = 3
EMERGENCY: Final = 4
CONCERN: Final = 2
HOLD: Final[Mapping[int, int]] = {EMERGENCY: 2, URGENT: 1}
"""By tier: so many turns that avoid the matter are still answered by its script."""
CHECK_AFTER: Final = 4
"""Everyday turns after which an open event is asked about once."""
FRESH: Final = 2
"""Turns for which an answer may still belong to what was asked."""
BARE: Final = 4
"""Words; so short an answer is taken at its word, whatever the screening makes of it."""


@dataclass(frozen=True)
class Protocols(Spoken):
    """Scripts with a region's numbers and the people's names filled in."""

    ear: AnswerEar = field(default_factory=load_answers)

    # -- choosing ------------------------------------------------------------------------

    def choose(
        self, screening: Screening, state: ProtocolState | None = None, text: str = ""
    ) -> str | None:
        """Return the id of the script for a screening, or None when the mind may answer.

        Args:
            screening: of the newest utterance.
            state: an open event of the same kind is not replaced by a milder script.
            text: the utterance; scripts with a pattern for it are preferred.
        """
        state = state or ProtocolState()
        found = self._best(screening, normalise(text))
        if found is None:
            return None
        if state.script and screening.category is state.category and screening.tier <= state.tier:
            same = screening.topic in ("", state.topic) or screening.tier < state.tier
            found = state.script if same or found == state.script else found
        script = self.scripts[found]
        spent = state.times(found) >= len(self.scripts.walk(found, other=screening.other))
        return None if script.rest and spent else found

    def _best(self, screening: Screening, said: str) -> str | None:
        best, most = None, -1
        for script_id, script in self.scripts.scripts.items():
            if script.category is not screening.category:
                continue
            if script.tiers and screening.tier not in script.tiers:
                continue
            if (fit := self._fit(script_id, script, screening, said)) > most:
                best, most = script_id, fit
        return best

    def _fit(self, script_id: str, script: Script, screening: Screening, said: str) -> int:
        if script_id in self.scripts.when and said.strip():
            found, against = self.scripts.when[script_id]
            if found.find(said) and not against.find(said):
                return 3 if screening.topic in script.topics else 2
        if screening.topic and screening.topic in script.topics:
            return 1
        return -1 if script.topics or script.when else 0

    def tone(self, script_id: str) -> Tone:
        """Return how a script sounds."""
        return self.scripts[script_id].tone

    # -- a turn --------------------------------------------------------------------------

    def turn(
        self,
        text: str,
        screening: Screening,
        state: ProtocolState,
        *,
        addressed: bool = True,
        alerted: bool = False,
        counting: bool | None = None,
        seconds: float = 30.0,
    ) -> Turn:
        """Return what is said to an utterance.

        Args:
            text: what was said.
            screening: what it means within the talk.
            state: where the talk stood.
            addressed: whether it was said to the companion, or only overheard.
            alerted: help is being called for, or will be by this turn.
            counting: whether a countdown still runs; None takes the state's word.
            seconds: of the countdown.
        """
        screening = _sober(screening)
        heard = self.ear.hear(text)
        running = state.counting if counting is None else counting
        script_id, link = self._next(text, screening, state, heard, addressed, running)
        if script_id is None:
            return Turn(quieter(state))
        script = self.scripts[script_id]
        other = screening.other if screening.tier >= CONCERN else state.other
        step = state.times(script_id)
        counts = script.countdown and not other and step == 0 and seconds > 0
        lines = self.lines(
            script_id,
            step,
            alerted=alerted,
            other=other,
            seconds=seconds,
            about=text,
        )
        least = min(script.tiers, default=script.tier) if link else script.tier
        tier = max(screening.tier if addressed else 0, least, state.tier if link else 0)
        own = len(script.other if other and script.other else script.steps)
        speaker = script_id if step < own or not script.then else script.then
        asks = any("?" in line for line in lines)
        after = self._after(script_id, screening, state, tier, other=other, link=link)
        after = replace(after, answering=speaker if asks else "", since=0)
        cancels = script_id == "fall_cancelled"
        return Turn(
            replace(after, counting=(counts and alerted) or (running and not cancels)),
            script_id,
            lines,
            script.tone,
            tier,
            screening.category if screening.category in DANGERS else state.category,
            screening.topic if screening.category in DANGERS else state.topic,
            countdown=counts,
            cancels=cancels,
        )

    def _next(
        self,
        text: str,
        screening: Screening,
        state: ProtocolState,
        heard: frozenset[Answer],
        addressed: bool,
        counting: bool,
    ) -> tuple[str | None, str]:
        """Return the next script and the link that led to it, empty when it was chosen anew."""
        asked = state.answering if state.since < FRESH else ""
        bare = len(text.split()) <= BARE
        mild = screening.tier < CONCERN
        if not addressed and not (asked and self.scripts[asked].question and heard):
            return ("cry", "") if screening.tier >= EMERGENCY else (None, "")
        worse = screening.tier >= URGENT and (
            screening.category is not state.category
            or screening.topic not in ("", "explicit_request", state.topic)
        )
        if "cancel" in heard and not worse and state.category is Danger.MEDICAL:
            if counting:
                return "fall_cancelled", "cancel"
            if state.counting:
                return "cancel_late", "cancel"
        if asked and (bare or mild):
            answers: tuple[Answer, ...] = ("unsure", "no", "yes")
            for answer in answers:
                if answer in heard and (target := self.scripts[asked].link(answer)):
                    return target, answer
        if state.script and not worse and screening.tier <= max(state.tier, CONCERN):
            for link in ("denied", "goodbye"):
                target = self._link(asked, state.script, link)
                if link in heard and target and (state.tier >= URGENT or not mild):
                    return target, link
        if (
            state.tier >= EMERGENCY
            and state.category is Danger.MEDICAL
            and screening.category is Danger.MEDICAL_ADVICE
        ):
            return "emergency_advice", "advice"
        if (chosen := self.choose(screening, state, text)) is not None:
            return chosen, ""
        return self._later(screening, state)

    def _link(self, asked: str, event: str, link: str) -> str:
        return (self.scripts[asked].link(link) if asked else "") or self.scripts[event].link(link)

    def _later(self, screening: Screening, state: ProtocolState) -> tuple[str | None, str]:
        """Stay with an open event for a turn or two; ask about it once, later."""
        if not state.script or screening.tier >= CONCERN:
            return None, ""
        script = self.scripts[state.script]
        if state.quiet < HOLD.get(state.tier, 0) and not script.rest:
            return state.script, "hold"
        if not state.checked and script.check and state.quiet >= CHECK_AFTER:
            return script.check, "check"
        return None, ""

    def _after(
        self,
        script_id: str,
        screening: Screening,
        state: ProtocolState,
        tier: int,
        *,
        other: bool,
        link: str,
    ) -> ProtocolState:
        said = dict(state.said)
        said[script_id] = said.get(script_id, 0) + 1
        after = replace(state, said=tuple(said.items()))
        if link == "hold":
            return replace(after, quiet=state.quiet + 1)
        if link == "check":
            return replace(after, checked=True, quiet=CHECK_AFTER)
        script = self.scripts[script_id]
        if not script.watch:
            # An answer or a delicate question within an open event does not close it.
            return replace(after, quiet=0 if link or not state.script else state.quiet + 1)
        fresh = state.script == "" or screening.tier > state.tier
        return replace(
            after,
            script=script_id,
            category=script.category or state.category or screening.category,
            topic=state.topic if link else screening.topic,
            tier=max(tier, state.tier) if link else max(tier, 0 if fresh else state.tier),
            other=other,
            quiet=0,
            checked=state.checked and not fresh,
        )


def _sober(screening: Screening) -> Screening:
    """Return a screening whose tier fits its category.

    Whoever asked before may have raised the tier of a bare "yes"; asked again with that, the
    protocols must say the same.
    """
    if screening.category in DANGERS:
        return screening
    return replace(screening, tier=min(screening.tier, 1))


def load_protocols(
    region: Region,
    language: str = "en",
    *,
    person: str | None = None,
    contact: str | None = None,
    name: str = "Molly",
) -> Protocols:
    """Read a language's scripts and fill in who is who.

    Raises:
        SafetyError: a file has a mistake.
    """
    return Protocols(load_scripts(language), region, person, contact, name, load_answers(language))


__all__ = ["ProtocolState", "Protocols", "Turn", "accused", "load_protocols"]
