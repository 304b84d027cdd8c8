from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.cli.listen import merged
from companion.measure.wer import number_words, spoken_words, word_error_rate

_WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(_WORDS, _WORDS), min_size=1, max_size=5))
def test_the_rate_is_the_one_everyone_computes(pairs: list[tuple[list[str], list[str]]]) -> None:
    said, heard = [" ".join(a) for a, _ in pairs], [" ".join(b) for _, b in pairs]
    assert word_error_rate(said, heard) == pytest.approx(100 * jiwer.wer(said, heard))


def test_case_punctuation_and_digits_do_not_count() -> None:
    assert word_error_rate(["mister brown has twenty one hens"], ["Mr. Brown has 21 hens!"]) == 0


def test_nothing_heard_is_all_wrong() -> None:
    assert word_error_rate(["good morning"], [""]) == 100


def test_nothing_said_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="no words"):
        word_error_rate([""], ["hello"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (15, "fifteen"),
        (40, "forty"),
        (105, "one hundred and five"),
        (2_300, "two thousand three hundred"),
        (1_000_000, "one zero zero zero zero zero zero"),
    ],
)
def test_numbers_are_spelled(number: int, words: str) -> None:
    assert number_words(number) == words


def test_apostrophes_stay_in_words() -> None:
    assert spoken_words("I don’t, 'really'!") == ["i", "don't", "really"]


def test_near_stretches_are_heard_together_but_never_beyond_a_window() -> None:
    assert merged([(0.0, 1.0), (1.5, 2.0), (4.0, 5.0)]) == [(0.0, 2.0), (4.0, 5.0)]
    assert merged([(0.0, 20.0), (20.5, 29.0)]) == [(0.0, 20.0), (20.5, 29.0)]
    assert merged([]) == []
