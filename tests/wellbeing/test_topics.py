from __future__ import annotations

import pytest

from companion import app as house
from companion.app.wellbeing import load_topics
from companion.config import Config
from companion.errors import WellbeingError
from companion.measure.topics import evaluate_topics
from companion.wellbeing.journal import Reader
from companion.wellbeing.topics import TopicReader, read_lines

assert house


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("No pain today.", ()),
        ("My cat slept badly.", ()),
        ("My daughter hasn't been sleeping.", ()),
        ("I fell in love with him at a dance.", ()),
        ("No pain today, but I hardly slept.", ("sleep_bad",)),
        ("I'm not lonely. My son rang last night.", ("people_contact",)),
        ("My daughter hasn't called for weeks.", ("loneliness",)),
        ("I took two paracetamol for my headache.", ("pain", "medicines")),
        ("", ()),
    ],
)
def test_negation_and_other_people_are_held_back(
    reader: Reader, text: str, topics: tuple[str, ...]
) -> None:
    assert reader.read(text).topics == topics


def test_held_out_lines_are_found_well_enough(engines_or_patterns: Reader) -> None:
    found = evaluate_topics(engines_or_patterns)
    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.8
    assert found["near_misses_with_a_topic"] <= 2


@pytest.fixture(scope="module")
def engines_or_patterns() -> Reader:
    return load_topics(Config())


def test_no_held_out_line_is_taught() -> None:
    lines = read_lines()
    taught = {line.text for line in lines if not line.held_out}
    assert not taught & {line.text for line in lines if line.held_out}


def test_a_mistake_in_the_patterns_is_one_line(tmp_path) -> None:
    (tmp_path / "topics.toml").write_text("joiner = [")
    with pytest.raises(WellbeingError, match=r"topics\.toml"):
        TopicReader(folder=tmp_path)
