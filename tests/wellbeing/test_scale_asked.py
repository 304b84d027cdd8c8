"""A questionnaire asked for by voice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from companion.domain import Exchange, ReplyPart
from companion.wellbeing.scales import Scale, ScaleHistory, load_scale, scale_names
from companion.wellbeing.scales.asked import ScaleSkill, load_asked_words

from .conftest import LONDON

NOW = datetime(2026, 3, 4, 12, tzinfo=LONDON)


def skill(*finished: tuple[float, str]) -> ScaleSkill:
    def begin(scale: Scale) -> Exchange:
        return Exchange((ReplyPart(scale.name, "skill"),))

    scales = tuple(load_scale(name) for name in scale_names())
    return ScaleSkill(scales, load_asked_words(), lambda _: ScaleHistory(finished), begin)


def said(text: str, *finished: tuple[float, str]) -> str | None:
    found = skill(*finished).answer(text, NOW)
    return None if found is None else found.parts[0].text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Could we do the loneliness questions?", "ucla3"),
        ("Can you ask me the WHO five?", "who5"),
        ("I'd like to do the depression questionnaire.", "phq2"),
        ("Shall we do the geriatric depression scale?", "gds15"),
    ],
)
def test_the_named_one_is_begun(text: str, name: str) -> None:
    assert said(text) == name


def test_unnamed_the_one_that_is_longest_ago() -> None:
    month = (NOW - timedelta(days=30)).timestamp()
    names = scale_names()
    done = [(month + n, name) for n, name in enumerate(names) if name != "who5"]
    assert said("Could we do the wellbeing questions again?", *done) == "who5"


def test_once_a_week_is_enough() -> None:
    monday = (NOW - timedelta(days=2)).timestamp()
    answer = said("Ask me the mood questions.", (monday, "who5"))
    assert answer == (
        "We did one of those on Monday. Once a week is enough, so that it means something."
    )


@pytest.mark.parametrize(
    "text",
    ["I have some questions about my mood.", "You ask a lot of questions.", "I'm so lonely."],
)
def test_talk_that_only_sounds_like_it(text: str) -> None:
    assert said(text) is None
