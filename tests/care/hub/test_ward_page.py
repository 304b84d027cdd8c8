"""The ward page: deny by default, every route tried by everybody; what a nurse sees and does."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.routing import Route
from support.postgres import new_database

from companion.care.hub.accounts import IDLE_S, MAY, Accounts
from companion.care.hub.envelope import Envelope
from companion.care.hub.store import Store
from companion.care.hub.web.app import HEADERS, OPEN, Doors, build
from companion.errors import HubError

PASSWORD = "four boats sail"
EPOCH = "0" * 16
SECRETS = ("Rose in 12", "Slept badly", "A quiet day", "valence", "0.1.0", "room-12")


@dataclass
class WardHouse:
    store: Store
    accounts: Accounts
    app: Starlette
    time: float

    async def visitor(self, login: str | None = None) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="http://ward"
        )
        if login is not None:
            answer = await client.post("/login", data={"login": login, "password": PASSWORD})
            assert answer.status_code == 303
        return client


@pytest.fixture
def ward(postgres: Path) -> Iterator[WardHouse]:
    store = Store.open(new_database(postgres))
    accounts = Accounts(store, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    house = WardHouse(store, accounts, Starlette(), time.time())
    house.app = build(Doors(store, accounts, secure=False, now=lambda: house.time))
    for role in MAY:
        accounts.put(role, f"Kim {role}", role, PASSWORD, house.time)
    store.enrol("room-12", "Rose in 12", b"1" * 32, house.time)
    store.enrol("room-13", "Carl in 13", b"2" * 32, house.time)
    page = {
        "day": "2026-11-23",
        "short": "A quiet day <b>indeed</b>.",
        "lines": ["Slept badly."],
        "safety": ["Said that she had fallen."],
    }
    alert = {"alert": "a" * 32, "tier": 4, "category": "", "state": "open"}
    said = [
        Envelope("summary", house.time, page, EPOCH, 1),
        Envelope("alert", house.time, {**alert, "raised_at": house.time - 60}, EPOCH, 2),
        Envelope("health", house.time, {"version": "0.1.0"}, EPOCH, 3),
        *(
            Envelope(
                "mood",
                house.time,
                {"day": f"2026-11-{day:02}", "valence": value, "sure": 0.8, "turns": 9},
                EPOCH,
                day,
            )
            for day, value in (
                (10, 0.5),
                (11, 0.5),
                (12, 0.4),
                (13, 0.5),
                (14, -0.4),
                (15, -0.5),
                (16, -0.6),
            )
        ),
    ]
    store.accept([("room-12", one) for one in said], house.time)
    online = Envelope("state", house.time, {"online": True, "session": "s"})
    store.set_online("room-12", online, fresh=True, now=house.time)
    yield house
    store.close()


def routes(app: Starlette) -> list[tuple[str, str, str]]:
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        for method in route.methods or ():
            if method != "HEAD":
                found.append((method, route.path, route.endpoint.permission))
    return found


def filled(path: str) -> str:
    return path.replace("{device}", "room-12").replace("{alert}", "a" * 32)


async def test_every_route_denies_whoever_may_not(ward: WardHouse) -> None:
    seen = 0
    for login in (None, *MAY):
        client = await ward.visitor(login)
        for method, path, permission in routes(ward.app):
            if permission == OPEN or path == "/logout":
                continue
            answer = await client.request(
                method, filled(path), data={"csrf": "guess"} if method == "POST" else None
            )
            role_may = login is not None and (not permission or permission in MAY[login])
            if login is None:
                assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path
            elif not role_may or method == "POST":
                assert answer.status_code == 403, (login, path)
            if not role_may:
                seen += 1
                assert not any(secret in answer.text for secret in SECRETS), (login, path)
    assert seen > 8
    assert ward.store.due_commands(ward.time) == ()


async def test_pages_that_are_open_hold_no_data(ward: WardHouse) -> None:
    client = await ward.visitor()
    for path in ("/login", "/style.css", "/healthz", "/nowhere", "/residents/room-12/x"):
        answer = await client.get(path)
        assert not any(secret in answer.text for secret in SECRETS)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value


async def test_a_therapist_sees_no_alerts_and_a_technician_no_residents(ward: WardHouse) -> None:
    therapist = await ward.visitor("therapist")
    page = (await therapist.get("/ward")).text
    assert "A quiet day" in page
    assert "taking care of it" not in page
    assert "please look in" not in page
    assert (await therapist.get("/devices")).status_code == 403
    technician = await ward.visitor("technician")
    assert (await technician.get("/ward")).status_code == 403
    assert (await technician.get("/residents/room-12")).status_code == 403
    page = (await technician.get("/devices")).text
    assert "0.1.0" in page
    for secret in ("Rose", "A quiet day", "Mood", "look in"):
        assert secret not in page


async def test_a_nurse_sees_who_waits_who_is_silent_and_how_the_days_were(
    ward: WardHouse,
) -> None:
    nurse = await ward.visitor("nurse")
    page = (await nurse.get("/ward")).text
    assert page.index("Rose in 12") < page.index("Carl in 13")
    assert "1 to look after" in page
    assert "Nothing is heard from Carl in 13" in page
    assert "Mood: low in the last days, lower than before" in page
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    ward.time += 16 * 60
    assert "Nothing is heard from Rose in 12" in (await nurse.get("/ward")).text
    page = (await nurse.get("/residents/room-12")).text
    assert "Said that she had fallen." in page
    assert (await nurse.get("/residents/room-99")).status_code == 404
    with ward.store.begin() as connection:
        noted = connection.exec_driver_sql("SELECT login, what, device_id FROM hub_reads").all()
    assert ("nurse", "resident", "room-12") in [tuple(row) for row in noted]


async def test_a_nurse_answers_once_and_from_this_page_only(ward: WardHouse) -> None:
    nurse = await ward.visitor("nurse")
    page = (await nurse.get("/ward")).text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    path, form = f"/alerts/room-12/{'a' * 32}/answer", {"csrf": found[1]}
    foreign = {"Origin": "https://evil.example"}
    assert (await nurse.post(path, data=form, headers=foreign)).status_code == 403
    assert (await nurse.post(path, data={})).status_code == 403
    assert ward.store.due_commands(ward.time) == ()
    for _ in range(2):
        assert (await nurse.post(path, data=form)).status_code == 303
    (command,) = ward.store.due_commands(ward.time)
    assert (command.device_id, command.tier, command.by) == ("room-12", 4, "Kim nurse (nurse)")
    assert "Kim nurse (nurse) is taking care of it" in (await nurse.get("/ward")).text


async def test_wrong_passwords_are_held_back_and_sessions_end(ward: WardHouse) -> None:
    client = await ward.visitor()
    for login in ("nurse", "nobody"):
        answer = await client.post("/login", data={"login": login, "password": "wrong wrong"})
        assert answer.status_code == 403
        assert "not right" in answer.text
    codes = []
    for _ in range(8):
        answer = await client.post("/login", data={"login": "nurse", "password": "wrong wrong"})
        codes.append(answer.status_code)
    assert codes[-1] == 429
    right = await client.post("/login", data={"login": "nurse", "password": PASSWORD})
    assert right.status_code == 429
    ward.time += 301
    nurse = await ward.visitor("nurse")
    assert (await nurse.get("/ward")).status_code == 200
    ward.time += IDLE_S + 61
    assert (await nurse.get("/ward")).status_code == 303
    nurse = await ward.visitor("nurse")
    ward.accounts.close("nurse", ward.time)
    assert (await nurse.get("/ward")).status_code == 303


async def test_logging_out_ends_the_session_and_cookies_are_strict(ward: WardHouse) -> None:
    client = await ward.visitor()
    answer = await client.post("/login", data={"login": "nurse", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = (await client.get("/ward")).text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    kept = dict(client.cookies)
    await client.post("/logout", data={"csrf": found[1]})
    client.cookies.update(kept)
    assert (await client.get("/ward")).status_code == 303


@pytest.mark.parametrize(
    ("login", "role", "password"),
    [
        ("Ann!", "nurse", PASSWORD),
        ("ann", "boss", PASSWORD),
        ("ann", "nurse", "short"),
        ("ann", "nurse", "aaaaaaaaaaaaaa"),
    ],
)
def test_unusable_accounts_are_refused(
    ward: WardHouse, login: str, role: str, password: str
) -> None:
    with pytest.raises(HubError):
        ward.accounts.put(login, "Ann", role, password, ward.time)


async def test_two_hundred_residents_are_one_calm_page(ward: WardHouse) -> None:
    for number in range(200):
        name = f"bed-{number:03}"
        ward.store.enrol(name, f"Bed {number}", b"1" * 32, ward.time)
    nurse = await ward.visitor("nurse")
    answer = await nurse.get("/ward")
    assert answer.text.count('class="card"') == 201
    assert len(answer.content) < 150_000


def test_what_is_over_its_time_is_emptied_and_still_not_taken_twice(ward: WardHouse) -> None:
    later = ward.time + 91 * 86_400.0
    assert ward.store.prune(later, 90.0) == 10
    again = Envelope("summary", ward.time, {"short": "A quiet day"}, EPOCH, 1)
    assert ward.store.accept([("room-12", again)], later) == 0
    with ward.store.begin() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM hub_messages").scalars().all()
    assert all(body == {} for body in bodies)
