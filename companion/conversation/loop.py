"""The turn loop: frames in, replies out, every happening an event."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from companion import events, heap
from companion.audio.clock import Clock
from companion.audio.level import dbfs
from companion.conversation.attention import Addressed, Attention
from companion.conversation.draft import Draft
from companion.conversation.echoes import is_own_voice
from companion.conversation.replies import Emit, Replies, Reply, Turn
from companion.conversation.rooms import Rooms
from companion.conversation.tape import PRE_ROLL_S, Tape
from companion.conversation.tasks import Tasks
from companion.conversation.turns import (
    Began,
    Complete,
    Paused,
    Resumed,
    TurnLimits,
    TurnMachine,
)
from companion.conversation.unasked import Unasked
from companion.domain import FRAME_S, Frame, Initiative, Speech, Tone, TurnContext
from companion.pace import SpeakingRate

_LEAD_MARGIN_S: Final = 0.15
"""Preparation begins this much earlier than it usually takes."""

_SETTLE_AFTER_S: Final = 12.0
"""In a longer turn, words before a pause are settled so that they are not encoded again."""

_OWN_VOICE_TAIL_S: Final = 1.0
"""An utterance that begins this soon after our own sound may be its echo."""

_SURE_SHARE: Final = 0.15
_SURE_LOGPROB: Final = -0.5
"""When hardly any of it was surely speech, and the words came out unsure too, it was noise."""

_SPOKE_SHARE: Final = 0.5
_SPOKE_S: Final = 0.6
"""Somebody who surely spoke this long deserves "I did not catch that", not silence."""

_PACED_S: Final = 1.5
"""Shorter turns say little about how fast somebody speaks: their edges weigh too much."""

_IDLE_AFTER_S: Final = 1.5
"""Quiet this long is used for housekeeping in the mind."""


_EASE_AFTER_S: Final = 5.0
"""After this much quiet the microphone may deliver its frames a little later, in batches."""

Watch = Callable[[float, str], None]
"""Told the level (dBFS) and the state for a display."""

_WATCH_EVERY: Final = 5
"""Frames between two calls of ``watch``."""


class Conversation:
    """One person, one companion, one loop."""

    def __init__(
        self,
        rooms: Rooms,
        clock: Clock,
        attention: Attention,
        emit: Emit,
        *,
        limits: TurnLimits | None = None,
        merge_window_s: float = 1.5,
        earcons: bool = True,
        watch: Watch | None = None,
        follow_pace: bool = True,
        at_ease: Callable[[bool], None] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._rooms = rooms
        self._clock = clock
        self._attention = attention
        self._emit = emit
        self._machine = TurnMachine(limits)
        self._merge_window_s = merge_window_s
        self._earcons = earcons
        self._watch = watch
        self._follow_pace = follow_pace
        self._tell_ease = at_ease
        self._easy = False
        self._rate = SpeakingRate()
        self._frames = 0
        self._notices: deque[Speech] = deque()
        self._tape = Tape()
        self._turn: Turn | None = None
        self._voice_until = -10.0
        self._quiet_since = 0.0
        self._housekept = True
        self._tasks = Tasks(clock, self._failed)
        self._replies = Replies(rooms, clock, emit, self._tasks, self._signal)
        self._unasked = Unasked(rooms, clock, emit, self._tasks, self._speak_unasked, wall)
        self._stopping = False

    # -- the outside ---------------------------------------------------------------------

    async def run(self) -> None:
        """Converse until the source ends and the last reply has sounded."""
        async for frame in self._rooms.source.frames():
            self._on_frame(frame)
            if self._stopping or (self._rooms.source.ended_at is not None and self.idle):
                break
        await self._tasks.close()

    def stop(self) -> None:
        """End after the next frame."""
        self._stopping = True

    def push(self) -> None:
        """Engage, as by a button."""
        self._engage("push")

    def room_changed(self) -> None:
        """Learn the echo anew: a microphone or speaker was away or silent."""
        if self._rooms.echo is not None:
            self._rooms.echo.relearn()

    def announce(self, text: str) -> None:
        """Say something about the device itself, as soon as nobody is speaking."""
        self._tasks.spawn(self._prepare_notice(text))

    async def _prepare_notice(self, text: str) -> None:
        voice = self._rooms.voice
        self._notices.append(await self._clock.run(lambda: voice.synthesize(text, Tone.NEUTRAL)))

    def later(self, job: Callable[[], None]) -> None:
        """Run a job on the inference thread, where mind and journal live."""
        self._tasks.later(job)

    def offer(self, initiative: Initiative) -> None:
        """Say something unasked, softly, as soon as nobody has spoken for a while."""
        self._unasked.add(initiative)

    @property
    def now(self) -> float:
        """Seconds on the input clock."""
        return self._clock.now()

    @property
    def idle(self) -> bool:
        """Whether nothing is being heard, prepared or said."""
        return (
            not self._machine.speaking
            and self._turn is None
            and self._replies.current is None
            and not self._rooms.player.busy()
        )

    @property
    def state(self) -> str:
        """``listening``, ``away``, ``hearing``, ``thinking`` or ``speaking``, for a display."""
        if self._rooms.player.busy():
            return "speaking"
        if self._replies.current is not None or self._machine.paused:
            return "thinking"
        if self._machine.speaking:
            return "hearing"
        return "listening" if self._attention.engaged else "away"

    # -- one frame -----------------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        t = frame.t
        rooms = self._rooms
        pcm = frame.pcm
        converging = False
        if rooms.echo is not None:
            pcm = rooms.echo.process(pcm, rooms.player.reference(t))
            converging = rooms.echo.converging
        busy = rooms.player.busy()
        if busy:
            self._voice_until = t
        self._tape.add(frame, pcm)
        self._frames += 1
        if self._watch is not None and self._frames % _WATCH_EVERY == 0:
            self._watch(dbfs(frame.pcm), self.state)
        if rooms.wakeword is not None and rooms.wakeword.heard(pcm):
            self._engage("wakeword")
            if self._turn is not None:  # what came before, the phrase included, was no question
                self._turn.began = t + PRE_ROLL_S
        probability = rooms.detector(pcm)
        for signal in self._machine.step(
            t, probability, over_voice=busy, converging=converging, ready=self._ready()
        ):
            match signal:
                case Began():
                    self._began(signal.t)
                case Paused():
                    self._paused(signal)
                case Resumed():
                    self._resumed(signal.pause_s)
                case Complete():
                    self._complete(signal)
        self._tick(t)

    def _tick(self, t: float) -> None:
        self._prepare_when_due(t)
        if self._replies.current is not None:
            self._attention.keep(t)
            if self._replies.tick(t):
                self._unasked.listen()
        if self._machine.speaking:
            self._attention.keep(t)
        elif self._replies.current is None and self._attention.tick(t):
            self._emit(events.AttentionChanged(t, False, "silence"))
            self._signal("going_quiet")
        if self._notices and self.idle:
            speech = self._notices.popleft()
            self._replies.last_text = speech.text  # so that its echo is known
            self._rooms.player.begin()
            self._rooms.player.play(speech)
            self._emit(events.Announced(t, speech.text))
        if self._rooms.guard is not None and (line := self._rooms.guard.news()) is not None:
            self.announce(line)
        self._housekeep(t)
        self._unasked.tick(t, t - self._quiet_since)

    def _speak_unasked(self, spoken: Sequence[Speech]) -> bool:
        """Say it, unless somebody has begun to speak or something sounds."""
        if not self.idle:
            return False
        self._signal("attention")
        self._engage("unasked")
        self._replies.last_text = " ".join(speech.text for speech in spoken)  # its echo is known
        self._rooms.player.begin()
        for speech in spoken:
            self._rooms.player.play(speech)
        return True

    def _housekeep(self, t: float) -> None:
        idle = self.idle
        if not idle:
            self._quiet_since = t
        quiet_s = t - self._quiet_since
        easy = quiet_s >= _EASE_AFTER_S
        if easy != self._easy and self._tell_ease is not None:
            self._tell_ease(easy)
        self._easy = easy
        if idle and not self._housekept and quiet_s >= _IDLE_AFTER_S:
            self._housekept = True
            self._tasks.later(self._rooms.mind.idle)
            self._tasks.later(heap.give_back)

    # -- the person's turn ---------------------------------------------------------------

    def _began(self, t: float) -> None:
        self._rooms.mind.abort()  # housekeeping must not be in the way
        self._housekept = False
        over_voice = self._rooms.player.busy()
        reply = self._replies.current
        self._turn = Turn(t, over_voice=over_voice)
        if reply is not None:
            merging = t - reply.committed <= self._merge_window_s and t < reply.first_until
            self._replies.silence("resumed" if merging else "barge_in", barged=not merging)
            if merging:
                self._merge(t, reply)
        elif over_voice:
            self._rooms.player.stop()  # an earcon gives way too
        self._emit(events.SpeechStarted(t))
        if self._rooms.who is not None:
            self._rooms.who.warm()

    def _merge(self, t: float, reply: Reply) -> None:
        """Make what is being said now and the turn just committed one turn."""
        self._emit(events.TurnMerged(self._clock.now(), reply.said))
        self._turn = reply.turn
        self._turn.draft = None
        self._machine.reopen(reply.turn.began)
        self._rooms.judge.paused(t - reply.draft.heard_until)

    def _paused(self, signal: Paused) -> None:
        turn = self._turn
        assert turn is not None
        now = self._clock.now()
        if self._attention.deaf:
            self._machine.cancel()
            self._turn = None
            self._emit(events.Ignored(now, "not_addressed"))
            self._replies.resume_interrupted("not_addressed")
            return
        start = turn.began - PRE_ROLL_S
        if turn.earlier:
            start = max(start, turn.earlier_until)
        rooms = self._rooms
        turn.draft = Draft(
            self._clock,
            rooms.ears,
            rooms.mind,
            rooms.voice,
            rooms.judge,
            self._tape.between(start, now),
            signal.heard_until,
            self._machine.certainty,
            rooms.guard,
            turn.earlier,
            feeler=rooms.feeler,
            who=rooms.who,
        )
        self._emit(events.DraftStarted(now, signal.silence_s))
        self._tasks.spawn(self._listen(turn, turn.draft))

    async def _listen(self, turn: Turn, draft: Draft) -> None:
        try:
            heard = await draft.listen()
        except Exception:  # the ears failed: this turn is lost, the talk is not
            heard = draft.not_heard()
            self._failed("the speech could not be transcribed")
        if draft.dropped or turn.draft is not draft:
            if self._turn is turn:
                self._settle(turn, draft)  # heard too late to be answered, but it need not be again
            return
        now = self._clock.now()
        self._emit(events.Transcribed(now, heard.text, heard.stt_s, heard.completeness))
        answered = self._why_not(turn, draft) is None
        self._machine.be_patient(self._rooms.judge.wait_s(heard.completeness) if answered else 0.0)
        self._prepare_when_due(now)

    def _prepare_when_due(self, t: float) -> None:
        """Start on the reply so early that it is ready when the turn ends, and no earlier.

        Of a turn that sounds unfinished the words are known but no reply is worked on yet:
        the person will most likely go on, and the work would be thrown away.
        """
        turn = self._turn
        draft = turn.draft if turn else None
        if draft is None or draft.heard is None or draft.prepared is not None or draft.dropped:
            return
        assert turn is not None
        heard = draft.heard
        if self._why_not(turn, draft) is not None:
            return
        wait = max(
            self._machine.limits.min_wait_s,
            min(self._rooms.judge.wait_s(heard.completeness), self._machine.limits.max_wait_s),
        )
        if t - draft.heard_until < wait - self._replies.lead_s - _LEAD_MARGIN_S:
            return
        addressed = self._attention.judge(heard.text)
        if not addressed.text and heard.text:
            draft.wanted = False
            return
        self._replies.settle_interrupted()
        self._start_preparing(turn, draft, addressed)

    def _start_preparing(self, turn: Turn, draft: Draft, addressed: Addressed) -> None:
        draft.start_preparing(
            addressed.text,
            TurnContext(interrupted=turn.over_voice),
            self._replies.last_text,
            addressed=addressed.yes or not addressed.text,
        )

    def _ready(self) -> bool:
        """Whether the open turn's answer could sound at once, or there will be none."""
        draft = self._turn.draft if self._turn else None
        if draft is None or draft.heard is None or self._turn is None:
            return False
        if draft.ready_at is not None or draft.trouble is not None:
            return True
        return self._why_not(self._turn, draft) is not None or not draft.wanted

    def _why_not(self, turn: Turn, draft: Draft) -> str | None:
        """Return why an utterance is not answered, or None when it is."""
        heard = draft.heard
        assert heard is not None
        if not heard.text and not self._unclear(turn, draft):
            return heard.transcript.rejected or "no_words"
        if not heard.text:
            return None if self._attention.engaged else "not_addressed"
        if (
            self._machine.certainty < _SURE_SHARE
            and heard.transcript.logprob < _SURE_LOGPROB
            and not turn.earlier
        ):
            return "noise"
        recent = turn.over_voice or turn.began - self._voice_until < _OWN_VOICE_TAIL_S
        if recent and is_own_voice(
            heard.text, self._replies.last_spoken, self._replies.last_sounded
        ):
            return "own_voice"
        if not self._attention.judge(heard.text).yes and not self._cry(draft):
            return "not_addressed"
        return None

    def _cry(self, draft: Draft) -> bool:
        """Whether somebody cries for help without having called the companion."""
        guard, heard = self._rooms.guard, draft.heard
        return guard is not None and heard is not None and guard.is_cry(heard.screening)

    def _unclear(self, turn: Turn, draft: Draft) -> bool:
        """Whether a person surely spoke, and at some length, but no words can be believed."""
        return (
            self._machine.certainty >= _SPOKE_SHARE
            and draft.heard_until - turn.began >= _SPOKE_S
            and not turn.over_voice
        )

    def _resumed(self, pause_s: float) -> None:
        turn = self._turn
        assert turn is not None
        self._rooms.judge.paused(pause_s)
        draft = turn.draft
        if draft is None:
            return
        self._settle(turn, draft)
        self._replies.drop(draft, "resumed")
        turn.draft = None

    def _settle(self, turn: Turn, draft: Draft) -> None:
        start = turn.earlier_until or turn.began
        if draft.heard is None or not draft.heard.text or draft.heard_until <= turn.earlier_until:
            return
        if draft.heard_until - start >= _SETTLE_AFTER_S:
            turn.earlier = draft.heard.text
            turn.earlier_until = draft.heard_until + self._machine.limits.draft_after_s / 2

    def _complete(self, signal: Complete) -> None:
        turn = self._turn
        assert turn is not None
        assert turn.draft is not None
        draft = turn.draft
        assert draft.heard is not None
        self._turn = None
        now = self._clock.now()
        self._rooms.judge.turn_ended()
        reason = self._why_not(turn, draft)
        if reason is not None:
            self._replies.drop(draft, reason)
            text = "" if reason == "not_addressed" else draft.heard.transcript.text
            self._emit(events.Ignored(now, reason, text))
            self._replies.resume_interrupted(reason)
            return
        addressed = self._attention.judge(draft.heard.text)
        self._emit(
            events.TurnCommitted(
                now, draft.heard.text, signal.heard_until, signal.wait_s, turn.began
            )
        )
        self._follow(draft.heard.text)
        turn.prompted = self._unasked.answered(now)
        self._engage("name" if addressed.called else "talk")
        if not addressed.text and draft.heard.text:
            self._signal("heard_you")
            return
        if draft.prepared is None:
            self._replies.settle_interrupted()
            self._start_preparing(turn, draft, addressed)
        due = signal.heard_until + signal.due_s
        self._replies.start(Reply(turn, draft.heard.text, now, due, draft))

    def _follow(self, text: str) -> None:
        """Let the voice keep to the person's pace."""
        seconds = self._machine.voiced_frames * FRAME_S
        if not self._follow_pace or seconds < _PACED_S:
            return
        self._rate.add(text, seconds)
        if (rate := self._rate.letters_per_s) is not None:
            voice = self._rooms.voice
            self._tasks.later(lambda: voice.follow(rate))

    # -- small things --------------------------------------------------------------------

    def _engage(self, reason: str) -> None:
        now = self._clock.now()
        if self._attention.engage(now):
            self._emit(events.AttentionChanged(now, True, reason))
        if reason in ("wakeword", "push"):
            self._signal("attention")

    def _signal(self, name: str) -> None:
        if self._earcons:
            self._rooms.player.signal(name)
            self._emit(events.EarconPlayed(self._clock.now(), name))

    def _failed(self, what: str) -> None:
        self._emit(events.Trouble(self._clock.now(), "conversation", what))
        self._signal("trouble")
