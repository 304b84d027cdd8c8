"""The companion's side of the talk: what it is saying, was saying, and said last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from companion import events
from companion.audio.clock import Clock
from companion.conversation.draft import Draft, Prepared
from companion.conversation.rooms import Rooms
from companion.conversation.tasks import Tasks
from companion.domain import CommittedTurn, Danger, Match

THINKING_AFTER_S: Final = 1.2
"""Silence after a turn's end that wants a sign of life."""

_FIRST_LEAD_S: Final = 0.7
"""Guess of how long preparing a reply takes, until measured."""

_SAID_SOMETHING: Final = frozenset({"not_addressed"})
"""Reasons for not answering that still mean a person spoke; all others are noise, and a reply
that was stopped for it is picked up again."""

Emit = Callable[[events.Event], None]


@dataclass(slots=True)
class Turn:
    """The person's open or just committed turn."""

    began: float
    draft: Draft | None = None
    earlier: str = ""
    earlier_until: float = 0.0
    over_voice: bool = False
    """It began while the companion was speaking."""
    prompted: bool = False
    """It answers what the companion said unasked."""


@dataclass(slots=True)
class Reply:
    """A reply on its way out."""

    turn: Turn
    said: str
    committed: float
    due: float
    """When it could have begun at the earliest."""
    draft: Draft
    played: list[Prepared] = field(default_factory=list)
    started: bool = False
    written: bool = False
    """Every sentence has been handed to the player."""
    thinking_signalled: bool = False
    heard: str = ""
    """The words that had sounded when it was stopped."""
    first_until: float = float("inf")
    """When the first sentence has sounded."""

    real: bool = False
    """Guard and feeler have been told of the turn."""
    settled: bool = False
    """The mind has been told that it may do what was asked: nothing can be merged any more."""

    before: str = ""
    """What had been heard of it before it was picked up again."""

    @property
    def text(self) -> str:
        """Everything it says."""
        return " ".join(p.part.text for p in self.played)


class Replies:
    """Speaks drafts, stops, picks up again, and remembers what was heard."""

    def __init__(
        self,
        rooms: Rooms,
        clock: Clock,
        emit: Emit,
        tasks: Tasks,
        signal: Callable[[str], None],
    ) -> None:
        self._rooms = rooms
        self._clock = clock
        self._emit = emit
        self._tasks = tasks
        self._signal = signal
        self.current: Reply | None = None
        self.last_text = ""
        """The last reply, whole, or what was last said about the device itself."""
        self.lead_s = _FIRST_LEAD_S
        """How long it takes from the words to the first sentence as sound."""
        self._interrupted: Reply | None = None

    @property
    def last_spoken(self) -> str:
        """What may be echoing in the room."""
        reply = self._interrupted or self.current
        return reply.text if reply is not None else self.last_text

    @property
    def last_sounded(self) -> str:
        """How much of an interrupted reply had sounded."""
        return self._interrupted.heard if self._interrupted is not None else ""

    def start(self, reply: Reply) -> None:
        """Speak a committed draft as its sentences become ready."""
        self.current = reply
        self._tasks.spawn(self._speak(reply))

    def tick(self, t: float) -> bool:
        """Give a sign of life when it takes long; notice when a reply has ended.

        Returns:
            Whether the reply of a skill has just ended: it may wait for an answer.
        """
        reply = self.current
        if reply is None:
            return False
        late = t - reply.due >= THINKING_AFTER_S
        if late and not reply.started and not reply.thinking_signalled:
            reply.thinking_signalled = True
            self._signal("thinking")
        if t >= reply.first_until:
            self._settle(reply)
        if reply.written and not self._rooms.player.busy():
            self._finish(reply)
            return any(p.part.source == "skill" for p in reply.played)
        return False

    def drop(self, draft: Draft, reason: str) -> None:
        """Throw a draft away; nothing of it was said or stored."""
        if not draft.dropped:
            draft.drop(self._tasks.later)
            self._emit(events.DraftDropped(self._clock.now(), reason))

    def silence(self, reason: str, *, barged: bool) -> Reply:
        """Stop the current reply, sounding or not, and return it.

        After a barge-in it is kept until it is known whether anybody really spoke.
        """
        reply = self.current
        assert reply is not None
        now = self._clock.now()
        if barged and reply.started:
            self._emit(events.BargeIn(now))
        reply.heard = _joined(reply.before, self._rooms.player.stop())
        self.current = None
        if barged:
            self._became_real(reply)  # it was not answered, but it was said
            self._settle(reply)
        if not reply.written:
            self.drop(reply.draft, reason)
        if reply.started:
            self._emit(events.ReplyStopped(now, reason, reply.heard))
        if barged:
            self._interrupted = reply
        return reply

    def settle_interrupted(self) -> None:
        """Store an interrupted reply as far as it was heard: a person did speak."""
        reply, self._interrupted = self._interrupted, None
        if reply is not None:
            self.last_text = reply.text
            self._remember(reply, f"{reply.heard} —" if reply.heard else "")

    def resume_interrupted(self, reason: str) -> None:
        """Pick a reply up again that a cough or a clatter had stopped."""
        reply, self._interrupted = self._interrupted, None
        if reply is None:
            return
        done, rest = _split(reply)
        if not rest or reason in _SAID_SOMETHING:
            self._remember(reply, reply.heard)
            return
        again = Reply(reply.turn, reply.said, reply.committed, reply.due, reply.draft)
        again.played = done
        again.before = again.text
        again.real = again.settled = True
        self.current = again
        self._rooms.player.begin()
        for prepared in rest:
            self._play(again, prepared, ready=True)
        again.written = True

    async def _speak(self, reply: Reply) -> None:
        draft, ready = reply.draft, reply.draft.ready_at is not None
        self._rooms.player.begin()
        while (prepared := await draft.sentences.get()) is not None:
            if draft.dropped:
                return
            self._became_real(reply)
            self._play(reply, prepared, ready=ready)
        self._became_real(reply)
        now = self._clock.now()
        if draft.trouble is not None:
            self._emit(events.Trouble(now, "reply", draft.trouble))
            self._signal("trouble")
        if (line := self._rooms.mind.take_trouble()) is not None:
            self._emit(events.Trouble(now, "mind", line))
        if draft.ready_at is not None and draft.began_preparing is not None:
            # Up at once, down slowly: late costs the person, early costs only some work.
            took = draft.ready_at - draft.began_preparing
            self.lead_s = max(took, self.lead_s + 0.2 * (took - self.lead_s))
        reply.written = True

    def _became_real(self, reply: Reply) -> None:
        """Tell guard and feeler, once, that the turn is no longer a draft."""
        if reply.real or not reply.draft.said:
            return
        reply.real = True
        self._tell_guard(reply.draft)
        self._tell_feeler(reply.draft)

    def _settle(self, reply: Reply) -> None:
        """Let the mind, once, do what was asked, and the journal take note."""
        if reply.settled or not reply.draft.said:
            return
        reply.settled = True
        mind, said, journal = self._rooms.mind, reply.draft.said, self._rooms.journal
        self._tasks.later(lambda: mind.commit(said))
        if journal is not None and reply.draft.addressed:
            turn = _committed(reply)
            self._tasks.later(lambda: journal.committed(turn))

    def _tell_guard(self, draft: Draft) -> None:
        """Now the guard may call for help."""
        guard, screening = self._rooms.guard, draft.screening
        if guard is None:
            return
        if screening is not None and (screening.tier or screening.category is not Danger.NONE):
            self._emit(
                events.Screened(
                    self._clock.now(),
                    screening.tier,
                    screening.category.value,
                    screening.topic,
                    screening.score,
                    screening.script or "",
                    draft.addressed,
                )
            )
        # At once, not queued behind inference: help must be called even if the talk ends now.
        guard.commit(draft.said, screening or guard.screen(draft.said), addressed=draft.addressed)

    def _tell_feeler(self, draft: Draft) -> None:
        """Now the feeler may learn, if it surely was somebody known."""
        feeler, impression, speaker = self._rooms.feeler, draft.impression, draft.speaker
        now = self._clock.now()
        if draft.unfelt is not None:
            self._emit(events.Trouble(now, "feeling", draft.unfelt))
        match = speaker.match.value if speaker is not None else ""
        if feeler is None or impression is None:
            if match == Match.NO:
                self._emit(events.Felt(now, match))
            return
        feeling = impression.feeling
        self._emit(
            events.Felt(
                now,
                match,
                feeling.label,
                feeling.valence,
                feeling.arousal,
                feeling.confidence,
                feeling.unsure,
                impression.stance.value,
                feeling.phrase,
            )
        )
        if match == Match.YES:
            self._tasks.later(lambda: feeler.learn(impression))

    def _play(self, reply: Reply, prepared: Prepared, *, ready: bool) -> None:
        reply.played.append(prepared)
        if prepared.speech is None:
            return
        self._rooms.player.play(prepared.speech)
        now = self._clock.now()
        part = prepared.part
        if not reply.started:
            reply.started = True
            reply.first_until = now + prepared.speech.seconds
            self._emit(events.ReplyStarted(now, ready, part.source))
        self._emit(events.ReplySentence(now, part.text, part.source, part.checks))

    def _finish(self, reply: Reply) -> None:
        heard = _joined(reply.before, self._rooms.player.heard())
        self._settle(reply)
        self.current = None
        if reply.started:
            self.last_text = reply.text
            self._emit(events.ReplyFinished(self._clock.now(), heard))
        self._remember(reply, heard)

    def _remember(self, reply: Reply, heard: str) -> None:
        if any(p.part.control is not None for p in reply.played):
            return  # "slower, please" is not part of the talk
        if not reply.said:
            return  # nothing was understood
        mind, guard = self._rooms.mind, self._rooms.guard
        self._tasks.later(lambda: mind.remember(reply.said, heard))
        if guard is not None and any(p.part.source == "notice" for p in reply.played):
            guard.noticed()


def _committed(reply: Reply) -> CommittedTurn:
    draft = reply.draft
    return CommittedTurn(
        draft.said,
        max(0.0, draft.heard_until - reply.turn.began),
        reply.played[0].part.source if reply.played else "fallback",
        draft.impression.feeling if draft.impression is not None else None,
        draft.speaker,
        draft.screening,
        reply.turn.prompted,
    )


def _split(reply: Reply) -> tuple[list[Prepared], list[Prepared]]:
    """Return the sentences that were heard whole, and those that were not."""
    heard = len(reply.heard.split())
    done: list[Prepared] = []
    for index, prepared in enumerate(reply.played):
        words = len(prepared.part.text.split())
        if heard < words:
            return done, reply.played[index:]
        heard -= words
        done.append(prepared)
    return done, []


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)
