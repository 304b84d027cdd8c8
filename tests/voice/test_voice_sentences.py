import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.voice.sentences import SentenceSplitter, first_clause, split

WORDS = ("Good", "morning", "dear", "Dr", "I", "we", "3.5", "1", "J", "etc", "é", "你好")
MARKS = (" ", "\n", ", ", "; ", ". ", "... ", "! ", "?! ", " - ", '" ', "。", "，", ".", ",")
PROSE = st.lists(st.sampled_from(WORDS + MARKS), max_size=80).map("".join)


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("Dr. Smith came. Mr. Lee left.", ["Dr. Smith came.", "Mr. Lee left."]),
        ("It costs 3.5 pounds. Good.", ["It costs 3.5 pounds.", "Good."]),
        ("Well... maybe not. Yes", ["Well... maybe not.", "Yes"]),
        ("Well... Maybe not.", ["Well...", "Maybe not."]),
        ("J. R. Smith wrote. I read.", ["J. R. Smith wrote.", "I read."]),
        ('"Come in!" she said. "Sit."', ['"Come in!" she said.', '"Sit."']),
        ("1. Take tea. 2. Rest.", ["1. Take tea.", "2. Rest."]),
        ("It was 1985. We danced.", ["It was 1985.", "We danced."]),
        ("Es ist z.B. ein Tag. Gut.", ["Es ist z.B. ein Tag.", "Gut."]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("One line\nanother", ["One line", "another"]),
        ("", []),
        (" \n ", []),
        ("...", ["..."]),
    ],
)
def test_sentences_are_found(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


def test_the_first_clause_comes_before_the_sentence_has_ended() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("I am so glad that you came") == []
    assert splitter.feed(", and") == ["I am so glad that you came,"]
    assert splitter.feed(" your cat, your dog, too. ") == []
    assert splitter.feed("Tea") == ["and your cat, your dog, too."]
    assert splitter.flush() == ["Tea"]


def test_a_short_opening_is_not_cut_off() -> None:
    assert SentenceSplitter().feed("Oh, dear me. ") == []
    assert SentenceSplitter().feed("Oh, dear me. T") == ["Oh, dear me."]


@pytest.mark.parametrize(
    ("text", "head", "rest"),
    [
        ("I am so glad you came, do sit down.", "I am so glad you came,", "do sit down."),
        ("I am so glad you came, dear.", "I am so glad you came, dear.", ""),
        ("Yes, I would love to hear it.", "Yes, I would love to hear it.", ""),
        ("There are more than 1,000 of them", "There are more than 1,000 of them", ""),
        ("That was a long day — rest a bit.", "That was a long day —", "rest a bit."),
        ("", "", ""),
    ],
)
def test_first_clause(text: str, head: str, rest: str) -> None:
    assert first_clause(text) == (head, rest)


@given(PROSE | st.text(max_size=400))
def test_nothing_is_lost(text: str) -> None:
    splitter = SentenceSplitter()
    chunks = splitter.feed(text) + splitter.flush()
    assert letters("".join(chunks)) == letters(text)
    assert all(chunk == chunk.strip() and chunk for chunk in chunks)
    assert letters("".join(first_clause(text))) == letters(text)


@given(PROSE, st.integers(1, 7))
def test_the_chunks_do_not_depend_on_how_the_text_arrives(text: str, size: int) -> None:
    whole, drip = SentenceSplitter(), SentenceSplitter()
    arrived = []
    for start in range(0, len(text), size):
        arrived += drip.feed(text[start : start + size])
    assert arrived + drip.flush() == whole.feed(text) + whole.flush()


@given(st.text(alphabet="abc ,", min_size=300, max_size=900))
def test_an_endless_sentence_is_cut(text: str) -> None:
    assert all(len(chunk) <= 240 for chunk in split(text))
