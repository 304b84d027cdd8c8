from __future__ import annotations

import json

import pytest

from companion.domain import Danger, Feeling, Match, Screening, Speaker
from companion.errors import WellbeingError
from companion.wellbeing.journal import Reader, read_turn, turn_record
from companion.wellbeing.keeper import JournalKeeper

SAID = "I hardly slept a wink. My daughter Margaret came round this morning."
FELT = Feeling(-0.4, -0.2, "sad", 0.7)


def test_a_turn_keeps_topics_and_roles_but_neither_words_nor_names(reader: Reader) -> None:
    record = turn_record(
        SAID,
        reader=reader,
        feeling=FELT,
        against_usual={"tempo": -1.234, "loudness": float("nan"), "smell": 2.0},
        speaker=Speaker(Match.YES, name="Anna"),
        screening=Screening(1, Danger.SUPPORT),
        seconds=4.321,
    )
    assert record is not None
    assert record.topics == ("sleep_bad", "people_contact")
    assert record.people == ("daughter",)
    assert record.against_usual == {"tempo": -1.23}
    kept = json.dumps(record.data()).lower()
    assert not [w for w in ("margaret", "wink", "hardly", "round", "morning", "anna") if w in kept]
    assert read_turn(record.data()) == record


def test_visitors_leave_nothing_and_unsure_voices_only_a_length(reader: Reader) -> None:
    def said_by(speaker: Speaker | None):
        return turn_record(SAID, reader=reader, feeling=FELT, speaker=speaker, seconds=4.0)

    assert said_by(Speaker(Match.NO)) is None
    for speaker in (Speaker(Match.UNSURE), Speaker(Match.YES, several=True)):
        unsure = said_by(speaker)
        assert unsure is not None
        assert (unsure.speaker, unsure.seconds, unsure.words) == ("unsure", 4.0, 12)
        assert (unsure.topics, unsure.valence, unsure.label) == ((), None, "")
    untold = said_by(None)
    assert untold is not None
    assert untold.speaker == ""
    assert untold.topics


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seconds": -1}, "seconds"),
        ({"valence": 2}, "valence"),
        ({"topics": ["gossip"]}, "gossip"),
        ({"people": ["Margaret"]}, "Margaret"),
        ({"text": "I slept badly"}, "text"),
        ({"speaker": "no"}, "speaker"),
        ({"tier": True}, "tier"),
        ({"label": "she said so herself"}, "label"),
    ],
)
def test_a_damaged_turn_is_refused_and_the_fault_named(change: dict, told: str) -> None:
    with pytest.raises(WellbeingError, match=told):
        read_turn({"seconds": 2.0, "words": 3, "speaker": "yes", **change})


class Notes:
    def __init__(self) -> None:
        self.taken: list[tuple[str, dict, float]] = []

    def note(self, kind, data, at, person_id=None) -> None:
        self.taken.append((kind, dict(data), at))


def test_the_keeper_notes_turns_and_spans_and_splits_long_ones(reader: Reader) -> None:
    notes, now = Notes(), [1000.0]
    keeper = JournalKeeper(notes, reader, "p", clock=lambda: now[0])
    keeper.listening("heard")
    keeper.committed(SAID, seconds=4.0, source="model", speaker=Speaker(Match.YES))
    now[0] += 3700
    keeper.tick()
    now[0] += 60
    keeper.listening("muted")
    keeper.listening("muted")
    now[0] += 30
    keeper.close()
    spans = [(d["from"], d["to"], d["why"]) for kind, d, _ in notes.taken if kind == "listening"]
    assert spans == [(1000, 4700, "heard"), (4700, 4760, "heard"), (4760, 4790, "muted")]
    assert [kind for kind, _, _ in notes.taken].count("turn") == 1
    with pytest.raises(ValueError, match="asleep"):
        keeper.listening("asleep")


def test_without_consent_no_turn_is_noted(reader: Reader) -> None:
    notes = Notes()
    keeper = JournalKeeper(notes, reader, "p", clock=lambda: 1.0, keeps_turns=False)
    assert keeper.committed(SAID, seconds=1.0, source="model") is None
    assert notes.taken == []
