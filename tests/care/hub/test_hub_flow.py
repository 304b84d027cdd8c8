"""From a device to the hub and back, over a real broker and into a real database."""

from __future__ import annotations

import time
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from support.hub_house import ALL, DeviceHouse, HubHouse, until
from support.mosquitto import HOST, Mosquitto

from companion.care.hub.credentials import new_device
from companion.care.hub.envelope import Envelope, pack, topic
from companion.errors import HubError
from companion.storage import outgoing
from companion.storage.alert import Alert
from companion.storage.outbox import Outbox
from companion.storage.records import add_event

NewHouse = Callable[..., DeviceHouse]


def test_what_was_agreed_to_arrives_once_and_is_receipted(
    hub: HubHouse, new_house: NewHouse
) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    hub.intake.start()
    house.publisher.start()
    house.summary("A quiet day.")
    house.raise_alert("a" * 32)
    until(lambda: house.numbers() == 3 and not house.waiting())
    (summary,) = hub.bodies("summary")
    assert summary["short"] == "A quiet day."
    (alert,) = hub.rows("hub_alerts")
    assert (alert["tier"], alert["state"], alert["category"]) == (3, "open", "")
    device = hub.store.devices()["room-1"]
    assert device.online
    assert device.health["listening"] is True
    assert hub.store.missing() == {}
    with house.database.read() as connection:
        kept = outgoing.listed(connection, "hub")
    assert sorted((row.kind, row.state) for row in kept) == [("alert", "sent"), ("summary", "sent")]
    assert all(row.digest for row in kept)


@pytest.mark.parametrize(
    ("says", "kinds"),
    [
        ((), set()),
        (("summary", "mood", "alerts"), set()),
        (("hub",), {"health"}),
        (("hub", "summary"), {"health", "summary"}),
        (("hub", "mood"), {"health", "mood"}),
        (("hub", "alerts"), {"health", "alert"}),
        (ALL, {"health", "summary", "mood", "alert"}),
    ],
)
def test_nothing_is_even_prepared_without_its_consent(
    hub: HubHouse, new_house: NewHouse, says: tuple[str, ...], kinds: set[str]
) -> None:
    house = new_house("room-1", "transcripts", now=lambda: 1_795_456_800.0 + 3 * 86_400.0)
    with house.database.begin() as connection:
        for hour in range(6):
            add_event(
                connection,
                at=house.now() - 86_400.0 + hour,
                kind="turn",
                data={"valence": -0.5, "confidence": 0.8, "speaker": "yes"},
            )
    if says:
        word = house.now
        house.now = lambda: word() - 2 * 86_400.0
        house.say(*says)
        house.now = word
    house.summary("A quiet day.")
    house.raise_alert("a" * 32)
    house.raise_alert("b" * 32, accused=frozenset({"nurse"}))
    house.raise_alert("c" * 32, state="countdown")
    house.publisher.tick()
    with house.database.read() as connection:
        rows = outgoing.listed(connection, "hub")
        bodies = {row.kind: outgoing.content(connection, row.id) for row in rows}
    assert {row.kind for row in rows} == kinds
    if "alert" in kinds:
        assert (bodies["alert"] or {})["alert"] == "a" * 32
        assert sum(row.kind == "alert" for row in rows) == 1
    if "mood" in kinds:
        assert (bodies["mood"] or {})["valence"] == -0.5
    assert not house.publisher.connected


def test_a_simulated_store_publishes_nothing(new_house: NewHouse) -> None:
    house = new_house("room-1")
    with house.database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('simulated', '1')")
    house.summary("A quiet day.")
    house.publisher.tick()
    assert house.numbers() == 0


def test_a_consent_taken_back_empties_the_hub_and_stops_what_waits(
    hub: HubHouse, new_house: NewHouse
) -> None:
    house = new_house("room-1")
    house.summary("Seen before.")
    house.raise_alert("a" * 32)
    hub.mosquitto.start()
    hub.intake.start()
    house.publisher.start()
    until(lambda: house.numbers() == 3 and not house.waiting())
    hub.mosquitto.kill()
    until(lambda: not house.publisher.connected)
    house.summary("Waiting when it was taken back.")
    until(lambda: house.waiting() == 1)
    house.say("hub", yes=False)
    until(lambda: house.waiting() == 2)
    hub.mosquitto.start()
    until(lambda: not house.waiting())
    assert hub.bodies("summary") == []
    assert hub.rows("hub_alerts") == []
    assert hub.store.devices()["room-1"].health == {}
    assert "Seen before" not in str(hub.rows("hub_messages"))
    assert "Waiting when" not in str(hub.rows("hub_messages"))
    assert hub.store.missing() == {}
    until(lambda: not house.publisher.connected)


def test_a_message_from_before_the_withdrawal_that_comes_late_is_not_kept(
    hub: HubHouse,
) -> None:
    hub.enrol("room-1")
    epoch = "0" * 16
    gone = Envelope("withdrawn", 2.0, {"kinds": ["summary"]}, epoch, 2)
    late = Envelope("summary", 1.0, {"short": "late"}, epoch, 1)
    again = Envelope("summary", 3.0, {"short": "agreed anew"}, epoch, 3)
    assert hub.store.accept([("room-1", gone)], 3.0) == 1
    assert hub.store.accept([("room-1", late), ("room-1", again)], 4.0) == 2
    assert hub.bodies("summary") == [{"short": "agreed anew"}]


def test_an_answer_on_the_ward_closes_the_alert_in_the_room(
    hub: HubHouse, new_house: NewHouse
) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    hub.intake.start()
    house.publisher.start()
    house.raise_alert("a" * 32)
    until(lambda: hub.rows("hub_alerts"))
    hub.mosquitto.kill()
    hub.store.answer("room-1", "a" * 32, "Kim, nurse", "kim", time.time())
    hub.store.answer("room-1", "a" * 32, "Kim, nurse", "kim", time.time())
    assert len(hub.rows("hub_commands")) == 1
    hub.mosquitto.start()
    until(lambda: hub.rows("hub_commands")[0]["done_at"], 25.0)
    alert = Outbox(house.database).get("a" * 32)
    assert alert is not None
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", "Kim, nurse")
    until(lambda: hub.rows("hub_alerts")[0]["state"] == "acknowledged")
    assert hub.rows("hub_commands")[0]["taken"] is True
    with pytest.raises(HubError, match="closed"):
        hub.store.answer("room-1", "a" * 32, "Kim, nurse", "kim", time.time())


def test_an_answer_to_a_lesser_alert_does_not_close_one_that_grew(
    hub: HubHouse, new_house: NewHouse
) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    hub.intake.start()
    house.raise_alert("a" * 32, tier=2)
    house.publisher.start()
    until(lambda: hub.rows("hub_alerts"))
    house.publisher.stop()
    grown = Alert("a" * 32, time.time(), 4, "medical_emergency", "fall", time.time(), "1")
    Outbox(house.database).store(grown)
    hub.store.answer("room-1", "a" * 32, "Kim, nurse", "kim", time.time())
    house.publisher.start()
    until(lambda: hub.rows("hub_commands")[0]["done_at"])
    assert hub.rows("hub_commands")[0]["taken"] is False
    alert = Outbox(house.database).get("a" * 32)
    assert alert is not None
    assert alert.state == "waiting"
    until(lambda: hub.rows("hub_alerts")[0]["tier"] == 4)


def test_a_device_that_falls_silent_is_seen_to_be_gone(hub: HubHouse, new_house: NewHouse) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    hub.intake.start()
    house.publisher.start()
    until(lambda: hub.store.devices()["room-1"].online)
    house.publisher.stop()
    until(lambda: not hub.store.devices()["room-1"].online)


def raw_client(mosquitto: Mosquitto, user: str, password: str, client_id: str = "") -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id or user, protocol=MQTTProtocolVersion.MQTTv5
    )
    client.tls_set(ca_certs=str(mosquitto.where.ca))
    client.username_pw_set(user, password)
    return client


def test_nobody_gets_in_without_password_or_with_another_certificate(
    hub: HubHouse, new_house: NewHouse
) -> None:
    secret = hub.enrol("room-1")
    hub.mosquitto.start()
    for user, password in (("room-1", "wrong"), ("hub", secret.password), ("", "")):
        client = raw_client(hub.mosquitto, user, password)
        codes: list[bool] = []
        client.on_connect = lambda c, u, f, reason, p, codes=codes: codes.append(reason.is_failure)
        client.connect(HOST, hub.mosquitto.port)
        end = time.monotonic() + 5
        while not codes and time.monotonic() < end:
            client.loop(0.1)
        assert codes == [True]
        client.disconnect()


def test_a_device_cannot_speak_or_listen_for_another_nor_as_the_hub(
    hub: HubHouse, new_house: NewHouse
) -> None:
    mine, other = hub.enrol("room-1"), hub.enrol("room-2")
    hub.mosquitto.start()
    hub.intake.start()
    until(lambda: hub.intake.connected)
    heard: list[str] = []
    # It also calls itself the hub, which must not end the hub's own connection.
    client = raw_client(hub.mosquitto, "room-1", mine.password, client_id="hub")
    client.on_message = lambda c, u, message: heard.append(message.topic)
    client.connect(HOST, hub.mosquitto.port)
    client.loop_start()
    client.subscribe("companion/v1/#", 1)
    client.subscribe(topic("room-2", "down"), 1)
    said = Envelope("summary", time.time(), {"short": "forged"}, "0" * 16, 1)
    up = topic("room-2", "up")
    packets = [
        # Another's topic, even with that device's own signature: the broker refuses.
        (up, pack(other.signer, "room-2", "up", said)),
        (topic("room-2", "state"), pack(other.signer, "room-2", "state", said)),
        (topic("room-2", "down"), pack(mine.signer, "room-2", "down", said)),
        # Its own topic with words that another signed, or signed for another place: the hub does.
        (topic("room-1", "up"), pack(other.signer, "room-2", "up", said)),
        (topic("room-1", "up"), pack(mine.signer, "room-2", "up", said)),
        (topic("room-1", "up"), pack(mine.signer, "room-1", "down", said)),
        (
            topic("room-1", "up"),
            pack(new_device("room-1", hub.mosquitto.hub).signer, "room-1", "up", said),
        ),
        (topic("room-1", "up"), b"{}"),
        (topic("room-1", "up"), b"x" * 60_000),
    ]
    for where, packet in packets:
        client.publish(where, packet, 1)
    until(lambda: hub.intake.refused == 6)
    own = Envelope("summary", time.time(), {"short": "my own"}, "0" * 16, 1)
    client.publish(topic("room-1", "up"), pack(mine.signer, "room-1", "up", own), 1)
    until(lambda: hub.bodies("summary"))
    assert hub.bodies("summary") == [{"short": "my own"}]
    assert [row["device_id"] for row in hub.rows("hub_messages")] == ["room-1"]
    assert hub.intake.connected
    assert set(heard) <= {topic("room-1", "down")}
    client.loop_stop()


def test_a_stolen_password_of_the_broker_is_not_enough(hub: HubHouse, new_house: NewHouse) -> None:
    """Whoever is on the broker as the hub itself still cannot close an alert in a room."""
    house = new_house("room-1")
    hub.mosquitto.start()
    house.publisher.start()
    house.raise_alert("a" * 32)
    until(lambda: house.publisher.connected and house.numbers() == 2)
    thief = raw_client(hub.mosquitto, "hub", hub.mosquitto.hub.password)
    thief.connect(HOST, hub.mosquitto.port)
    thief.loop_start()
    body = {"command": "c" * 32, "alert": "a" * 32, "tier": 4, "by": "thief"}
    said = Envelope("acknowledge", time.time(), body)
    forged = pack(new_device("x1", hub.mosquitto.hub).signer, "room-1", "down", said)
    thief.publish(topic("room-1", "down"), forged, 1).wait_for_publish(5)
    time.sleep(0.5)
    alert = Outbox(house.database).get("a" * 32)
    assert alert is not None
    assert alert.state == "waiting"
    real = pack(hub.mosquitto.hub.signer, "room-1", "down", said)
    thief.publish(topic("room-1", "down"), real, 1).wait_for_publish(5)
    until(lambda: (Outbox(house.database).get("a" * 32) or alert).state == "acknowledged")
    thief.loop_stop()


def test_a_database_that_fails_loses_nothing(
    hub: HubHouse, new_house: NewHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    with hub.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hub_messages RENAME TO away")
    hub.intake.start()
    house.publisher.start()
    house.summary("A quiet day.")
    until(lambda: hub.intake.trouble)
    assert house.waiting() == 2
    with hub.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO hub_messages")
    until(lambda: not house.waiting())
    assert len(hub.rows("hub_messages")) == 2
    assert hub.intake.trouble == ""


def test_a_hub_that_was_away_gets_all_of_it(hub: HubHouse, new_house: NewHouse) -> None:
    house = new_house("room-1")
    hub.mosquitto.start()
    hub.intake.start()
    until(lambda: hub.intake.connected)
    hub.intake.stop()
    house.publisher.start()
    for number in range(5):
        house.summary(f"Day {number}.")
    until(lambda: house.numbers() == 6)
    time.sleep(0.5)
    hub.intake = hub.new_intake()
    hub.intake.start()
    until(lambda: not house.waiting())
    assert sorted(str(body["short"]) for body in hub.bodies("summary")) == [
        f"Day {number}." for number in range(5)
    ]
