"""The way out of the house: one message through one channel, with a time limit.

The only module that lets anything leave. Nothing of a message, an address or a password is logged.
"""

from __future__ import annotations

import logging
import threading
import warnings
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Final, Protocol, cast

from companion.errors import AlertError

if TYPE_CHECKING:
    from apprise import AppriseAsset

    from companion.safety.alerts.messages import Message

_LOUDEST: Final = {
    "ntfy": "max",
    "ntfys": "max",
    "gotify": "high",
    "gotifys": "high",
    "pover": "high",
}
"""How a channel is asked to sound through a silenced phone, unless its URL says otherwise."""

_REASONS: Final = (
    (("certificate", "ssl"), "the server's certificate is not trusted"),
    (
        ("authenticat", "unauthorized", "forbidden", "credentials", "error=401", "error=403"),
        "wrong user name or password",
    ),
    (("connection", "socket", "resolve", "timed out", "timeout"), "no connection to the server"),
    (("recipient", "not found", "no such"), "the server does not know the address"),
)
"""Words in apprise's own warnings, and what they mean without names and addresses."""

_heard: ContextVar[list[str] | None] = ContextVar("alert_heard", default=None)
"""What apprise warned of while a message is sent; apprise takes it along into its own threads."""

TOO_LATE: Final = "no answer in time; it may have arrived"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    ok: bool
    error: str = ""
    """Why not, without address or content."""
    unsure: bool = False
    """It may have arrived all the same."""


class Sender(Protocol):
    """Sends messages."""

    def send(self, channel: str, message: Message) -> Outcome:
        """Send through a channel; returns within a bounded time and never raises."""

    def check(self, channel: str) -> None:
        """Look at a channel without sending.

        Raises:
            AlertError: it cannot be used.
        """

    def warm(self) -> None:
        """Load what is needed, so that the first message is quick."""


class AppriseSender:
    """Sends through apprise: mail, ntfy, Matrix, SMS gateways and many more."""

    def __init__(self, name: str = "Companion", timeout_s: float = 20.0) -> None:
        """Remember who speaks.

        Args:
            name: shown as the sender where a channel has one.
            timeout_s: seconds after which a channel is no longer waited for.
        """
        self._name = name
        self._timeout_s = timeout_s

    def warm(self) -> None:
        """Import apprise."""
        self._asset()

    def check(self, channel: str) -> None:
        """Look at a channel without sending.

        Raises:
            AlertError: apprise does not understand it.
        """
        apprise = _apprise()
        if apprise.Apprise.instantiate(channel, asset=self._asset()) is None:
            kind = channel.partition("://")[0] if "://" in channel else ""
            raise AlertError(
                f"the channel{f' {kind}://...' if kind else ''} is not understood; it must be an "
                "apprise URL such as ntfys://ntfy.sh/topic or mailtos://user:secret@example.org"
            )

    def send(self, channel: str, message: Message) -> Outcome:
        """Send in a thread of its own, which is left behind when it hangs."""
        box: list[Outcome] = []

        def work() -> None:
            try:
                box.append(self._send(channel, message))
            except Exception as error:
                # Whatever a plug-in throws is only this channel's failure; its text may hold
                # the address.
                box.append(Outcome(False, f"the channel failed ({type(error).__name__})"))

        thread = threading.Thread(target=work, name="alert-send", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        return box[0] if box else Outcome(False, TOO_LATE, unsure=True)

    def _send(self, channel: str, message: Message) -> Outcome:
        apprise = _apprise()
        kind = apprise.NotifyType.FAILURE if message.tier >= 4 else apprise.NotifyType.WARNING
        url = _loud(channel) if message.tier >= 4 else channel
        # A fresh object each time: apprise makes one that was just used wait.
        way = apprise.Apprise(asset=self._asset())
        if not way.add(url):
            return Outcome(False, "the channel is not understood")
        said: list[str] = []
        _heard.set(said)  # this thread's own: it was made for this message
        sent = way.notify(
            body=message.body,
            title=message.title,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
        return Outcome(True) if sent else Outcome(False, _reason(" ".join(said).lower()))

    def _asset(self) -> AppriseAsset:
        apprise = _apprise()
        # No logo: the phone of whoever is told would fetch it from a third party.
        return apprise.AppriseAsset(
            app_id=self._name,
            app_desc=self._name,
            app_url="",
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
        )


@cache
def _apprise() -> ModuleType:
    """Import apprise, which is slow, and keep its log to ourselves."""
    with warnings.catch_warnings():
        # What its plug-ins import is not for us to hear of.
        warnings.simplefilter("ignore")
        import apprise

        # Plug-ins are imported with the first channel.
        apprise.Apprise.instantiate("json://localhost")
    logging.getLogger("apprise").addFilter(_keep_quiet)
    # Addresses of gateways hold tokens, and it would show them.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    return cast(ModuleType, apprise)


def _keep_quiet(record: logging.LogRecord) -> bool:
    """Let no record through; warnings are heard only to learn the kind of failure."""
    heard = _heard.get()
    if heard is not None and record.levelno >= logging.WARNING:
        heard.append(record.getMessage())
    return False


def _reason(said: str) -> str:
    for words, reason in _REASONS:
        if any(word in said for word in words):
            return reason
    return "the channel did not accept it"


def _loud(channel: str) -> str:
    level = _LOUDEST.get(channel.partition("://")[0].lower())
    if level is None or "priority=" in channel:
        return channel
    return f"{channel}{'&' if '?' in channel else '?'}priority={level}"
