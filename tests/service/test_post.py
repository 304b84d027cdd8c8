"""The post sends what the talk, without a network, only writes down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alert_servers import Ntfy
from support.fake_systemd import FakeSystemd

from companion import app
from companion.config import Config, parse_config
from companion.safety.alerts.news import News
from companion.storage import people


@pytest.fixture
def ntfy() -> Iterator[Ntfy]:
    server = Ntfy()
    yield server
    server.cut()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ntfy: Ntfy) -> Config:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    made = parse_config({"state_dir": str(tmp_path / "state"), "service": {"post": True}})
    database = app.open_storage(made)
    with database.begin() as connection:
        people.owner(connection, at=1.0, name="Margaret")
        anna = people.add_person(connection, "Anna", "family", at=2.0)
        people.add_contact(connection, anna.id, ntfy.url("anna"), at=2.0)
    database.close()
    return made


def until(condition: object, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_alert_of_the_talk_is_sent_by_the_post_and_the_talk_hears_of_it(
    config: Config, ntfy: Ntfy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemd = FakeSystemd(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "90000000")
    news: list[News] = []
    keeping = app.start_keeping(config, lambda _: None, news.append)
    stopping = threading.Event()
    post: threading.Thread | None = None
    try:
        assert "nobody can be told" in app.post_trouble(config, time.time())
        keeping.alerts.raise_alert(3, "fall", "cannot_get_up")
        time.sleep(2.5)  # longer than a look at the outbox takes
        assert ntfy.all == []
        assert not [one for one in news if one.kind == "nobody"]
        post = threading.Thread(target=app.hold_post, args=(config, stopping, lambda _: None, 0.2))
        post.start()
        assert ntfy.wait(1)[0].to == "anna"
        until(lambda: any(one.kind == "reached" for one in news))
        assert systemd.wait("READY=1", 5)
        assert systemd.wait("WATCHDOG=1", 5)
        assert app.post_trouble(config, time.time()) == ""
        assert "nobody can be told" in app.post_trouble(config, time.time() + 3600)
    finally:
        stopping.set()
        if post is not None:
            post.join(20)
        keeping.close()
        systemd.close()
    assert len(ntfy.all) == 1
    assert systemd.said[-1] == "STOPPING=1"
