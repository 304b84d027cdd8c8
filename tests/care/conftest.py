"""A furnished dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.care_client import Browser
from support.care_house import CanaryReadings, furnish, make_house

from companion.care.house import House


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[House]:
    """Nobody has an account yet."""
    house = make_house(tmp_path / "state")
    yield house
    house.store.close()


@pytest.fixture
def ids(bare: House) -> dict[str, str]:
    """Furnishes the house; role -> account, and the alert."""
    return furnish(bare)


@pytest.fixture
def house(bare: House, ids: dict[str, str]) -> House:
    return bare


@pytest.fixture
def canary_ids(bare: House) -> dict[str, str]:
    """Furnishes the house so that each subject shows a canary."""
    return furnish(bare, readings=CanaryReadings())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, str]]]:
    """One house with canaries for many requests that change nothing."""
    house = make_house(tmp_path_factory.mktemp("care") / "state")
    yield house, furnish(house, readings=CanaryReadings())
    house.store.close()


@pytest.fixture(scope="module")
def browsers(shared: tuple[House, dict[str, str]]) -> dict[str, Browser]:
    """A browser for each role, logged in."""
    logins = {"owner": "rose", "family": "anna", "nurse": "nora", "therapist": "theo"}
    found = {}
    for role, login in logins.items():
        found[role] = Browser(shared[0])
        assert found[role].log_in(login).status_code == 303
    return found
