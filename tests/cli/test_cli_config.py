import json
import tomllib
from pathlib import Path

import pytest

from companion.cli import main as cli
from companion.config import Config, parse_config


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["companion", *words])
    return cli.run()


def test_the_settings_shown_are_the_settings_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[persona]\nname = "Åse \\"the\\" kind"\naliases = ["Osa"]\n[turns]\nmax_wait_s = 3\n'
    )
    assert call(monkeypatch, "config", "show", "--config", str(file)) == 0
    shown = parse_config(tomllib.loads(capsys.readouterr().out))
    assert shown.persona.name == 'Åse "the" kind'
    assert shown.turns.max_wait_s == 3
    assert call(monkeypatch, "config", "show", "--json", "--config", str(file)) == 0
    assert Config.model_validate(json.loads(capsys.readouterr().out)) == shown


def test_without_a_file_the_defaults_are_fine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "config", "check") == 0
    assert "the defaults are used" in capsys.readouterr().out


def test_models_that_are_not_here_yet_are_mentioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'[models]\ndir = "{tmp_path / "models"}"\n')
    assert call(monkeypatch, "config", "check", str(file)) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{file}: fine\nnot on this device yet: whisper-tiny.en")
    assert "companion models pull" in said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[persona]\nnam = 'x'", "did you mean 'persona.name'"),
        ("[hearing]\nwhisper = 'whisper-bass'", "did you mean 'whisper-base'"),
        ("[mind]\nllm = 'smollm'", "did you mean 'smollm2-135m'"),
        ("[voice]\nprofile = 'nobody'", "nobody"),
        ("[attention]\nmode = 'sometimes'", "attention.mode"),
        ("[attention]\nmode = 'wakeword'\nwakeword = 'hello'", "okay_nabu"),
        ("[attention]\nmode = 'wakeword'\nwakeword = '/no/such.json'", "there is no file"),
        ("[models]\nprofile = 'pi6'", "did you mean 'pi5'"),
        ("[models\n", "not valid TOML"),
    ],
)
def test_a_bad_config_is_one_line_and_exit_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    complaint: str,
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    assert call(monkeypatch, "config", "check", str(file)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"companion: {file}")
    assert complaint in said
    assert said.count("\n") == 1


def test_a_config_that_is_not_there_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "config", "check", "/no/such/file.toml") == 2
    assert "cannot read config /no/such/file.toml" in capsys.readouterr().err
