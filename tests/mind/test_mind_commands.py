import pytest

from companion.domain import Control
from companion.mind.commands import CommandEar


@pytest.fixture(scope="module")
def ear(prompts):
    return CommandEar(prompts)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("Say that again, please.", Control.REPEAT),
        ("Pardon?", Control.REPEAT),
        ("Sorry, what was that?", Control.REPEAT),
        ("I didn’t catch that.", Control.REPEAT),
        ("Slow down!", Control.SLOWER),
        ("You're talking too fast for me, dear.", Control.SLOWER),
        ("Can you speak a little faster, Rosie?", Control.FASTER),
        ("I can't hear you.", Control.LOUDER),
        ("Could you speak up a bit?", Control.LOUDER),
        ("You're too loud.", Control.QUIETER),
        ("Turn it down, please.", Control.QUIETER),
        ("Stop. Stop.", Control.STOP),
        ("Rosie, be quiet.", Control.STOP),
        ("Er, a bit, a bit louder, please.", Control.LOUDER),
        ("I can't keep up with you, dear.", Control.SLOWER),
        ("I'm a bit deaf, you'll have to speak up.", Control.LOUDER),
        ("I'm not deaf, you know.", Control.QUIETER),
        ("You'll have to tell me that again.", Control.REPEAT),
    ],
)
def test_a_spoken_control_is_recognised(ear, text, control):
    assert ear.recognise(text) is control


@pytest.mark.parametrize(
    "text",
    [
        "I can't hear my neighbour any more.",
        "Should I stop taking the pills?",
        "Stop taking the pills.",
        "The bus doesn't stop here again.",
        "My daughter says I should slow down.",
        "What did you say to my son?",
        "The telly is too loud next door.",
        "I'm sorry.",
        "I can't keep up with the bills.",
        "You'll have to tell me about the war.",
        "Er, um.",
        "Quiet.",
        "What?!? is the matter with the cat",
        "",
        "...",
    ],
)
def test_talk_is_not_a_command(ear, text):
    assert ear.recognise(text) is None
