"""``companion data backup`` and ``restore``, as typed and as a timer runs them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from companion import app as house
from companion.cli import main as cli
from companion.config import load_config
from companion.storage.records import add_event, events

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name in ("COMPANION_PASSPHRASE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COMPANION_BACKUP_PASSPHRASE", "seven blue herons")
    file = tmp_path / "config" / "companion" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n'
        f'[service]\nbackups = "{tmp_path / "backups"}"\nbackups_kept = 2\n'
    )

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def kept() -> list[str]:
    database = house.open_storage(load_config())
    try:
        with database.read() as connection:
            return [str(row.data["what"]) for row in events(connection)]
    finally:
        database.close()


def keep(what: str) -> None:
    database = house.open_storage(load_config())
    with database.begin() as connection:
        add_event(connection, at=1.0, kind="notice", data={"what": what}, person_id=None)
    database.close()


def test_there_and_back(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep("one")
    file = tmp_path / "mine.companion"
    code, out, _ = call("data", "backup", str(file))
    assert (code, "without its passphrase" in out) == (0, True)
    keep("two")
    assert call("data", "restore", str(file))[0] == 8
    assert kept() == ["one", "two"]
    monkeypatch.setenv("COMPANION_BACKUP_PASSPHRASE", "a wrong one")
    code, _, err = call("data", "restore", str(file), "--yes")
    assert code == 8
    assert err.count("\n") == 1
    assert kept() == ["one", "two"]
    monkeypatch.setenv("COMPANION_BACKUP_PASSPHRASE", "seven blue herons")
    assert call("data", "restore", str(file), "--yes")[0] == 0
    assert kept() == ["one"]


def test_a_timer_keeps_the_newest(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMPANION_BACKUP_PASSPHRASE")
    assert call("data", "backup")[0] == 8
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "companion-backup").write_text("from systemd, long\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    times = iter([1e9, 1e9 + 1e5, 1e9 + 2e5])
    clock = SimpleNamespace(time=lambda: next(times))
    monkeypatch.setattr("companion.cli.backup.time", clock)
    for _ in range(3):
        assert call("data", "backup")[0] == 0
    assert len(list((tmp_path / "backups").iterdir())) == 2
