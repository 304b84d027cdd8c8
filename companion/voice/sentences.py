"""Generated text cut into what can be spoken: a first clause early, then whole sentences.

Pure and incremental: the chunks do not depend on how the text arrives, and joined again they
hold every character that is not a space. Language-neutral where it can be: a full stop ends a
sentence only when no small letter follows, which covers most abbreviations of most languages.
"""

from __future__ import annotations

FIRST_WORDS = 4
"""A first clause shorter than this sounds clipped."""
FIRST_CHARS = 18
_REST_WORDS = 2
"""What follows a clause cut off a known sentence must be at least this long."""
_LONGEST = 240
"""Characters after which a sentence without an end is cut at the best place."""

_END = ".!?…。！？"
_FULL_WIDTH = "。！？"
_CLOSING = "\"'”’»)]*_"
_CLAUSE = ",;:–—，、；："
_SHORT_FORMS = (  # of several languages; a capital follows these
    "mr mrs ms dr prof st mt jr sr vs no approx tel dept rev hon gen col capt lt sgt mme mlle "
    "dipl ing bzw usw ca nr str sra srta dra ud av e.g i.e z.b d.h u.a p.ej"
)
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())


class SentenceSplitter:
    """Feed it text as it is generated; it gives back what can be spoken already.

    Args:
        early: let the very first chunk be a clause.
    """

    def __init__(self, early: bool = True) -> None:
        self._early = early
        self._buffer = ""

    def feed(self, piece: str) -> list[str]:
        """Add text and return the chunks that are now complete, stripped."""
        self._buffer += piece
        chunks = []
        while (cut := self._cut()) is not None:
            chunks += self._take(cut)
        return chunks

    def flush(self) -> list[str]:
        """Return what is left when the text has ended."""
        chunks = self.feed("\n\n")
        return chunks + self._take(len(self._buffer))

    def _take(self, cut: int) -> list[str]:
        chunk, self._buffer = self._buffer[:cut].strip(), self._buffer[cut:].lstrip()
        if chunk:
            self._early = False
        return [chunk] if chunk else []

    def _cut(self) -> int | None:
        """Return where the first chunk ends, or None while that cannot be known."""
        text = self._buffer
        for i, char in enumerate(text[:_LONGEST]):
            if char == "\n" and text[:i].strip():
                return i
            if char in _END:
                end = _sentence_end(text, i)
                if end is None:
                    return None
                if end:
                    return end
            if self._early and char in _CLAUSE:
                following = text[i + 1 : i + 2]
                if not following:
                    return None
                if _clause_ends(text, i) and _long_enough(text[: i + 1]):
                    return i + 1
        return _forced(text) if len(text) > _LONGEST else None


def split(text: str) -> list[str]:
    """Return the sentences of a whole text, in order."""
    splitter = SentenceSplitter(early=False)
    return splitter.feed(text) + splitter.flush()


def first_clause(text: str) -> tuple[str, str]:
    """Cut the first clause off a sentence, so that it can sound early.

    Returns:
        The clause with its mark and the rest; the whole text and "" when no clause is long
        enough or the rest would be a stray word.
    """
    for i, char in enumerate(text):
        if char in _CLAUSE and _clause_ends(text, i) and _long_enough(text[: i + 1]):
            rest = text[i + 1 :].strip()
            if len(rest.split()) >= _REST_WORDS or (char in "，、；：" and len(rest) > 3):
                return text[: i + 1].strip(), rest
    return text.strip(), ""


def _sentence_end(text: str, i: int) -> int | None:
    """Return the end of the sentence whose mark is at ``i``, 0 if it is none, None if unknown."""
    after = i + 1
    while after < len(text) and text[after] in _END + _CLOSING:
        after += 1
    if after == len(text):
        return None
    if text[i] in _FULL_WIDTH:
        return after
    if not text[after].isspace():
        return 0
    quoted = any(mark in _CLOSING for mark in text[i + 1 : after])
    if text[i] in "!?" and not quoted:
        return after
    following = text[after:].lstrip()
    if "\n" in text[after : len(text) - len(following)]:
        return after
    if not following:
        return None
    if following[0].islower():
        return 0
    return after if text[i] in "!?" or not _abbreviated(text[:i]) else 0


def _abbreviated(before: str) -> bool:
    """Tell whether the full stop after ``before`` belongs to a short form or a list number."""
    words = before.split()
    if not words:
        return True
    word = words[-1].lstrip("\"'(“‘«[*_")
    if word.isdigit():
        return len(words) == 1
    if len(word) == 1 and word.isupper() and word != "I":
        return True
    return word.lower() in _ABBREVIATIONS


def _clause_ends(text: str, i: int) -> bool:
    if text[i] in "，、；：":
        return True
    if text[i] in "–—":
        return text[i - 1 : i].isspace() or not text[i + 1 : i + 2].isspace()
    return text[i + 1 : i + 2].isspace()


def _long_enough(clause: str) -> bool:
    if not clause.isascii() and " " not in clause.strip():
        return len(clause) >= FIRST_CHARS // 2  # a script without spaces says more a character
    return len(clause.split()) >= FIRST_WORDS and len(clause.strip()) >= FIRST_CHARS


def _forced(text: str) -> int:
    """Return where an endless sentence is best cut: at a clause, else a space, else anywhere."""
    head = text[:_LONGEST]
    clause = max(head.rfind(mark + " ") + 1 for mark in ",;:")
    space = head.rstrip().rfind(" ")
    return next((cut for cut in (clause, space) if cut > _LONGEST // 3), _LONGEST)
