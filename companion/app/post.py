"""The post: sends what leaves the house, so that the program that hears needs no network."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from companion.app.keeping import load_alerts, load_key, open_storage
from companion.app.sending import health_path, new_hub_publisher, new_postman
from companion.config import Config
from companion.errors import CompanionError

if TYPE_CHECKING:
    from companion.care.hub.publisher import HubPublisher

FILE: Final = "post.json"
"""Beside the status file of the talk; written while the post runs."""
_BEAT_S: Final = 20.0


def hold_post(
    config: Config,
    stopping: threading.Event,
    on_trouble: Callable[[str], None],
    beat_s: float = _BEAT_S,
) -> None:
    """Send alerts, the evening's post and what the hub gets, until told to stop.

    Args:
        config: settings.
        stopping: ends it.
        on_trouble: told one plain line.
        beat_s: seconds between two signs of life.

    Raises:
        CompanionError: the database or a text cannot be used.
    """
    from companion.service.health import write
    from companion.service.notify import Notifier

    database = open_storage(config)
    # News is told by the talk, which compares the outbox by itself.
    alerts = load_alerts(config, database=database, key=load_key(config))
    postman = new_postman(config, database)
    publisher: HubPublisher | None = None
    try:
        publisher = new_hub_publisher(config, database)
    except CompanionError as error:
        on_trouble(f"the hub is not told anything: {error}")
    notifier, sign = Notifier.of(), health_path(config).with_name(FILE)
    alerts.start()
    postman.start()
    if publisher is not None:
        publisher.start()
    notifier.ready("sending what is due")
    try:
        told = ""
        while True:
            if alerts.running:
                notifier.alive()
                write(sign, {"at": time.time()})
            if alerts.trouble and alerts.trouble != told:
                on_trouble(alerts.trouble)
            told = alerts.trouble
            if stopping.wait(beat_s):
                return
    finally:
        notifier.stopping()
        postman.stop()
        if publisher is not None:
            publisher.stop()
        alerts.stop()
        database.close()


def until_told(stopping: threading.Event) -> None:
    """End with SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


__all__ = ["FILE", "hold_post", "until_told"]
