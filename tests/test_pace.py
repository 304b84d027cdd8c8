"""How fast somebody speaks."""

from __future__ import annotations

import pytest

from companion.pace import SLOWEST, SpeakingRate, followed, letters


def test_letters_of_any_alphabet_count_and_digits_as_their_names() -> None:
    assert letters("I'm here, Zoë!") == 9
    assert letters("Это я.") == 4
    assert letters("At 8:30?") == 2 + 3 * 4
    assert letters("... -- !") == 0


def test_nothing_is_known_before_six_seconds() -> None:
    rate = SpeakingRate()
    rate.add("a" * 50, 5.0)
    assert rate.letters_per_s is None
    rate.add("a" * 10, 0.0)
    rate.add("a" * 30, 3.0)
    assert rate.letters_per_s == pytest.approx(10.0)


def test_somebody_who_tires_is_followed_within_minutes() -> None:
    rate = SpeakingRate()
    for _ in range(60):
        rate.add("a" * 75, 5.0)
    assert rate.letters_per_s == pytest.approx(15.0)
    for _ in range(12):
        rate.add("a" * 50, 5.0)
    assert rate.letters_per_s == pytest.approx(12.5, abs=0.2)


@pytest.mark.parametrize(
    ("own", "theirs", "pace"),
    [
        (15.0, 18.0, 1.0),
        (15.0, 13.5, 0.9),
        (15.0, 5.0, SLOWEST),
        (None, 9.0, 1.0),
        (15.0, None, 1.0),
    ],
)
def test_an_answer_is_never_faster_and_never_crawls(
    own: float | None, theirs: float | None, pace: float
) -> None:
    assert followed(own, theirs) == pytest.approx(pace)
