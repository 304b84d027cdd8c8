"""The turn loop: frames in, replies out, every happening an event."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from companion import events
from companion.audio.clock import Clock
from companion.audio.level import dbfs
from companion.conversation.attention import Attention
from companion.conversation.draft import Draft, Prepared
from companion.conversation.echoes import is_own_voice
from companion.conversation.protocols import (
    Detector,
    Ears,
    EchoControl,
    Mind,
    Player,
    Source,
    TurnJudge,
    Voice,
    Wakeword,
)
from companion.conversation.tape import PRE_ROLL_S, Tape
from companion.conversation.turns import (
    Began,
    Complete,
    Paused,
    Resumed,
    TurnLimits,
    TurnMachine,
)
from companion.domain import Frame, Speech, Tone, TurnContext

T = TypeVar("T")

THINKING_AFTER_S: Final = 1.2
"""Silence after a turn's end that wants a sign of life."""

_LEAD_MARGIN_S: Final = 0.15
"""Preparation begins this much earlier than it usually takes."""

_FIRST_LEAD_S: Final = 0.7
"""Guess of how long preparing a reply takes, until measured."""

_SETTLE_AFTER_S: Final = 12.0
"""In a longer turn, words before a pause are settled so that they are not encoded again."""

_OWN_VOICE_TAIL_S: Final = 1.0
"""An utterance that begins this soon after our own sound may be its echo."""

_SURE_SHARE: Final = 0.15
_SURE_LOGPROB: Final = -0.5
"""When hardly any of it was surely speech, and the words came out unsure too, it was noise."""

_IDLE_AFTER_S: Final = 1.5
"""Quiet this long is used for housekeeping in the mind."""


@dataclass(slots=True)
class _Turn:
    """The person's open or just committed turn."""

    began: float
    draft: Draft | None = None
    listening: asyncio.Task[None] | None = None
    earlier: str = ""
    earlier_until: float = 0.0
    over_voice: bool = False
    """It began while the companion was speaking."""


@dataclass(slots=True)
class _Reply:
    """A reply on its way out."""

    turn: _Turn
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

    @property
    def text(self) -> str:
        return " ".join(p.part.text for p in self.played)


Emit = Callable[[events.Event], None]

Watch = Callable[[float, str], None]
"""Told the level (dBFS) and the state for a display."""

_WATCH_EVERY: Final = 5
"""Frames between two calls of ``watch``."""


@dataclass(slots=True)
class Rooms:
    """What the conversation talks to."""

    source: Source
    player: Player
    ears: Ears
    mind: Mind
    voice: Voice
    judge: TurnJudge
    detector: Detector
    echo: EchoControl | None = None
    wakeword: Wakeword | None = None


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
    ) -> None:
        self._rooms = rooms
        self._clock = clock
        self._attention = attention
        self._emit = emit
        self._machine = TurnMachine(limits)
        self._merge_window_s = merge_window_s
        self._earcons = earcons
        self._watch = watch
        self._frames = 0
        self._notices: deque[Speech] = deque()
        self._tape = Tape()
        self._turn: _Turn | None = None
        self._reply: _Reply | None = None
        self._interrupted: _Reply | None = None
        self._last_reply = ""
        self._voice_until = -10.0
        self._lead_s = _FIRST_LEAD_S
        self._quiet_since = 0.0
        self._housekept = True
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    # -- the outside ---------------------------------------------------------------------

    async def run(self) -> None:
        """Converse until the source ends and the last reply has sounded."""
        async for frame in self._rooms.source.frames():
            self._on_frame(frame)
            if self._stopping or (self._rooms.source.ended_at is not None and self.idle):
                break
        await self._close()

    def stop(self) -> None:
        """End after the next frame."""
        self._stopping = True

    def push(self) -> None:
        """Engage, as by a button."""
        self._engage("push")

    def announce(self, text: str) -> None:
        """Say something about the device itself, as soon as nobody is speaking."""
        self._spawn(self._prepare_notice(text))

    async def _prepare_notice(self, text: str) -> None:
        voice = self._rooms.voice
        self._notices.append(await self._clock.run(lambda: voice.synthesize(text, Tone.NEUTRAL)))

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
            and self._reply is None
            and not self._rooms.player.busy()
        )

    @property
    def state(self) -> str:
        """``listening``, ``away``, ``hearing``, ``thinking`` or ``speaking``, for a display."""
        if self._rooms.player.busy():
            return "speaking"
        if self._reply is not None or self._machine.paused:
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
        reply = self._reply
        if reply is not None:
            self._attention.keep(t)
            if (
                not reply.started
                and not reply.thinking_signalled
                and t - reply.due >= THINKING_AFTER_S
            ):
                reply.thinking_signalled = True
                self._signal("thinking")
            if reply.written and not self._rooms.player.busy():
                self._finished(reply)
        if self._machine.speaking:
            self._attention.keep(t)
        elif self._reply is None and self._attention.tick(t):
            self._emit(events.AttentionChanged(t, False, "silence"))
            self._signal("going_quiet")
        if self._notices and self.idle:
            speech = self._notices.popleft()
            self._last_reply = speech.text  # so that its echo is known
            self._rooms.player.begin()
            self._rooms.player.play(speech)
            self._emit(events.Announced(t, speech.text))
        self._housekeep(t)

    def _housekeep(self, t: float) -> None:
        if not self.idle:
            self._quiet_since = t
            return
        if not self._housekept and t - self._quiet_since >= _IDLE_AFTER_S:
            self._housekept = True
            self._later(self._rooms.mind.idle)

    # -- the person's turn ---------------------------------------------------------------

    def _began(self, t: float) -> None:
        self._rooms.mind.abort()  # housekeeping must not be in the way
        self._housekept = False
        over_voice = self._rooms.player.busy()
        reply = self._reply
        self._turn = _Turn(t, over_voice=over_voice)
        if reply is not None:
            merging = t - reply.committed <= self._merge_window_s and t < reply.first_until
            self._silence(reply, "resumed" if merging else "barge_in", barged=not merging)
            if merging:
                self._emit(events.TurnMerged(self._clock.now(), reply.said))
                self._turn.began = reply.turn.began
                self._turn.earlier = reply.turn.earlier
                self._turn.earlier_until = reply.turn.earlier_until
                self._machine.reopen(reply.turn.began)
                self._rooms.judge.paused(t - reply.draft.heard_until)
            else:
                self._interrupted = reply
        elif over_voice:
            self._rooms.player.stop()  # an earcon gives way too
        self._emit(events.SpeechStarted(t))

    def _paused(self, signal: Paused) -> None:
        turn = self._turn
        assert turn is not None
        now = self._clock.now()
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
            turn.earlier,
        )
        self._emit(events.DraftStarted(now, signal.silence_s))
        turn.listening = self._spawn(self._listen(turn, turn.draft))

    async def _listen(self, turn: _Turn, draft: Draft) -> None:
        heard = await draft.listen()
        if draft.dropped or turn.draft is not draft:
            return
        now = self._clock.now()
        self._emit(events.Transcribed(now, heard.text, heard.stt_s, heard.completeness))
        self._machine.be_patient(
            0.0 if not heard.text else self._rooms.judge.wait_s(heard.completeness)
        )
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
        if not heard.text or self._why_not(turn, draft) is not None:
            return
        wait = max(
            self._machine.limits.min_wait_s,
            min(self._rooms.judge.wait_s(heard.completeness), self._machine.limits.max_wait_s),
        )
        if t - draft.heard_until < wait - self._lead_s - _LEAD_MARGIN_S:
            return
        addressed = self._attention.judge(heard.text)
        if not addressed.text:
            draft.wanted = False
            return
        if self._interrupted is not None:
            self._remember_interrupted()
        context = TurnContext(interrupted=turn.over_voice)
        draft.start_preparing(addressed.text, context, self._last_reply)

    def _ready(self) -> bool:
        """Whether the open turn's answer could sound at once, or there will be none."""
        draft = self._turn.draft if self._turn else None
        if draft is None or draft.heard is None or self._turn is None:
            return False
        if draft.ready_at is not None or draft.trouble is not None:
            return True
        return self._why_not(self._turn, draft) is not None or not draft.wanted

    def _why_not(self, turn: _Turn, draft: Draft) -> str | None:
        """Return why an utterance is not answered, or None when it is."""
        heard = draft.heard
        assert heard is not None
        if not heard.text:
            return heard.transcript.rejected or "no_words"
        if (
            self._machine.certainty < _SURE_SHARE
            and heard.transcript.logprob < _SURE_LOGPROB
            and not turn.earlier
        ):
            return "noise"
        recent = turn.over_voice or turn.began - self._voice_until < _OWN_VOICE_TAIL_S
        if recent and is_own_voice(heard.text, self._last_spoken()):
            return "own_voice"
        if not self._attention.judge(heard.text).yes:
            return "not_addressed"
        return None

    def _last_spoken(self) -> str:
        reply = self._interrupted or self._reply
        return reply.text if reply is not None else self._last_reply

    def _resumed(self, pause_s: float) -> None:
        turn = self._turn
        assert turn is not None
        self._rooms.judge.paused(pause_s)
        draft = turn.draft
        if draft is None:
            return
        self._settle(turn, draft)
        self._drop(draft, "resumed")
        turn.draft = None

    def _settle(self, turn: _Turn, draft: Draft) -> None:
        start = turn.earlier_until or turn.began
        if draft.heard is None or not draft.heard.text:
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
            self._drop(draft, reason)
            text = "" if reason == "not_addressed" else draft.heard.transcript.text
            self._emit(events.Ignored(now, reason, text))
            self._resume_interrupted(reason)
            return
        addressed = self._attention.judge(draft.heard.text)
        self._emit(
            events.TurnCommitted(
                now, draft.heard.text, signal.heard_until, signal.wait_s, turn.began
            )
        )
        self._engage("name" if addressed.called else "talk")
        if not addressed.text:
            self._signal("attention")
            return
        if draft.prepared is None:
            if self._interrupted is not None:
                self._remember_interrupted()
            draft.start_preparing(
                addressed.text, TurnContext(interrupted=turn.over_voice), self._last_reply
            )
        reply = _Reply(turn, draft.heard.text, now, signal.heard_until + signal.due_s, draft)
        self._reply = reply
        self._spawn(self._speak(reply))

    def _drop(self, draft: Draft, reason: str) -> None:
        if not draft.dropped:
            draft.drop(self._later)
            self._emit(events.DraftDropped(self._clock.now(), reason))

    # -- the companion's turn ------------------------------------------------------------

    async def _speak(self, reply: _Reply) -> None:
        draft, player = reply.draft, self._rooms.player
        ready = draft.ready_at is not None
        player.begin()
        while (prepared := await draft.sentences.get()) is not None:
            if draft.dropped:
                return
            self._play(reply, prepared, ready=ready)
        if draft.trouble is not None:
            self._trouble("voice", draft.trouble)
        if (line := self._rooms.mind.take_trouble()) is not None:
            self._emit(events.Trouble(self._clock.now(), "mind", line))
        if draft.ready_at is not None and draft.began_preparing is not None:
            # Up at once, down slowly: late costs the person, early costs only some work.
            took = draft.ready_at - draft.began_preparing
            self._lead_s = max(took, self._lead_s + 0.2 * (took - self._lead_s))
        reply.written = True

    def _play(self, reply: _Reply, prepared: Prepared, *, ready: bool) -> None:
        player = self._rooms.player
        reply.played.append(prepared)
        if prepared.speech is None:
            return
        player.play(prepared.speech)
        now = self._clock.now()
        if not reply.started:
            reply.started = True
            reply.first_until = now + prepared.speech.seconds
            self._emit(events.ReplyStarted(now, ready, prepared.part.source))
        self._emit(
            events.ReplySentence(
                now, prepared.part.text, prepared.part.source, prepared.part.checks
            )
        )

    def _finished(self, reply: _Reply) -> None:
        now = self._clock.now()
        heard = self._rooms.player.heard()
        self._reply = None
        self._attention.keep(now)
        if reply.started:
            self._last_reply = reply.text
            self._emit(events.ReplyFinished(now, heard))
        self._remember(reply, heard)

    def _silence(self, reply: _Reply, reason: str, *, barged: bool) -> None:
        """Stop a reply that is being prepared or spoken."""
        now = self._clock.now()
        sounding = reply.started
        if barged and sounding:
            self._emit(events.BargeIn(now))
        heard = self._rooms.player.stop()
        reply.heard = heard
        self._reply = None
        if not reply.written:
            self._drop(reply.draft, reason)
        if sounding:
            self._emit(events.ReplyStopped(now, reason, heard))

    def _resume_interrupted(self, reason: str) -> None:
        """Pick a reply up again that a cough or a clatter had stopped."""
        reply, self._interrupted = self._interrupted, None
        if reply is None:
            return
        heard_words = len(reply.heard.split())
        rest: list[Prepared] = []
        for prepared in reply.played:
            words = len(prepared.part.text.split())
            if heard_words < words:
                rest.append(prepared)
            heard_words = max(0, heard_words - words)
        if not rest or reason in _SAID_SOMETHING:
            self._remember(reply, reply.heard)
            return
        again = _Reply(reply.turn, reply.said, reply.committed, reply.due, reply.draft)
        again.played = [p for p in reply.played if p not in rest]
        self._reply = again
        self._rooms.player.begin()
        for prepared in rest:
            self._play(again, prepared, ready=True)
        again.written = True

    def _remember_interrupted(self) -> None:
        reply, self._interrupted = self._interrupted, None
        if reply is not None:
            self._last_reply = reply.text
            self._remember(reply, f"{reply.heard} —" if reply.heard else "")

    def _remember(self, reply: _Reply, heard: str) -> None:
        if any(p.part.control is not None for p in reply.played):
            return  # "slower, please" is not part of the talk
        mind = self._rooms.mind
        self._later(lambda: mind.remember(reply.said, heard))

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

    def _trouble(self, where: str, what: str) -> None:
        self._emit(events.Trouble(self._clock.now(), where, what))
        self._signal("trouble")

    def _later(self, job: Callable[[], None]) -> None:
        """Run a job on the inference thread, after what is queued there."""
        self._spawn(self._clock.run(job))

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._trouble("conversation", f"{type(error).__name__}: {error}")

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


_SAID_SOMETHING: Final = frozenset({"not_addressed"})
"""Reasons for not answering that still mean a person spoke; all others are noise, and a reply
that was stopped for it is picked up again."""
