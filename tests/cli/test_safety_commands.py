"""The commands on safety: what others script against."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.cli import main as cli

Call = Callable[..., tuple[int, str, str]]
KEYS = {"tier", "category", "score", "evidence", "script"}


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    file = tmp_path / "config.toml"
    # Without the sentence model: what is tested here is the commands, and patterns suffice.
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[safety]\nembedding = "none-such"\nregion = "gb"\n'
    )

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words, "--config", str(file)])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_screen_prints_one_object_for_every_line_also_an_empty_one(call: Call) -> None:
    code, out, err = call(
        "screen", "--json", stdin="Good morning.\n\nI've fallen and I can't get up.\n"
    )
    assert code == 0
    assert "patterns alone" in err
    first, second, third = lines(out)
    assert first.keys() >= KEYS
    assert (first["tier"], first["script"]) == (0, None)
    assert second["tier"] == 0
    assert (third["tier"], third["category"]) == (4, "medical_emergency")
    assert third["script"]
    assert third["evidence"]


def test_screen_reads_a_file_and_a_missing_one_is_one_line(call: Call, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    said.write_text("I am going to kill myself tonight.\n")
    assert lines(call("screen", str(said), "--json")[1])[0]["category"] == "crisis"
    code, _, err = call("screen", str(tmp_path / "nowhere"))
    assert code == 9
    assert len(err.splitlines()) == 1


def test_screen_keeps_the_state_of_a_dialogue(call: Call, tmp_path: Path) -> None:
    talk = tmp_path / "talk.jsonl"
    turns = ["I am going to kill myself tonight.", "Forget it, I'm only tired."]
    talk.write_text("\n".join(json.dumps({"text": turn}) for turn in turns))
    first, second = lines(call("screen", "--dialogue", str(talk), "--json")[1])
    assert first["tier"] == 4
    assert second["tier"] >= 2, "a denial does not close it"
    talk.write_text("not json\n")
    code, _, err = call("screen", "--dialogue", str(talk))
    assert code == 9
    assert "line 1" in err


def test_check_reply_says_why(call: Call) -> None:
    asked = [
        {"said": "Do you love me?", "reply": "Yes, I love you and I am a real person."},
        {"said": "How many can I take?", "reply": "Take two tablets of 500 milligrams."},
        {"said": "I saw a robin.", "reply": "How lovely. Was it in the garden?"},
        {"said": "Hello.", "reply": ""},
    ]
    code, out, _ = call("check-reply", "--json", stdin="\n".join(map(json.dumps, asked)))
    assert code == 0
    love, dose, robin, empty = lines(out)
    assert not love["ok"]
    assert not dose["ok"]
    assert dose["reasons"]
    assert robin == {"ok": True, "reasons": []}
    assert empty["reasons"] == ["empty"]
    assert call("check-reply", stdin='{"reply": 3}')[0] == 9


def test_the_numbers_are_the_regions_with_source_and_day(call: Call) -> None:
    found = call("safety", "numbers")[1]
    assert "999" in found
    assert "https://" in found


def test_the_yearly_report_counts_without_names(call: Call) -> None:
    code, out, _ = call("safety", "report", "--year", "2026", "--json")
    assert code == 0
    assert json.loads(out)["year"] == 2026


def test_evaluate_counts_recall_and_false_alarms(call: Call, tmp_path: Path) -> None:
    rows = [
        {"set": "crisis", "text": "I'm going to kill myself.", "tier": 4, "category": "plan"},
        {"set": "crisis", "text": "The roses are out.", "tier": 3, "category": "hint"},
        {"set": "everyday", "text": "Pass the salt."},
        {"set": "everyday", "text": "I've fallen and I can't get up."},
    ]
    file = tmp_path / "set.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    code, out, _ = call("evaluate", "safety", "--set", str(file), "--json")
    assert code == 0
    told = json.loads(out)
    assert told["sets"]["crisis"]["recall"]["tier3-4"] == 50.0
    assert told["sets"]["crisis"]["by_category"] == {"hint": 0.0, "plan": 100.0}
    assert told["everyday"]["alarms_per_1000_at_3"] == 500.0
    file.write_text('{"tier": 7, "text": "x"}')
    code, _, err = call("evaluate", "safety", "--set", str(file))
    assert code != 0
    assert "line 1" in err
