"""The Wyoming server: one engine at a time, several clients, none of whom can harm the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

import numpy as np
import soxr
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Info
from wyoming.ping import Pong

from companion.conversation.protocols import Ears, Voice
from companion.domain import SAMPLE_RATE, Pcm, Samples, Speech, Tone
from companion.errors import WireError
from companion.service.wyoming.talks import Talks
from companion.voice.sentences import split
from companion.wire import LONGEST_LINE, chunk_of, read_event

MOST_CLIENTS: Final = 16
LONGEST_SOUND_S: Final = 60.0
LONGEST_TEXT: Final = 4000
IDLE_S: Final = 120.0
_CHUNK: Final = 2048
_KEY: Final = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Engines:
    """What serves."""

    ears: Ears
    voice: Voice
    talks: Talks
    info: Info


@dataclass(slots=True)
class _Sound:
    """What one client is sending to be transcribed."""

    chunks: list[Samples] = field(default_factory=list)
    rate: int = 0
    seconds: float = 0.0


class WyomingServer:
    """Serves until ``close``; engines work on a thread of their own, in turn."""

    def __init__(self, engines: Engines, host: str, port: int, *, idle_s: float = IDLE_S) -> None:
        """Prepare.

        Args:
            engines: what serves.
            host: where to listen.
            port: 0 takes any.
            idle_s: a client silent for so long is sent away.
        """
        self._engines = engines
        self._host, self._port = host, port
        self._idle_s = idle_s
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="wyoming")
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[Any]] = set()
        self._numbers = count()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen.

        Raises:
            WireError: the address is taken or none of ours.
        """
        try:
            self._server = await asyncio.start_server(
                self._serve, self._host, self._port, limit=LONGEST_LINE
            )
        except OSError as error:
            where = f"{self._host}:{self._port}"
            raise WireError(f"cannot listen on {where}: {error.strerror or error}") from error

    async def close(self) -> None:
        """Send everybody away."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in tuple(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await asyncio.to_thread(self._worker.shutdown, wait=True, cancel_futures=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._clients) >= MOST_CLIENTS:
            writer.close()
            return
        self._clients.add(task)
        try:
            await self._client(reader, writer)
        except (TimeoutError, OSError):
            pass  # gone, or silent for too long
        except WireError as error:
            await _complain(writer, Error(str(error), "protocol"))
        except asyncio.CancelledError:
            pass  # the server ends
        except Exception as error:  # an engine failed: this client is told, the others live on
            await _complain(writer, Error(f"an engine failed: {type(error).__name__}", "engine"))
        finally:
            self._clients.discard(task)
            writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sound = _Sound()
        own = f"#{next(self._numbers)}"
        while True:
            async with asyncio.timeout(self._idle_s):
                event = await read_event(reader)
            if event is None:
                return
            async for answer in self._answers(event, sound, own):
                async with asyncio.timeout(self._idle_s):
                    await async_write_event(answer, writer)
            if event.type in ("audio-start", "audio-stop", "transcribe"):
                sound = _Sound()

    async def _answers(self, event: Event, sound: _Sound, own: str) -> AsyncIterator[Event]:
        match event.type:
            case "describe":
                yield self._engines.info.event()
            case "ping":
                yield Pong(_text(event, "text") if event.data.get("text") else None).event()
            case "audio-chunk":
                _add(sound, chunk_of(event))
            case "audio-stop":
                yield await self._heard(sound)
            case "synthesize":
                async for one in self._spoken(event):
                    yield one
            case "transcript":
                yield await self._handled(event, own)
            case _:
                pass  # the protocol wants what is not known to be ignored

    async def _heard(self, sound: _Sound) -> Event:
        samples = np.concatenate(sound.chunks) if sound.chunks else np.zeros(0, np.float32)

        def job() -> Transcript:
            plain = samples
            if sound.rate not in (0, SAMPLE_RATE):
                plain = soxr.resample(samples, sound.rate, SAMPLE_RATE)
            heard = self._engines.ears.transcribe(plain)
            return Transcript("" if heard.rejected else heard.text, language=heard.language)

        return (await self._work(job)).event()

    async def _spoken(self, event: Event) -> AsyncIterator[Event]:
        """Yield the sound, sentence by sentence; in between, others have their turn."""
        text, tone = _text(event, "text"), _tone(event.data.get("voice"))
        rate, pause = 0, 0.0
        for sentence in split(text):
            speech = await self._work(partial(self._engines.voice.synthesize, sentence, tone))
            if not len(speech.pcm):
                continue
            if not rate:
                rate = speech.rate
                yield AudioStart(rate, 2, 1).event()
            for chunk in _chunks(speech, pause):
                yield chunk
            pause = speech.pause
        if rate:
            yield AudioStop().event()
        else:
            yield Error("there is nothing to say in this text", "empty").event()

    async def _handled(self, event: Event, own: str) -> Event:
        text = _text(event, "text").strip()
        context = event.data.get("context")
        known = context.get("conversation_id") if isinstance(context, dict) else None
        # A client cannot take the place of a connection: those keys begin with a sign of our own.
        key = f"={known[:_KEY]}" if isinstance(known, str) and known else own
        kept = context if isinstance(context, dict) else None
        reply = await self._work(partial(self._engines.talks.answer, key, text)) if text else None
        if reply is None:
            return NotHandled(context=kept).event()
        return Handled(reply, context=kept).event()

    async def _work(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, job)


async def _complain(writer: asyncio.StreamWriter, error: Error) -> None:
    """Say once what was wrong, if the other side still listens."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await async_write_event(error.event(), writer)


def _add(sound: _Sound, chunk: AudioChunk) -> None:
    if sound.rate not in (0, chunk.rate):
        raise WireError("the rate of the sound changed")
    sound.rate = chunk.rate
    pcm = np.frombuffer(chunk.audio, "<i2").reshape(-1, chunk.channels)
    sound.seconds += len(pcm) / chunk.rate
    if sound.seconds > LONGEST_SOUND_S:
        raise WireError(f"more than {LONGEST_SOUND_S:.0f} s of sound at once")
    sound.chunks.append(pcm.mean(axis=1, dtype=np.float32) / np.float32(32768))


def _chunks(speech: Speech, pause: float) -> Iterator[Event]:
    gap: Pcm = np.zeros(round(pause * speech.rate), np.int16)
    pcm = np.concatenate((gap, speech.pcm)).astype("<i2")
    for start in range(0, len(pcm), _CHUNK):
        yield AudioChunk(speech.rate, 2, 1, pcm[start : start + _CHUNK].tobytes()).event()


def _text(event: Event, key: str) -> str:
    text = event.data.get(key)
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise WireError(f"'{event.type}' needs a text of at most {LONGEST_TEXT} characters")
    return text


def _tone(voice: object) -> Tone:
    wanted = voice.get("speaker") if isinstance(voice, dict) else None
    return next((tone for tone in Tone if tone.value == wanted), Tone.WARM)


__all__ = ["IDLE_S", "LONGEST_SOUND_S", "LONGEST_TEXT", "MOST_CLIENTS", "Engines", "WyomingServer"]
