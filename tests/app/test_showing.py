"""What a talk shows of itself."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

from companion import events
from companion.app.showing import start_showing
from companion.config import parse_config


def test_nothing_is_shown_unasked() -> None:
    assert start_showing(parse_config({}), None, None, print) is None


def test_light_and_numbers(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    path = tmp_path / "state"
    config = parse_config({"service": {"light": str(path), "metrics_port": port}})
    troubles: list[str] = []
    shown = start_showing(config, None, None, troubles.append)
    assert shown is not None
    try:
        shown.frame("listening", 1.0)
        assert path.read_text() == "listening\n"
        shown.see(events.MuteChanged(2.0, True, "voice"))
        shown.frame("listening", 2.1)
        assert path.read_text() == "muted\n"
        shown.frame("speaking", 2.2)  # a reminder
        assert path.read_text() == "speaking\n"
        shown.see(events.MuteChanged(3.0, False, "voice"))
        shown.see(events.Trouble(3.0, "storage", "x"))
        shown.frame("away", 3.1)
        assert path.read_text() == "trouble\n"
        shown.frame("away", 70.0)
        assert path.read_text() == "away\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        assert 'companion_events_total{kind="trouble",reason="storage"} 1.0' in text
        assert "companion_resident_memory_bytes" in text
        second = start_showing(config, None, None, troubles.append)
        assert second is not None
        second.close()
        assert len(troubles) == 1
        assert "in use" in troubles[0]
    finally:
        shown.close()
