import json
from datetime import datetime, timedelta

import pytest

from companion.errors import SafetyError
from companion.safety.disclosure import LONGEST_S, Disclosure, load_disclosure, load_notices

MORNING = datetime(2026, 3, 4, 9, 0)


def test_it_is_due_with_the_first_turn_of_the_day_and_not_with_the_second():
    notice = load_disclosure()
    assert notice.due(MORNING)
    notice.said(MORNING)
    assert not notice.due(MORNING + timedelta(minutes=1))
    assert notice.due(MORNING + timedelta(days=1))


def test_it_is_due_three_hours_into_continuing_use():
    notice = load_disclosure()
    notice.said(MORNING)
    for minutes in range(10, 180, 10):
        now = MORNING + timedelta(minutes=minutes)
        assert not notice.due(now)
        notice.used(now.timestamp())
    assert notice.due(MORNING + timedelta(hours=3))


def test_after_a_long_pause_the_three_hours_begin_again():
    notice = load_disclosure()
    notice.said(MORNING)
    back = MORNING + timedelta(hours=5)
    assert not notice.due(back)
    notice.used(back.timestamp())
    for minutes in range(30, 180, 30):
        notice.used((back + timedelta(minutes=minutes)).timestamp())
    assert notice.due(back + timedelta(hours=3))


def test_a_restart_on_the_same_day_does_not_repeat_it():
    notice = load_disclosure()
    notice.said(MORNING)
    after = load_disclosure()
    after.restore(json.loads(json.dumps(notice.to_json())))
    assert not after.due(MORNING + timedelta(hours=1))
    assert after.due(MORNING + timedelta(days=1))


@pytest.mark.parametrize(
    "state", [{}, {"day": 7}, {"day": "yesterday"}, {"day": None, "count": []}]
)
def test_a_broken_state_only_makes_it_say_it_again(state):
    notice = load_disclosure()
    notice.restore(state)
    assert notice.due(MORNING)


def test_no_setting_makes_it_rarer_than_the_law():
    assert load_disclosure(every_s=99_999).every_s == LONGEST_S


def test_a_clock_set_back_by_hours_does_not_silence_it():
    notice = load_disclosure()
    late = MORNING + timedelta(hours=12)
    notice.said(late)
    assert notice.due(late - timedelta(hours=6))


def test_it_is_one_short_sentence_that_says_it_is_no_person_in_several_wordings():
    notices = load_notices()
    assert len(notices) >= 3
    for words in notices:
        assert len(words.split()) <= 16
        assert words.count(".") == 1
        assert "not" in words
        assert "person" in words or "human" in words
    notice = Disclosure(notices=notices, name="Ada")
    said = []
    for day in range(len(notices)):
        said.append(notice.words())
        notice.said(MORNING + timedelta(days=day))
    assert len(set(said)) == len(notices)
    assert "Ada" in " ".join(said)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SafetyError, match=r"notice\.toml"):
        load_notices(folder=tmp_path)
