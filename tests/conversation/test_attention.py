import pytest

from companion.conversation.attention import Attention


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Rosie, what time is it?", "What time is it?"),
        ("Rosy what's the weather?", "What's the weather?"),
        ("Hey Rosie.", ""),
        ("Rosey.", ""),
        ("Rosies, tell me a story", "Tell me a story"),
        ("Okay, Rosie, stop", "Stop"),
        ("Good morning Rosie, how are you?", "Good morning, how are you?"),
        ("Are you there, Rosie?", "Are you there?"),
        ("Rose, can you hear me?", "Can you hear me?"),
    ],
)
def test_it_hears_its_name(text, rest):
    judged = Attention("name", "Rosie").judge(text)
    assert (judged.yes, judged.called, judged.text) == (True, True, rest)


@pytest.mark.parametrize(
    "text",
    [
        "Roses are red.",
        "I told Rosie about it.",
        "Nosy neighbours.",
        "Cosy in here.",
        "Rosa came by.",
        "The rosy cheeks of the child.",
        "",
        "...",
    ],
)
def test_it_does_not_hear_its_name_where_it_is_not_called(text):
    judged = Attention("name", "Rosie").judge(text)
    assert not judged.yes
    assert judged.text == text


def test_an_alias_calls_it_too():
    assert Attention("name", "Rosie", aliases=("Computer",)).judge("Computer, hello").called


def test_a_short_name_must_be_heard_exactly():
    assert Attention("name", "Bo").judge("Bo, hello").called
    assert not Attention("name", "Bo").judge("So, hello").called


def test_engaged_it_answers_without_a_call_until_the_silence_is_long():
    attention = Attention("name", "Rosie", engaged_s=10)
    assert attention.engage(0.0)
    assert not attention.engage(1.0)
    assert attention.judge("And then?").yes
    attention.keep(5.0)
    assert not attention.tick(14.9)
    assert attention.tick(15.0)
    assert not attention.tick(16.0)
    assert not attention.judge("And then?").yes


def test_noise_does_not_engage_it():
    attention = Attention("name", "Rosie", engaged_s=10)
    attention.keep(5.0)
    assert not attention.engaged


def test_in_push_mode_the_name_alone_does_not_engage():
    assert not Attention("push", "Rosie").judge("Rosie, hello").yes


def test_always_is_always():
    attention = Attention("always", "Rosie", engaged_s=1)
    attention.engage(0)
    assert not attention.tick(100)
    assert attention.judge("Anything.").yes
