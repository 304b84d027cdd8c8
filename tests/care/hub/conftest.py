"""A broker, a database server, a hub and devices; all real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.hub_house import ALL, DeviceHouse, HubHouse
from support.mosquitto import Mosquitto
from support.postgres import new_database, private_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    with private_postgres() as folder:
        yield folder


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "hub")
    yield made
    made.kill()


@pytest.fixture
def hub(mosquitto: Mosquitto, postgres: Path) -> Iterator[HubHouse]:
    made = HubHouse(mosquitto, new_database(postgres))
    yield made
    made.close()


@pytest.fixture
def new_house(hub: HubHouse, tmp_path: Path) -> Iterator[Callable[..., DeviceHouse]]:
    made: list[DeviceHouse] = []

    def build(name: str, *says: str, **options: object) -> DeviceHouse:
        secret = hub.enrol(name)
        house = DeviceHouse(tmp_path / f"{name}.db", hub.mosquitto, secret, **options)  # type: ignore[arg-type]
        house.say(*(says or ALL))
        made.append(house)
        return house

    yield build
    for house in made:
        house.close()
