"""Every route, whoever asks: nothing shows to whoever may not see it."""

from __future__ import annotations

import pytest
from starlette.routing import Route
from support.care_client import Browser
from support.care_house import CANARIES, PASSWORD

from companion.care import sharing
from companion.care.house import House, given
from companion.care.web.application import PAGES, build
from companion.care.web.visit import Access
from companion.storage import audit, carers

LOGINS = {"owner": "rose", "family": "anna", "nurse": "nora", "therapist": "theo"}
PERSONAL = ("Rose", "Anna", "Nora", "Theo", "medical_emergency", "secret-word")


def address(path: str, ids: dict[str, str]) -> str:
    return (
        path.replace("{alert}", ids["alert"])
        .replace("{reminder}", "r1")
        .replace("{account}", ids["nurse"])
    )


def ask(browser: Browser, method: str, path: str, **data: object):  # type: ignore[no-untyped-def]
    return browser.get(path) if method == "GET" else browser.post(path, data=data)


def everything(house: House) -> list[object]:
    """What a request must not change."""
    with house.store.database.read() as connection:
        accounts = carers.list_carers(connection)
        agreed = given(connection)[1]
    assert house.reminders is not None
    return [accounts, agreed, house.reminders.list()]


def test_every_route_of_the_application_is_one_of_the_pages(bare: House) -> None:
    routes = {
        (method, route.path)
        for route in build(bare).routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert routes == {(page.method, page.path) for page in PAGES}
    others = [route for route in build(bare).routes if not isinstance(route, Route)]
    assert [one.path for one in others] == ["/static"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.method} {p.path}")
def test_a_stranger_gets_nothing(shared: tuple[House, dict[str, str]], page) -> None:  # type: ignore[no-untyped-def]
    bare, canary_ids = shared
    browser = Browser(bare)
    before = everything(bare)
    token = browser.token()
    found = ask(browser, page.method, address(page.path, canary_ids), token=token, password="x")
    for word in (*CANARIES.values(), *PERSONAL):
        assert word not in found.text
    assert everything(bare) == before
    if page.access is not Access.ANYONE:
        assert found.status_code == 303
        assert found.headers["location"].startswith("/login")


@pytest.mark.parametrize("role", ["owner", "family", "nurse", "therapist"])
def test_a_form_without_our_token_changes_nothing(
    bare: House, canary_ids: dict[str, str], role: str
) -> None:
    browser = Browser(bare)
    browser.log_in(LOGINS[role])
    before = everything(bare)
    posts = [page for page in PAGES if page.method == "POST"]
    assert len(posts) > 15
    for page in posts:
        for token in ({}, {"token": "0" * 64}):
            found = browser.post(address(page.path, canary_ids), data=token)
            assert found.status_code == 403, page.path
            for word in (*CANARIES.values(), *PERSONAL):
                assert word not in found.text, page.path
    assert everything(bare) == before


def test_a_form_from_another_site_changes_nothing(bare: House, canary_ids: dict[str, str]) -> None:
    browser = Browser(bare)
    browser.log_in("rose")
    token = browser.token("/account")
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        headers = {"origin": origin}
        found = browser.post("/privacy/consent", data={"token": token}, headers=headers)
        assert found.status_code == 403
    fine = browser.post(
        "/privacy/consent", data={"token": token}, headers={"origin": "http://testserver"}
    )
    assert fine.status_code == 303


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.method} {p.path}")
@pytest.mark.parametrize("role", ["family", "nurse", "therapist"])
def test_a_role_sees_its_own_subjects_only(
    shared: tuple[House, dict[str, str]],
    browsers: dict[str, Browser],
    page,  # type: ignore[no-untyped-def]
    role: str,
) -> None:
    if page.path in ("/logout", "/language", "/login"):
        return
    (bare, canary_ids), browser = shared, browsers[role]
    with bare.store.database.read() as connection:
        me = carers.get(connection, canary_ids[role])
        seen = sharing.allowed(me, given(connection)[1])
    path = address(page.path, canary_ids)
    found = ask(browser, page.method, path, token=browser.token("/account"))
    for subject, word in CANARIES.items():
        if subject not in seen:
            assert word not in found.text, subject
    wrong = page.access is Access.OWNER or (page.subject and not seen & set(page.subject))
    if wrong:
        assert found.status_code == 403
        assert not any(word in found.text for word in CANARIES.values())


def test_each_role_does_see_what_it_may(bare: House, canary_ids: dict[str, str]) -> None:
    shown = {}
    for role, login in LOGINS.items():
        browser = Browser(bare)
        browser.log_in(login)
        pages = [browser.get(path).text for path in ("/", "/reminders", "/device")]
        shown[role] = {s for s, word in CANARIES.items() if any(word in page for page in pages)}
    assert shown["owner"] == set(CANARIES)
    for role, subjects in sharing.DEFAULTS.items():
        assert shown[role] == subjects


def test_every_page_that_shows_something_is_written_down(house: House, ids: dict[str, str]) -> None:
    browser = Browser(house)
    browser.log_in("rose")
    for page in PAGES:
        if page.method != "GET" or page.access is Access.ANYONE or page.access is Access.HALF:
            continue
        with house.store.database.read() as connection:
            before = len(audit.rows(connection))
        assert browser.get(address(page.path, ids)).status_code in (200, 303)
        with house.store.database.read() as connection:
            rows = audit.rows(connection)
        own = page.path.startswith(("/account", "/more", "/setup"))
        assert (len(rows) == before) if own else (rows[-1].action == "looked"), page.path
        if not own:
            assert rows[-1].actor == f"carer:{ids['owner']}"
            assert rows[-1].data == {"page": page.reads}


def test_headers_are_on_every_answer(bare: House, canary_ids: dict[str, str]) -> None:
    browser = Browser(bare)
    for path in ("/", "/login", "/nothing", "/static/style.css", "/static/nothing"):
        found = browser.get(path)
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
    browser.log_in("rose")
    for page in PAGES:
        if page.method == "GET":
            text = browser.get(address(page.path, canary_ids)).text
            assert " style=" not in text
            assert "<style" not in text
            assert "<script>" not in text
            assert "http://" not in text.replace("http://testserver", ""), page.path


def test_a_name_that_is_not_ours_is_refused(bare: House, canary_ids: dict[str, str]) -> None:
    browser = Browser(bare)
    browser.log_in("rose")
    for host in ("evil.example", "localhost.evil.example", "[::1", ""):
        found = browser.get("/", headers={"host": host})
        assert found.status_code == 421
        assert not any(word in found.text for word in CANARIES.values())
    assert browser.get("/", headers={"host": "192.0.2.7:8478"}).status_code in (200, 303)


def test_one_who_is_accused_sees_neither_alert_nor_safety(
    house: House, ids: dict[str, str]
) -> None:
    from dataclasses import replace

    from companion.storage.outbox import Outbox

    outbox = Outbox(house.store.database)
    alert = outbox.get(ids["alert"])
    assert alert is not None
    outbox.store(replace(alert, accused=frozenset({"daughter"}), deliveries=()))
    for login, sees in (("anna", False), ("nora", True), ("rose", True)):
        browser = Browser(house)
        browser.log_in(login)
        assert ("nearly falling" in browser.get("/").text) is sees
        assert ("Urgent: Health" in browser.get("/alerts").text) is sees
        done = browser.post(f"/alerts/{ids['alert']}", data={"token": browser.token("/account")})
        if not sees:
            assert done.status_code == 404


def test_the_owners_no_is_over_every_role(house: House, ids: dict[str, str]) -> None:
    anna, rose = Browser(house), Browser(house)
    anna.log_in("anna")
    rose.log_in("rose")
    assert "nearly falling" in anna.get("/").text
    token = rose.token("/account")
    data = {"token": token, "subject": "sharing", "granted": "no"}
    assert rose.post("/privacy/consent", data=data).status_code == 303
    for path in ("/alerts", "/trends", "/reminders", "/device"):
        assert anna.get(path).status_code == 403
    assert "Rose talked" not in anna.get("/").text
    assert "Rose talked" in rose.get("/").text
    assert PASSWORD not in rose.get("/privacy").text
