import pytest

from companion.conversation.echoes import is_own_voice

SPOKEN = "It is a lovely day for a walk in the park. Would you like to go out later?"


@pytest.mark.parametrize(
    "text",
    [
        "Lovely day for a walk in the park.",
        "would you like to go out later",
        "It is a lovely day for walk in the park would you like to",
        "Later.",
        "out later",
    ],
)
def test_our_own_words_are_known(text):
    assert is_own_voice(text, SPOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "A walk.",
        "Yes, later.",
        "I would like a walk, but my knee hurts in the park.",
        "",
        "No no no",
    ],
)
def test_answers_that_take_up_our_words_are_not_ours(text):
    assert not is_own_voice(text, SPOKEN)
    assert not is_own_voice(text, "")


def test_a_word_from_where_it_was_stopped_is_its_own() -> None:
    spoken = "I am Molly, a computer program and not a person."
    assert is_own_voice("Computer.", spoken, "I am Molly, a computer")
    assert not is_own_voice("Computer.", spoken)
    assert not is_own_voice("Stop.", spoken, "I am Molly, a computer")
