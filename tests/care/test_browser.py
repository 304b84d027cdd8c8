"""The dashboard in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pyotp
import pytest
from support.care_house import PASSWORD, furnish, make_house
from support.care_server import CHROMIUM, served

from companion.care.house import House, given
from companion.care.web.application import build
from companion.storage import carers

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

NEW = "four brown otters"


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):  # type: ignore[no-untyped-def]
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(8000)
    found = context.new_page()
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on(
        "console",
        lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None,
    )
    yield found
    context.close()
    assert not wrong


def log_in(page, base: str, login: str, password: str = PASSWORD) -> None:  # type: ignore[no-untyped-def]
    page.goto(f"{base}/login")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def heading(page) -> str:  # type: ignore[no-untyped-def]
    return str(page.locator("h1").inner_text())


def test_from_the_first_start_to_the_erase(page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    codes: list[str] = []
    house = make_house(tmp_path / "state", now=time.time)
    house.announce = codes.append
    with served(house) as base:
        page.goto(base)
        assert heading(page) == "Whose companion is this?"
        page.get_by_label("One-time code").fill("aaaa-bbbb-cccc")
        for label, text in (("Name", "Rose"), ("Login", "rose"), ("The same again", "x")):
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        assert "not known here" in page.locator("#problems").inner_text()
        page.get_by_label("One-time code").fill(codes[0].upper())
        for label in ("Password", "The same again"):
            page.get_by_label(label, exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("A summary of the day").check()
        page.get_by_label("Share with those you choose").check()
        page.get_by_role("button", name="Go on").click()
        with house.store.database.read() as connection:
            assert given(connection)[1] == {"summary", "sharing"}
        page.get_by_label("Name", exact=True).fill("Anna Berger")
        page.get_by_role("button", name="Invite").click()
        code = page.locator("code.large").inner_text()

        visitor = page.context.browser.new_context()
        guest = visitor.new_page()
        guest.goto(f"{base}/invitation")
        guest.get_by_label("Invitation code").fill(code)
        guest.get_by_label("New password").fill(NEW)
        guest.get_by_label("The same again").fill(NEW)
        guest.get_by_role("button", name="Begin").click()
        assert "Anna Berger" in guest.locator("footer").inner_text()
        visitor.close()

        page.goto(f"{base}/privacy")
        page.get_by_role("button", name=re.compile(r"Take back\s*: A summary")).click()
        assert "Noted" in page.locator(".done").inner_text()
        with house.store.database.read() as connection:
            assert given(connection)[1] == {"sharing"}

        page.locator("#export-password").fill(PASSWORD)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download everything").click()
        with zipfile.ZipFile(waiting.value.path()) as packed:
            tree = json.loads(packed.read("companion/companion.json"))
        assert {row["login"] for row in tree["tables"]["carers"]["rows"]} == {"rose", "anna.berger"}
        text = json.dumps(tree)
        assert "argon2" not in text
        assert not list(house.place.state_dir.glob(".care-export-*"))

        page.get_by_label("To confirm, type the word").fill("perhaps")
        page.locator("#erase-password").fill(PASSWORD)
        page.get_by_role("button", name="Erase everything").click()
        assert "nothing was erased" in page.locator("#problems").inner_text()
        page.get_by_label("To confirm, type the word").fill("erase")
        page.locator("#erase-password").fill("not the password")
        page.get_by_role("button", name="Erase everything").click()
        assert "not your password" in page.locator("#problems").inner_text()
        page.get_by_label("To confirm, type the word").fill("erase")
        page.locator("#erase-password").fill(PASSWORD)
        page.get_by_role("button", name="Erase everything").click()
        assert heading(page) == "Everything is erased"
        with house.store.database.read() as connection:
            assert carers.list_carers(connection) == ()
        page.goto(base)
        assert heading(page) == "Whose companion is this?"
        assert len(codes) == 2


def test_wrong_password_second_factor_and_logout(page, house: House) -> None:  # type: ignore[no-untyped-def]
    house.now = time.time
    with served(house) as base:
        log_in(page, base, "anna", "not the password")
        assert "do not belong together" in page.locator("#problems").inner_text()
        log_in(page, base, "anna")
        page.goto(f"{base}/account")
        page.locator("#factor_password").fill(PASSWORD)
        page.get_by_role("button", name="Set it up").click()
        secret = page.locator(".steps code").inner_text().replace(" ", "")
        assert page.locator("svg.qr").bounding_box()["width"] > 150
        page.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Switch it on").click()
        paper = page.locator(".codes code").all_inner_texts()
        page.get_by_role("button", name="Log out").click()
        assert page.url.startswith(f"{base}/login")
        log_in(page, base, "anna")
        page.goto(f"{base}/alerts")
        assert heading(page) == "Log in", "a password alone is not enough"
        log_in(page, base, "anna")
        used = pyotp.TOTP(secret).at(time.time() - 60)
        page.get_by_label("Code").fill(used)
        page.get_by_role("button", name="Go on").click()
        assert "not right" in page.locator("#problems").inner_text()
        page.get_by_label("Code").fill(paper[0])
        page.get_by_role("button", name="Go on").click()
        assert "Anna" in page.locator("footer").inner_text()
        page.get_by_role("button", name="Log out").click()
        log_in(page, base, "anna")
        page.get_by_label("Code").fill(paper[0])
        page.get_by_role("button", name="Go on").click()
        assert "not right" in page.locator("#problems").inner_text()


def test_a_nurse_and_an_alert_and_a_reminder(page, house: House) -> None:  # type: ignore[no-untyped-def]
    with served(house) as base:
        log_in(page, base, "nora")
        links = page.locator("header nav a").all_inner_texts()
        assert "People" not in links
        page.goto(f"{base}/people")
        assert heading(page) == "This is not shared with you"
        page.goto(f"{base}/alerts")
        page.get_by_role("button", name="I take care of it").click()
        assert "Nora Kent" in page.locator("article").first.inner_text()
        page.goto(f"{base}/reminders")
        page.get_by_role("link", name=re.compile(r"Change\s*: take your heart")).click()
        page.get_by_label("Time").fill("17:45")
        page.get_by_role("button", name="Save").click()
        assert "17:45" in page.locator("main").inner_text()
        page.get_by_label("What the companion says").fill("drink a glass of water")
        page.get_by_label("Time").fill("11:00")
        page.get_by_role("button", name="Add").click()
        assert house.reminders is not None
        assert any(one.text == "drink a glass of water" for one in house.reminders.list())


def test_every_page_works_without_javascript(chromium, house: House) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context(locale="de-DE")
    context.route("**/*.js*", lambda route: route.abort())
    page = context.new_page()
    with served(house) as base:
        page.goto(f"{base}/login")
        page.fill("#login", "rose")
        page.fill("#password", PASSWORD)
        page.click("main button")
        assert page.locator("html").get_attribute("lang") == "de"
        page.goto(f"{base}/alerts")
        page.click("article button")
        assert "Rose" in page.locator("article").first.inner_text()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_serious_barrier_and_nothing_runs_over(
    chromium,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    width: int,
) -> None:
    axe = (files("axe_playwright_python") / "axe.min.js").read_text()
    full, empty = make_house(tmp_path / "full"), make_house(tmp_path / "empty")
    ids = furnish(full)
    shots = tmp_path / "screenshots"
    places = ["", "more", "trends?span=week", "trends", "trends?span=year", "alerts", "reminders"]
    places += ["reminders/r1", "device", "people", "privacy", "account", "setup/agree", "nothing"]
    barriers: list[str] = []

    def look(page, name: str) -> None:  # type: ignore[no-untyped-def]
        name = re.sub(r"\W+", "-", name or "today")
        page.screenshot(path=shots / f"{name}-{width}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} runs over: {wide}"
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        barriers.extend(
            f"{name}: {one['id']} {[node['html'][:90] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        )

    # Only for the tool itself, which is put into the page from outside.
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, locale="en-GB", bypass_csp=True
    )
    page = context.new_page()
    with served(empty) as base:
        page.goto(f"{base}/setup")
        look(page, "setup")
    with served(full) as base:
        for path in ("login", "invitation"):
            page.goto(f"{base}/{path}")
            look(page, path)
        log_in(page, base, "rose", "wrong password")
        look(page, "login-wrong")
        log_in(page, base, "rose")
        for path in places:
            page.goto(f"{base}/{path}")
            look(page, path)
        full.readings, full.reminders = None, None
        full.health_file.unlink()
        for path in ("", "trends", "reminders", "device"):
            page.goto(f"{base}/{path}")
            look(page, f"empty {path}")
        page.goto(f"{base}/account")
        page.locator("#factor_password").fill(PASSWORD)
        page.get_by_role("button", name="Set it up").click()
        look(page, "factor")
    context.close()
    assert ids
    assert build(full)
    assert barriers == []
