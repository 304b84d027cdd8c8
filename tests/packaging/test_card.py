"""The card for the person themselves: one page, large type, true sentences."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import card
import pytest

from companion.mind.commands import CommandEar
from companion.mind.prompts import load_prompts
from companion.mind.skills.sentences import load_sentences
from companion.safety.regions import load_region
from companion.service.mute_skill import MuteSkill, load_mute_texts
from companion.wellbeing.checkin_words import load_checkin_words

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "card.md").read_text("utf-8")
LONGEST = {
    "name": "Clementine",
    "contact": "Alexandra",
    "told": "Alexandra Featherstone, then Bartholomew",
    "readers": "Alexandra Featherstone, Bartholomew",
    "emergency": "999",
}


def test_it_is_one_page_in_large_type_with_long_names_too() -> None:
    pdf, size = card.fitted(card.fill(TEXT, LONGEST))
    assert pdf.page_no() == 1
    assert size >= 16


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long for one page"):
        card.fitted(TEXT + "More words than a card can hold. " * 30)


def test_an_unknown_gap_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        card.fill("Hello {nobody}", LONGEST)


def test_it_says_the_three_things_that_must_not_be_missing() -> None:
    text = TEXT.replace("*", "")
    for words in ("machine, not a person", "no emergency service", "cannot telephone"):
        assert words in text


ELSEWHERE = {
    "Read me my summary.": "wellbeing/test_summary_talk.py",
    "What did you tell my daughter?": "wellbeing/test_summary_talk.py",
    "Forget that.": "mind/memory",
    "Remember that ...": "mind/memory",
}
"""Needs a database to be understood: tested there."""


def understood(text: str) -> bool:
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    commands = CommandEar(load_prompts("en", name="Molly"))
    mute = MuteSkill(load_mute_texts("en"), "Molly", lambda _: None, 3600.0, False)
    sentences = load_sentences("en", "Rose", "Molly")
    return (
        commands.recognise(text) is not None
        or mute.knows(text)
        or load_checkin_words().wish(text) is not None
        or next(sentences.read(text, now, ["Anna"]), None) is not None
    )


def test_what_it_says_can_be_said_is_understood() -> None:
    words = {"name": "Molly", "contact": "Anna"}
    text = re.sub(r"\{(\w+)\}", lambda gap: words.get(gap[1], ""), TEXT)
    said = re.findall(r'"(.+?)"', text)
    assert len(said) >= 14
    for one in said:
        if place := ELSEWHERE.get(one):
            here = ROOT / "tests" / place
            files = [here] if here.is_file() else sorted(here.rglob("*.py"))
            asked = one.rstrip(".?! ").lower()
            assert any(asked in file.read_text("utf-8").lower() for file in files), one
        else:
            assert understood(one), one


def test_the_script_writes_it_with_the_number_of_the_region(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[safety]\nregion = "de"\n[persona]\nname = "Emma"\n')
    command = [sys.executable, ROOT / "scripts/card.py", tmp_path / "card.pdf"]
    done = subprocess.run(
        [*command, "--config", config],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert load_region("de").emergency is not None
    assert load_region("de").emergency.number in done.stdout
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    config.write_text("[safety]\nregion = 3\n")
    done = subprocess.run(
        [*command, "--config", config],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("companion: ")
