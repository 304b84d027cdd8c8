"""The data folders are found, and hold what the rooms expect."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from companion import resources
from companion.session import load_notices


@pytest.fixture(autouse=True)
def _forget() -> object:
    resources.data_dir.cache_clear()
    yield
    resources.data_dir.cache_clear()


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("prompts", "en/fallback.toml"),
        ("prompts", "en/notices.toml"),
        ("voices", "joe.toml"),
        ("models", "catalogue.toml"),
    ],
)
def test_a_data_folder_holds_what_is_looked_for(folder: resources.DataFolder, file: str) -> None:
    path = resources.data_dir(folder) / file
    assert tomllib.loads(path.read_text(encoding="utf-8"))


def test_inside_a_wheel_the_folders_lie_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "companion"
    (package / "_data" / "voices").mkdir(parents=True)
    (tmp_path / "voices").mkdir()
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    assert resources.data_dir("voices") == package / "_data" / "voices"


def test_in_a_checkout_they_lie_beside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "companion").mkdir()
    (tmp_path / "voices").mkdir()
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "companion" / "resources.py"))
    assert resources.data_dir("voices") == tmp_path / "voices"


def test_an_incomplete_installation_says_which_folder_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "companion" / "resources.py"))
    with pytest.raises(FileNotFoundError, match="prompts folder is missing"):
        resources.data_dir("prompts")


def test_notices_of_an_unknown_language_are_english() -> None:
    assert load_notices("xx") == load_notices("en")
    assert {"microphone_lost", "microphone_silent", "demo_question"} <= set(load_notices("en"))
