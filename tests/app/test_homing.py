"""Home Assistant and a talk: mute, volume and a text to be said, on the loop, at a real broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.home import PASSWORD, Assistant, HomeBroker

from companion import events
from companion.app.homing import HomeTalk, start_home
from companion.app.hushing import Hush, is_muted, mute
from companion.config import Config, parse_config
from companion.domain import Initiative
from companion.storage import consents, people
from companion.storage.database import Database, open_database
from companion.storage.keys import Key


class Microphone:
    """Can be closed."""

    released = False
    lost = False

    def mute(self) -> None:
        self.released = True

    def unmute(self) -> None:
        self.released = False

    def await_release(self, timeout_s: float) -> bool:
        return self.released


class Voice:
    volume_db = 0.0

    def adjust(self, *, pace: float = 0.0, volume: float = 0.0) -> None:
        self.volume_db += volume


@dataclass
class Talk:
    """A conversation that notes what it is asked for, and on which thread."""

    now: float = 1.0
    offered: list[Initiative] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    pushed: int = 0

    def later(self, job: Callable[[], None]) -> None:
        assert asyncio.get_running_loop()
        job()

    def offer(self, initiative: Initiative) -> None:
        assert asyncio.get_running_loop()
        self.offered.append(initiative)

    def announce(self, line: str) -> None:
        self.announced.append(line)

    def push(self) -> None:
        self.pushed += 1

    def room_changed(self) -> None: ...


@dataclass
class House:
    config: Config
    hush: Hush
    talk: Talk
    microphone: Microphone
    voice: Voice
    journal: list[str]
    home: HomeTalk
    database: Database


NOTICES = {"muted": "I'm not listening now.", "unmuted": "I'm listening again."}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[HomeBroker]:
    made = HomeBroker(tmp_path / "broker")
    made.start()
    yield made
    made.kill()


def settings(tmp_path: Path, broker: HomeBroker, **checkins: str) -> Config:
    (tmp_path / "password").write_text(PASSWORD)
    return parse_config(
        {
            "state_dir": str(tmp_path / "state"),
            "control": {"socket": str(tmp_path / "control.sock")},
            "checkins": {"quiet_from": "03:00", "quiet_to": "03:00", **checkins},
            "home": {
                "url": f"mqtts://127.0.0.1:{broker.port}",
                "user": "molly",
                "password_file": str(tmp_path / "password"),
                "ca": str(broker.where.ca),
            },
        }
    )


@pytest.fixture
async def house(tmp_path: Path, broker: HomeBroker) -> AsyncIterator[House]:
    async with running(settings(tmp_path, broker), tmp_path) as made:
        yield made


class running:  # noqa: N801
    """A talk without sound, at the broker."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config, self.folder = config, folder

    async def __aenter__(self) -> House:
        microphone, voice, talk, journal = Microphone(), Voice(), Talk(), []
        self.told: list[str] = []
        log: list[events.Event] = []
        hush = Hush(self.config, microphone, NOTICES, log.append, self.told.append)  # type: ignore[arg-type]
        self.end_hush = await hush.accompany(talk, journal.append)  # type: ignore[arg-type]
        self.database = open_database(self.folder / "rose.db", Key(bytes(range(32))))
        with self.database.begin() as connection:
            owner = people.owner(connection, at=1.0, name="Rose").id
            for subject in ("home", "alerts"):
                consents.give(
                    connection, person_id=owner, subject=subject, how="typed", version="1", at=1.0
                )
        home = start_home(self.config, voice, hush, self.database, self.told.append)  # type: ignore[arg-type]
        assert home is not None, self.told
        self.end_home = await home.accompany(talk)  # type: ignore[arg-type]
        return House(self.config, hush, talk, microphone, voice, journal, home, self.database)

    async def __aexit__(self, *_: object) -> None:
        await self.end_home()
        await self.end_hush()
        self.database.close()


@pytest.fixture
async def assistant(broker: HomeBroker) -> AsyncIterator[Assistant]:
    made = await asyncio.to_thread(Assistant, broker)
    yield made
    await asyncio.to_thread(made.stop)


async def until(true: Callable[[], object], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.02)


async def command(assistant: Assistant, name: str, payload: str) -> None:
    await asyncio.to_thread(assistant.command, name, payload)


async def test_muted_from_home_the_microphone_is_closed_and_it_says_so(
    house: House, assistant: Assistant
) -> None:
    await command(assistant, "mute", "ON")
    await until(lambda: house.microphone.released)
    await until(lambda: assistant.latest("mute/state") == "ON")
    assert house.talk.announced == ["I'm not listening now."]
    assert house.journal == ["muted"]
    assert is_muted(house.config)
    await command(assistant, "mute", "OFF")
    await until(lambda: not house.microphone.released)
    assert house.journal == ["muted", "heard"]
    assert not is_muted(house.config)


async def test_the_command_line_reaches_it_and_home_sees_it(
    house: House, assistant: Assistant
) -> None:
    state = await asyncio.to_thread(mute, house.config, "on", 600.0)
    assert state["running"]
    assert house.microphone.released
    await until(lambda: assistant.latest("mute/state") == "ON")
    state = await asyncio.to_thread(mute, house.config, "status")
    assert (state["muted"], state["by"]) == (True, "command")
    assert 590 < state["until"] - time.time() <= 600
    house.hush.push()  # the button brings it back, and engages it
    assert (house.microphone.released, house.talk.pushed) == (False, 1)
    await until(lambda: assistant.latest("mute/state") == "OFF")


async def test_the_volume_is_set_and_shown(house: House, assistant: Assistant) -> None:
    await command(assistant, "volume", "-6")
    await until(lambda: house.voice.volume_db == -6.0)
    await until(lambda: assistant.latest("volume/state") == "-6")
    house.voice.adjust(volume=4.0)  # "louder", by voice
    await until(lambda: assistant.latest("volume/state") == "-2")


async def test_a_text_is_said_as_a_message_and_its_fate_is_told(
    house: House, assistant: Assistant
) -> None:
    await command(assistant, "say", "Tea is ready.")
    await until(lambda: house.talk.offered)
    initiative = house.talk.offered[0]
    assert (initiative.kind, initiative.urgent) == ("message", False)
    said = [part.text for part in initiative.exchange.parts]
    assert said == ["Here is a message for you.", "Tea is ready."]
    await until(lambda: assistant.latest("message/state") == "waiting")
    assert initiative.exchange.effect is not None
    await asyncio.to_thread(initiative.exchange.effect)  # on the inference thread
    await until(lambda: assistant.latest("message/state") == "said")
    assert not [p for t, p in assistant.seen if "Tea" in p and not t.endswith("say/set")]


async def test_more_than_three_texts_do_not_queue(house: House, assistant: Assistant) -> None:
    for number in range(5):
        await command(assistant, "say", f"Message {number}")
    await until(lambda: assistant.latest("message/state") == "too_many")
    assert len(house.talk.offered) == 3


async def test_nothing_is_said_in_quiet_hours(
    tmp_path: Path, broker: HomeBroker, assistant: Assistant
) -> None:
    now = datetime.now()
    early, late = now - timedelta(minutes=5), now + timedelta(minutes=5)
    config = settings(tmp_path, broker, quiet_from=f"{early:%H:%M}", quiet_to=f"{late:%H:%M}")
    async with running(config, tmp_path) as house:
        await command(assistant, "say", "Tea is ready.")
        await until(lambda: assistant.latest("message/state") == "quiet_hours")
        assert house.talk.offered == []


async def test_it_is_told_when_somebody_spoke_but_not_what(
    house: House, assistant: Assistant
) -> None:
    house.home.see(events.TurnCommitted(5.0, "a canary in a coal mine", 4.0, 0.5, 1.0))
    await until(lambda: assistant.latest("heard/state"))
    told = datetime.fromisoformat(assistant.latest("heard/state") or "")
    assert abs(told.timestamp() - time.time()) < 61
    assert not [p for _, p in assistant.seen if "canary" in p]
    components = (await asyncio.to_thread(assistant.device))["components"]
    assert "unique_id" in components["alert"]
    assert components["mood"] == {"platform": "sensor"}


async def test_a_restart_keeps_its_identity(tmp_path: Path, broker: HomeBroker) -> None:
    config = settings(tmp_path, broker)
    assistant = await asyncio.to_thread(Assistant, broker)
    names = set()
    for _ in range(2):
        async with running(config, tmp_path):
            await until(lambda: assistant.latest("/status") == "online")
        await until(lambda: assistant.latest("/status") == "offline")
        names |= {topic for topic, _ in assistant.seen if topic.endswith("/config")}
    await asyncio.to_thread(assistant.stop)
    assert len(names) == 1


async def test_a_mistake_in_the_settings_costs_only_the_smart_home(tmp_path: Path) -> None:
    told: list[str] = []
    config = parse_config({"state_dir": str(tmp_path), "home": {"url": "mqtt://192.168.1.2"}})
    hush = Hush(config, Microphone(), NOTICES, lambda _: None, told.append)  # type: ignore[arg-type]
    assert start_home(config, Voice(), hush, None, told.append) is None  # type: ignore[arg-type]
    assert "no TLS" in told[0]
