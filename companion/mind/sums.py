"""Small sums and spellings: questions a computer can answer truthfully."""

from __future__ import annotations

import re
from collections.abc import Mapping

from companion.mind.prompts import SumData

LARGEST = 1_000_000


class Sums:
    """The number words of one language."""

    def __init__(self, data: SumData) -> None:
        """Compile the signs.

        Args:
            data: number words and signs.
        """
        self._data = data
        self._numbers: Mapping[str, int] = data.numbers
        signs = "|".join(re.escape(s) for s in sorted(data.signs, key=len, reverse=True))
        number = r"((?:[\w-]+ ){0,2}?[\w-]+)"
        self._sum = re.compile(rf"^(?:{'|'.join(data.asked)}) {number} ({signs}) {number}$")
        self._spell = re.compile(rf"^(?:{'|'.join(data.spell_asked)}) ([a-z]{{2,15}})$")

    def answer(self, asked: str) -> str | None:
        """Return the reply to a normalised question, or None when it asks something else."""
        question = asked.strip(" .")
        if found := self._spell.match(question):
            letters = ", ".join(found.group(1).upper())
            return self._data.spelled.format(word=found.group(1), letters=letters)
        if not (found := self._sum.match(question)):
            return None
        left, right = self._number(found.group(1)), self._number(found.group(3))
        if left is None or right is None:
            return None
        result = _reckon(left, self._data.signs[found.group(2)], right)
        if result is None or abs(result) > LARGEST:
            return None
        left_words, sign, right_words = found.groups()
        return self._data.result.format(
            left=left_words.capitalize(), sign=sign, right=right_words, result=result
        )

    def _number(self, words: str) -> int | None:
        total = 0
        for word in words.replace("-", " ").split():
            value = int(word) if word.isdecimal() else self._numbers.get(word)
            if value is None:
                return None
            total = total * value if value == 100 and total else total + value
        return total


def _reckon(left: int, sign: str, right: int) -> int | None:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left // right if right and left % right == 0 else None


__all__ = ["Sums"]
