"""Dates as they are spoken: "the fourth of March", "November the ninth", "6 June 1959"."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_ONES: Final = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"),
    *("seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty first", "twenty second"),
    *("twenty third", "twenty fourth", "twenty fifth", "twenty sixth", "twenty seventh"),
    *("twenty eighth", "twenty ninth", "thirtieth", "thirty first"),
)
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY: Final = "|".join([*sorted(_ONES, key=len, reverse=True), r"\d{1,2}(?:st|nd|rd|th)?"])
_MONTH: Final = "|".join(_MONTHS)
_DATE: Final = re.compile(
    rf"\b(?:(?P<d1>{_DAY})(?: of)? (?P<m1>{_MONTH})|(?P<m2>{_MONTH})(?: the)? (?P<d2>{_DAY}))"
    r"\b(?: (?:in )?(?P<year>1[89]\d\d|20\d\d))?"
)


def spoken_date(text: str) -> str:
    """Return the first date in a text as ``MM-DD`` or ``YYYY-MM-DD``; empty when there is none."""
    plain = re.sub(r"[^\w\s]", " ", text.lower().replace("-", " "))
    found = _DATE.search(" ".join(plain.split()))
    if found is None:
        return ""
    word = found["d1"] or found["d2"]
    month = _MONTHS.index(found["m1"] or found["m2"]) + 1
    day = _ONES.index(word) + 1 if word in _ONES else int(re.sub(r"\D", "", word))
    if not 1 <= day <= _LONGEST[month - 1]:
        return ""
    year = f"{found['year']}-" if found["year"] else ""
    return f"{year}{month:02}-{day:02}"


__all__ = ["spoken_date"]
