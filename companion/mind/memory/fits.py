"""Whether a sentence holds the kind of thing that is asked: a time, a place, a number, a name."""

from __future__ import annotations

import re
from typing import Final

from companion.mind.memory.people import ME
from companion.patterns import normalise
from companion.storage.memories import Memory

_PASSING: Final = re.compile(
    r" (?:today|yesterday|tonight|tomorrow|just now|last night|this (?:morning|afternoon|evening)) "
)
_TELLING: Final = (
    *(
        "before",
        "after",
        "stop",
        "maiden",
        "first",
        "second",
        "third",
        "other",
        "middle",
        "eldest",
        "oldest",
        "youngest",
        "elder",
    ),
    *("older", "younger", "last", "next", "new"),
)
"""Words that tell one of several apart: what is answered must hold them too."""
_TIME: Final = re.compile(
    r"\b(?:\d{4}|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|\w+days?|spring|summer|autumn|winter|years?|ago|morning|evening|night|afternoon|"
    r"breakfast|lunch|dinner|tea|supper|bed|when|after|before|every|at \w+|past|war|century|"
    r"christmas|easter|weekends?|month)\b"
)
_PLACE: Final = re.compile(
    r"\b(?:in|at|on|near|by|from|to|under|into|behind|beside|over|round|opposite|above|below|next|down|up|"
    r"inside|outside|for)\b"
)
_NUMBER: Final = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred|only)\b"
)

_AGED: Final = re.compile(
    rf"\b(?:is|are|was|were|be|turning|turned|turn|aged|at|age|only|when)\b(?: \w+)??"
    rf"(?: (?:about|nearly|just|only))? (?:{_NUMBER.pattern})(?!\w)(?! years? (?!old))"
)
_BECAUSE: Final = re.compile(
    r"\b(?:because|since|for|so|from|due|on account|after|as|to|thanks to|with|cause|cos|'cause)\b"
)


def fits(text: str, fact: Memory) -> bool:
    """Return whether a sentence has what is asked for: a time, a place, a number, a name."""
    plain, said = f" {normalise(text)} ", fact.sentence.lower()
    if _PASSING.search(plain):
        return False
    words = set(re.findall(r"[\w-]+", said))
    if any(f" {word} " in plain and word not in words for word in _TELLING):
        return False
    asks_wh = re.search(r" (?:what|which|where|when|who|how|why) ", plain)
    if asks_wh and "never" in words and not re.search(r" (?:never|not|cannot|can't) ", plain):
        return False
    if re.search(r" (?:die|died|pass) of ", plain):
        return bool(re.search(r"\b(?:of|from|with|killed)\b", said))
    meal = re.search(r" (?:have|eat|like) for (breakfast|lunch|dinner|tea|supper) ", plain)
    if meal and f" for {meal[1]}" not in said:
        return False
    if re.search(r" (how old|what age) ", plain):
        return bool(_AGED.search(said))
    if re.search(r" why ", plain):
        return bool(_BECAUSE.search(said))
    if re.search(r" (when|what time|what day|which day|what year|how often) ", plain):
        if " when " in plain:
            said = re.sub(r"\bfor (?:[\w-]+ ){1,3}years\b", "", said)  # how long is not when
        often = " how often " in plain and re.search(r"\b(?:once|twice|times|never)\b", said)
        return bool(_TIME.search(said) or fact.day or often)
    if re.search(r" (where|whereabouts|which (town|city|country)|what street) ", plain):
        if fact.day:  # "on the sixth of June" is no place
            said = re.sub(r"\b(?:on|in)\b", "", said)
        return bool(_PLACE.search(said)) or fact.relation == "from"
    if re.search(r" (how (old|many|long|tall|big|much)|what age|what number|size) ", plain):
        return bool(_NUMBER.search(said) or (" how long " in plain and " since " in said))
    if re.search(r" (colour|color) ", plain):
        return "colour" in said or "color" in said
    if re.search(r" (who|whom|whose) ", plain):
        return bool(
            re.search(r"(?<!^)\b[A-Z][a-z]", fact.sentence)
            or fact.subject != ME
            or " your " in said
        )
    return True


def stem(word: str) -> str:
    """Return a word without its ending, roughly."""
    word = word.lower().removesuffix("'s")
    for end, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("ings", ""),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
    ):
        if word.endswith(end) and len(word) - len(end) >= 3:
            word = word[: -len(end)] + instead
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


__all__ = ["fits", "stem"]
