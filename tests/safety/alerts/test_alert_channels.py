"""Through apprise to real servers on loopback: SMTP and an ntfy-compatible endpoint."""

from __future__ import annotations

import logging
import socket
import statistics
import time
from collections.abc import Iterator

import httpx
import pytest
from support.alert_servers import Ntfy, Smtp, free_port
from support.alert_support import FAST, House

from companion.config import AlertSettings
from companion.errors import AlertError
from companion.safety.alerts.channel import TOO_LATE, AppriseSender
from companion.safety.alerts.messages import Message
from companion.safety.alerts.service import AlertService

BOUND_S = 5.0
"""The issue asks for p95 below 5 s."""


@pytest.fixture
def service(house: House) -> Iterator[AlertService]:
    settings = AlertSettings(listen=f"127.0.0.1:{free_port()}")
    made = house.service(settings=settings, now=time.time, sender=None, rules=FAST)
    yield made
    made.stop()


def test_mail_and_ntfy_arrive_and_an_answer_by_link_comes_back(
    house: House, service: AlertService, smtp: Smtp, ntfy: Ntfy
) -> None:
    house.contact("Anna", smtp.url("anna@example.org"))
    house.contact("Ben", ntfy.url("ben"))
    service.start()
    service.raise_alert(4, "crisis", "plan")
    (mail,) = smtp.wait()
    (note,) = ntfy.wait()
    assert mail.to == "anna@example.org"
    assert mail.title == "Please look in on Margaret now"
    assert note.title == mail.title
    assert "may be a repeat" not in mail.body
    assert httpx.post(mail.link).status_code == 200
    (row,) = service.alerts()
    assert (row.state, row.acknowledged_by) == ("acknowledged", "Anna")
    assert httpx.post(note.link).text.count("already") == 1
    assert row.code in note.body


def test_nothing_of_the_concern_and_no_third_party_is_in_what_goes_out(
    house: House, service: AlertService, smtp: Smtp, ntfy: Ntfy
) -> None:
    house.contact("Anna", smtp.url("anna@example.org"))
    house.contact("Ben", ntfy.url("ben"))
    service.start()
    service.raise_alert(4, "crisis", "hanging", frozenset({"grandson"}))
    for one in (*smtp.wait(), *ntfy.wait()):
        seen = str(one.headers).lower()
        for word in ("crisis", "hanging", "grandson", "github", "apprise"):
            assert word not in seen
    assert ntfy.all[0].headers["X-Priority"] == "max"


def test_a_network_that_is_cut_and_restored_loses_nothing(
    house: House, service: AlertService, ntfy: Ntfy
) -> None:
    house.contact("Anna", ntfy.url("anna"))
    ntfy.cut()
    service.start()
    alert_id = service.raise_alert(4, "crisis", "plan")
    until = time.monotonic() + 20
    while not service.alerts()[0].attempts and time.monotonic() < until:
        time.sleep(0.01)
    assert service.alerts()[0].deliveries[0].error == "no connection to the server"
    ntfy.restore()
    (note,) = ntfy.wait()
    assert note.alert_id == alert_id
    assert not note.repeat


def test_an_alert_survives_a_restart_with_the_network_lost(
    house: House, service: AlertService, ntfy: Ntfy
) -> None:
    house.contact("Anna", ntfy.url("anna"))
    ntfy.cut()
    alert_id = service.raise_alert(4, "crisis", "plan")
    service.deliver_due()
    ntfy.restore()
    other = house.service(
        now=time.time, sender=None, rules=FAST, settings=AlertSettings(link_base="http://x")
    )
    other.start()
    try:
        assert ntfy.wait()[0].alert_id == alert_id
    finally:
        other.stop()


def test_a_refusing_server_is_told_in_plain_words_without_the_address(
    house: House, service: AlertService, smtp: Smtp, ntfy: Ntfy
) -> None:
    smtp.refuse, ntfy.status = True, 403
    house.contact("Anna", smtp.url("secret@example.org"))
    house.contact("Ben", ntfy.url("topic"))
    house.contact("Cora", "nonsense://x")
    house.contact("Dora", "nothing at all")
    found = {t.contact: t.outcome for t in service.test()}
    assert not any(outcome.ok for outcome in found.values())
    assert all(outcome.error and "secret" not in outcome.error for outcome in found.values())
    assert found["Ben"].error == "wrong user name or password"
    assert found["Cora"].error == "the channel is not understood"


def test_a_server_that_never_answers_is_left_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        outcome = AppriseSender(timeout_s=0.3).send(
            f"ntfy://127.0.0.1:{port}/x", Message("t", "b", 4)
        )
        assert time.monotonic() - began < 3
    assert (outcome.ok, outcome.unsure, outcome.error) == (False, True, TOO_LATE)


def test_neither_content_nor_address_reaches_a_log(
    ntfy: Ntfy, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    sender = AppriseSender()
    sender.warm()
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "apprise"):
        for status in (200, 500):
            ntfy.status = status
            sender.send(ntfy.url("secret-topic"), Message("secret", "secret", 4))
        ntfy.cut()
        sender.send(ntfy.url("secret-topic"), Message("secret", "secret", 4))
    shown = capfd.readouterr()
    assert "secret" not in caplog.text + shown.out + shown.err
    assert "127.0.0.1" not in caplog.text


def test_a_channel_is_checked_without_sending(ntfy: Ntfy) -> None:
    AppriseSender().check(ntfy.url("x"))
    with pytest.raises(AlertError, match=r"nonsense://\.\.\. is not understood") as caught:
        AppriseSender().check("nonsense://user:password@host")
    assert "password" not in str(caught.value)


def test_from_raise_to_arrival_takes_little(
    house: House, service: AlertService, ntfy: Ntfy, smtp: Smtp, record_property: object
) -> None:
    house.contact("Anna", ntfy.url("anna"))
    house.contact("Ben", smtp.url("ben@example.org"))
    service.start()
    took = []
    for n in range(40):
        began = time.time()
        service.raise_alert(4, f"kind{n}", "")
        took += [ntfy.wait(n + 1)[n].at - began, smtp.wait(n + 1)[n].at - began]
    p95 = statistics.quantiles(took, n=20)[18]
    print(f"raise to arrival: p50 {statistics.median(took):.3f} s, p95 {p95:.3f} s")
    assert p95 < BOUND_S
