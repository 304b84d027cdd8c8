import hashlib
import json
from pathlib import Path

import pytest

from companion.cli import main as cli

DATA = b"weights" * 1000
OWN = f"""
[[models]]
name = "mine"
kind = "llm"
description = "made up"
licence = "CC0-1.0"
size_mb = 1
ram_mb = 1
source = "hub"
repo = "a/b"
revision = "{"1" * 40}"
files = [{{ path = "x.gguf", size = {len(DATA)}, sha256 = "{hashlib.sha256(DATA).hexdigest()}" }}]

[[models]]
name = "loose"
kind = "llm"
description = "made up"
licence = "CC0-1.0"
size_mb = 1
ram_mb = 1
source = "hub"
repo = "a/b"
pinned = false
files = [{{ path = "x.gguf" }}]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COMPANION_HUB", "http://127.0.0.1:9")
    overlay = tmp_path / "config" / "companion" / "catalogue.toml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text(OWN)
    overlay.with_name("config.toml").write_text(f'[models]\ndir = "{tmp_path / "models"}"\n')
    return tmp_path


@pytest.fixture
def here(home: Path) -> Path:
    folder = home / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "x.gguf").write_bytes(DATA)
    return folder


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["companion", "models", *words])
    return cli.run()


def test_the_list_tells_what_is_here_and_under_which_licence(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "list", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["mine"]["installed"]
    assert rows["mine"]["licence"] == "CC0-1.0"
    assert not rows["whisper-tiny.en"]["installed"]
    assert rows["whisper-tiny.en"]["wanted"]
    assert not rows["loose"]["pinned"]
    assert call(monkeypatch, "list") == 0
    assert "whisper-base" in capsys.readouterr().out


def test_a_model_that_is_here_and_whole_is_not_fetched(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "pull", "mine") == 0
    assert "mine: ready (1 MB, licence CC0-1.0)" in capsys.readouterr().out


def test_verify_names_what_is_damaged_and_how_to_repair_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "verify") == 0
    assert capsys.readouterr().out == "mine: whole\n"
    (here / "x.gguf").write_bytes(DATA[::-1])
    assert call(monkeypatch, "verify") == 4
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == (
        "companion: model mine is damaged (x.gguf has the wrong SHA-256); "
        "run: companion models pull mine"
    )


def test_path_prints_the_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "path", "mine") == 0
    assert capsys.readouterr().out == f"{here}\n"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("path", "mine"), 4, "model mine is not on this device; run: companion models pull mine"),
        (("verify", "mine"), 4, "run: companion models pull mine"),
        (("pull", "loose"), 4, "run: companion models pin loose"),
        (("pull", "whisper-bas"), 4, "did you mean 'whisper-base'?"),
        (("pull", "--profile", "startr"), 2, "did you mean 'starter'?"),
        (("pin", "whisper-base"), 4, "pinned already"),
        (("pin", "loose"), 4, "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    line: str,
) -> None:
    assert call(monkeypatch, *words) == code
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
