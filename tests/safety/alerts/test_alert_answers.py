"""Answering over real HTTP: links work once, previews change nothing, guesses are limited."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
from support.alert_servers import free_port
from support.alert_support import FAST, House

from companion.config import AlertSettings
from companion.safety.alerts.answers import GUESSES
from companion.safety.alerts.service import AlertService


@pytest.fixture
def service(house: House) -> Iterator[AlertService]:
    house.contact("Anna")
    house.contact("Ben")
    made = house.service(settings=AlertSettings(listen=f"127.0.0.1:{free_port()}"), rules=FAST)
    made.start()
    made.raise_alert(3, "crisis", "plan")
    until = time.monotonic() + 20
    while made.alerts()[0].state != "sent" and time.monotonic() < until:
        time.sleep(0.01)
    yield made
    made.stop()


def link(house: House) -> str:
    return house.sender.sent[0][1].body.split("button: ")[1].split()[0]


def test_a_link_answers_once_and_tells_the_owner_who(house: House, service: AlertService) -> None:
    url = link(house)
    page = httpx.get(url)
    assert page.status_code == 200
    assert "<button>" in page.text
    assert service.alerts()[0].state == "sent"
    done = httpx.post(url)
    assert done.status_code == 200
    assert "<button>" not in done.text
    (row,) = service.alerts()
    assert (row.state, row.acknowledged_by) == ("acknowledged", "Anna")
    at = row.acknowledged_at
    house.clock.t += 5
    assert "already" in httpx.post(url).text
    assert "already" in httpx.get(url).text
    assert service.alerts()[0].acknowledged_at == at


def test_a_preview_of_the_link_does_not_answer(house: House, service: AlertService) -> None:
    for _ in range(3):
        httpx.get(link(house))
    httpx.head(link(house))
    assert service.alerts()[0].state == "sent"


def test_bad_links_all_look_the_same_and_name_nobody(house: House, service: AlertService) -> None:
    good = link(house)
    base, _, token = good.rpartition("/a/")
    alert, contact, expiry, mac = token.split(".")
    old = service._answers.links.token(alert, contact, 0.0)
    unknown = service._answers.links.token("f" * 32, contact, house.clock.t)
    bad = [
        f"{base}/a/{alert}.{contact}.{expiry}.{'A' * 43}",
        f"{base}/a/{'f' * 32}.{contact}.{expiry}.{mac}",
        f"{base}/a/{old}",
        f"{base}/a/{unknown}",
        f"{base}/a/x",
        f"{base}/nothing/here",
    ]
    pages = {(r.status_code, r.text) for url in bad for r in (httpx.get(url), httpx.post(url))}
    assert len(pages) == 1
    ((status, text),) = pages
    assert status == 404
    assert "Margaret" not in text
    assert service.alerts()[0].state == "sent"


def test_every_page_is_guarded(house: House, service: AlertService) -> None:
    for page in (httpx.get(link(house)), httpx.get(link(house)[:-3]), httpx.put(link(house))):
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        assert "Python" not in page.headers["server"]


def test_a_code_answers_over_the_page_and_by_voice(house: House, service: AlertService) -> None:
    base = link(house).partition("/a/")[0]
    assert "<input" in httpx.get(f"{base}/").text
    code = service.alerts()[0].code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert httpx.post(f"{base}/code", data={"code": wrong}).status_code == 404
    spoken = f"{code[:3]} {code[3:]}"
    assert httpx.post(f"{base}/code", data={"code": spoken}).status_code == 200
    assert service.alerts()[0].acknowledged_by == "code"
    assert service.acknowledge(code) == "already"


def test_guessing_codes_is_stopped_for_all_processes_but_links_still_work(
    house: House, service: AlertService
) -> None:
    base = link(house).partition("/a/")[0]
    code = service.alerts()[0].code
    for n in range(GUESSES):
        guess = f"{(int(code) + 1 + n) % 10**6:06d}"
        assert httpx.post(f"{base}/", data={"code": guess}).status_code == 404
    assert httpx.post(f"{base}/", data={"code": code}).status_code == 404
    assert house.service().acknowledge(code) == "bad"
    house.clock.t += 3601
    assert house.service().acknowledge("000000" if code != "000000" else "000001") == "bad"
    assert httpx.post(link(house)).status_code == 200


def test_a_broken_request_gets_a_page_and_the_server_lives(
    house: House, service: AlertService
) -> None:
    import socket

    port = httpx.URL(link(house)).port
    for raw in (b"\x00\xff\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"GET"):
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(raw)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(4096):
                pass
    huge = httpx.post(f"http://127.0.0.1:{port}/", content=b"code=" + b"1" * 5000)
    assert huge.status_code == 404
    assert httpx.get(link(house)).status_code == 200


def test_a_taken_port_is_said_and_alerts_still_go_out(house: House, service: AlertService) -> None:
    listen = f"127.0.0.1:{httpx.URL(link(house)).port}"
    other = house.service(settings=AlertSettings(listen=listen))
    other.start()
    try:
        assert f"cannot listen on {listen}" in other.trouble
    finally:
        other.stop()
