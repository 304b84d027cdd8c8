"""Text made fit to be spoken: leftovers of markup removed, awkward spellings spelled out.

Two steps. ``clean`` takes away what is not said (emoji, markdown, brackets, control
characters) and keeps every word. ``tokens`` pairs each written word with what the phonemiser
is given for it, so that "Dr." is heard as "Doctor" while the history keeps what was written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from companion.voice import english

_QUOTES = str.maketrans("’‘ʼ“”„«»", "'''" + '"' * 5)
_KEPT_SYMBOLS = frozenset("+=°×÷%€£$¥&@'")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_LIST_MARK = re.compile(r"^\s*(?:[-*+•·–—]|#{1,6}|>)\s+", re.MULTILINE)
_LINE_END = re.compile(r"(?<=[\w)\]*\"'])[ \t]*\n+\s*")
_MARKUP = re.compile(r"[\\^~|_#`*\[\](){}<>]+")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*(?:—|--+)\s*")
_ELLIPSIS = re.compile(r"…|\.\s*\.[.\s]*(?<=\.)")
_REPEATED = re.compile(r"([!?,;:])[!?,;:.]*\1*")
_GLUED = re.compile(r"(?<=[^\W\d_])([!?;,:]|\.(?=[A-Z][a-z]))(?=[^\W\d_])")
_LONE_PUNCTUATION = re.compile(r"\s+(?=[,.;:!?](?:\s|$))")
_RUN = re.compile(r"([^\W\d_])\1{3,}")
_MAX_TOKEN = 30
"""Letters of one word that are spoken; longer is not a word."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word as written and as spoken."""

    text: str
    spoken: str
    """What the phonemiser is given; may be several words, or empty."""


def clean(text: str) -> str:
    """Return the text without what cannot be spoken; every word stays, in order.

    Never raises; the result is one line, stripped, perhaps empty.
    """
    text = unicodedata.normalize("NFC", text.translate(_QUOTES))
    text = _LIST_MARK.sub("", _TAG.sub(" ", _LINK.sub(r"\1", text)))
    text = _LINE_END.sub(". ", text)
    text = "".join(map(_keep, text))
    text = _MARKUP.sub(" ", text)
    text = _ELLIPSIS.sub("... ", text)
    text = _DASH.sub(", ", text)
    text = _GLUED.sub(r"\1 ", text)
    text = _LONE_PUNCTUATION.sub("", text)
    text = _REPEATED.sub(_strongest, text)
    text = " ".join(text.split())
    text = text.lstrip(" ,.;:!?")
    return text if any(char.isalnum() for char in text) else ""


def tokens(text: str, language: str = "en") -> tuple[Token, ...]:
    """Split cleaned text at spaces and say how each word is spoken.

    Args:
        text: what ``clean`` returned.
        language: ISO code; only English spellings are spelled out, others are left to
            the phonemiser.
    """
    words = text.split()
    spoken = english.spell_out(words) if language.startswith("en") else list(words)
    return tuple(Token(word, _speakable(sound)) for word, sound in zip(words, spoken, strict=True))


def _keep(char: str) -> str:
    """Drop control characters, surrogates, emoji and pictures; turn any space into one."""
    if char in _KEPT_SYMBOLS or (char.isascii() and char.isprintable()):
        return char
    category = unicodedata.category(char)
    if category[0] == "Z" or char in "\n\t\r":
        return " "
    if category[0] in "CS" or category == "Me":
        return "" if category == "Cf" else " "
    if category == "Mn" and "\ufe00" <= char <= "\ufe0f":
        return ""
    return char


def _strongest(match: re.Match[str]) -> str:
    run = match.group()
    return next((mark for mark in "?!;:," if mark in run), run[0])


def _speakable(sound: str) -> str:
    # The phonemiser glues "Hmm... well" into one word, and reads quotes aloud in places.
    sound = sound.replace('"', "")
    if sound.endswith("..."):
        sound = sound[:-3] + ","
    sound = _RUN.sub(r"\1\1\1", sound)
    return " ".join(part[:_MAX_TOKEN] for part in sound.split())
