"""Writes the summary of a day from its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from companion.wellbeing.check import check
from companion.wellbeing.facts import Fact
from companion.wellbeing.phrasing import Phraser, Texts, phrase
from companion.wellbeing.summary import SECTIONS, UNSTRUCK, Section, Sentence, Summary


@dataclass(frozen=True, slots=True)
class Composed:
    """A summary, and what was kept out of it."""

    summary: Summary
    dropped: tuple[tuple[str, str], ...] = ()
    """Fact id and why it was not written, or why its rephrasing was not used."""


def compose(
    day: date,
    facts: Sequence[Fact],
    texts: Texts,
    *,
    who: str | None = None,
    phraser: Phraser | None = None,
    struck: Collection[str] = (),
    simulated: bool = False,
    made_at: float = 0.0,
    said: Iterable[str] = (),
) -> Composed:
    """Return the summary of a day; no sentence is in it that its facts do not support.

    Args:
        day: the day.
        facts: what is known about it.
        texts: templates.
        who: the person's name; None writes "The person".
        phraser: may say a sentence in other words; where the checker refuses, the template stays.
        struck: ids of lines the person left out; those about safety stay all the same.
        simulated: the day was made up; the summary says so.
        made_at: now, seconds since 1970.
        said: words of the person known at the time, none of which may be quoted.
    """
    name = who or str(texts.raw["nobody"])
    quotes = tuple(said)
    lines: list[Sentence] = []
    dropped: list[tuple[str, str]] = []
    for fact in facts:
        text = phrase(fact, texts, name)
        why = "no template" if text is None else check(text, [fact], texts, name, said=quotes)
        if text is None or why:
            dropped.append((fact.id, why or ""))
            continue
        if phraser is not None and (other := phraser.rephrase(text)):
            why = check(other, [fact], texts, name, of=text, said=quotes)
            if why:
                dropped.append((fact.id, f"rephrasing: {why}"))
            else:
                text = other
        lines.append(Sentence(fact.id, texts.templates[fact.kind].section, text, (fact.id,)))
    left = {one.id for one in lines if one.id in struck and one.section != UNSTRUCK}
    shown = [one for one in lines if one.id not in left]
    used = {fact for one in shown for fact in one.facts}
    notes = [texts.line("notes", "limits"), texts.line("notes", "rights", who=name)]
    if simulated:
        notes.insert(0, texts.line("notes", "simulated"))
    summary = Summary(
        day=day,
        title=texts.title(name, day),
        sections=tuple(
            Section(section, str(texts.raw["sections"][section]), inside)
            for section in SECTIONS
            if (inside := tuple(one for one in shown if one.section == section))
        ),
        facts=tuple(fact for fact in facts if fact.id in used),
        notes=tuple(notes),
        simulated=simulated,
        struck=tuple(sorted(left)),
        made_at=made_at,
    )
    return Composed(summary, tuple(dropped))
