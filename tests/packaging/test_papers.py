"""What the papers for people at home promise to be complete, is."""

import re
from pathlib import Path

import pytest

from companion.storage.consents import SUBJECTS
from companion.storage.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
HOME = ("privacy.md", "caregiver.md", "card.md")


def test_every_table_is_explained_with_how_long_it_is_kept() -> None:
    text = (DOCS / "privacy.md").read_text("utf-8")
    part = text.partition("## Every table")[2].partition("\n## ")[0]
    listed = {name for row in re.findall(r"^\| (.+?) \|", part, re.M) for name in names(row)}
    assert set(metadata.tables) <= listed
    for row in part.splitlines():
        if row.startswith("| `"):
            assert len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 3, row


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_consent_is_explained() -> None:
    text = (DOCS / "privacy.md").read_text("utf-8")
    assert {one for one in SUBJECTS if f"`{one}`" not in text.partition("## Agreeing")[2]} == set()
    leaves = text.partition("## What can leave")[2].partition("\n## ")[0]
    for one in ("alerts", "evening", "full_text", "hub", "home", "sharing", "summary", "mood"):
        assert f"`{one}`" in leaves


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", text):
        assert (DOCS / target).exists(), target


def test_commands_named_for_people_at_home_exist() -> None:
    known = (DOCS / "commands.md").read_text("utf-8")
    for page in HOME:
        for command in re.findall(r"`companion ([a-z-]+(?: [a-z-]+)?)", (DOCS / page).read_text()):
            words = command.split()
            sections = {" ".join(words[:n]) for n in range(1, len(words) + 1)}
            assert any(f"`companion {one}`" in known for one in sections), command


def test_the_page_for_the_daughter_is_plain() -> None:
    text = (DOCS / "caregiver.md").read_text("utf-8")
    prose = re.sub(r"`[^`]*`|\[|\]\([^)]*\)|[*|#>-]", " ", text)
    sentences = [one for one in re.split(r"[.!?:]\s|\n\n", prose) if len(one.split()) > 2]
    words = re.findall(r"[A-Za-z']+", prose)
    vowels = [re.findall("[aeiouy]+", word.lower().removesuffix("e")) for word in words]
    syllables = sum(max(1, len(found)) for found in vowels)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    assert grade <= 7.0  # Flesch and Kincaid 1975: US school grade; 7 is about 12 years
