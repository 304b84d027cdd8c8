"""A Wyoming server of ours on a thread, and servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from companion.domain import (
    ReplyPart,
    Samples,
    Screening,
    Speech,
    Tone,
    Transcript,
    TurnContext,
)
from companion.service.wyoming.info import Offer, describe
from companion.service.wyoming.server import Engines, WyomingServer
from companion.service.wyoming.talks import Talks

OFFER = Offer("Molly", "0.1.0", "en", "whisper-tiny", "joe", "small")


class CountingEars:
    """Say how much sound they got, and how high its pitch was."""

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        if not len(samples):
            return Transcript("", rejected="too_short")
        spectrum = np.abs(np.fft.rfft(samples))
        hertz = round(float(np.argmax(spectrum)) * 16_000 / len(samples), -1)
        return Transcript(f"{len(samples) / 16_000:.1f} seconds at {hertz:.0f} hertz")


class ToneVoice:
    """Sounds for as long as the text has words, and remembers how it was asked."""

    volume_db = 0.0

    def __init__(self) -> None:
        self.asked: list[tuple[str, Tone]] = []

    def synthesize(self, text: str, tone: Tone) -> Speech:
        self.asked.append((text, tone))
        count = round(0.2 * 22_050) * len(text.split())
        pcm = (np.sin(np.arange(count) * 0.1) * 8000).astype(np.int16)
        return Speech(text, pcm, 22_050, (), 0.3)

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        self.volume_db += volume

    def follow(self, letters_per_s: float) -> None:
        self.followed = letters_per_s


class Parrot:
    """A mind that says what it remembers."""

    def __init__(self) -> None:
        self.before: list[str] = []

    def start_afresh(self) -> None:
        self.before = []

    def remember(self, said: str, heard: str) -> None:
        self.before.append(said)

    def reply(self, text: str, context: TurnContext) -> Iterator[ReplyPart]:
        if text == "break":
            raise RuntimeError("an engine broke")
        yield ReplyPart(" / ".join([*self.before, text]), "model")


class Calm:
    """A guard with nothing to guard against."""

    def start_afresh(self) -> None: ...

    def commit(self, text: str, screening: Screening, *, addressed: bool) -> None: ...

    def screen(self, text: str) -> Screening:
        return Screening()

    def answer(self, text: str, screening: Screening, *, addressed: bool) -> tuple[ReplyPart, ...]:
        return ()

    def failed(self, sentence: str, said: str, screening: Screening) -> tuple[str, ...]:
        return ()

    def instead(self, screening: Screening) -> ReplyPart:
        return ReplyPart("safe words", "script")

    def notice(self) -> ReplyPart | None:
        return None


def plain_engines(voice: ToneVoice | None = None) -> Engines:
    talks = Talks(Parrot(), Calm())  # type: ignore[arg-type]
    return Engines(CountingEars(), voice or ToneVoice(), talks, describe(OFFER))


@contextmanager
def serving(engines: Engines, *, idle_s: float = 30.0) -> Iterator[int]:
    """Serve on another thread; yields the port."""
    loop = asyncio.new_event_loop()
    server = WyomingServer(engines, "127.0.0.1", 0, idle_s=idle_s)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield server.port
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def misbehaving(
    answers: Sequence[bytes], *, wait_s: float = 0.0
) -> Iterator[tuple[str, list[int]]]:
    """A server that sends these bytes whatever it is told; yields its URL, and who called."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        ended = threading.Event()

        def run() -> None:
            while not ended.is_set():
                try:
                    line, _ = listening.accept()
                except TimeoutError:
                    continue
                calls.append(1)
                with line:
                    try:
                        for answer in answers:
                            line.sendall(answer)
                            ended.wait(wait_s)
                        line.settimeout(0.3)
                        while line.recv(65_536):
                            pass
                    except OSError:
                        pass

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", calls
        finally:
            ended.set()
            thread.join(5)


def timed(job: Callable[[], object]) -> float:
    began = time.monotonic()
    job()
    return time.monotonic() - began
