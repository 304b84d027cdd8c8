"""What the command line says and returns when something is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from companion.cli import main as cli
from companion.errors import CompanionError, ModelMissingError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)
    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(sys, "argv", ["companion"])
    monkeypatch.delenv("COMPANION_DEBUG", raising=False)
    return app


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ModelMissingError("no model;\n pull it"), 4, "companion: no model; pull it\n"),
        (CompanionError("odd"), 1, "companion: odd\n"),
        (
            ValueError("seven"),
            70,
            "companion: unexpected error: ValueError: seven; "
            "run again with COMPANION_DEBUG=1 for details\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_one_line_and_its_own_exit_code(
    failing: typer.Typer,
    error: BaseException,
    code: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @failing.command()
    def fail() -> None:
        raise error

    assert cli.run() == code
    assert capsys.readouterr().err == line


def test_details_come_only_when_asked_for(
    failing: typer.Typer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @failing.command()
    def fail() -> None:
        raise ValueError("seven")

    monkeypatch.setenv("COMPANION_DEBUG", "1")
    assert cli.run() == cli.EXIT_UNEXPECTED
    assert "Traceback" in capsys.readouterr().err


def companion(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "companion", *words],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


def test_help_lists_every_command() -> None:
    done = companion("--help")
    assert done.returncode == 0
    for name in (
        *("talk", "say", "ask", "listen", "devices", "bench"),
        *("evaluate", "models", "config"),
    ):
        assert f" {name} " in done.stdout, name


def test_help_loads_no_engine() -> None:
    """Help must be instant, so nothing heavy may be imported by registering commands."""
    code = (
        "import sys, companion.cli.main\n"
        "heavy = {'scipy', 'onnxruntime', 'ctranslate2', 'llama_cpp', 'faster_whisper', 'piper',"
        " 'pyaudio', 'httpx', 'pydantic', 'soundfile'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_version_is_printed() -> None:
    done = companion("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "companion")


def test_engines_are_told_not_to_call_home_before_they_load(
    failing: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in cli.QUIET:
        monkeypatch.delenv(name, raising=False)
    seen: dict[str, str] = {}

    @failing.command()
    def look() -> None:
        seen.update(os.environ)

    with pytest.raises(SystemExit):
        cli.main()
    assert {name: seen.get(name) for name in cli.QUIET} == cli.QUIET


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m companion config show | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )
    assert done.stderr == ""
