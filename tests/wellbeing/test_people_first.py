"""Real people first: whom it suggests, how seldom, and the exercises."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from companion.domain import Exchange
from companion.errors import WellbeingError
from companion.wellbeing.exercises import (
    ExerciseTalk,
    find_exercise,
    load_exercise_texts,
    load_exercises,
)
from companion.wellbeing.people_first import (
    Known,
    PeopleLog,
    goodnight,
    load_people_texts,
    may_suggest_break,
    nudge,
    people_log_from_json,
    suggest_break,
    use_today,
    whom_to_suggest,
)
from companion.wellbeing.replies import load_ear
from companion.wellbeing.texts import prompt_path
from companion.wellbeing.turns import Turn

NOW = datetime(2026, 5, 6, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TEXTS, EAR = load_people_texts(), load_ear()


def ago(days: float) -> float:
    return (NOW - timedelta(days=days)).timestamp()


class Family:
    def __init__(self, *known: Known) -> None:
        self._known = known

    def known(self) -> tuple[Known, ...]:
        return self._known


ANNA = Known("a", "Anna", "daughter", ago(6))
TOM = Known("t", "Tom", "son", ago(12))
CIRCLE = Family(ANNA, TOM)


def suggested(log: PeopleLog | None = None, **more: object) -> str | None:
    circle, turns = more.pop("circle", CIRCLE), more.pop("turns", ())
    who = whom_to_suggest(
        circle,  # type: ignore[arg-type]
        turns,  # type: ignore[arg-type]
        log or PeopleLog(),
        more.pop("now", NOW),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )
    return who.name if who else None


def test_whoever_was_not_spoken_of_for_longest_is_suggested() -> None:
    assert suggested() == "Tom"
    assert suggested(PeopleLog().nudged(ago(3), "t")) == "Anna"


def test_seldom_by_day_and_not_after_company() -> None:
    assert suggested(PeopleLog().nudged(ago(1), "t")) is None
    assert suggested(now=NOW.replace(hour=20)) is None
    assert suggested(turns=[Turn(ago(0.2), topics=("people_contact",))]) is None
    assert suggested(circle=Family(Known("a", "Anna", "daughter", ago(2)))) is None


def test_whoever_is_feared_is_never_suggested() -> None:
    assert suggested(avoid={"son"}) == "Anna"
    assert suggested(avoid={"son", "a"}) is None


def test_a_nudge_is_answered_kindly_either_way() -> None:
    said = nudge(ANNA, TEXTS, EAR, NOW, "Margaret")
    assert "your daughter Anna" in said.parts[0].text
    assert said.then is not None
    yes, no = said.then.hear("Yes, why not", NOW), said.then.hear("No, not today", NOW)
    assert yes is not None
    assert no is not None
    assert yes.parts != no.parts
    assert said.then.hear("She lives in Leeds", NOW) is None


def talk(minutes: float, gap: float = 60.0) -> list[Turn]:
    start = NOW.timestamp() - minutes * 60
    return [Turn(start + n * gap, seconds=5.0) for n in range(int(minutes * 60 / gap))]


def test_use_counts_talks_not_the_hours_between() -> None:
    assert use_today(talk(130), NOW) == pytest.approx(130 * 60, rel=0.02)
    assert use_today(talk(130, gap=1200), NOW) < 300
    yesterday = [Turn(t.at - 86_400, 5.0) for t in talk(130)]
    assert use_today(yesterday, NOW) == 0


def test_a_break_is_suggested_once_a_day_and_thrice_a_week() -> None:
    assert not may_suggest_break(talk(100), PeopleLog(), NOW)
    assert may_suggest_break(talk(130), PeopleLog(), NOW)
    assert not may_suggest_break(talk(130), PeopleLog().paused(ago(0.1)), NOW)
    thrice = PeopleLog().paused(ago(4)).paused(ago(3)).paused(ago(2))
    assert not may_suggest_break(talk(130), thrice, NOW)
    assert may_suggest_break(talk(130), PeopleLog().paused(ago(4)), NOW)


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        ({"topics": ("people_contact",)}, "company"),
        ({"topics": ("low_mood",)}, "low"),
        ({"valence": 0.5}, "good"),
        ({}, "default"),
    ],
)
def test_the_day_ends_in_keeping_with_itself(turn: dict[str, object], kind: str) -> None:
    turns = [Turn(ago(0.1), **turn) for _ in range(3)]  # type: ignore[arg-type]
    said = goodnight(turns, TEXTS, NOW).parts[0].text
    assert said in [line[0].format(name="") for line in TEXTS.goodnight[kind]]


def test_no_word_is_exclusive_scolding_or_sad_to_be_left() -> None:
    lines = [*TEXTS.nudge, *TEXTS.use_time, *(one for g in TEXTS.goodnight.values() for one in g)]
    for line in lines:
        text = " ".join(line).lower()
        for word in ("only me", "only i ", "miss you", "don't go", "too much", "should", "must"):
            assert word not in text
    assert suggest_break(TEXTS, NOW).parts


def test_the_log_survives_as_json() -> None:
    log = PeopleLog().nudged(ago(3), "t").paused(ago(2))
    assert people_log_from_json(log.to_json()) == log
    with pytest.raises(WellbeingError):
        people_log_from_json({"nudges": 1})


def exercise(name: str) -> ExerciseTalk:
    found = next(one for one in load_exercises() if one.name == name)
    return ExerciseTalk(found, load_exercise_texts(), EAR)


def words(said: Exchange | None) -> str:
    return " ".join(part.text for part in said.parts) if said else ""


def test_six_exercises_each_with_its_evidence() -> None:
    assert len(load_exercises()) == 6
    assert all(any(c.isdigit() for c in one.source) for one in load_exercises())


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Can you help me calm down?", "grounding"),
        ("Let's do a breathing exercise.", "breathing"),
        ("I'd like to do the three good things", "three_good_things"),
        ("I don't know what I'm feeling", "naming_feelings"),
        ("I can't get going today", "small_step"),
        ("how can I be kind to myself", "self_compassion"),
        ("the weather is good", None),
    ],
)
def test_who_asks_gets_the_right_one(said: str, name: str | None) -> None:
    found = find_exercise(said, load_exercises())
    assert (found.name if found else None) == name


@pytest.mark.parametrize("name", [one.name for one in load_exercises()])
def test_every_exercise_can_be_done_to_its_end(name: str) -> None:
    said: Exchange | None = exercise(name).begin()
    steps = 0
    while said is not None and said.then is not None:
        assert words(said), "something is always asked"
        said = said.then.hear("the roses in the garden", NOW)
        steps += 1
    found = exercise(name).exercise
    assert steps == len(found.steps)
    assert words(said).endswith(found.close[-1])


@pytest.mark.parametrize("name", [one.name for one in load_exercises()])
def test_every_exercise_ends_by_itself_in_silence_and_stops_when_asked(name: str) -> None:
    said: Exchange | None = exercise(name).begin()
    for _ in range(12):
        if said is None or said.then is None:
            break
        said = said.then.unheard(NOW)
    assert said is None or said.then is None
    begun = exercise(name).begin().then
    assert begun is not None
    stopped = begun.hear("stop please", NOW)
    assert stopped is not None
    assert stopped.then is None


def test_an_offer_wants_a_yes() -> None:
    offer = exercise("grounding")
    yes = offer.hear("yes please", NOW)
    assert "five things you can see" in words(yes)
    no = offer.hear("no thanks", NOW)
    assert no is not None
    assert no.then is None
    assert offer.unheard(NOW) is None


def test_a_feeling_that_is_named_is_met() -> None:
    talk = exercise("naming_feelings").begin().then
    assert talk is not None
    assert "Lonely." in words(talk.hear("I think lonely, really", NOW))
    assert "Angry." in words(talk.hear("I'm not sad, I'm angry", NOW))
    assert "found a word" in words(talk.hear("like a wet Sunday", NOW))


def test_danger_makes_an_exercise_give_way() -> None:
    one = load_exercises()[0]
    talk = ExerciseTalk(one, load_exercise_texts(), EAR, lambda text: "chest" in text, step=0)
    assert talk.hear("my chest hurts", NOW) is None


def test_a_broken_exercise_is_one_clear_line(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    text = prompt_path("en", "exercises", "grounding.toml").read_text()
    (folder / "grounding.toml").write_text(text.replace("[[steps]]", "[[step]]", 1))
    with pytest.raises(WellbeingError, match="step"):
        load_exercises(folder=folder)
