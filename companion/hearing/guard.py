"""Is a transcript something that was said, or something Whisper made up?

A pure decision from numbers. Whisper invents text on noise and on pauses (about 1% of segments,
more for people who pause; Koenecke et al., FAccT 2024), and it loops. The thresholds are
OpenAI's where they have one; the others were measured on household noise and read speech
(docs/measurements.md).
"""

from __future__ import annotations

import re
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from companion.resources import data_dir

COMPRESSION_LIMIT: Final = 2.4
"""A gzip ratio above this is a loop (OpenAI's compression_ratio_threshold)."""

LOGPROB_LIMIT: Final = -1.0
"""A mean log-probability below this is guessing (OpenAI's logprob_threshold)."""

GUESS_LOGPROB: Final = -1.2
"""Below this nothing is believed, however little silence Whisper sees (measured)."""

NO_SPEECH_LIMIT: Final = 0.6
"""With a weak log-probability, this much no-speech is silence (OpenAI's no_speech_threshold)."""

SURE_NO_SPEECH: Final = 0.9
"""This much no-speech is silence unless the words came out sure."""

WEAK_LOGPROB: Final = -0.7
"""Ghosts and silence come out below this; clear speech rarely does (measured)."""

SURENESS_LIMIT: Final = -1.7
"""Log-probability less no-speech probability. Measured with tiny.en and base: one-word answers
reach -1.6, also in a noisy room; invented text on household noise goes down to -2."""

GHOST_SURENESS: Final = -1.6
"""The same, for the little words that people do say."""

URGENT_LOGPROB: Final = -1.5
"""Cries for help are believed down to here: a false alarm is better than a missed one."""

CHANT_SURENESS: Final = -1.2
"""The same, for one word or two over and over ("oh! oh! oh! oh!")."""

MAX_WORDS_PER_S: Final = 7.0
"""Nobody is transcribed faster; quick English runs at 4-5 words a second."""

_WORDS_FREE: Final = 4
"""So many words need no time at all, so that "yes", "I'm fine" are never too fast."""

BACKED: Final = 0.5
"""From this share of sure speech on, "Goodbye" is believed though Whisper doubts it (speech
0.67-0.95, household noise at most 0.05; docs/measurements.md)."""

BACKED_LOGPROB: Final = -1.5
"""What even a vouched-for transcript must reach."""

_LOOPS: Final = ((1, 6), (2, 4), (3, 3))
"""(words in a phrase at least, times in a row) that count as a loop. A sentence said twice is
none: people repeat themselves."""

_STRETCHED = re.compile(r"([^\W\d_])\1{6,}", re.IGNORECASE)
"""The same letter seven times: a cry or an engine, spelled."""

_ANNOTATION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|[♩♪♫♬]+[^♩♪♫♬]*[♩♪♫♬]*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a transcript besides its words."""

    seconds: float
    """How long the sound is."""
    logprob: float
    """Mean log-probability per token."""
    no_speech: float
    """Whisper's probability that there is no speech, 0-1."""
    certainty: float | None = None
    """Share of the sound that the speech detector was sure of, 0-1, or None when unknown."""

    @property
    def backed(self) -> bool:
        """Whether the speech detector vouches for it, whatever Whisper makes of one word."""
        return self.certainty is not None and self.certainty >= BACKED


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Phrases Whisper is known to invent in one language, normalised."""

    video: frozenset[str]
    short: frozenset[str]
    anywhere: tuple[str, ...]
    urgent: tuple[str, ...] = ()
    """Not ghosts: words that count even when they are hardly heard."""


def judge(text: str, evidence: Evidence, language: str = "en") -> str | None:
    """Return why a transcript is not to be believed, or None when it is.

    The reasons: ``empty``, ``annotation``, ``loop``, ``too_fast``, ``no_speech``, ``unsure``,
    ``ghost``.
    """
    plain = normalised(text)
    if not plain:
        return "annotation" if text.strip() else "empty"
    if not normalised(_ANNOTATION.sub(" ", text)):
        return "annotation"
    if is_loop(text):
        return "loop"
    words = plain.split()
    if len(words) > _WORDS_FREE + MAX_WORDS_PER_S * evidence.seconds:
        return "too_fast"
    ghosts = load_ghosts(language)
    if evidence.logprob > URGENT_LOGPROB and _holds(plain, ghosts.urgent):
        return None
    if evidence.backed:
        if is_ghost(plain, evidence, ghosts):
            return "ghost"
        return "unsure" if evidence.logprob < BACKED_LOGPROB else None
    weak = evidence.logprob < WEAK_LOGPROB
    if evidence.no_speech > NO_SPEECH_LIMIT and evidence.logprob < LOGPROB_LIMIT:
        return "no_speech"
    if evidence.no_speech > SURE_NO_SPEECH and weak:
        return "no_speech"
    if is_ghost(plain, evidence, ghosts):
        return "ghost"
    sureness = evidence.logprob - evidence.no_speech
    if sureness < CHANT_SURENESS and len(words) >= 3 and len(set(words)) <= 2:
        return "loop"
    if sureness < SURENESS_LIMIT or evidence.logprob < GUESS_LOGPROB:
        return "unsure"
    return None


def normalised(text: str) -> str:
    """Return the words alone: lower case, single spaces, no punctuation but apostrophes."""
    text = re.sub(r"[’`]", "'", text.casefold())
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", text))


def compression(text: str) -> float:
    """Return the gzip ratio of a text; 0 for an empty one."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def is_loop(text: str) -> bool:
    """Return whether the decoder repeats itself."""
    if compression(text) > COMPRESSION_LIMIT:
        return True
    return bool(_STRETCHED.search(text)) or any(repeats(text, *loop) for loop in _LOOPS)


def repeats(text: str, least: int, times: int) -> bool:
    """Return whether a phrase of at least ``least`` words comes ``times`` times in a row."""
    words = normalised(text).split()
    return any(_repeated(words, size, times) for size in range(least, len(words) // times + 1))


def _repeated(words: list[str], size: int, times: int) -> bool:
    for i in range(len(words) - size * times + 1):
        phrase = words[i : i + size]
        if all(words[i + k * size : i + (k + 1) * size] == phrase for k in range(1, times)):
            return True
    return False


def is_ghost(plain: str, evidence: Evidence, ghosts: Ghosts) -> bool:
    """Return whether normalised words are a known invention and the sound does not back them."""
    weak = evidence.logprob < WEAK_LOGPROB or evidence.no_speech > NO_SPEECH_LIMIT
    if _holds(plain, ghosts.anywhere):
        return True
    if plain in ghosts.video:
        return weak or evidence.logprob < -0.35 or evidence.no_speech > 0.2
    if evidence.backed:
        return False
    return plain in ghosts.short and evidence.logprob - evidence.no_speech < GHOST_SURENESS


def _holds(plain: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in f" {plain} " for phrase in phrases)


@cache
def load_ghosts(language: str) -> Ghosts:
    """Read the ghost phrases of a language; none when there is no list for it."""
    file = data_dir("prompts") / language / "ghosts.toml"
    if not file.is_file():
        return Ghosts(frozenset(), frozenset(), ())
    tree = tomllib.loads(file.read_text(encoding="utf-8"))
    video, short, anywhere, urgent = (
        tuple(normalised(phrase) for phrase in tree.get(key, ()))
        for key in ("video", "short", "anywhere", "urgent")
    )
    return Ghosts(frozenset(video), frozenset(short), anywhere, urgent)
