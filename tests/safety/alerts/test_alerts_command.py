"""``companion alerts``, without the rest of the house."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.alert_support import KEY, House
from typer.testing import CliRunner, Result

from companion import app as companion_house
from companion.cli.alerts import app
from companion.config import Config
from companion.errors import AlertError
from companion.safety.alerts.service import AlertService
from companion.storage.database import Database
from companion.storage.keys import Key


class Command:
    def __init__(self, house: House) -> None:
        self.house = house

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    def json(self, *words: str) -> Any:
        result = self(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def error(self, *words: str) -> str:
        result = self(*words)
        assert isinstance(result.exception, AlertError), result.output
        return str(result.exception)


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch) -> Command:
    def load(config: Config, *, database: Database, key: Key) -> AlertService:
        assert (database, key) == (house.database, KEY)
        return house.service(settings=config.alerts)

    monkeypatch.setattr(companion_house, "load_alerts", load)
    monkeypatch.setattr(companion_house, "open_storage", lambda _: house.database)
    monkeypatch.setattr(companion_house, "load_key", lambda _: KEY)
    return Command(house)


def test_deliver_list_and_answer(house: House, command: Command) -> None:
    assert "nothing is due" in command("deliver").stdout
    assert "no alerts" in command("list").stdout
    house.contact("Anna")
    house.service().raise_alert(4, "crisis", "plan", frozenset({"grandson"}))
    assert "1 due" in command("deliver").stdout
    assert house.sender.told == ["anna"]
    (row,) = command.json("list")
    assert (row["state"], row["told"], row["tier"]) == ("sent", ["Anna"], 4)
    shown = command("list").stdout
    assert "delivered, not answered yet; told: Anna" in shown
    code = house.service().alerts()[0].code
    assert code not in shown + json.dumps(row)
    assert "grandson" not in shown + json.dumps(row)
    assert "thank you" in command("ack", code).stdout
    assert "already" in command("ack", code).stdout
    assert "not valid" in command.error("ack", "0" if code != "0" else "1")


def test_a_test_says_for_each_contact_whether_the_channel_took_it(
    house: House, command: Command
) -> None:
    assert "no contacts" in command.error("test")
    house.contact("Anna")
    house.contact("Ben")
    house.sender.broken = {"ben"}
    result = command("test")
    assert result.exit_code == 0
    assert "Anna (anna): accepted" in result.stdout
    assert "Ben (ben): failed: broken" in result.stdout
    assert [row["ok"] for row in command.json("test")] == [True, False]
    assert "no channel took the test" in command.error("test", "Ben")
    assert "known: Anna, Ben" in command.error("test", "Zoe")


def test_cancel_one_or_all_countdowns(house: House, command: Command) -> None:
    alert_id = house.service().raise_alert(4, "crisis", "plan")
    house.service().raise_alert(4, "medical_emergency", "fall", countdown_s=30)
    assert command("cancel").stdout == "1 cancelled\n"
    assert command("cancel", alert_id[:8]).stdout == "cancelled\n"
    assert "closed already" in command.error("cancel", alert_id)
    assert "no alert" in command.error("cancel", "zz")
