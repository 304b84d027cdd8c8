"""Scales: published wording, published scoring, and files with mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.errors import WellbeingError
from companion.wellbeing.scales import load_scale, scale_names, score
from companion.wellbeing.scales.typed import read_answers
from companion.wellbeing.texts import prompt_path

NONE_OF_IT = [0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
"""GDS-15: every answer counts (no to 1, 5, 7, 11, 13; yes to the others), as yes 1 and no 0."""


def test_all_four_are_here_well_being_first() -> None:
    assert scale_names() == ("who5", "ucla3", "phq2", "gds15")


@pytest.mark.parametrize(
    ("name", "answers", "value"),
    [
        ("who5", [5, 5, 5, 5, 5], 100),
        ("who5", [0, 0, 0, 0, 0], 0),
        ("who5", [3, 4, 2, 1, 5], 60),  # raw 15, times 4
        ("who5", [3, 3, 2, 2, 2], 48),  # raw 12: below 13 is the published threshold
        ("ucla3", [1, 1, 1], 3),
        ("ucla3", [3, 3, 3], 9),
        ("ucla3", [2, 3, 1], 6),
        ("phq2", [0, 0], 0),
        ("phq2", [1, 2], 3),
        ("phq2", [3, 3], 6),
        ("gds15", NONE_OF_IT, 15),
        ("gds15", [1 - one for one in NONE_OF_IT], 0),
        ("gds15", [1] * 15, 10),  # ten items count with yes, five with no
        ("gds15", [0] * 15, 5),
    ],
)
def test_known_scorings(name: str, answers: list[int], value: int) -> None:
    result = score(load_scale(name), answers)
    assert (result.value, result.skipped, result.prorated) == (value, 0, False)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("who5", 0, 100), ("ucla3", 3, 9), ("phq2", 0, 6), ("gds15", 0, 15)]
)
def test_ranges(name: str, low: int, high: int) -> None:
    scale = load_scale(name)
    assert (scale.lowest, scale.highest) == (low, high)


@pytest.mark.parametrize(
    ("name", "value", "band"),
    [
        *[("who5", 28, "low"), ("who5", 32, "lowish"), ("who5", 52, "fine")],
        *[("phq2", 2, "below"), ("phq2", 3, "above")],
        *[("ucla3", 5, "less"), ("ucla3", 6, "more")],
        *[("gds15", 5, "below"), ("gds15", 6, "above")],
    ],
)
def test_published_cut_offs(name: str, value: int, band: str) -> None:
    scale = load_scale(name)
    assert next(b.id for b in scale.bands if b.lowest <= value <= b.highest) == band


@pytest.mark.parametrize(
    ("skipped", "counted", "expected"),
    [(1, 7, 8), (2, 6, 7), (3, 4, 5), (3, 12, 15)],  # 7.5 up, 6.92, 5, 15
)
def test_gds_is_in_proportion_with_twelve_answers(
    skipped: int, counted: int, expected: int
) -> None:
    answers: list[int | None] = [
        one if n < counted else 1 - one for n, one in enumerate(NONE_OF_IT)
    ]
    answers[-skipped:] = [None] * skipped
    result = score(load_scale("gds15"), answers)
    assert (result.value, result.prorated) == (expected, True)


def test_gds_has_no_score_with_eleven_answers() -> None:
    result = score(load_scale("gds15"), [*NONE_OF_IT[:11], None, None, None, None])
    assert result.value is None
    assert result.band is None


@pytest.mark.parametrize("name", ["who5", "ucla3", "phq2"])
def test_short_scales_have_no_score_when_one_is_skipped(name: str) -> None:
    scale = load_scale(name)
    value = scale.options[0].value
    assert score(scale, [value] * (len(scale.items) - 1) + [None]).value is None


@given(st.data())
def test_every_full_answer_lies_in_range_and_has_one_band(data: st.DataObject) -> None:
    scale = load_scale(data.draw(st.sampled_from(scale_names())))
    value = st.sampled_from([o.value for o in scale.options])
    answers = data.draw(st.lists(value, min_size=len(scale.items), max_size=len(scale.items)))
    result = score(scale, answers)
    assert result.value is not None
    assert scale.lowest <= result.value <= scale.highest
    assert result.band in scale.bands


def test_nobody_is_asked_item_nine_of_the_phq9() -> None:
    for name in scale_names():
        for item in load_scale(name).items:
            assert "dead" not in item.text
            assert "hurting" not in item.text


def test_wording_is_exact() -> None:
    assert [i.text for i in load_scale("phq2").items] == [
        "Little interest or pleasure in doing things.",
        "Feeling down, depressed, or hopeless.",
    ]
    assert [i.text for i in load_scale("ucla3").items] == [
        "How often do you feel that you lack companionship?",
        "How often do you feel left out?",
        "How often do you feel isolated from others?",
    ]
    assert load_scale("who5").items[3].text == "I woke up feeling fresh and rested."
    assert [o.label for o in load_scale("who5").options] == [
        "All of the time",
        "Most of the time",
        "More than half of the time",
        "Less than half of the time",
        "Some of the time",
        "At no time",
    ]
    reversed_items = [n + 1 for n, i in enumerate(load_scale("gds15").items) if i.reverse]
    assert reversed_items == [1, 5, 7, 11, 13]


MISTAKES = {
    "bands gap": ("from = 29", "from = 30", "gap"),
    "bands short": ("to = 100", "to = 99", "reach from 0 to 100"),
    "twice": ("value = 4\n", "value = 5\n", "same value"),
    "unknown": ('name = "who5"', 'name = "who5"\ncolour = 1', "colour"),
    "item nine": (
        "I have felt calm and relaxed.",
        "Thoughts that you would be better off dead.",
        "never asked",
    ),
    "other name": ('name = "who5"', 'name = "who6"', "must be who5"),
    "rule": ('missing = "none"', 'missing = "prorate"', "least_answers"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_file_with_a_mistake_is_one_clear_line(mistake: str, tmp_path: Path) -> None:
    before, after, told = MISTAKES[mistake]
    text = prompt_path("en", "scales", "who5.toml").read_text()
    assert before in text
    (tmp_path / "who5.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(WellbeingError, match=told) as error:
        load_scale("who5", folder=tmp_path)
    assert "\n" not in str(error.value)


def test_every_scale_is_in_the_documentation_with_its_licence() -> None:
    documented = " ".join(Path("docs/scales.md").read_text().split())
    for name in scale_names():
        scale = load_scale(name)
        assert scale.title in documented
        assert scale.licence.split(",")[0].split("(")[0].strip() in documented


def test_typed_answers() -> None:
    assert read_answers(load_scale("who5"), "3,4, 2,1,5") == (3, 4, 2, 1, 5)
    assert read_answers(load_scale("ucla3"), "often,-,Hardly ever") == (3, None, 1)
    assert read_answers(load_scale("gds15"), "y,n,yes,no" + ",n" * 11)[:4] == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("who5", "3,4", "5 questions, 2 answers"),
        ("who5", "3,4,2,1,6", "not '6'"),
        ("gds15", ",".join("1" * 15), "not '1'"),
    ],
)
def test_typed_answers_that_cannot_be(name: str, line: str, told: str) -> None:
    with pytest.raises(WellbeingError, match=told):
        read_answers(load_scale(name), line)


def test_wrong_number_and_value_are_refused() -> None:
    with pytest.raises(WellbeingError, match="2 questions"):
        score(load_scale("phq2"), [1])
    with pytest.raises(WellbeingError, match="not 4"):
        score(load_scale("phq2"), [1, 4])
