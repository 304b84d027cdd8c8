import pytest

from companion.domain import Stance
from companion.mind.check import ReplyCheck


@pytest.fixture(scope="module")
def strict(prompts):
    return ReplyCheck(prompts)


@pytest.fixture(scope="module")
def loose(prompts):
    return ReplyCheck(prompts, strict=False)


@pytest.mark.parametrize(
    ("sentence", "check"),
    [
        ("I had tea with my sister.", "claims_human"),
        ("When I was young we danced too.", "claims_human"),
        ("I am a human being.", "claims_human"),
        ("As you told me yesterday, the roses are red.", "invented_past"),
        ("Last time we talked you liked roses.", "invented_past"),
        ("You should take two aspirin for that.", "medical"),
        ("It sounds like arthritis.", "medical"),
        ("I'll bring you some roses.", "promise"),
        ("I will call your doctor.", "promise"),
        ("*smiles* Roses are lovely.", "form"),
        ("- Roses are lovely.", "form"),
        ("Roses are lovely \U0001f339.", "form"),
        ("See www.roses.com for roses.", "form"),
        ("Rosie: Roses are lovely.", "form"),
        ("Roses are lovely roses are lovely.", "loop"),
        ("Your husband must like the roses.", "invented_person"),
        ("I planted some roses this morning.", "echo"),
        ("Roses " + "and roses " * 20 + ".", "length"),
    ],
)
def test_a_bad_sentence_fails_by_name(loose, sentence, check):
    assert check in loose.failed(sentence, "I planted some roses this morning.")


@pytest.mark.parametrize(
    ("sentence", "check"),
    [
        ("The restaurant must be busy.", "off_topic"),
        ("I'm sorry about the roses.", "wrong_mood"),
        ("As an AI language model, roses are plants.", "assistant_talk"),
        ("Roses remind everybody of Margaret.", "invented_person"),
    ],
)
def test_a_small_model_is_watched_more_closely(strict, loose, sentence, check):
    said = "I planted some roses this morning."
    assert check in strict.failed(sentence, said)
    assert check not in loose.failed(sentence, said)


@pytest.mark.parametrize(
    "sentence", ["What colour are the roses?", "Tell me more about the roses."]
)
def test_a_good_sentence_passes(strict, loose, sentence):
    said = "I planted some roses this morning."
    assert strict.failed(sentence, said) == ()
    assert loose.failed(sentence, said) == ()


def test_people_the_person_named_may_be_named(loose):
    said = "My husband planted the roses."
    assert loose.failed("Your husband has green fingers with roses.", said) == ()


def test_a_sentence_is_not_said_twice(loose):
    assert "loop" in loose.failed("How nice.", "Roses.", earlier=["How nice."])


def test_a_stance_is_kept(loose):
    said = "My daughter went home on Monday."
    assert "wrong_stance" in loose.failed("How wonderful.", said, stance=Stance.COMFORT)
    assert "wrong_stance" in loose.failed("I'm so sorry.", said, stance=Stance.CELEBRATE)
    assert loose.failed("How wonderful.", said, stance=Stance.CELEBRATE) == ()
    assert loose.failed("I'm so sorry.", said, stance=Stance.COMFORT) == ()
    glad = "We had a lovely time with my daughter."
    assert loose.failed("How wonderful.", glad, stance=Stance.STEADY) == (), "the words are glad"
