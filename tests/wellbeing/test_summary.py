from __future__ import annotations

import itertools
import json
from datetime import UTC, date, timedelta

import pytest

from companion.measure.summary import CANARY, canaries, holds, month, support
from companion.storage import consents, people
from companion.storage.database import Database
from companion.storage.records import add_event, events
from companion.storage.retention import sweep_withdrawn
from companion.wellbeing import pages, render, shared
from companion.wellbeing.check import check
from companion.wellbeing.compose import compose
from companion.wellbeing.days import Day, Noted, Reminding
from companion.wellbeing.facts import Fact, facts_of
from companion.wellbeing.importing import write
from companion.wellbeing.journal import Reader
from companion.wellbeing.phrasing import Texts, phrase
from companion.wellbeing.readability import AGE_12_GRADE, grade
from companion.wellbeing.simulated import Life
from companion.wellbeing.summary import SECTIONS, Summary

FIRST = date(2026, 3, 2)
PAIN = Fact("topic.pain", "topic.pain", {"count": 2}, (), ("2026-03-02",))
SAFETY = {("fall", 3): 1}


def a_day(**more) -> Day:
    base = {"turns": 12, "seconds": 240.0, "topics": {"pain": 2, "people_contact": 1}}
    return Day(FIRST, **{**base, "people": {"daughter": 1}, "safety": SAFETY, **more})


def a_summary(texts: Texts, **more) -> Summary:
    return compose(FIRST, facts_of([a_day(**more)]), texts, who="Anna", made_at=1e9).summary


def lines(summary: Summary) -> dict[str, str]:
    return {one.id: one.text for one in summary.sentences}


def test_every_sentence_over_thirty_days_is_supported_and_no_word_leaks(
    reader: Reader, texts: Texts
) -> None:
    found = support(reader, texts, seed=11)
    assert found["sentences"] > 300
    assert found["supported"] == 1.0
    assert found["dropped"] == 0
    assert found["canary_words"] == 0


def test_the_independent_count_sees_a_wrong_fact(reader: Reader) -> None:
    notes, days = month(Life(1, FIRST, UTC, 5), reader)
    heard = next(fact for fact in facts_of(days) if fact.kind == "heard")
    assert holds(heard, notes, days)
    assert not holds(Fact("heard", "heard", {"turns": 999, "minutes": 1}), notes, days)


def test_every_template_passes_its_own_check_and_reads_easily(texts: Texts) -> None:
    numbers = dict.fromkeys(
        ("turns", "minutes", "days", "of", "answered", "done", "missed", "refused", "max"), 3.0
    )
    numbers |= {"count": 3.0, "score": 2.0, "tier": 3.0, "usual": 1.0, "now": 2.0, "strength": 1.0}
    written = []
    for kind in texts.templates:
        for count in (1.0, 2.0, 3.0):
            words = ("fall",) if kind == "safety" else ("daughter", "nurse")
            fact = Fact(kind, kind, {**numbers, "count": count}, words, ("2026-03-02",))
            text = phrase(fact, texts, "Anna")
            assert text is not None, kind
            assert check(text, [fact], texts, "Anna") is None, (kind, text)
            written.append(text)
    assert grade(" ".join(written)) <= AGE_12_GRADE
    hard = "Considerable psychological deterioration necessitates multidisciplinary intervention."
    assert grade(hard) > AGE_12_GRADE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Anna spoke of pain 3 times.", "number 3"),
        ("Anna spoke of pain twice and fell.", "claim"),
        ("Anna spoke of sleeping badly twice.", "claim"),
        ("Anna did not speak of pain twice.", "claim"),
        ("Anna spoke of pain twice, perhaps from depression.", "finding"),
        ("Anna spoke of pain twice to Margaret.", "Margaret"),
        ("Anna spoke of pain twice in the knee.", "knee"),
        ("Anna spoke of pain.", "number is left out"),
    ],
)
def test_a_rephrasing_that_adds_or_drops_is_refused_and_the_template_stays(
    texts: Texts, text: str, why: str
) -> None:
    class Liar:
        def rephrase(self, sentence: str) -> str | None:
            return text

    refused = check(text, [PAIN], texts, "Anna", of="Anna spoke of pain twice.")
    assert refused is not None
    assert why in refused
    made = compose(FIRST, [PAIN], texts, who="Anna", phraser=Liar())
    assert lines(made.summary) == {"topic.pain": "Anna spoke of pain twice."}
    assert made.dropped


def test_a_true_rephrasing_is_taken(texts: Texts) -> None:
    class Poet:
        def rephrase(self, sentence: str) -> str | None:
            return "Two times this day, Anna spoke of pain."

    made = compose(FIRST, [PAIN], texts, who="Anna", phraser=Poet())
    assert "day" in texts.raw["checks"]["neutral"]
    assert lines(made.summary)["topic.pain"].startswith("Two times")


def test_a_quotation_is_refused_and_a_fact_without_template_is_not_written(texts: Texts) -> None:
    fact = Fact("odd", "odd.kind")
    assert compose(FIRST, [fact], texts).summary.sentences == ()
    text = "Anna spoke of pain twice."
    said = ["it was then that anna spoke of pain twice to me"]
    assert check(text, [PAIN], texts, "", said=said) is not None
    assert check(text, [], texts, "Anna") is not None


def test_what_was_not_heard_is_said(texts: Texts) -> None:
    gaps = {"heard": 3600.0, "muted": 7200.0, "fault": 300.0}
    told = lines(a_summary(texts, unsure=2, untold=12, listening=gaps))
    assert told["gap.muted"] == "The microphone was switched off for 2 hours."
    assert "gap.fault" not in told  # five minutes
    assert "unsure" in told
    assert "visitors" in told["untold"]
    assert "complete" not in told
    silent = compose(FIRST, facts_of([Day(FIRST)]), texts, who="Anna").summary
    assert "heard nothing" in lines(silent)["silent"]
    assert "mood" not in lines(silent)


def test_scores_are_told_only_when_they_may_be_and_medicines_exactly(texts: Texts) -> None:
    secret = {"name": "phq2", "score": 4, "max": 6, "skipped": 0, "share": False}
    shared_ = {"name": "who5", "score": 11, "max": 25, "skipped": 0, "share": True}
    doses = (Reminding("medicine", "done"), Reminding("medicine", "missed"))
    told = lines(a_summary(texts, scales=(secret, shared_), reminders=doses))
    assert "11 of 25" in told["scale.who5"]
    assert "scale.phq2" not in told
    assert told["medicine"].startswith("Of 2 medicine reminders, 1 were confirmed")


def test_lines_can_be_struck_but_not_those_about_safety(texts: Texts) -> None:
    struck = shared.strike(a_summary(texts), ["topic.pain", "safety", "nonsense"], texts)
    assert struck.done == ("topic.pain",)
    assert struck.refused == ("safety.fall.3",)
    assert struck.unknown == ("nonsense",)
    assert "can't leave out" in struck.answer
    assert "left that out" in struck.answer
    data = json.dumps(struck.summary.data())
    assert "pain" not in data.replace('"struck": ["topic.pain"]', "")
    assert "safety.fall.3" in lines(struck.summary)
    assert shared.spoken(struck.summary, texts)[-1] == "Shall I leave anything out?"


def test_a_struck_line_stays_out_of_what_is_stored_and_made_again(
    database: Database, owner: str, texts: Texts, reader: Reader
) -> None:
    life = Life(12, FIRST, UTC, 3)
    notes, _ = month(life, reader)
    day = FIRST + timedelta(days=11)
    with database.begin() as c:
        write(c, notes, owner, days={}, now=0.0)
        made = pages.today(c, owner, day, UTC, who="Anna", at=notes[-1].at)
        shared.store(c, made, owner, expires_at=None, open=True)
        victim = next(one.id for one in made.sentences if not one.fixed)
        left = shared.strike(made, [victim], texts).summary
        shared.store(c, left, owner, expires_at=None, open=True)
        assert len(events(c, "summary")) == 1
        again = pages.today(c, owner, day, UTC, who="Anna", at=notes[-1].at)
        assert victim not in lines(again)
        assert again.struck == (victim,)
        # Once given it stays as it was, whatever is noted later.
        shared.store(c, again, owner, expires_at=None)
        add_event(c, at=notes[-1].at, kind="turn", data=dict(notes[0].data), person_id=owner)
        assert pages.today(c, owner, day, UTC, who="Anna", at=0.0) == again


def test_what_did_you_tell_my_daughter(database: Database, owner: str, texts: Texts) -> None:
    at = 1772450000.0
    with database.begin() as c:
        nobody = shared.told(c, owner, "daughter", UTC, texts, since=0.0)
        assert [one.text for one in nobody] == ["I have told your daughter nothing that I know of."]
        made = a_summary(texts)
        shared.store(c, made, owner, expires_at=None)
        shared.note_told(c, owner, FIRST, "daughter", at=at, expires_at=None)
        shared.note_told(c, owner, FIRST, "nurse", at=at, expires_at=None, state="failed")
        message = {"to": "daughter", "state": "sent"}
        add_event(c, at=at + 60, kind="message", data=message, person_id=owner)
    with database.read() as c:
        first, second = shared.told(c, owner, "daughter", UTC, texts, since=0.0)
        (failed,) = shared.told(c, owner, "nurse", UTC, texts, since=0.0)
    assert "summary" in first.text
    assert "message" in second.text
    assert "could not" in failed.text
    assert failed.lines == ()


def test_withdrawing_mood_removes_the_turns(database: Database, owner: str) -> None:
    with database.begin() as c:
        add_event(c, at=1.0, kind="turn", data={"seconds": 1}, person_id=owner)
        add_event(c, at=1.0, kind="reminder", data={}, person_id=owner)
        how = {"subject": "mood", "how": "typed", "version": "1", "at": 2.0}
        consents.withdraw(c, person_id=owner, **how)
    assert sweep_withdrawn(database) == 1
    with database.read() as c:
        assert [event.kind for event in events(c)] == ["reminder"]
        assert people.list_people(c)


def test_pages_read_what_was_noted(database: Database, owner: str, reader: Reader) -> None:
    notes, days = month(Life(20, FIRST, UTC, 9, said_also=CANARY), reader)
    with database.begin() as c:
        write(c, notes, owner, days={}, now=0.0)
        points = pages.series(c, owner, FIRST, FIRST + timedelta(days=20), UTC)
        summary = pages.today(c, owner, FIRST + timedelta(days=19), UTC, who="Anna")
    assert [point.turns for point in points[:-1]] == [day.turns for day in days]
    assert points[-1].not_heard
    assert points[-1].mood[0] is None
    for point in points[:-1]:
        value, low, high = point.mood
        assert value is None or low <= value <= high
    assert [s.name for s in summary.sections] == [
        name for name in SECTIONS if name in {s.name for s in summary.sections}
    ]
    assert canaries(render.as_html(summary) + render.as_text(summary)) == 0


def test_it_is_rendered_four_ways_and_escaped(texts: Texts) -> None:
    summary = compose(
        FIRST, facts_of([a_day()]), texts, who="Żaneta <b>O'Hara</b>", simulated=True, made_at=1e9
    ).summary
    text, page = render.as_text(summary), render.as_html(summary)
    for one in summary.sentences:
        assert one.text in text
    assert "SIMULATED" in text
    assert "SIMULATED" in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert Summary.read(json.loads(render.as_json(summary))) == summary
    assert render.as_pdf(summary).startswith(b"%PDF")
    assert render.latin("Żaneta – “Ł” 日") == 'Zaneta - "?" ?'


def test_a_year_of_notes_is_read_without_a_hole(reader: Reader) -> None:
    _, days = month(Life(365, date(2025, 1, 1), UTC, 2), reader)
    assert len(days) == 365
    assert all(b.day - a.day == timedelta(days=1) for a, b in itertools.pairwise(days))
    assert isinstance(Noted(0.0, "turn", {}), Noted)
