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

NO_SPEECH_LIMIT: Final = 0.6
"""With a weak log-probability, this much no-speech is silence (OpenAI's no_speech_threshold)."""

SURE_NO_SPEECH: Final = 0.9
"""This much no-speech is silence unless the words came out sure."""

WEAK_LOGPROB: Final = -0.7
"""Ghosts and silence come out below this; clear speech rarely does (measured)."""

MAX_WORDS_PER_S: Final = 7.0
"""Nobody is transcribed faster; quick English runs at 4-5 words a second."""

_WORDS_FREE: Final = 4
"""So many words need no time at all, so that "yes", "I'm fine" are never too fast."""

_LOOPS: Final = ((1, 6), (2, 4), (3, 3), (4, 3), (6, 3), (8, 2))
"""(words in a phrase, times in a row) that count as a loop."""

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
    voiced_s: float | None = None
    """Seconds above the quiet, or None when unknown."""


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Phrases Whisper is known to invent in one language, normalised."""

    video: frozenset[str]
    short: frozenset[str]
    anywhere: tuple[str, ...]


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
    weak = evidence.logprob < WEAK_LOGPROB
    if evidence.no_speech > NO_SPEECH_LIMIT and evidence.logprob < LOGPROB_LIMIT:
        return "no_speech"
    if evidence.no_speech > SURE_NO_SPEECH and weak:
        return "no_speech"
    if is_ghost(plain, evidence, load_ghosts(language)):
        return "ghost"
    if evidence.logprob < LOGPROB_LIMIT - 0.3:
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
    words = normalised(text).split()
    for size, times in _LOOPS:
        span = size * times
        for i in range(len(words) - span + 1):
            phrase = words[i : i + size]
            if all(words[i + k * size : i + (k + 1) * size] == phrase for k in range(1, times)):
                return True
    return False


def is_ghost(plain: str, evidence: Evidence, ghosts: Ghosts) -> bool:
    """Return whether normalised words are a known invention and the sound does not back them."""
    weak = evidence.logprob < WEAK_LOGPROB or evidence.no_speech > NO_SPEECH_LIMIT
    if any(f" {phrase} " in f" {plain} " for phrase in ghosts.anywhere):
        return True
    if plain in ghosts.video:
        return weak or evidence.logprob < -0.35 or evidence.no_speech > 0.2
    return plain in ghosts.short and weak


@cache
def load_ghosts(language: str) -> Ghosts:
    """Read the ghost phrases of a language; none when there is no list for it."""
    file = data_dir("prompts") / language / "ghosts.toml"
    if not file.is_file():
        return Ghosts(frozenset(), frozenset(), ())
    tree = tomllib.loads(file.read_text(encoding="utf-8"))
    lists = {
        key: [normalised(phrase) for phrase in tree.get(key, ())]
        for key in ("video", "short", "anywhere")
    }
    return Ghosts(frozenset(lists["video"]), frozenset(lists["short"]), tuple(lists["anywhere"]))
