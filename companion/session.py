"""One talk from start to end: sound, clock, events, and what is kept for the next time."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from companion import app, events
from companion.config import Config
from companion.domain import Initiative, Skill
from companion.errors import CompanionError, ConfigError, DeviceError, NoMicrophoneError
from companion.resources import data_dir

if TYPE_CHECKING:
    from companion.audio.clock import VirtualClock, WallClock
    from companion.audio.microphone import Microphone
    from companion.audio.output import Output, Source
    from companion.conversation.loop import Conversation
    from companion.hearing.endpoint import Endpointer
    from companion.safety.alerts.news import News

Observer = Callable[[events.Event], None]

_PATIENCE_FILE: Final = "patience.json"
_DEMO_PAUSE_S: Final = 0.8
_NEWS_EVERY_S: Final = 10.0
_GONE_S: Final = 3.0
"""A device that is back sooner is only said to be back: by the time one could hear that it is
gone, it would no longer be true."""


@dataclass(frozen=True, slots=True)
class TalkRequest:
    """What ``companion talk`` was asked to do."""

    source: Path | None = None
    to: Path | None = None
    realtime: bool = True
    events: Path | None = None
    observers: tuple[Observer, ...] = ()
    on_frame: Callable[[float, str], None] | None = None
    """Told the microphone's level (dBFS) and the state, about ten times a second."""
    live: bool | None = None
    """Whether it stores and alerts; None does with a microphone, not with a file."""


@dataclass(slots=True)
class _Log:
    """Writes events to a file and shows them to observers."""

    observers: tuple[Observer, ...]
    file: IO[str] | None = None

    def __call__(self, event: events.Event) -> None:
        if self.file is not None:
            self.file.write(json.dumps(event.to_json(), ensure_ascii=False) + "\n")
            self.file.flush()
        for observer in self.observers:
            observer(event)


def hold(config: Config, request: TalkRequest, engines: app.Engines | None = None) -> None:
    """Talk until the input ends, or until interrupted.

    Raises:
        CompanionError: no microphone, speaker or model; an unusable file.
    """
    asyncio.run(_hold(config, request, engines))


async def _hold(config: Config, request: TalkRequest, engines: app.Engines | None) -> None:
    from companion.audio.clock import VirtualClock, WallClock

    in_file = request.source is not None
    clock = WallClock() if request.realtime or not in_file else VirtualClock()
    async with AsyncExitStack() as stack:
        stack.callback(clock.close)
        log = _Log(request.observers)
        if request.events is not None:
            try:
                log.file = stack.enter_context(request.events.open("w", encoding="utf-8"))
            except OSError as error:
                raise ConfigError(
                    f"cannot write events to {request.events}: {error.strerror}"
                ) from error
        devices = _Devices(config, log)
        muted = not in_file and app.is_muted(config)
        source = _open_source(config, request, clock, devices, muted=muted)
        stack.push_async_callback(source.close)
        output = _open_output(config, request, clock, devices)
        stack.callback(output.close)
        if engines is None:
            engines = await asyncio.to_thread(app.load_engines, config)
        app.report_remote(engines, _troubled(log, clock, "wyoming"))
        live = not in_file if request.live is None else request.live
        who, keeping = None, None
        if live:
            engines, keeping = _start_keeping(config, engines, log, clock, stack)
            who = app.load_who(config, _troubled(log, clock, "speakers"))
            stack.callback(who.close)
        days = _Days(config, engines, keeping, log, clock)
        hush = None
        if not in_file:
            hush = app.Hush(
                config,
                cast("Microphone", source),
                load_notices(config.persona.language),
                log,
                _troubled(log, clock, "mute"),
            )
        if who is not None:
            skills = hush.skills() if hush is not None else ()
            if skills and engines.guard is not None:
                engines.guard.yield_to(lambda text: any(one.knows(text) for one in skills))
            days.open(compared=who.working, skills=skills)
            stack.callback(days.close)
        watched = app.watch_over(config, clock, source, keeping) if live and not in_file else None
        shown = app.start_showing(config, keeping, watched, _troubled(log, clock, "service"))
        if shown is not None:
            stack.callback(shown.close)
            log.observers = (*log.observers, shown.see)
        endpointer = app.new_endpointer(config)
        if not in_file:
            _recall(endpointer, config.state_dir / _PATIENCE_FILE)
        conversation = app.build_conversation(
            config,
            engines,
            clock,
            source,
            output,
            log,
            endpointer=endpointer,
            in_file=in_file,
            watch=_watch(request.on_frame, watched, shown, clock),
            who=who,
            journal=days.living,
        )
        devices.conversation = conversation
        devices.days = days
        why = "muted" if hush is not None and hush.muting.muted is not None else "heard"
        stack.push_async_callback(days.accompany(conversation, why))
        if hush is not None:
            stack.push_async_callback(await hush.accompany(conversation, days.listening))
            database = keeping.database if keeping is not None else None
            trouble = _troubled(log, clock, "home")
            home = app.start_home(config, engines.voice, hush, database, trouble) if live else None
            if home is not None:
                log.observers = (*log.observers, home.see)
                stack.push_async_callback(await home.accompany(conversation))
        mode = "always" if in_file else config.attention.mode
        _wire(conversation, conversation.push if hush is None else hush.push, push=mode == "push")
        log(events.Listening(0.0, mode, app.process_age()))
        if watched is not None:
            stack.push_async_callback(_look_after(watched, config, conversation))
        try:
            await conversation.run()
        finally:
            if not in_file:
                _keep(endpointer, config.state_dir / _PATIENCE_FILE)


def _start_keeping(
    config: Config,
    engines: app.Engines,
    log: Observer,
    clock: WallClock | VirtualClock,
    stack: AsyncExitStack,
) -> tuple[app.Engines, app.Keeping | None]:
    """Let guard and feeler store, and the guard call for help, until the talk ends.

    Returns:
        The engines, without the feeler where the owner does not want it; and what is kept.
    """
    loop = asyncio.get_running_loop()
    guard, feeler = engines.guard, engines.feeler
    if guard is None:
        return engines, None

    def news(one: News) -> None:
        guard.tell(one.text)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(
                lambda: log(events.AlertNews(clock.now(), one.kind, one.tier, one.contact))
            )

    keeping = app.start_keeping(config, _troubled(log, clock, "storage"), news)
    stack.callback(keeping.close)
    guard.go_live(
        keeping.alerts,
        keeping.diary.note,
        keeping.count,
        person_id=keeping.person_id,
        contact=keeping.alerts.first_told,
        notices=keeping.notices(),
    )
    stack.callback(guard.go_quiet)
    if (missing := guard.trouble) is not None:
        log(events.Trouble(clock.now(), "safety", missing))
    if feeler is None:
        return engines, keeping
    try:
        wanted = keeping.learn_feeling(feeler)
    except CompanionError as error:
        log(events.Trouble(clock.now(), "feeling", str(error)))
        return engines, keeping
    if not wanted:
        return replace(engines, feeler=None), keeping
    stack.callback(feeler.keep)
    return engines, keeping


def _troubled(log: Observer, clock: WallClock | VirtualClock, where: str) -> Callable[[str], None]:
    """Return what tells of trouble from any thread."""
    loop = asyncio.get_running_loop()

    def tell(what: str) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(lambda: log(events.Trouble(clock.now(), where, what)))

    return tell


def _open_source(
    config: Config,
    request: TalkRequest,
    clock: WallClock | VirtualClock,
    devices: _Devices,
    *,
    muted: bool,
) -> Source:
    from companion.audio.clock import WallClock
    from companion.audio.files import FileSource
    from companion.audio.microphone import Microphone

    if request.source is not None:
        return FileSource(request.source, clock)
    assert isinstance(clock, WallClock)
    try:
        return Microphone(
            config.audio.input,
            clock,
            silent_after_s=config.audio.silent_after_s,
            on_change=devices.changed("microphone"),
            muted=muted,
        )
    except DeviceError as error:
        if config.audio.input is None:
            raise NoMicrophoneError(str(error)) from error
        raise


def _open_output(
    config: Config, request: TalkRequest, clock: WallClock | VirtualClock, devices: _Devices
) -> Output:
    from companion.audio.files import FileOutput
    from companion.audio.speaker import Speaker

    if request.to is not None or request.source is not None:
        return FileOutput(request.to, clock)
    return Speaker(config.audio.output, clock, on_change=devices.changed("speaker"))


def load_notices(language: str) -> dict[str, str]:
    """Return what is said about devices, by key; English where a language has none."""
    for folder in (language, "en"):
        path = data_dir("prompts") / folder / "notices.toml"
        if path.is_file():
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
            return {key: str(value) for key, value in tree.items()}
    return {}


class _Days:
    """The journal, check-ins and exercises of a live talk; without storage there are none."""

    def __init__(
        self,
        config: Config,
        engines: app.Engines,
        keeping: app.Keeping | None,
        log: Observer,
        clock: WallClock | VirtualClock,
    ) -> None:
        self._config = config
        self._engines = engines
        self._keeping = keeping
        self._log = log
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._talk: Conversation | None = None
        self.living: app.Living | None = None

    def open(self, *, compared: bool, skills: Sequence[Skill] = ()) -> None:
        """Begin; texts or a database that fail are reported, and the talk goes on.

        Args:
            compared: whether voices are compared.
            skills: what the mind knows besides, before those of the days.
        """
        self._engines.mind.learn(skills)
        if self._keeping is None:
            return
        try:
            self.living = app.start_living(
                self._config,
                self._keeping,
                self._offer,
                _troubled(self._log, self._clock, "wellbeing"),
                compared=compared,
            )
        except CompanionError as error:
            self._log(events.Trouble(self._clock.now(), "wellbeing", str(error)))
            return
        memory = self.living.memory
        self._engines.mind.learn(
            (*skills, *self.living.skills), memory.relevant if memory is not None else None
        )

    def listening(self, why: str) -> None:
        """Note how the device listens from now on."""
        talk, living = self._talk, self.living
        if talk is not None and living is not None:
            talk.later(lambda: living.listening(why))

    def accompany(self, talk: Conversation, why: str) -> Callable[[], Awaitable[None]]:
        """Look now and then what is due, listening as ``why`` says; return what ends that."""
        self._talk = talk
        self.listening(why)
        task = asyncio.create_task(self._tick(talk))

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        return end

    def close(self) -> None:
        """Write the last of the journal; the talk has ended."""
        self._engines.mind.learn(())
        if self.living is not None:
            self.living.close()

    async def _tick(self, talk: Conversation) -> None:
        living = self.living
        while living is not None:
            await asyncio.sleep(app.TICK_S)
            talk.later(living.tick)

    def _offer(self, initiative: Initiative) -> None:
        talk = self._talk
        if talk is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(talk.offer, initiative)


class _Devices:
    """Turns what devices report, from their own threads, into events and one spoken line."""

    def __init__(self, config: Config, log: Observer) -> None:
        self._loop = asyncio.get_running_loop()
        self._log = log
        self._notices = load_notices(config.persona.language)
        self._gone: dict[str, asyncio.TimerHandle] = {}
        self.conversation: Conversation | None = None
        self.days: _Days | None = None

    def changed(self, device: str) -> Callable[[str, str], None]:
        def tell(state: str, detail: str) -> None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._tell, device, state, detail)

        return tell

    def _tell(self, device: str, state: str, detail: str) -> None:
        talk = self.conversation
        self._log(events.DeviceChanged(talk.now if talk else 0.0, device, state, detail))
        if device == "microphone" and self.days is not None:
            self.days.listening("heard" if state in ("back", "sounding") else "fault")
        line = self._notices.get(f"{device}_{state}")
        if (waiting := self._gone.pop(device, None)) is not None:
            waiting.cancel()
        if talk is not None and state in ("back", "sounding"):
            talk.room_changed()
        if talk is None or not line:
            return
        if state == "lost":
            self._gone[device] = self._loop.call_later(_GONE_S, talk.announce, line)
        else:
            talk.announce(line)


def _wire(conversation: Conversation, button: Callable[[], None], *, push: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError):
            loop.add_signal_handler(number, conversation.stop)
    with suppress(NotImplementedError, ValueError):
        # How a GPIO button or a key daemon engages it: kill -USR1.
        loop.add_signal_handler(signal.SIGUSR1, button)
    if push:

        def pressed() -> None:
            if sys.stdin.readline():
                button()
            else:
                loop.remove_reader(sys.stdin)

        with suppress(NotImplementedError, PermissionError, ValueError):
            loop.add_reader(sys.stdin, pressed)


def _watch(
    asked: Callable[[float, str], None] | None,
    watched: app.Watched | None,
    shown: app.Shown | None,
    clock: WallClock | VirtualClock,
) -> Callable[[float, str], None] | None:
    if watched is None and shown is None:
        return asked

    def see(level: float, state: str) -> None:
        if watched is not None:
            watched.heart.frame()
        if shown is not None:
            shown.frame(state, clock.now())
        if asked is not None:
            asked(level, state)

    return see


def _look_after(
    watched: app.Watched, config: Config, talk: Conversation
) -> Callable[[], Awaitable[None]]:
    """Begin to say how the talk is, and tell the news of the time before; return what ends it."""
    watched.heart.start()
    lines = load_notices(config.persona.language)

    async def tell() -> None:
        while watched.news:
            watched.tell(lines, config.persona.name, talk.announce)
            await asyncio.sleep(_NEWS_EVERY_S)

    task = asyncio.create_task(tell())

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(watched.heart.stop)

    return end


def _recall(endpointer: Endpointer, path: Path) -> None:
    # A file that cannot be read costs only what was learned; the talk must not end for it.
    with suppress(OSError, ValueError, KeyError, TypeError):
        endpointer.restore(json.loads(path.read_text(encoding="utf-8")))


def _keep(endpointer: Endpointer, path: Path) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(endpointer.state()), encoding="utf-8")
        fresh.replace(path)


def hold_demo(config: Config, request: TalkRequest, folder: Path) -> tuple[Path, Path]:
    """Hold a short recorded talk where there is no microphone.

    The question is spoken by our own voice into ``question.wav``, heard from that file as if by
    a microphone, and answered into ``reply.wav``.

    Args:
        config: settings.
        request: its observers and events file are used.
        folder: where the two files go.

    Returns:
        The two paths.

    Raises:
        CompanionError: a model is missing, or the folder cannot be written to.
    """
    import numpy as np
    import soundfile

    from companion.domain import Tone

    engines = app.load_engines(config)
    question, reply = folder / "question.wav", folder / "reply.wav"
    text = load_notices(config.persona.language)["demo_question"]
    speech = engines.voice.synthesize(text, Tone.NEUTRAL)
    silence = np.zeros(round(_DEMO_PAUSE_S * speech.rate), np.int16)
    try:
        soundfile.write(question, np.concatenate([silence, speech.pcm]), speech.rate)
    except (OSError, RuntimeError) as error:
        raise CompanionError(
            f"cannot write {question}; change to a folder you may write to"
        ) from error
    hold(
        config,
        TalkRequest(
            source=question,
            to=reply,
            realtime=True,
            events=request.events,
            observers=request.observers,
            on_frame=request.on_frame,
        ),
        engines,
    )
    return question, reply
