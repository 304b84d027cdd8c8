"""What Home Assistant is told about the device: MQTT device discovery. Pure.

One retained message on ``<prefix>/device/<id>/config`` describes all entities; a component of which
only the platform is left is removed (https://www.home-assistant.io/integrations/mqtt, "Device
discovery payload").
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from companion.care.hub.link import Parcel
from companion.domain import JsonObject

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
ON: Final = "ON"
OFF: Final = "OFF"

LOUDEST_DB: Final = 12.0
QUIETEST_DB: Final = -20.0
"""Below that nobody old would hear it any more and would think it broken."""

LONGEST_TEXT: Final = 255
"""Home Assistant's own limit for a text entity."""

MOODS: Final = ("unknown", "lower", "usual", "higher")
"""Against the person's own usual days."""

RESULTS: Final = ("none", "waiting", "said", "quiet_hours", "too_late", "too_many")
"""What became of the last text to be said."""

PRIVATE: Final = ("heard", "alert", "mood")
"""Entities that exist only with the owner's consent."""


@dataclass(frozen=True, slots=True)
class Node:
    """One companion as Home Assistant knows it."""

    id: str
    """Made once, letters and digits."""
    name: str
    prefix: str
    version: str

    def topic(self, what: str) -> str:
        """Return one of our own topics."""
        return f"companion/home/{self.id}/{what}"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.prefix}/status"


def will(node: Node) -> Parcel:
    """Return what the broker says for us when we fall silent."""
    return Parcel(node.topic("status"), OFFLINE, retain=True)


def discovery(node: Node, permitted: Collection[str]) -> Parcel:
    """Return the description of the device.

    Args:
        node: the device.
        permitted: those of ``PRIVATE`` that may be told; the others are removed.
    """
    components: dict[str, JsonObject] = {}
    for name, described in _components(node).items():
        if name in PRIVATE and name not in permitted:
            components[name] = {"platform": described["platform"]}
        else:
            components[name] = {"unique_id": f"companion_{node.id}_{name}", **described}
    body = {
        "device": {
            "identifiers": [f"companion_{node.id}"],
            "name": node.name,
            "manufacturer": "companion",
            "model": "Voice companion",
            "sw_version": node.version,
        },
        "origin": {"name": "companion", "sw_version": node.version},
        "availability_topic": node.topic("status"),
        "payload_available": ONLINE.decode(),
        "payload_not_available": OFFLINE.decode(),
        "qos": 1,
        "components": components,
    }
    payload = json.dumps(body, ensure_ascii=False).encode()
    return Parcel(f"{node.prefix}/device/companion_{node.id}/config", payload, retain=True)


def _components(node: Node) -> dict[str, dict[str, Any]]:
    return {
        "mute": {
            "platform": "switch",
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "state_topic": node.topic("mute/state"),
            "command_topic": node.topic("mute/set"),
            "payload_on": ON,
            "payload_off": OFF,
        },
        "volume": {
            "platform": "number",
            "name": "Volume",
            "icon": "mdi:volume-high",
            "state_topic": node.topic("volume/state"),
            "command_topic": node.topic("volume/set"),
            "min": QUIETEST_DB,
            "max": LOUDEST_DB,
            "step": 1,
            "mode": "slider",
            "unit_of_measurement": "dB",
            "entity_category": "config",
        },
        "say": {
            "platform": "text",
            "name": "Say",
            "icon": "mdi:account-voice",
            "command_topic": node.topic("say/set"),
            "min": 1,
            "max": LONGEST_TEXT,
            "mode": "text",
        },
        "message": {
            "platform": "sensor",
            "name": "Last message",
            "icon": "mdi:message-check",
            "state_topic": node.topic("message/state"),
            "device_class": "enum",
            "options": list(RESULTS),
            "entity_category": "diagnostic",
        },
        "heard": {
            "platform": "sensor",
            "name": "Last heard",
            "state_topic": node.topic("heard/state"),
            "device_class": "timestamp",
        },
        "alert": {
            "platform": "binary_sensor",
            "name": "Open alert",
            "state_topic": node.topic("alert/state"),
            "device_class": "safety",
            "payload_on": ON,
            "payload_off": OFF,
        },
        "mood": {
            "platform": "sensor",
            "name": "Mood against usual",
            "icon": "mdi:weather-partly-cloudy",
            "state_topic": node.topic("mood/state"),
            "device_class": "enum",
            "options": list(MOODS),
        },
    }


__all__ = [
    "LONGEST_TEXT",
    "LOUDEST_DB",
    "MOODS",
    "OFF",
    "ON",
    "PRIVATE",
    "QUIETEST_DB",
    "RESULTS",
    "Node",
    "discovery",
    "will",
]
