"""Hesitation, false starts and roundabout asking."""

import pytest

from companion.mind.mending import Mending, mending_from, smooth

TABLE = {
    "fillers": ["er"],
    "outright": {"would you mind": "could you +ing", "i wonder if you could": "could you"},
    "gerunds": {"telling": "tell"},
    "askers": ["could you", "what time"],
    "reports": ["asked"],
}


@pytest.fixture
def mending() -> Mending:
    return mending_from(TABLE)


def test_fillers_and_false_starts_go() -> None:
    assert smooth("er have i er have i had my pills", ["er"]) == "have i had my pills"
    assert smooth("tell my tell my daughter") == "tell my daughter"
    assert smooth("what what what time is it") == "what time is it"
    assert smooth("what time is it") == "what time is it"
    assert smooth("") == ""


def test_roundabout_asking_becomes_plain(mending: Mending) -> None:
    assert mending.mend("would you mind telling me the time") == "could you tell me the time"
    assert mending.mend("oh i wonder if you could sing") == "oh could you sing"
    assert mending.mend("would you mind the step") == "would you mind the step"
    assert mending.mend("would you mind") == "would you mind"


def test_ends_begin_as_a_request_and_tell_of_nobody(mending: Mending) -> None:
    said = "my glasses are upstairs could you see what time it is"
    assert mending.ends(said) == ("what time it is", "could you see what time it is")
    assert mending.ends("he asked could you stay") == ()
    assert mending.ends("what times they were") == ()
    assert mending.ends("what time is it") == ()  # that is the whole


def test_a_language_without_a_table_mends_only_what_is_said_twice() -> None:
    bare = mending_from({})
    assert bare.mend("the the time") == "the time"
    assert bare.ends("now what time is it") == ()


@pytest.mark.parametrize(
    "table", [{"fillers": "er"}, {"outright": ["x"]}, {"outright": {"(": "x"}}, {"askers": 3}]
)
def test_a_mistake_in_the_table_is_told(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        mending_from(table)
