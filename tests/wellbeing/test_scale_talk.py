"""A scale by voice: understood, never pressed, broken off without loss, shared only if agreed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from companion.domain import Exchange, JsonObject
from companion.wellbeing.replies import Said, load_ear
from companion.wellbeing.scales import ScaleHistory, begin, load_scale, may_offer, next_scale
from companion.wellbeing.scales.answers import scale_ear
from companion.wellbeing.scales.talk import load_scale_texts

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


class Table:
    """Somebody who is asked; what they say is committed at once."""

    def __init__(self, name: str, danger: str = "\0") -> None:
        self.noted: list[tuple[str, JsonObject, float]] = []
        self.said: Exchange | None = begin(
            load_scale(name),
            load_ear(),
            load_scale_texts(),
            lambda kind, data, at: self.noted.append((kind, data, at)),
            is_danger=lambda text: danger in text,
        )

    def say(self, *texts: str) -> str:
        heard = ""
        for text in texts:
            assert self.said is not None
            assert self.said.then is not None, f"nobody listens to {text!r}"
            self.said = self.said.then.hear(text, NOW)
            heard = self.heard
            if self.said is not None and self.said.effect is not None:
                self.said.effect()
        return heard

    def silence(self) -> str:
        assert self.said is not None
        assert self.said.then is not None
        self.said = self.said.then.unheard(NOW)
        if self.said is not None and self.said.effect is not None:
            self.said.effect()
        return self.heard

    @property
    def heard(self) -> str:
        return " ".join(part.text for part in self.said.parts) if self.said else ""

    @property
    def over(self) -> bool:
        return self.said is None or self.said.then is None


ALL_FINE = ("Most of the time.",) * 5


@pytest.mark.parametrize(
    ("name", "said", "label"),
    [
        ("who5", "Oh, most of the time I suppose.", "Most of the time"),
        ("who5", "Two.", "Most of the time"),
        ("who5", "To", "Most of the time"),
        ("who5", "The second one, please.", "Most of the time"),
        ("who5", "All the time. No, most of the time.", "Most of the time"),
        ("who5", "more than half", "More than half of the time"),
        (
            *("who5", "My knee kept me awake for hours so I would say less than half the time"),
            "Less than half of the time",
        ),
        ("who5", "Not at all", "At no time"),
        ("who5", "Number six", "At no time"),
        ("who5", "not most of the time", None),
        ("who5", "between some of the time and half", None),
        ("who5", "not really", None),
        ("who5", "seven", None),
        (
            "who5",
            "I sit by the window most of the time and then my daughter comes on Tuesday",
            None,
        ),
        ("ucla3", "Not really.", "Hardly ever"),
        ("ucla3", "Oh, quite often, I'm afraid.", "Often"),
        ("ucla3", "not often", "Hardly ever"),
        ("phq2", "not really", "Not at all"),
        ("phq2", "A few days.", "Several days"),
        ("phq2", "not every day", None),
        ("gds15", "Well, yes, I suppose so.", "Yes"),
        ("gds15", "I'm afraid so", "Yes"),
        ("gds15", "No, not really.", "No"),
        ("gds15", "Of course not.", "No"),
        ("gds15", "I do not", "No"),
        ("gds15", "Yes and no", None),
        ("gds15", "No one visits me", None),
        ("gds15", "I don't know", None),
        ("gds15", "I have a cat", None),
    ],
)
def test_what_is_said_is_understood_or_asked_back(name: str, said: str, label: str | None) -> None:
    option = scale_ear(load_scale(name), load_ear()).option(said)
    assert (option.label if option else None) == label


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("I'd rather not say.", Said.SKIP),
        ("skip this one", Said.SKIP),
        ("Stop.", Said.STOP),
        ("That's enough for today", Said.STOP),
        ("What are the choices again?", Said.OPTIONS),
        ("Pardon?", Said.REPEAT),
        ("Could you say that again", Said.REPEAT),
        ("why do you ask", Said.WHY),
        ("I don't know", Said.UNSURE),
        ("What time is it?", Said.OTHER),
        ("I can't stop worrying about it", None),
    ],
)
def test_wishes(said: str, wish: Said | None) -> None:
    assert load_ear().wish(said) == wish


def test_a_whole_talk_is_kept_and_shared_when_agreed() -> None:
    table = Table("who5")
    assert "5 short questions" in table.heard
    first = table.say("Yes, go on then.")
    assert "one, all of the time; two, most of the time" in first
    assert first.endswith("I have felt cheerful and in good spirits.")
    assert "80 out of 100" in table.say(*ALL_FINE)
    assert not table.noted  # nothing before the question about sharing is answered
    table.say("Yes please")
    event = {"name": "who5", "score": 80, "max": 100, "skipped": 0, "share": True}
    assert table.noted == [("scale", event, NOW.timestamp())]
    assert table.over


@pytest.mark.parametrize("answer", ["No, keep it between us.", "stop", "I'd rather not"])
def test_sharing_wants_a_clear_yes(answer: str) -> None:
    table = Table("who5")
    table.say("yes", *ALL_FINE, answer)
    assert table.noted[0][1]["share"] is False


def test_sharing_that_stays_unclear_or_unheard_is_a_no() -> None:
    table = Table("who5")
    table.say("yes", *ALL_FINE, "my daughter has a dog", "a brown one")
    assert table.noted[0][1]["share"] is False
    table = Table("who5")
    table.say("yes", *ALL_FINE)
    table.silence()
    assert table.noted[0][1]["share"] is False


@pytest.mark.parametrize("answer", ["No thank you", "not now", "maybe later", "stop"])
def test_consent_is_asked_and_no_is_the_end(answer: str) -> None:
    table = Table("phq2")
    assert "quite all right" in table.say(answer)
    assert table.over
    assert not table.noted


def test_unclear_consent_is_asked_once_more_then_taken_as_no() -> None:
    table = Table("phq2")
    assert "yes or no" in table.say("the garden is lovely")
    assert not table.over
    table.say("and the roses")
    assert table.over
    assert not table.noted


def test_unclear_answers_are_asked_back_once_without_suggesting_one() -> None:
    table = Table("who5")
    back = table.say("yes", "quite a bit")
    labels = [o.label.lower() for o in load_scale("who5").options]
    assert all(label in back.lower() for label in labels)  # all of them, not one
    assert "leave that one out" in table.say("hmm, difficult")
    assert table.heard.endswith("I have felt calm and relaxed.")


def test_options_and_question_are_repeated_on_request() -> None:
    table = Table("ucla3")
    table.say("yes")
    assert "two, some of the time" in table.say("What were the choices?")
    assert "lack companionship" in table.say("pardon")
    assert "left out" in table.say("one")


def test_skips_make_no_score_where_none_is_published() -> None:
    table = Table("phq2")
    assert "no sum" in table.say("yes", "not at all", "rather not say")
    assert table.over
    assert not table.noted


def test_gds_is_scored_with_three_skipped() -> None:
    table = Table("gds15")
    table.say("yes", *["skip"] * 3, *["no"] * 12, "no")
    assert table.noted[0][1]["skipped"] == 3


def test_a_hard_answer_is_met_with_a_kind_word() -> None:
    table = Table("gds15")
    table.say("yes", "yes", "no")
    assert "hard thing to feel" in table.say("Yes, I do.")
    assert "get bored" in table.heard


def test_stopping_keeps_nothing_and_asks_nothing() -> None:
    table = Table("gds15")
    assert "stop there" in table.say("yes", "yes", "no", "that's enough")
    assert "?" not in table.heard
    assert table.over
    assert not table.noted


def test_silence_repeats_once_and_then_lets_be() -> None:
    table = Table("phq2")
    table.say("yes")
    assert "Little interest" in table.silence()
    assert "leave it there" in table.silence()
    assert table.over
    table = Table("phq2")
    assert table.silence() == ""


def test_danger_and_words_for_others_make_it_give_way() -> None:
    table = Table("gds15", danger="fallen")
    table.say("yes", "I've fallen")
    assert table.said is None
    table = Table("gds15")
    table.say("yes", "What time is it?")
    assert table.said is None
    assert not table.noted


def test_drafts_leave_no_trace() -> None:
    table = Table("phq2")
    table.say("yes", "not at all", "not at all")
    assert table.said is not None
    assert table.said.then is not None
    for _ in range(3):
        table.said.then.hear("yes", NOW)
    assert not table.noted


def ago(days: float) -> float:
    return (NOW - timedelta(days=days)).timestamp()


def test_at_most_one_a_week() -> None:
    assert may_offer(ScaleHistory(), NOW)
    assert not may_offer(ScaleHistory(((ago(6.9), "phq2"),)), NOW)
    assert may_offer(ScaleHistory(((ago(7), "phq2"),)), NOW)
    assert not may_offer(ScaleHistory(offered=(ago(1),)), NOW)


def test_declined_offers_come_back_later() -> None:
    twice = ScaleHistory(offered=(ago(20), ago(8)))
    assert not may_offer(twice, NOW)
    assert may_offer(ScaleHistory(offered=(ago(30), ago(14))), NOW)
    answered = ScaleHistory(((ago(8), "who5"),), (ago(20), ago(8)))
    assert may_offer(answered, NOW)


def test_the_longest_due_scale_is_next_and_none_before_its_time() -> None:
    scales = [load_scale(n) for n in ("who5", "ucla3")]
    first = next_scale(ScaleHistory(), scales, NOW)
    assert first is not None
    assert first.name == "who5"
    after = next_scale(ScaleHistory(((ago(8), "who5"),)), scales, NOW)
    assert after is not None
    assert after.name == "ucla3"
    assert next_scale(ScaleHistory(((ago(9), "who5"), (ago(8), "ucla3"))), scales, NOW) is None
