"""Makes children that raise and deliver alerts until they are killed.

Reads lines ``<file> <first number> <mode>``, as ``support.nursery`` does;
``raised <id>`` follows each commit, ``dead`` the end of the child. In mode ``between`` the child
kills itself after a message was accepted and before that is written down.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from support.alert_support import KEY
from support.nursery import serve, tell

from companion.app.zones import minutes_of
from companion.config import AlertSettings, Config
from companion.safety.alerts.channel import AppriseSender, Outcome
from companion.safety.alerts.messages import Message, load_words
from companion.safety.alerts.policy import Rules
from companion.safety.alerts.service import AlertService
from companion.storage.database import open_database
from companion.storage.keys import derive

MOST = 4
"""Alerts a child raises: enough to be killed in the middle, few enough to be worked off."""

MINUTE = minutes_of(Config())
RULES = Rules(backoff_s=(0.02, 0.05), lease_s=0.6, poll_s=0.05, send_s=0.5)
SETTINGS = AlertSettings(link_base="http://x")


class Fatal(AppriseSender):
    """Dies between send and record."""

    def send(self, channel: str, message: Message) -> Outcome:
        outcome = super().send(channel, message)
        if outcome.ok:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def child(path: Path, first: int, mode: str) -> None:
    sender = Fatal() if mode == "between" else AppriseSender()
    service = AlertService(
        open_database(path, KEY), KEY, SETTINGS, minute=MINUTE, sender=sender, rules=RULES
    )
    service.start()
    for number in range(first, first + MOST):
        tell(f"raised {service.raise_alert(4, f'kind{number}', '')}")
        if service.trouble:
            tell(f"trouble {service.trouble}")
        time.sleep(0.01)
    threading.Event().wait(30)


def main() -> None:
    # Loaded before the forks.
    AppriseSender().warm()
    derive(KEY, "warm")
    load_words("en", "Molly", None)
    serve(lambda path, first, mode: child(Path(path), int(first), mode))


if __name__ == "__main__":
    main()
