import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.voice.normalize import clean, tokens


def spoken(text: str) -> str:
    return " ".join(token.spoken for token in tokens(clean(text)))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("**Good** _morning_ `dear`", "Good morning dear"),
        ("# Title\nText", "Title. Text"),
        ("- tea\n- milk", "tea. milk"),
        ("See [the clinic](https://x.org).", "See the clinic."),
        ("Hello 😀👨‍👩‍👧 there", "Hello there"),
        ("Hello\x00\u200b there\ud800", "Hello there"),
        ("<b>Bold</b> (aside)", "Bold aside"),
        ("Yes — of course", "Yes, of course"),
        ("Really?!! Yes!!!", "Really? Yes!"),
        ("Is it?No", "Is it? No"),
        ("“It’s” fine", '"It\'s" fine'),
        ("3.5 and 1,000", "3.5 and 1,000"),
        ("...", ""),
        ("😀 !", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_said_is_taken_away(written: str, kept: str) -> None:
    assert clean(written) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Dr. Smith and Mrs. Jones", "Doctor Smith and Missus Jones"),
        ("He lives on Oak St.", "He lives on Oak Street."),
        ("near St. Mary", "near Saint Mary"),
        ("at 3:30", "at 3 30"),
        ("at 10:00.", "at 10 o'clock."),
        ("at 10:00 am", "at 10 am"),
        ("at 9:05pm", "at 9 oh 5 pm"),
        ("in 1985, or 2024", "in 19 85, or 20 24"),
        ("the 1990s", "the 19 nineties"),
        ("£5.50 or $1", "5 pounds 50 or 1 dollar"),
        ("10mg, 5 ml", "10 milligrams, 5 millilitres"),
        ("21°C", "21 degrees"),
        ("5-6 days", "5 to 6 days"),
        ("1/2 a cup", "a half a cup"),
        ("he/she and/or", "he or she and or"),
        ("Call 0800 1234", "Call 0 8 0 0 1234"),
        ("Hmm... well", "Hmm, well"),
        ("Nooooooo", "Nooo"),
        ("J. R. Smith", "J R Smith"),
        ("I am 3.5 feet, 20% sure", "I am 3.5 feet, 20% sure"),
        ("the 2nd of May", "the 2nd of May"),
    ],
)
def test_spellings_the_phonemiser_misreads_are_spelled_out(written: str, said: str) -> None:
    assert spoken(written) == said


def test_other_languages_are_left_to_their_phonemiser() -> None:
    assert [t.spoken for t in tokens("Um 10:00 Uhr, 5-6 Tage.", "de")] == [
        "Um", "10:00", "Uhr,", "5-6", "Tage.",
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_hostile_text_never_raises_and_is_one_plain_line(text: str) -> None:
    said = clean(text)
    assert said == " ".join(said.split())
    assert not re.search(r"[\x00-\x1f\ud800-\udfff\[\]{}*`]", said)
    assert [token.text for token in tokens(said)] == said.split()


@given(st.lists(st.from_regex(r"[A-Za-zÀ-ÿ]{1,9}", fullmatch=True), min_size=1, max_size=30))
def test_no_word_is_lost(words: list[str]) -> None:
    words = [word for word in words if word.isalpha()]
    marked = " ".join(f"**{w}**," if k % 3 else f"({w})!" for k, w in enumerate(words))
    assert re.findall(r"[^\W\d_]+", clean(marked)) == words
    assert len(spoken(" ".join(words)).split()) == len(words)


@given(st.text(max_size=120))
def test_cleaning_twice_changes_nothing_more_to_the_words(text: str) -> None:
    once = clean(text)
    assert re.findall(r"\w+", clean(once)) == re.findall(r"\w+", once)
