"""English spellings that the phonemiser gets wrong, spelled out.

Each rule was added because espeak-ng (as shipped with Piper) misread it: it ends the sentence
after "Dr.", says "zero zero" for the minutes of 10:00, "em gee" for mg, "dollar five point
five zero", "dash" for the hyphen in 5-6, and reads 0800 as a long number. What it reads well
(ordinals, per cent, e.g., large numbers, capitals such as GP) is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ABBREVIATIONS = {
    "dr.": "Doctor",
    "mr.": "Mister",
    "mrs.": "Missus",
    "ms.": "Miz",
    "prof.": "Professor",
    "mt.": "Mount",
    "jr.": "Junior",
    "sr.": "Senior",
    "vs.": "versus",
    "approx.": "approximately",
    "tel.": "telephone",
    "dept.": "department",
    "i.e.": "that is",
    "jan.": "January",
    "feb.": "February",
    "aug.": "August",
    "sept.": "September",
    "oct.": "October",
    "nov.": "November",
    "dec.": "December",
    "w/": "with",
    "w/o": "without",
    "&": "and",
}
_STREETS = {"st.": "Street", "ave.": "Avenue", "rd.": "Road", "blvd.": "Boulevard"}
_UNITS = {
    "mg": ("milligram", "milligrams"),
    "ml": ("millilitre", "millilitres"),
    "kg": ("kilogram", "kilograms"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "g": ("gram", "grams"),
    "ft": ("foot", "feet"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "°": ("degree", "degrees"),
    "°c": ("degree", "degrees"),
    "°f": ("degree", "degrees"),
}
_MONEY = {"£": ("pound", "pounds"), "$": ("dollar", "dollars"), "€": ("euro", "euros")}
_FRACTIONS = {"1/2": "a half", "1/3": "a third", "1/4": "a quarter", "3/4": "three quarters"}
_DECADES = {
    "20s": "twenties", "30s": "thirties", "40s": "forties", "50s": "fifties",
    "60s": "sixties", "70s": "seventies", "80s": "eighties", "90s": "nineties",
}  # fmt: skip

_WORD = re.compile(r"^(?P<lead>[\"'(]*)(?P<core>.*?)(?P<trail>[\"'),.;:!?]*)$", re.DOTALL)
_TIME = re.compile(r"^([01]?\d|2[0-3])[:.]([0-5]\d)((?:[ap]\.?m\.?)?)$", re.IGNORECASE)
_AM_PM = re.compile(r"^[ap]\.?m\.?[,;:!?]*$", re.IGNORECASE)
_AMOUNT = re.compile(r"^([£$€])(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d\d))?$")
_MEASURE = re.compile(r"^(\d{1,6}(?:\.\d{1,3})?)(°[CcFf]?|[a-z]{1,4})$")
_NUMBER = re.compile(r"^[\d.,]*\d$")
_YEAR = re.compile(r"^(1[6-9]|20)(\d\d)$")
_RANGE = re.compile(r"^([1-9]\d{0,2})[-–]([1-9]\d{0,2})$")
_DIGITS = re.compile(r"^(?:0[\d-]{2,}\d|\d{3,4}-\d{4})$")
_DECADE = re.compile(r"^(1[1-9]|20)?'?([2-9]0s)$")
_SLASHED = re.compile(r"^[^\W\d_]+(?:/[^\W\d_]+)+$")
_NUMBERS_SLASHED = re.compile(r"^\d{1,4}(?:/\d{1,4}){1,2}$")
_WEB = re.compile(r"^(?:https?://)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#]\S*)?$")


def spell_out(words: Sequence[str]) -> list[str]:
    """Return what to say for each written word; same length as ``words``."""
    return [_one(words, i) for i in range(len(words))]


def _one(words: Sequence[str], i: int) -> str:
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    short = _abbreviation(word, words[i - 1] if i else "", after)
    if short is not None:
        return short
    match = _WORD.match(word)
    if match is None or not match["core"]:
        return word
    core, trail = match["core"], match["trail"]
    said = _number(core, words[i - 1] if i else "", after)
    return word if said is None else said + trail


def _abbreviation(word: str, before: str, after: str) -> str | None:
    bare = word.lstrip("\"'(")
    key = bare.rstrip(",;:!?\"')").lower()
    mark = next((c for c in bare[len(key) :] if c in ",;:!?"), "")
    stop = mark or ("" if after or not key.endswith(".") else ".")
    if key in _ABBREVIATIONS:
        return _ABBREVIATIONS[key] + stop
    if key == "no." and after[:1].isdigit():
        return "number"
    if key in _STREETS:
        if key == "st." and after[:1].isupper() and not before[:1].isupper():
            return "Saint"
        return _STREETS[key] + stop
    if len(key) == 2 and key[0].isalpha() and key[1] == "." and bare[0].isupper() and after:
        return bare[0] + mark  # an initial, not the end of a sentence
    return None


def _number(core: str, before: str, after: str) -> str | None:
    if not any(char.isdigit() for char in core):
        if core in _UNITS and core not in ("g", "°") and _NUMBER.match(before):
            return _UNITS[core][before != "1"]
        if _SLASHED.match(core):
            return core.replace("/", " or " if core.lower() != "and/or" else " ")
        web = _WEB.match(core) if "." in core and ("/" in core or "www" in core) else None
        return web[1].replace(".", " dot ") if web else None
    if core in _FRACTIONS:
        return _FRACTIONS[core]
    for rule in (_amount, _measure, _year, _decade, _digits):
        said = rule(core)
        if said is not None:
            return said
    return _time(core, bool(_AM_PM.match(after)))


def _time(core: str, am_pm_follows: bool) -> str | None:
    match = _TIME.match(core)
    if match is None:
        return None
    hour, minute, half = match.groups()
    if "." in core[: len(hour) + 1] and not half and not am_pm_follows:
        return None  # 7.30 alone is as likely a number
    hour = str(int(hour)) if int(hour) else "12" if half or am_pm_follows else "midnight"
    if minute == "00":
        whole = "" if half or am_pm_follows or hour == "midnight" else " o'clock"
        said = hour + (whole if not hour.isdigit() or int(hour) <= 12 else " hundred hours")
    elif minute[0] == "0":
        said = f"{hour} oh {minute[1]}"
    else:
        said = f"{hour} {minute}"
    return f"{said} {half}".strip()


def _amount(core: str) -> str | None:
    match = _AMOUNT.match(core)
    if match is None:
        return None
    sign, whole, cents = match.groups()
    said = f"{whole} {_MONEY[sign][whole != '1']}"
    return f"{said} {int(cents)}" if cents and int(cents) else said


def _measure(core: str) -> str | None:
    match = _MEASURE.match(core)
    if match is None or match[2].lower() not in _UNITS:
        return None
    return f"{match[1]} {_UNITS[match[2].lower()][match[1] != '1']}"


def _year(core: str) -> str | None:
    match = _YEAR.match(core)
    if match is None or match[2] == "00" or (match[1] == "20" and match[2] < "10"):
        return None
    return f"{match[1]} {match[2]}" if match[2] >= "10" else f"{match[1]} oh {match[2][1]}"


def _decade(core: str) -> str | None:
    match = _DECADE.match(core)
    return f"{match[1] or ''} {_DECADES[match[2]]}".strip() if match else None


def _digits(core: str) -> str | None:
    match = _RANGE.match(core)
    if match:
        return f"{match[1]} to {match[2]}"
    if _DIGITS.match(core):
        return ", ".join(" ".join(group) for group in core.split("-"))
    if _NUMBERS_SLASHED.match(core):
        return core.replace("/", " ")
    return None
