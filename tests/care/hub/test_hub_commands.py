"""``companion hub`` and ``companion evening`` as somebody types them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from support.hub_house import until
from support.mosquitto import Mosquitto, free_port
from support.postgres import new_database

from companion.care.hub.credentials import read_device
from companion.care.hub.store import Store

ROOT = Path(__file__).parents[3]


def run(*words: str, home: Path, code: int = 0, typed: str = "", database: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "companion", *words],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "COMPANION_HUB_DATABASE": database, "HOME": str(home)},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_from_nothing_to_a_device_that_publishes(tmp_path: Path, postgres: Path) -> None:
    mosquitto = Mosquitto.__new__(Mosquitto)
    mosquitto.program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    if not Path(mosquitto.program).exists():
        pytest.skip("mosquitto is not installed")
    mosquitto.folder, mosquitto.port, mosquitto.process = tmp_path / "hub", free_port(), None
    url = new_database(postgres)
    said = run("hub", "mosquitto-config", "hub", "--host", "127.0.0.1", "--port",
               str(mosquitto.port), home=tmp_path)  # fmt: skip
    assert "chown" in said
    for path in (tmp_path / "hub").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert "set up already" in run("hub", "mosquitto-config", "hub", home=tmp_path, code=17)
    said = run("hub", "enrol", "room-12", home=tmp_path, database=url)
    run("hub", "account", "add", "kim", home=tmp_path, database=url, typed="four boats sail\n")
    run("hub", "account", "close", "kim", home=tmp_path, database=url)
    assert "cannot be a device" in run(
        "hub", "enrol", "Room 12", home=tmp_path, database=url, code=17
    )
    printed = said[said.index("[hub]") : said.index("nothing is sent")]
    section = tomllib.loads(printed)["hub"]
    secret = tmp_path / "hub" / "devices" / "room-12.json"
    assert read_device(secret).device == section["device"] == "room-12"
    config = tmp_path / "config.toml"
    config.write_text(
        f'state_dir = "{tmp_path / "state"}"\n'
        + printed.replace("/path/to/room-12.json", str(secret)).replace(
            "/path/to/ca.pem", str(tmp_path / "hub" / "broker" / "ca.pem")
        )
    )
    if os.geteuid() == 0:
        conf = tmp_path / "hub" / "broker" / "mosquitto.conf"
        conf.write_text(conf.read_text() + "user root\n")
    mosquitto.start()
    serving = subprocess.Popen(
        [sys.executable, "-m", "companion", "hub", "serve", "--port", str(free_port())],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COMPANION_HUB_DATABASE": url},
    )
    try:
        publish = ("hub", "publish", "--for", "1", "--config", str(config))
        assert "not connected" in run(*publish, home=tmp_path)
        run("data", "consent", "give", "hub", "--config", str(config), home=tmp_path)
        publish = ("hub", "publish", "--for", "6", "--config", str(config))
        assert "\nconnected" in run(*publish, home=tmp_path)
        store = Store.open(url)
        until(lambda: "version" in store.devices()["room-12"].health, 20.0)
        assert store.devices()["room-12"].heard_at == pytest.approx(time.time(), abs=60)
        store.close()
    finally:
        serving.terminate()
        serving.wait(20)
        mosquitto.kill()
    assert "offline" in run("hub", "devices", home=tmp_path, database=url)
    run("hub", "forget", "room-12", "--yes", home=tmp_path, database=url)
    assert "no device is enrolled" in run("hub", "devices", home=tmp_path, database=url)


def test_the_ward_page_is_not_served_on_a_network_without_tls(tmp_path: Path) -> None:
    said = run("hub", "serve", "--host", "0.0.0.0", home=tmp_path, code=17, database="x")
    assert "without TLS" in said


def test_without_a_hub_nothing_is_published(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    said = run("hub", "publish", "--config", str(config), home=tmp_path, code=17)
    assert "no hub is configured" in said


def test_a_connection_without_tls_is_refused(tmp_path: Path) -> None:
    from companion.care.hub.link import address
    from companion.errors import HubError

    for url in ("mqtt://host:1883", "https://host", "mqtts://"):
        with pytest.raises(HubError, match="mqtts://"):
            address(url, tmp_path)


def test_who_gets_word_in_the_evening_is_for_the_owner_to_say(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    here = ("--config", str(config))
    run("people", "add", "Anna", "--role", "daughter", *here, home=tmp_path)
    assert "whole summary" in run("evening", "to", "Anna", "--full", *here, home=tmp_path)
    assert "nobody was told" in run("evening", "told", "Anna", *here, home=tmp_path)
    assert "nothing is due" in run("evening", "send", *here, home=tmp_path)
    run("evening", "stop", "Anna", *here, home=tmp_path)
    listed = run("data", "consent", "list", "evening", *here, home=tmp_path)
    assert "does not agree" in listed.splitlines()[-1]
    assert "nobody here is called" in run("evening", "to", "Bob", *here, home=tmp_path, code=8)
