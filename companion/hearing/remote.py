"""Ears on another machine, by Wyoming; the local ones hear when it is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from wyoming.asr import Transcribe
from wyoming.asr import Transcript as WyomingTranscript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from companion.domain import SAMPLE_RATE, Samples, Transcript
from companion.errors import WireError
from companion.hearing import guard
from companion.wire import Peer, Rest

_CHUNK: Final = SAMPLE_RATE // 2
_SHORTEST_S: Final = 0.1
_LOGPROB: Final = -0.55
"""The server does not say how sure it is: believed, unless the words are those of a ghost or the
speech detector heard hardly any speech."""


class LocalEars(Protocol):
    """What hears when the server does not; ``WhisperEars`` do."""

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        """Return the words."""
        ...


class RemoteEars:
    """Satisfies the conversation's ``Ears``; one thread at a time."""

    def __init__(self, url: str, local: LocalEars, *, language: str, timeout_s: float) -> None:
        """Prepare; nothing is contacted yet.

        Args:
            url: such as tcp://10.0.0.2:10300.
            local: hears when the server is away, slow, or sends garbage.
            language: ISO code.
            timeout_s: longest wait for the words.
        """
        self._url = url
        self._local = local
        self._language = language
        self._timeout_s = timeout_s
        self._rest = Rest()
        self.tell: Callable[[str], None] = lambda _: None
        """Told one line when the server fails."""

    def transcribe(self, samples: Samples, certainty: float | None = None) -> Transcript:
        """Transcribe 16 kHz mono samples, shape (n,); blocking; see ``Ears``."""
        seconds = len(samples) / SAMPLE_RATE
        if seconds < _SHORTEST_S or not self._rest.over:
            return self._local.transcribe(samples, certainty)
        try:
            text, language = self._ask(samples)
        except WireError as error:
            self._rest.failed()
            self.tell(f"{error}; the local ears are used for a while")
            return self._local.transcribe(samples, certainty)
        self._rest.worked()
        evidence = guard.Evidence(seconds, _LOGPROB, 0.0, certainty)
        rejected = guard.judge(text, evidence, language)
        return Transcript(text, language, logprob=_LOGPROB, rejected=rejected)

    def _ask(self, samples: Samples) -> tuple[str, str]:
        sound = np.nan_to_num(np.asarray(samples, np.float32))
        pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2")
        form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
        with Peer(self._url, self._timeout_s) as peer:
            peer.send(Transcribe(language=self._language).event(), AudioStart(**form).event())
            for start in range(0, len(pcm), _CHUNK):
                piece = pcm[start : start + _CHUNK].tobytes()
                peer.send(AudioChunk(**form, audio=piece).event())
            peer.send(AudioStop().event())
            event = peer.receive()
            while not WyomingTranscript.is_type(event.type):
                if event.type == "error":
                    raise WireError(f"the speech server at {self._url} could not hear")
                event = peer.receive()
        return self._words(event)

    def _words(self, event: Event) -> tuple[str, str]:
        text, language = event.data.get("text"), event.data.get("language")
        if not isinstance(text, str):
            raise WireError(f"the speech server at {self._url} sent no words")
        plain = " ".join(text.split())
        known = isinstance(language, str) and len(language) in (2, 3)
        return plain, str(language) if known else self._language


__all__ = ["LocalEars", "RemoteEars"]
