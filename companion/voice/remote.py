"""A voice on another machine, by Wyoming; the local one speaks when it is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from wyoming.tts import Synthesize

from companion.domain import Samples, Speech, SpokenWord, Tone
from companion.errors import WireError
from companion.voice.loudness import faded, from_db, levelled, limited, to_pcm
from companion.voice.normalize import clean
from companion.wire import Peer, Rest, chunk_of

_LONGEST_S: Final = 60.0
_MOST_TEXT: Final = 1000
_LEVEL_DB: Final = -20.0
"""RMS of the speaking parts, dBFS, near that of our own voices."""
_PAUSE_S: Final = 0.3


class LocalVoice(Protocol):
    """What speaks when the server does not; ``PiperSynthesizer`` does."""

    @property
    def volume_db(self) -> float:
        """The volume now."""
        ...

    def synthesize(self, text: str, tone: Tone) -> Speech:
        """Synthesise a sentence."""
        ...

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Change pace and volume."""
        ...

    def follow(self, letters_per_s: float) -> None:
        """Speak no faster than this."""
        ...


class RemoteVoice:
    """Satisfies the conversation's ``Voice``; one thread at a time.

    Word times are estimated from the words' lengths; tones and pace are the local voice's only,
    the volume is kept here as there.
    """

    def __init__(self, url: str, local: LocalVoice, *, timeout_s: float) -> None:
        """Prepare; nothing is contacted yet.

        Args:
            url: such as tcp://10.0.0.2:10200.
            local: speaks when the server is away, slow, or sends garbage.
            timeout_s: longest wait for a whole sentence.
        """
        self._url = url
        self._local = local
        self._timeout_s = timeout_s
        self._rest = Rest()
        self.tell: Callable[[str], None] = lambda _: None
        """Told one line when the server fails."""

    @property
    def volume_db(self) -> float:
        """The volume now, dB."""
        return self._local.volume_db

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        """Change pace (the local voice's only) and volume (dB) from the next sentence on."""
        self._local.adjust(pace=pace, volume=volume)

    def follow(self, letters_per_s: float) -> None:
        """Keep to the person's pace (the local voice's only)."""
        self._local.follow(letters_per_s)

    def synthesize(self, text: str, tone: Tone) -> Speech:
        """Synthesise one sentence; blocking; see ``Voice``.

        Raises:
            VoiceError: the local voice failed as well.
        """
        said = clean(text[:_MOST_TEXT])
        if not said.strip() or not self._rest.over:
            return self._local.synthesize(text, tone)
        try:
            samples, rate = self._ask(said)
        except WireError as error:
            self._rest.failed()
            self.tell(f"{error}; the local voice is used for a while")
            return self._local.synthesize(text, tone)
        self._rest.worked()
        even = levelled(samples, _LEVEL_DB, rate) * np.float32(from_db(self.volume_db))
        pcm = to_pcm(faded(limited(even, rate), rate))
        return Speech(text, pcm, rate, _spread(said.split(), len(pcm) / rate), _PAUSE_S)

    def _ask(self, text: str) -> tuple[Samples, int]:
        pieces: list[Samples] = []
        rate, seconds = 0, 0.0
        with Peer(self._url, self._timeout_s) as peer:
            peer.send(Synthesize(text).event())
            while (event := peer.receive()).type != "audio-stop":
                if event.type == "error":
                    raise WireError(f"the speech server at {self._url} could not speak")
                if event.type != "audio-chunk":
                    continue
                chunk = chunk_of(event)
                if rate not in (0, chunk.rate):
                    raise WireError(f"the speech server at {self._url} changed its rate")
                rate = chunk.rate
                sound = np.frombuffer(chunk.audio, "<i2").reshape(-1, chunk.channels)
                pieces.append(sound.mean(axis=1, dtype=np.float32) / np.float32(32768))
                seconds += len(sound) / rate
                if seconds > _LONGEST_S:
                    raise WireError(f"the speech server at {self._url} does not stop speaking")
        if seconds < 0.05:
            raise WireError(f"the speech server at {self._url} sent no sound")
        return np.concatenate(pieces), rate


def _spread(words: list[str], seconds: float) -> tuple[SpokenWord, ...]:
    """Give each word a share of the time by its letters."""
    total = sum(len(word) + 1 for word in words)
    found, at = [], 0.0
    for word in words:
        length = seconds * (len(word) + 1) / total
        found.append(SpokenWord(word, at, at + length))
        at += length
    return tuple(found)


__all__ = ["LocalVoice", "RemoteVoice"]
