"""Logging in, staying in, and being kept out; accounts on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.care_client import Browser
from support.care_house import NOW, invitation
from typer.testing import CliRunner

from companion.care.house import House
from companion.care.limits import ACCOUNT
from companion.cli.main import app
from companion.storage import audit, carers, sessions
from companion.storage.database import Database
from companion.storage.erase_rows import erase_person, planned
from companion.storage.people import find_person
from companion.storage.retention import Retention, sweep
from companion.storage.tables import sessions as table


def rows(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(table.select()).all())


def test_unknown_login_and_wrong_password_look_the_same(house: House) -> None:
    pages = []
    for login in ("anna", "nobody-at-all"):
        page = Browser(house).log_in(login, "wrong password")
        assert page.status_code == 401
        text = re.sub(r'value="[0-9a-f]{64}"', "", page.text)
        pages.append(text.replace(login, "LOGIN"))
    assert pages[0] == pages[1]


def test_an_unknown_login_costs_the_same_work(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = []
    verify = type(house.passwords).verify
    monkeypatch.setattr(
        type(house.passwords), "verify", lambda s, h, p: hashes.append(h) or verify(s, h, p)
    )
    for login in ("anna", "nobody"):
        Browser(house).log_in(login, "wrong")
    assert len(hashes) == 2
    assert hashes[1] is None
    assert not house.passwords.verify(None, "nobody has this password")


def test_guessing_is_slowed_down_even_for_the_right_password(house: House) -> None:
    browser = Browser(house)
    for _ in range(ACCOUNT.free):
        assert browser.log_in("anna", "wrong").status_code == 401
    assert browser.log_in("anna").status_code == 429
    assert browser.log_in("nora").status_code == 303


def test_the_token_changes_at_login_and_is_kept_as_a_hash(house: House) -> None:
    browser = Browser(house)
    browser.get("/login")
    before = browser.cookies["companion"]
    answer = browser.log_in("anna")
    token = browser.cookies["companion"]
    assert token != before
    header = answer.headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header
    with house.store.database.read() as connection:
        kept = {row.id for row in connection.execute(table.select())}
    assert kept == {sessions.digest(token)}
    browser.log_in("anna")
    assert rows(house.store.database) == 1, "the old one is over"


def test_by_tls_the_cookie_is_secure_and_tied_to_the_host(house: House) -> None:
    house.secure = True
    header = Browser(house).get("/login").headers["set-cookie"]
    assert header.startswith("__Host-companion=")
    assert "Secure" in header


def test_a_session_ends_when_idle_and_for_good_after_hours(house: House) -> None:
    moment = [NOW]
    house.now = lambda: moment[0]
    browser = Browser(house)
    browser.log_in("anna")
    for _ in range(16):
        moment[0] += 45 * 60
        last = browser.get("/account").status_code
        if last != 200:
            break
    assert last == 303
    assert moment[0] - NOW == pytest.approx(12 * 3600, abs=2700)
    other = Browser(house)
    other.log_in("anna")
    moment[0] += 61 * 60
    assert other.get("/account").status_code == 303
    sweep(house.store.database, moment[0] + 86_400, Retention())
    assert rows(house.store.database) == 0


def test_logging_out_ends_the_session_on_the_server(house: House) -> None:
    browser = Browser(house)
    browser.log_in("anna")
    token = browser.cookies["companion"]
    browser.submit("/logout")
    again = Browser(house)
    again.cookies.set("companion", token)
    assert again.get("/account").status_code == 303


def test_an_invitation_works_once_and_for_a_week(house: House, ids: dict[str, str]) -> None:
    code = invitation(house, ids["nurse"])
    form = {"code": code, "password": "four brown otters", "again": "four brown otters"}
    late = house.now
    house.now = lambda: NOW + 8 * 86_400
    assert Browser(house).submit("/invitation", form).status_code == 400
    house.now = late
    assert Browser(house).submit("/invitation", {**form, "again": "x"}).status_code == 400
    assert Browser(house).submit("/invitation", form).status_code == 303
    assert Browser(house).submit("/invitation", form).status_code == 400
    assert Browser(house).log_in("nora", "four brown otters").status_code == 303


def test_a_removed_account_is_out_at_once(house: House, ids: dict[str, str]) -> None:
    nora, rose = Browser(house), Browser(house)
    nora.log_in("nora")
    rose.log_in("rose")
    token = rose.token("/account")
    for path in (f"/people/{ids['owner']}/remove", f"/people/{ids['nurse']}/remove"):
        rose.post(path, data={"token": token})
    assert nora.get("/").status_code == 303
    assert rose.get("/").status_code == 200, "the owner's own account is not removed so"


def test_a_login_that_was_refused_shows_to_the_owner(house: House, ids: dict[str, str]) -> None:
    Browser(house).log_in("anna", "wrong")
    with house.store.database.read() as connection:
        last = audit.rows(connection)[-1]
    assert last.action == "login refused"
    assert last.data == {"account": ids["family"]}


def test_erasing_a_person_takes_their_account(house: House, ids: dict[str, str]) -> None:
    Browser(house).log_in("anna")
    with house.store.database.begin() as connection:
        anna = find_person(connection, "Anna Berger")
        assert anna is not None
        assert planned(connection, anna)["carers"] == 1
        erase_person(connection, anna)
        assert carers.find(connection, ids["family"]) is None
    assert rows(house.store.database) == 0


def test_a_form_that_is_too_long_is_refused(house: House) -> None:
    browser = Browser(house)
    found = browser.submit("/login", {"login": "x" * 70_000, "password": "x"})
    assert found.status_code == 413


def test_a_broken_database_is_said_without_its_place(house: House) -> None:
    browser = Browser(house)
    browser.log_in("anna")
    house.store.close()
    path = house.place.path
    assert path is not None
    path.write_bytes(b"broken" * 4096)
    found = browser.get("/")
    assert found.status_code == 503
    assert str(path) not in found.text


def test_accounts_on_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    run = CliRunner()

    def call(*words: str):  # type: ignore[no-untyped-def]
        return run.invoke(app, ["care", *words, "--config", str(config)])

    added = call("add", "Änne Müller", "--role", "nurse")
    assert added.exit_code == 0, added.output
    assert "login anne.muller" in added.output
    assert re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", added.output)
    listed = call("list")
    assert "anne.muller: Änne Müller (nurse, has not come yet) sees nothing" in listed.output
    assert "invitation" in call("invite", "anne.muller").output
    assert call("add", "Otto", "--role", "owner").exception is not None
    assert call("remove", "anne.muller").exit_code == 0
    assert call("list").output.startswith("nobody yet")
