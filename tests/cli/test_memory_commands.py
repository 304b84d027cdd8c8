"""``companion remember``, ``recall`` and ``forget``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.cli import main as cli

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    file = tmp_path / "config.toml"
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words, "--config", str(file)])
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_remember_recall_forget(call: Call) -> None:
    code, _, err = call("remember", "My sister Ruth lives in Leeds.")
    assert code == 8
    assert "consent give memory" in err
    assert call("data", "consent", "give", "memory")[0] == 0
    assert call("remember", "My sister Ruth lives in Leeds.")[0] == 0
    call("remember", "The spare key is under the blue pot.")
    _, out, _ = call("recall", "Where does my sister live?", "--json")
    (fact,) = json.loads(out)
    assert fact["sentence"] == "Your sister Ruth lives in Leeds."
    assert call("recall", "Where does my brother live?")[1] == "that was not told\n"
    assert "spare key is under the blue pot" in call("recall")[1]
    assert json.loads(call("forget", "--about", "Ruth", "--json")[1]) == {"forgotten": 1}
    assert json.loads(call("forget", "--all", "--json")[1]) == {"forgotten": 1}
    assert json.loads(call("recall", "--json")[1]) == []
    assert call("forget")[0] == 8
