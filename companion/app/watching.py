"""Builds what says how the talk is: to systemd, the status file, and once to the person."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.app.sending import health_path
from companion.app.zones import zone_of
from companion.config import Config

if TYPE_CHECKING:
    from companion.app.keeping import Keeping
    from companion.audio.clock import VirtualClock, WallClock
    from companion.audio.output import Source
    from companion.service.heart import Heart, Probes
    from companion.service.restarts import RestartBook

_CARDS: Final = Path("/proc/asound/pcm")
_POST_FRESH_S: Final = 120.0


@dataclass(slots=True)
class Watched:
    """A talk that is looked after."""

    heart: Heart
    book: RestartBook
    news: str
    """What is to be told of the time before; see ``RestartBook.begin``."""
    welcome: Callable[[], bool]
    """Whether it may be told now: nobody is woken for it."""

    def tell(self, lines: dict[str, str], name: str, say: Callable[[str], None]) -> None:
        """Tell the news once, as soon as it is welcome; call it now and then.

        Args:
            lines: the notices.
            name: what the companion is called.
            say: speaks a line.
        """
        if not self.news or not self.welcome():
            return
        key = "first_ready" if self.news == "first" else f"restarted_{self.news}"
        if line := lines.get(key):
            say(line.replace("{name}", name))
        self.book.told(self.news, time.time())
        self.news = ""


def watch_over(
    config: Config,
    clock: WallClock | VirtualClock,
    source: Source,
    keeping: Keeping | None,
) -> Watched:
    """Return what looks after a talk, not yet started.

    Without systemd there is nobody to tell: then only the status file is written.

    Args:
        config: settings.
        clock: whose inference thread is looked at.
        source: the microphone.
        keeping: diary and alerts; None when there are none.
    """
    from companion.service.heart import Heart
    from companion.service.notify import Notifier
    from companion.service.restarts import FILE, RestartBook, boot_id

    notifier = Notifier.of()
    book = RestartBook(config.state_dir / FILE, boot_id())
    news = book.begin(time.time())
    heart = Heart(notifier, book, health_path(config), _probes(config, clock, source, keeping))
    return Watched(heart, book, news if notifier.active else "", lambda: not _quiet(config))


def _probes(
    config: Config,
    clock: WallClock | VirtualClock,
    source: Source,
    keeping: Keeping | None,
) -> Probes:
    from companion.audio.clock import WallClock
    from companion.audio.microphone import Microphone
    from companion.service.heart import Probes

    ear = source if isinstance(source, Microphone) else None

    def workers() -> dict[str, float]:
        found = {"inference": clock.busy_s if isinstance(clock, WallClock) else 0.0}
        if keeping is not None:
            found["alerts"] = 0.0 if keeping.alerts.running else math.inf
            found["diary"] = 0.0 if keeping.diary.running else math.inf
        return found

    def alerts() -> str:
        if keeping is not None and keeping.alerts.trouble:
            return keeping.alerts.trouble
        return post_trouble(config, time.time())

    return Probes(
        sound_s=lambda: ear.sound_age_s if ear else None,
        lost=lambda: ear.lost if ear else False,
        microphone=lambda: ear.state if ear else "well",
        plugged=plugged,
        workers=workers,
        storage=lambda: keeping.diary.trouble if keeping is not None else "",
        alerts=alerts,
        free_mb=lambda: _free_mb(config.state_dir),
    )


def plugged(cards: Path = _CARDS) -> bool | None:
    """Return whether this machine has any microphone; None where that cannot be told."""
    try:
        return "capture" in cards.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def post_trouble(config: Config, now: float) -> str:
    """Return why nobody sends what leaves the house; empty when somebody does."""
    from companion.app.post import FILE

    if not config.service.post:
        return ""
    with suppress(OSError):
        if now - health_path(config).with_name(FILE).stat().st_mtime <= _POST_FRESH_S:
            return ""
    return "the post does not run, so nobody can be told: systemctl status companion-post"


def _quiet(config: Config) -> bool:
    from companion.wellbeing.checkins import is_quiet

    return is_quiet(config.checkins, datetime.now(zone_of(config)))


def _free_mb(folder: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(folder).free // 1_000_000
    return None


__all__ = ["Watched", "plugged", "post_trouble", "watch_over"]
