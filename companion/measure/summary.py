"""How true the evening summary is: on made-up lives whose changes are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Final

from companion.domain import JsonObject
from companion.wellbeing.check import check
from companion.wellbeing.compose import compose
from companion.wellbeing.days import Day, Noted, day_of, group_days
from companion.wellbeing.facts import Fact, facts_of
from companion.wellbeing.journal import Reader
from companion.wellbeing.phrasing import Texts
from companion.wellbeing.simulated import PLANTS, Life, Remembering, simulate
from companion.wellbeing.summary import Summary
from companion.wellbeing.topics import read_lines
from companion.wellbeing.trends import changes_by_day

WITHIN: Final = 3
"""Days, the first of the change included, in which it must be named."""
NAMED_BY: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    "low_week": frozenset({("mood", "less"), ("energy", "less")}),
    "sleep": frozenset({("sleep_bad", "more")}),
    "medicines": frozenset({("medicines_missed", "more")}),
    "contacts": frozenset({("people_contact", "less")}),
}
"""What names a planted change."""
_NOTABLE: Final = frozenset({"mood.lower", "mood.higher", "energy.lower", "energy.higher"})
"""Sentences that call a single day unusual: in a stable month these are false, too."""
_FIRST: Final = date(2026, 3, 2)
_HISTORY: Final = 30
_WHO: Final = "Anna Example"
CANARY: Final = "zanzibar quokkas juggle xylophones behind wisteria lighthouses"
"""Said in every turn, never to be seen again."""


def evaluate_summary(reader: Reader, texts: Texts, *, lives: int = 50, seed: int = 1) -> JsonObject:
    """Measure support, planted changes, false changes and verbatim words.

    Args:
        reader: finds topics.
        texts: of the summary.
        lives: made-up people for each row.
        seed: of the first.
    """
    reader = Remembering(reader)
    return {
        "lives": lives,
        "seed": seed,
        **support(reader, texts, seed),
        **planted(reader, lives, seed),
        **stable(reader, lives, seed),
    }


def month(life: Life, reader: Reader) -> tuple[list[Noted], tuple[Day, ...]]:
    """Return the notes and the days of a life."""
    notes = list(simulate(life, reader, read_lines()))
    last = life.first + timedelta(days=life.days - 1)
    return notes, group_days(notes, life.first, last, life.tz)


def support(reader: Reader, texts: Texts, seed: int) -> JsonObject:
    """Return how many sentences of 30 days, with every change planted, the journal supports."""
    plants = {"low_week": 12, "sleep": 14, "medicines": 20, "contacts": 21}
    life = Life(30, _FIRST, UTC, seed, plants, CANARY)
    notes, days = month(life, reader)
    sentences = supported = dropped = 0
    leaks = canaries(json.dumps([dict(note.data) for note in notes]))
    for number in range(len(days)):
        facts = facts_of(days[: number + 1])
        made = compose(days[number].day, facts, texts, who=_WHO, simulated=True)
        on_day = [note for note in notes if day_of(note.at, UTC) == days[number].day]
        good = sentence_checks(made.summary, texts, on_day, days[: number + 1])
        sentences += len(good)
        supported += sum(good)
        dropped += len(made.dropped)
        leaks += canaries(json.dumps(made.summary.data()))
    return {
        "sentences": sentences,
        "supported": round(supported / sentences, 4),
        "dropped": dropped,
        "canary_words": leaks,
    }


def canaries(text: str) -> int:
    """Return how many canary words a text holds."""
    return sum(text.lower().count(word) for word in CANARY.split())


def sentence_checks(
    summary: Summary, texts: Texts, on_day: Sequence[Noted], days: Sequence[Day]
) -> list[bool]:
    """Return of every sentence whether words follow from facts, and facts from notes."""
    facts = {fact.id: fact for fact in summary.facts}
    found = []
    for one in summary.sentences:
        rests = [facts[name] for name in one.facts if name in facts]
        fine = bool(rests) and check(one.text, rests, texts, _WHO) is None
        found.append(fine and all(holds(fact, on_day, days) for fact in rests))
    return found


def holds(fact: Fact, on_day: Sequence[Noted], days: Sequence[Day]) -> bool:
    """Return whether a fact follows from what was noted, counted here by other code."""
    turns = [n.data for n in on_day if n.kind == "turn" and n.data["speaker"] != "unsure"]
    outcomes = [n.data["outcome"] for n in on_day if n.kind == "reminder"]
    number = fact.numbers
    kind, _, rest = fact.kind.partition(".")
    if kind == "topic":
        return number["count"] == sum(rest in turn["topics"] for turn in turns)
    if kind == "heard":
        return number["turns"] == len(turns)
    if fact.kind in ("contact", "contact.who", "contact.none"):
        met = [turn for turn in turns if "people_contact" in turn["topics"]]
        who = {role for turn in met for role in turn["people"]}
        return number.get("count", 0) == len(met) and set(fact.words) <= who
    if fact.kind in ("medicine.all", "medicine.some"):
        counted = (outcomes.count("done"), outcomes.count("missed"), outcomes.count("refused"))
        return bool((number["done"], number["missed"], number["refused"]) == counted)
    if fact.kind == "safety":
        dangers = [n.data for n in on_day if n.kind == "safety"]
        return bool(number["count"] == sum(d["topic"] == fact.words[0] for d in dangers))
    if fact.kind == "safety.none":
        return not any(note.kind == "safety" for note in on_day)
    if kind in ("mood", "energy") and rest in ("lower", "bit_lower", "higher", "bit_higher"):
        values = [
            one.value
            for day in days[:-1]
            if (one := day.mood if kind == "mood" else day.energy) is not None
        ]
        middle = sorted(values)[len(values) // 2]
        return bool(number["value"] < middle) == rest.endswith("lower")
    if kind == "change":
        return bool(number["now"] > number["usual"]) == rest.endswith("more")
    return True


def planted(reader: Reader, lives: int, seed: int) -> JsonObject:
    """Return the share of planted changes that is named within three days, all and by kind."""
    by_kind: dict[str, float] = {}
    days_until: list[int] = []
    for plant in PLANTS:
        hits = 0
        for number in range(lives):
            life = Life(_HISTORY + 7, _FIRST, UTC, seed + number, {plant: _HISTORY - 4})
            begin = _HISTORY - 4
            named = [
                i
                for i, found in enumerate(changes_by_day(month(life, reader)[1]))
                if i >= begin and {(c.metric, c.direction) for c in found} & NAMED_BY[plant]
            ]
            if named and named[0] - begin < WITHIN:
                hits += 1
                days_until.append(named[0] - begin + 1)
        by_kind[plant] = round(hits / lives, 3)
    return {
        "named_within_3_days": round(sum(by_kind.values()) / len(by_kind), 4),
        "named_by_kind": by_kind,
        "mean_days_until_named": round(sum(days_until) / max(1, len(days_until)), 2),
    }


def stable(reader: Reader, lives: int, seed: int) -> JsonObject:
    """Return how often a change is named in a month without any, after a month of history."""
    false: dict[str, int] = {}
    unusual = worst = 0
    for number in range(lives):
        life = Life(_HISTORY + 30, _FIRST, UTC, seed + 1000 + number)
        days = month(life, reader)[1]
        by_day = [{(c.metric, c.direction) for c in found} for found in changes_by_day(days)]
        mine = 0
        for i in range(_HISTORY, len(days)):
            for one in by_day[i] - (by_day[i - 1] if i > _HISTORY else set()):
                false[".".join(one)] = false.get(".".join(one), 0) + 1
                mine += 1
            odd = sum(f.kind in _NOTABLE for f in facts_of_levels(days[: i + 1]))
            unusual += odd
            mine += odd
        worst = max(worst, mine)
    return {
        "false_changes_a_month": round(sum(false.values()) / lives, 3),
        "false_by_kind": false,
        "days_called_unusual_a_month": round(unusual / lives, 3),
        "worst_month": worst,
    }


def facts_of_levels(days: Sequence[Day]) -> tuple[Fact, ...]:
    """Return the facts about mood and energy of the last day, without looking for changes."""
    # Changes are looked for apart, once for all days.
    quiet = [replace(day, topics={}, reminders=()) for day in days]
    return facts_of(quiet, find_changes=False)
