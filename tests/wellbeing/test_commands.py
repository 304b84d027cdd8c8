from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from companion.cli.main import app
from companion.errors import WellbeingError

LINE = {
    "at": time.time() - 3600,
    "kind": "turn",
    "data": {"seconds": 2.0, "words": 5, "speaker": "yes", "topics": ["pain"]},
}


@pytest.fixture
def run(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def call(*words: object) -> str:
        result = CliRunner().invoke(app, [*map(str, words), "--config", str(config)])
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return call


def test_import_show_and_sum_up(run, tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("\n".join(json.dumps(LINE) for _ in range(5)) + "\n")
    assert run("journal", "import", file) == "5 events imported\n"
    (day,) = json.loads(run("journal", "show", "--days", "1", "--json"))["days"]
    assert day["turns"] == 5 or time.localtime().tm_hour == 0
    text = run("summary")
    assert "SIMULATED" not in text
    assert "no doctor's finding" in text
    run("summary", "--pdf", "--to", tmp_path / "day.pdf")
    assert (tmp_path / "day.pdf").read_bytes().startswith(b"%PDF")
    run("summary", "--keep")
    assert json.loads(run("summary", "--json"))["day"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "no JSON"),
        (json.dumps({**LINE, "at": "yesterday"}), "at is no time"),
        (json.dumps({**LINE, "at": time.time() + 1e6}), "future"),
        (json.dumps({**LINE, "kind": "safety"}), "no kind"),
        (json.dumps({**LINE, "data": {**LINE["data"], "text": "I slept"}}), "text"),
        (json.dumps({**LINE, "kind": "checkin", "data": {"kind": "lunch"}}), "data has exactly"),
    ],
    ids=["no json", "no time", "future", "kind", "words", "keys"],
)
def test_one_bad_line_imports_nothing_and_is_named(
    run, tmp_path: Path, bad: str, told: str
) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n\n{bad}\n")
    with pytest.raises(WellbeingError, match=rf"jsonl:3: .*{told}.*nothing was imported"):
        run("journal", "import", file)
    with pytest.raises(WellbeingError, match="nobody has talked"):
        run("journal", "show")


def test_a_simulated_life_is_marked_and_never_mixed_with_a_real_one(run, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    run("simulate", "days", "--days", "8", "--to", scratch, "--plant", "medicines")
    assert "SIMULATED" in run("summary", "--state", scratch)
    assert json.loads(run("journal", "show", "--state", scratch, "--json"))["simulated"] is True
    with pytest.raises(WellbeingError, match="simulated there before"):
        run("simulate", "days", "--days", "2", "--to", scratch)
    with pytest.raises(WellbeingError, match="real state folder"):
        run("simulate", "days", "--to", tmp_path / "state")
    file = tmp_path / "journal.jsonl"
    file.write_text(json.dumps(LINE))
    real = tmp_path / "real"
    run("journal", "import", file, "--state", real)
    with pytest.raises(WellbeingError, match="real records"):
        run("simulate", "days", "--days", "2", "--to", real)
    with pytest.raises(WellbeingError, match="cannot be planted"):
        run("simulate", "days", "--to", tmp_path / "new", "--plant", "joy")


def test_a_pdf_needs_a_file(run) -> None:
    with pytest.raises(WellbeingError, match="--to"):
        run("summary", "--pdf")
