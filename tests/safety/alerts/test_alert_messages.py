"""What leaves the house, and what the owner is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.domain import Danger
from companion.errors import SafetyError
from companion.safety.alerts import messages
from companion.safety.alerts.links import VALID_S, Links
from companion.safety.alerts.messages import load_words

WORDS = load_words("en", "Molly", "Margaret")
TELLING = ("suicid", "fall", "fell", "scam", "abuse", "stroke", "crisis", "medical", "illness")


@pytest.mark.parametrize("tier", [2, 3, 4])
@pytest.mark.parametrize("category", list(Danger))
def test_a_message_says_nothing_of_what_happened(tier: int, category: str) -> None:
    made = WORDS.alert(tier, category, at=0.0, code="123456", link="https://x/a/t", reminder=True)
    text = f"{made.title} {made.body}".lower()
    assert "margaret" in text
    assert "123456" in text
    assert "https://x/a/t" in text
    assert not [word for word in TELLING if word in text]


def test_details_are_said_only_when_asked_for() -> None:
    words = load_words("en", "Molly", "Margaret", details=True)
    assert "money" in words.alert(3, "scam", at=0.0).body
    assert "money" not in WORDS.alert(3, "scam", at=0.0).body


def test_the_words_press_with_the_tier() -> None:
    titles = [WORDS.alert(tier, "crisis", at=0.0).title for tier in (1, 2, 3, 4)]
    assert titles[0] == titles[1]
    assert "today" in titles[2]
    assert titles[3].endswith(" now")


def test_a_nameless_owner_and_other_languages_have_words_too() -> None:
    words = load_words("xx", "Molly", None)
    assert "the person Molly keeps company" in words.alert(4, "", at=0.0).title


def test_a_name_with_braces_is_only_a_name() -> None:
    assert "{x}" in load_words("en", "Molly", "{x}").alert(4, "", at=0.0).title


def test_a_mistake_in_the_texts_shows_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (messages.data_dir("prompts") / "en" / "alerts.toml").read_text()
    (tmp_path / "yy").mkdir()
    (tmp_path / "yy" / "alerts.toml").write_text(text.replace("{link}", "{lnik}"))
    monkeypatch.setattr(messages, "data_dir", lambda _: tmp_path)
    with pytest.raises(SafetyError, match="lnik"):
        load_words("yy", "Molly", None)


def test_a_link_is_worth_nothing_when_altered_expired_or_made_with_another_key() -> None:
    links = Links(b"k" * 32, "https://x/")
    token = links.token("a" * 32, "b" * 32, 1000.0)
    assert links.url("a" * 32, "b" * 32, 1000.0) == f"https://x/a/{token}"
    said = links.check(token, 1000.0)
    assert said is not None
    assert (said.alert_id, said.contact_id) == ("a" * 32, "b" * 32)
    assert links.check(token, 1001.0 + VALID_S) is None
    assert Links(b"K" * 32).check(token, 1000.0) is None
    for place in range(len(token)):
        other = "0" if token[place] != "0" else "1"
        assert links.check(token[:place] + other + token[place + 1 :], 1000.0) is None


@pytest.mark.parametrize("token", ["", "...", "a.b.c.d", "é" * 120, "a" * 10_000, "\x00"])
def test_nonsense_is_no_token(token: str) -> None:
    assert Links(b"k" * 32).check(token, 0.0) is None


def test_without_an_address_there_are_no_links() -> None:
    assert Links(b"k" * 32).url("a" * 32, "b" * 32, 0.0) == ""
