"""What scripts/docs and scripts/lock make is up to date, and would be missed if it were not."""

import email
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from supply import docs, facts, listing, locks

ROOT = Path(__file__).resolve().parents[2]


def test_commands_licences_and_sbom_are_up_to_date() -> None:
    assert docs.check() == []


def test_the_check_is_a_command_that_fails(tmp_path: Path) -> None:
    code = f"""
import pathlib, sys
from supply import docs
docs.DOCS = pathlib.Path({str(tmp_path)!r})
sys.argv = ["docs", "--check"]
sys.exit(docs.main())
"""
    path = f"{ROOT}:{ROOT / 'scripts'}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "docs/commands.md is out of date" in done.stderr
    assert "run scripts/docs" in done.stderr


def test_a_page_that_was_changed_by_hand_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("commands.md", "licences.md", "sbom.json"):
        text = (docs.DOCS / name).read_text()
        (tmp_path / name).write_text(text.replace("numpy", "numpie").replace("talk", "tolk"))
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    assert len(docs.check()) == 3


def test_every_command_has_its_section() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    for command in ("talk", "data erase", "people contact", "care serve", "simulate days"):
        assert f"## `companion {command}`\n" in text
    assert str(Path.home()) not in text


def test_the_sbom_is_valid_cyclonedx_with_licence_and_hashes() -> None:
    text = (ROOT / "docs" / "sbom.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)["components"]
    assert all(one["licenses"] for one in found)
    models = [one for one in found if one["type"] == "machine-learning-model"]
    assert models
    assert all(file["hashes"] for model in models for file in model["components"])


def test_the_locks_cover_every_machine_and_python_with_hashes() -> None:
    assert locks.misfits() == []
    for python in locks.PYTHONS:
        for machine in locks.MACHINES:
            names = [
                one.name for one in locks.read(ROOT / locks.DEVICE) if one.applies(machine, python)
            ]
            assert len(names) == len(set(names)) > 60


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", locks.DEVICE, locks.EXTRAS):
        (tmp_path / name).write_text((ROOT / name).read_text())
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_dependency_that_moved_but_was_not_locked_is_noticed(root: Path) -> None:
    change(root / "pyproject.toml", '"httpx==0.28.1"', '"httpx==0.28.0"')
    assert any("httpx==0.28.0 is met by 0.28.1" in line for line in locks.misfits(root))


def test_a_new_dependency_of_an_extra_is_noticed(root: Path) -> None:
    change(root / "pyproject.toml", "pictures = [", 'pictures = ["seaborn==0.13.2", ')
    assert any("seaborn==0.13.2 is met by nothing" in line for line in locks.misfits(root))


def test_the_locks_may_not_disagree(root: Path) -> None:
    change(root / locks.EXTRAS, "anyio==", "anyio==0.")
    assert any("anyio" in line for line in locks.misfits(root))


@pytest.mark.parametrize("line", ["anyio==1.0", "anyio>=1.0 --hash=sha256:" + "a" * 64, "anyio"])
def test_a_lock_without_pin_or_hash_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.lock").write_text(line + "\n")
    with pytest.raises(ValueError, match="anyio"):
        locks.read(tmp_path / "x.lock")


def test_licences_of_what_moved_must_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    known = facts.load()
    known["anyio==0.1"] = known.pop(next(key for key in known if key.startswith("anyio==")))
    monkeypatch.setattr(facts, "load", lambda: known)
    assert any("anyio==0.1" in line for line in docs.check())


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: Apache License 2.0", "Apache-2.0"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
    ],
)
def test_a_licence_is_read_as_spdx(lines: str, licence: str) -> None:
    message = email.message_from_string(f"Name: one\nVersion: 1\n{lines}\n")
    assert facts.facts_of(message)["licence"] == licence


def test_a_licence_that_says_nothing_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="read the licence of one"):
        facts.facts_of(email.message_from_string("Name: one\nVersion: 1\nLicense: see LICENSE\n"))


def test_nothing_proprietary_is_on_every_device() -> None:
    text = listing.licences(facts.load())
    device, _, extras = text.partition("## Only with extras")
    assert "LicenseRef" not in device
    assert "LicenseRef-NVIDIA-Proprietary" in extras
