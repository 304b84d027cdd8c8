from __future__ import annotations

import pytest

from companion.measure.memory import _rows, read_told
from companion.mind.memory.dates import spoken_date
from companion.mind.memory.extract import Candidate, Extractor
from companion.mind.memory.people import Subject
from companion.mind.memory.texts import load_memory_texts

RUTH = Subject("sister", "Ruth", "she")


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(load_memory_texts())


def one(found: tuple[Candidate, ...]) -> tuple[str, str, str]:
    (made,) = found
    return made.subject.key, made.relation, made.sentence


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "My sister Ruth lives in Leeds.",
            ("sister/ruth", "lives", "Your sister Ruth lives in Leeds."),
        ),
        ("I grew up on a farm.", ("me", "grew", "You grew up on a farm.")),
        ("I was born in Whitby.", ("me", "born", "You were born in Whitby.")),
        ("I'm allergic to penicillin.", ("me", "allergy", "You are allergic to penicillin.")),
        ("I can't stand liver.", ("me", "dislike", "You cannot stand liver.")),
        (
            "I've a great-grandson called Alfie.",
            ("great-grandson/alfie", "name", "Your great-grandson is called Alfie."),
        ),
        (
            "Well, I was, you know, a bricklayer all my life.",
            ("me", "work", "You were a bricklayer all your life."),
        ),
        ("My cat's name is Whiskers.", ("cat/whiskers", "name", "Your cat's name is Whiskers.")),
    ],
)
def test_what_is_told_is_said_back(
    extractor: Extractor, said: str, told: tuple[str, str, str]
) -> None:
    assert one(extractor.extract(said)) == told


@pytest.mark.parametrize(
    "said",
    [
        "Does my sister live in Leeds?",
        "My sister doesn't live in Leeds.",
        "If my sister lived in Leeds I would visit her.",
        'She said, "my sister lives in Spain".',
        "The man on the television lives in Leeds.",
        "My neighbour's sister lives in Cornwall.",
        "I thought my sister lived in Bath.",
        "I had soup for lunch.",
        "I wish I had a dog.",
        "I keep forgetting my words.",
        "My granddaughter doesn't have a boyfriend.",
        "I like that.",
        "I've dropped my stick.",
        "I have the blade in my hand.",
        "My daughter is very unkind to me.",
        "I've been awake all night.",
        "They were saying on the wireless that a man keeps a crocodile.",
    ],
)
def test_what_only_sounds_like_a_fact_is_none(extractor: Extractor, said: str) -> None:
    assert extractor.extract(said) == ()


def test_what_was_is_not_told_as_what_is(extractor: Extractor) -> None:
    _, relation, sentence = one(extractor.extract("I used to live in York."))
    assert (relation, sentence) == ("lived", "You used to live in York.")


def test_she_is_whoever_was_spoken_of(extractor: Extractor) -> None:
    first, second = extractor.extract("My sister is called Ruth. She lives in Leeds.")
    assert first.subject.key == second.subject.key == "sister/ruth"
    assert second.sentence == "Your sister Ruth lives in Leeds."
    assert extractor.extract("He lives in Dover, that actor.") == ()


def test_a_stranger_or_a_guess_is_asked_back(extractor: Extractor) -> None:
    (stranger,) = extractor.extract("Karen lives in Hull.")
    (guess,) = extractor.extract("I think my sister Ruth lives in Hull.")
    assert not stranger.sure
    assert not guess.sure
    (known,) = extractor.extract("Ruth lives in Hull.", [RUTH])
    assert known.sure
    assert known.subject.key == "sister/ruth"


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("the fourth of March", "03-04"),
        ("November the ninth", "11-09"),
        ("6 June 1959", "1959-06-06"),
        ("the thirty-first of April", ""),
        ("in the spring", ""),
    ],
)
def test_dates_as_they_are_spoken(said: str, day: str) -> None:
    assert spoken_date(said) == day


def test_no_line_tuned_on_becomes_a_false_fact(extractor: Extractor) -> None:
    known = [s.subject for t in read_told() for s in extractor.extract(t.told)]
    false = [
        text
        for half, text in _rows("distractors_en.tsv", 2)
        if half == "dev" and any(c.sure for c in extractor.extract(text, known))
    ]
    assert false == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "My eldest, that's Margaret, she lives down in Exeter now.",
            [("eldest/margaret", "name"), ("eldest/margaret", "lives")],
        ),
        ("I've a budgie, Joey, he's green.", [("budgie/joey", "name"), ("budgie/joey", "told")]),
        ("What I really love is a bit of haddock.", [("me", "like")]),
        ("We went to Majorca once, it was too hot for me.", [("me", "told")]),
        ("I lost my cap.", []),
        ("My granddaughter passed her exam.", [("granddaughter/", "told")]),  # has not died
    ],
)
def test_run_on_talk_is_taken_apart(
    extractor: Extractor, said: str, kept: list[tuple[str, str]]
) -> None:
    assert [(c.subject.key, c.relation) for c in extractor.extract(said)] == kept


def test_what_a_doctor_said_of_them_is_asked_back(extractor: Extractor) -> None:
    (made,) = extractor.extract("The doctor says I've got glaucoma in my right eye.")
    assert not made.sure
    assert extractor.extract("My neighbour says I've got a good doctor.") == ()


def test_a_slip_taken_back_is_not_kept(extractor: Extractor) -> None:
    assert extractor.extract("I was born in Hull. No, I tell a lie.") == ()


def test_what_it_was_goes_on_with_what_was_told(extractor: Extractor) -> None:
    (made,) = extractor.extract("We went to Majorca once, it was too hot for me.")
    assert made.sentence == "You went to Majorca once, it was too hot for you."
