"""The companion at a real Mosquitto, as Home Assistant meets it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.home import PASSWORD, Assistant, HomeBroker, until

from companion.care.assistant.address import Login, home_address, home_login
from companion.care.assistant.bridge import HomeBridge, HomeState
from companion.care.assistant.discovery import PRIVATE, Node, discovery
from companion.care.assistant.facts import Facts
from companion.care.hub.link import Address
from companion.config import HomeSettings
from companion.errors import ConfigError

ALL = Facts(True, False, "usual")


def test_the_device_is_described_as_home_assistant_wants_it(
    bridge: HomeBridge, assistant: Assistant
) -> None:
    bridge.show(HomeState(facts=ALL))
    until(lambda: "unique_id" in assistant.device()["components"]["mood"])
    device = assistant.device()
    assert device["device"]["identifiers"] == ["companion_abc123"]
    assert device["origin"]["name"] == "companion"
    platforms = {name: one["platform"] for name, one in device["components"].items()}
    assert platforms == {
        "mute": "switch",
        "volume": "number",
        "say": "text",
        "message": "sensor",
        "heard": "sensor",
        "alert": "binary_sensor",
        "mood": "sensor",
    }
    identities = [one["unique_id"] for one in device["components"].values()]
    assert len(set(identities)) == len(identities)
    assert device["components"]["mood"]["device_class"] == "enum"
    assert device["availability_topic"] == "companion/home/abc123/status"
    assistant.wait("/status", "online")


def test_states_are_told_when_they_change(bridge: HomeBridge, assistant: Assistant) -> None:
    bridge.show(HomeState(True, -3.0, 1_000_000_123.0, "said", Facts(True, True, "lower")))
    assistant.wait("mute/state", "ON")
    assistant.wait("volume/state", "-3")
    assistant.wait("heard/state", "2001-09-09T01:48:00+00:00")  # to the minute
    assistant.wait("message/state", "said")
    assistant.wait("alert/state", "ON")
    assistant.wait("mood/state", "lower")
    count = len(assistant.seen)
    bridge.show(HomeState(False, -3.0, 1_000_000_125.0, "said", Facts(True, True, "lower")))
    assistant.wait("mute/state", "OFF")
    assert [topic.rsplit("/", 2)[1] for topic, _ in assistant.seen[count:]] == ["mute"]


def test_without_consent_nothing_of_the_person_is_told(
    bridge: HomeBridge, assistant: Assistant
) -> None:
    bridge.show(HomeState(heard_at=1_000_000_000.0, message="said"))
    assistant.wait("message/state", "said")
    assert all(set(assistant.device()["components"][one]) == {"platform"} for one in PRIVATE)
    assert not [t for t, _ in assistant.seen if any(f"/{one}/" in t for one in PRIVATE)]


def test_a_consent_taken_back_removes_what_it_showed(
    bridge: HomeBridge, assistant: Assistant
) -> None:
    bridge.show(HomeState(heard_at=1_000_000_000.0, facts=ALL))
    assistant.wait("mood/state", "usual")
    bridge.show(HomeState(heard_at=1_000_000_000.0, facts=Facts(True, False)))
    until(lambda: assistant.device()["components"]["mood"] == {"platform": "sensor"})
    assert "unique_id" in assistant.device()["components"]["heard"]


def test_nothing_of_the_person_stays_at_the_broker(
    bridge: HomeBridge, assistant: Assistant, broker: HomeBroker
) -> None:
    bridge.show(HomeState(True, 0.0, 1_000_000_000.0, "said", ALL))
    assistant.wait("mood/state", "usual")
    later = Assistant(broker)
    until(lambda: later.latest("/config"))
    time.sleep(0.3)
    later.stop()
    assert {t.rsplit("/", 1)[1] for t, _ in later.seen} == {"config", "status"}


def test_home_assistant_may_ask(bridge: HomeBridge, assistant: Assistant, asked: object) -> None:
    assistant.command("mute", "ON")
    assistant.command("mute", "OFF")
    assistant.command("volume", "-4.0")
    assistant.command("volume", "99")
    assistant.command("say", "  Tea is ready.\nCome down! ")
    until(lambda: len(asked.all) == 5, what=asked)
    assert asked.all == [
        ("mute", True),
        ("mute", False),
        ("volume", -4.0),
        ("volume", 12.0),
        ("say", "Tea is ready. Come down!"),
    ]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("mute", "maybe"),
        ("mute", b"\xff\xfe"),
        ("volume", "nan"),
        ("volume", "loud"),
        ("say", " \n "),
        ("say", "x" * 5000),
    ],
)
def test_nonsense_is_not_obeyed(
    bridge: HomeBridge, assistant: Assistant, asked: object, name: str, payload: str
) -> None:
    assistant.command(name, payload)
    assistant.command("mute", "ON")
    until(lambda: asked.all)
    assert asked.all == [("mute", True)]


def test_a_text_too_long_for_the_entity_is_cut(
    bridge: HomeBridge, assistant: Assistant, asked: object
) -> None:
    assistant.command("say", "y" * 300)
    until(lambda: asked.all)
    assert asked.all == [("say", "y" * 255)]


def test_a_command_that_was_kept_is_not_obeyed_at_the_start(
    broker: HomeBroker, assistant: Assistant, asked: object
) -> None:
    assistant.send("companion/home/abc123/mute/set", "ON", retain=True)
    node = Node("abc123", "Molly", "homeassistant", "0.1.0")
    bridge = HomeBridge(broker.where, Login("molly", PASSWORD), node, asked.commands())
    bridge.start()
    until(lambda: bridge.up)
    assistant.command("volume", "1")
    until(lambda: asked.all)
    assert asked.all == [("volume", 1.0)]
    bridge.stop()


def test_home_assistant_that_starts_again_is_told_everything(
    bridge: HomeBridge, assistant: Assistant
) -> None:
    bridge.show(HomeState(True, facts=ALL))
    assistant.wait("mood/state", "usual")
    assistant.seen.clear()
    assistant.birth()
    assistant.wait("mood/state", "usual")
    assert assistant.latest("/config") is not None
    assert assistant.latest("mute/state") == "ON"


def test_entities_that_are_new_are_told_a_moment_later(
    bridge: HomeBridge, assistant: Assistant
) -> None:
    assistant.birth()
    assistant.wait("/status", "online")
    time.sleep(1.6)
    assistant.seen.clear()
    bridge.show(HomeState())
    assistant.wait("mute/state", "OFF")


def test_it_is_shown_as_gone_when_it_ends(bridge: HomeBridge, assistant: Assistant) -> None:
    assistant.wait("/status", "online")
    bridge.stop()
    assistant.wait("/status", "offline")


def test_a_broker_that_dies_is_found_again_with_what_changed_meanwhile(
    bridge: HomeBridge, assistant: Assistant, broker: HomeBroker, asked: object
) -> None:
    assistant.wait("/status", "online")
    broker.kill()
    until(lambda: not bridge.up)
    for volume in range(50):  # nothing of this is queued
        bridge.show(HomeState(True, volume / 10))
    before = len(assistant.seen)
    broker.start()
    assistant.wait("mute/state", "ON", 20)
    assistant.wait("volume/state", "4.9")
    assert sum(t.endswith("volume/state") for t, _ in assistant.seen[before:]) <= 2
    assistant.command("mute", "OFF")
    until(lambda: asked.all == [("mute", False)])


def test_a_killed_companion_is_reported_by_the_broker(
    broker: HomeBroker, assistant: Assistant
) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from companion.care.assistant.address import Login\n"
        "from companion.care.assistant.bridge import Commands, HomeBridge\n"
        "from companion.care.assistant.discovery import Node\n"
        "from companion.care.hub.link import Address\n"
        "no = lambda _: None\n"
        "where = Address('127.0.0.1', int(sys.argv[1]), Path(sys.argv[2]))\n"
        "node = Node('killed', 'Molly', 'homeassistant', '0')\n"
        f"HomeBridge(where, Login('molly', '{PASSWORD}'), node, Commands(no, no, no)).start()\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(broker.port), str(broker.where.ca)]
    )
    try:
        assistant.wait("killed/status", "online", 20)
    finally:
        child.kill()
        child.wait()
    assistant.wait("killed/status", "offline")


def test_a_wrong_password_is_said(broker: HomeBroker, asked: object) -> None:
    node = Node("x", "Molly", "homeassistant", "0")
    bridge = HomeBridge(broker.where, Login("molly", "wrong"), node, asked.commands())
    bridge.start()
    until(lambda: "refuses" in bridge.trouble)
    bridge.stop()
    assert not bridge.up


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho's socket
def test_a_broker_with_another_certificate_is_not_trusted(
    broker: HomeBroker, asked: object
) -> None:
    where = Address("127.0.0.1", broker.port, None)  # what the system trusts
    node = Node("x", "Molly", "homeassistant", "0")
    bridge = HomeBridge(where, Login("molly", PASSWORD), node, asked.commands())
    bridge.start()
    time.sleep(1.0)
    assert not bridge.up
    bridge.stop()


def test_a_prefix_of_ones_own_is_used() -> None:
    node = Node("x", "Molly", "my/ha", "0")
    assert discovery(node, ()).topic == "my/ha/device/companion_x/config"
    assert node.birth == "my/ha/status"


@pytest.mark.parametrize(
    ("url", "insecure", "problem"),
    [
        ("mqtt://192.168.1.5", False, "no TLS"),
        ("http://here", False, "mqtts://"),
        ("mqtts://", False, "mqtts://"),
        ("mqtts://me:secret@here", False, "home.user"),
        ("mqtts://here:port", False, "mqtts://"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, insecure: bool, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        home_address(HomeSettings(url=url, insecure=insecure))


def test_addresses_that_will_do() -> None:
    assert home_address(HomeSettings(url="mqtt://localhost")) == Address(
        "localhost", 1883, None, False
    )
    assert home_address(HomeSettings(url="mqtts://ha.local")).port == 8883
    assert not home_address(HomeSettings(url="mqtt://ha.local", insecure=True)).tls


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("se cret\n# a note\n")
    assert home_login(HomeSettings(user="molly", password_file=file)) == Login("molly", "se cret")
    assert home_login(HomeSettings()) == Login("", "")
    file.write_text("\n")
    for settings, problem in (
        (HomeSettings(user="molly"), "belong together"),
        (HomeSettings(user="molly", password_file=file), "empty"),
        (HomeSettings(user="molly", password_file=tmp_path / "none"), "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=problem):
            home_login(settings)


def test_no_broker_is_waited_for(asked: object) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    node = Node("x", "Molly", "homeassistant", "0")
    bridge = HomeBridge(
        Address("127.0.0.1", port, None, False), Login("", ""), node, asked.commands()
    )
    began = time.monotonic()
    bridge.start()
    bridge.show(HomeState(True))
    bridge.stop()
    assert time.monotonic() - began < 2.0
