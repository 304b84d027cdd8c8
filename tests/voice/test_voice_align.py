from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from companion.voice.align import Phone, spread, word_times


def phones(text: str, each: float = 0.1) -> list[Phone]:
    return [Phone(c, k * each, (k + 1) * each) for k, c in enumerate(text)]


def rounded(times: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(round(a, 3), round(b, 3)) for a, b in times]


def test_words_said_apart_get_their_own_times() -> None:
    assert rounded(word_times(phones("ab cd."), ["ab", "cd."])) == [(0.0, 0.2), (0.3, 0.5)]


def test_words_glued_together_are_taken_apart() -> None:
    assert rounded(word_times(phones("wan ovdhi dei"), ["wan", "ov", "dhi", "dei"])) == [
        (0.0, 0.3), (0.4, 0.6), (0.6, 0.9), (1.0, 1.3),
    ]  # fmt: skip


def test_a_glued_word_that_sounds_otherwise_than_alone_keeps_its_vowel() -> None:
    assert rounded(word_times(phones("aixm so"), ["'ai", "'em", "so"])) == [
        (0.0, 0.2), (0.2, 0.4), (0.5, 0.7),
    ]  # fmt: skip


def test_a_figure_said_as_several_words_is_one() -> None:
    assert rounded(word_times(phones("at tri therti yes"), ["at", "tri therti", "yes"])) == [
        (0.0, 0.2), (0.3, 1.3), (1.4, 1.7),
    ]  # fmt: skip


def test_a_word_without_sound_takes_no_time() -> None:
    times = word_times(phones("ab cd"), ["ab", "", "cd"])
    assert times[0][1] <= times[1][0] <= times[1][1] <= times[2][0]


@given(
    st.text(alphabet="abc ,.ˈ", max_size=40),
    st.lists(st.text(alphabet="abc .", max_size=6), max_size=12),
)
def test_times_are_in_order_whatever_was_said(heard: str, alone: list[str]) -> None:
    times = word_times(phones(heard), alone)
    assert len(times) == len(alone)
    flat = [moment for pair in times for moment in pair]
    assert flat == sorted(flat)


def test_a_voice_without_durations_gets_equal_shares_and_pauses_at_commas() -> None:
    spread_out = spread(["a", "b", ",", "c", "."], 1.0, 2.2)
    assert rounded([(p.start, p.end) for p in spread_out])[-2] == (2.0, 2.2)
    assert round(spread_out[0].end, 3) == 1.2
