"""Builds what leaves the house beside alerts: the evening's post, and the hub's publisher."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion import __version__
from companion.app.zones import minutes_of
from companion.config import Config

if TYPE_CHECKING:
    from companion.care.evening import Evening
    from companion.care.hub.publisher import HubPublisher
    from companion.care.messenger import Messenger
    from companion.care.postman import Postman
    from companion.storage.database import Database

HUB_CA: Final = "hub-ca.pem"
HUB_DEVICE: Final = "hub-device.json"


def new_postman(config: Config, database: Database, owner_name: str | None = None) -> Postman:
    """Return the post to family, not yet started.

    Args:
        config: settings.
        database: an open one.
        owner_name: what letters call the owner; by default the configured name.

    Raises:
        CompanionError: the texts have a mistake.
    """
    from companion.care.letters import load_letters
    from companion.care.postman import Postman, PostRules
    from companion.care.stored import StoredSummaries
    from companion.safety.alerts.channel import AppriseSender
    from companion.safety.alerts.messages import load_words

    persona = config.persona
    owner = owner_name or persona.person
    return Postman(
        database,
        AppriseSender(persona.name),
        load_letters(persona.language, persona.name, owner, config.evening.link),
        load_words(persona.language, persona.name, owner).kin,
        StoredSummaries(database),
        now=time.time,
        minute=minutes_of(config),
        rules=PostRules(keep_days=config.storage.summaries_days),
    )


def new_evening(postman: Postman) -> Evening:
    """Return what offers summaries to the post."""
    from companion.care.evening import Evening

    return Evening(postman)


def new_messenger(postman: Postman) -> Messenger:
    """Return what sends the owner's messages."""
    from companion.care.messenger import Messenger

    return Messenger(postman)


def new_hub_publisher(config: Config, database: Database) -> HubPublisher | None:
    """Return the publisher to the hub, not yet started; None when no hub is configured.

    Raises:
        HubError: the settings, the certificate or the device's credentials cannot be used.
    """
    if config.hub.url is None:
        return None
    from companion.care.hub.credentials import read_device
    from companion.care.hub.feed import Feed, FeedRules
    from companion.care.hub.link import address
    from companion.care.hub.publisher import HubPublisher
    from companion.care.stored import StoredSummaries
    from companion.errors import HubError

    secret = read_device(config.hub.secret_file or config.state_dir / HUB_DEVICE)
    if config.hub.device is not None and config.hub.device != secret.device:
        raise HubError(
            f"'hub.device' is {config.hub.device}, but the secret file is of {secret.device}"
        )
    where = address(config.hub.url, config.hub.ca or config.state_dir / HUB_CA)
    started = time.time()
    rules = FeedRules(
        config.hub.health_every_s, config.alerts.details, config.storage.summaries_days
    )

    def well() -> Mapping[str, object]:
        return device_health(config.state_dir, started, health_path(config))

    feed = Feed(StoredSummaries(database), well, rules)
    return HubPublisher(database, where, secret, feed)


def device_health(
    state_dir: Path, started: float, report: Path | None = None
) -> Mapping[str, object]:
    """Return how the device is, without a word of the person.

    Args:
        state_dir: whose disk is looked at.
        started: when the program began, seconds since 1970.
        report: the status file of the running talk; None leaves it out.
    """
    from companion.service.health import read, why_not_well

    free = shutil.disk_usage(state_dir).free if state_dir.exists() else 0
    talk: dict[str, object] = {}
    if report is not None:
        found = read(report)
        why = why_not_well(found, time.time())
        talk = {"listening": not why, "why_not": why}
        if found is not None:
            talk["last_restart"] = found.get("last_restart")
            talk["frame_age_s"] = found.get("frame_age_s")
    return {
        **talk,
        "version": __version__,
        "running_hours": round(max(time.time() - started, 0.0) / 3600.0, 1),
        "free_disk_mb": free // 1_000_000,
    }


def health_path(config: Config) -> Path:
    """Return where the running talk says how it is."""
    from companion.service.health import FILE

    return config.service.health_file or config.state_dir / FILE
