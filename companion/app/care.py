"""Builds the dashboard for those who care."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from companion.app.keeping import PASSPHRASE, open_storage, place_of, retention_of
from companion.app.sending import health_path
from companion.config import Config
from companion.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from companion.care.house import House
    from companion.care.readings import Readings
    from companion.care.reminding import ReminderStore
    from companion.storage.database import Database

_CERTIFICATES: Final = "care"


def load_house(
    config: Config,
    *,
    consents: tuple[str, ...],
    consent_version: str,
    announce: Callable[[str], None],
    now: Callable[[], float] = time.time,
) -> House:
    """Return what the pages of the dashboard work with.

    Args:
        config: settings.
        consents: subjects that can be agreed to.
        consent_version: of their texts.
        announce: told a setup code, when nobody can log in as the owner.
        now: seconds since 1970.

    Raises:
        SafetyError: the words for relations have a mistake.
    """
    from companion.care.hosts import is_loopback, own_names
    from companion.care.house import House, Store
    from companion.safety.alerts.messages import load_words

    settings, place = config.care, place_of(config)
    words = load_words(config.persona.language, config.persona.name, config.persona.person)
    store = Store(lambda: open_storage(config))
    return House(
        store=store,
        place=place,
        retention=retention_of(config),
        settings=settings,
        kin=words.kin,
        consent_texts=lambda: consents,
        consent_version=consent_version,
        readings=load_readings(config, lambda: store.database),
        reminders=load_reminders(config, lambda: store.database),
        health_file=health_path(config),
        companion_name=config.persona.name,
        language=config.persona.language,
        names=own_names([*settings.hosts, settings.host]),
        secure=settings.proxy or not is_loopback(settings.host),
        now=now,
        announce=announce,
        passphrase=os.environ.get(PASSPHRASE),
    )


def load_readings(config: Config, database: Callable[[], Database]) -> Readings:
    """Return what reads days out of the journal."""
    from companion.app.readings import JournalReadings
    from companion.app.zones import zone_of

    return JournalReadings(config, database, zone_of(config))


def load_reminders(config: Config, database: Callable[[], Database]) -> ReminderStore:
    """Return the store of reminders."""
    from companion.app.skilling import ShownReminders

    return ShownReminders(config, database)


def care_certificate(config: Config, now: float) -> tuple[Path, Path] | None:
    """Return certificate and key to serve with; None where TLS is not ours to do.

    On the loopback nobody can listen in, and behind a proxy the proxy does it.

    Raises:
        ConfigError: only one of certificate and key is set.
        CareError: the files cannot be written.
    """
    from companion.care.hosts import is_loopback, own_names
    from companion.care.tls import own_certificate

    settings = config.care
    if (settings.certificate is None) != (settings.certificate_key is None):
        raise ConfigError("care.certificate and care.certificate_key go together")
    if settings.certificate is not None and settings.certificate_key is not None:
        return settings.certificate, settings.certificate_key
    if settings.proxy or is_loopback(settings.host):
        return None
    names = own_names(settings.hosts) | ({settings.host} - {"0.0.0.0", "::"})
    return own_certificate(config.state_dir / _CERTIFICATES, names, now)


def serve_care(config: Config, house: House, certificate: tuple[Path, Path] | None) -> None:
    """Serve until interrupted.

    Raises:
        CareError: the address is in use or not ours.
    """
    import uvicorn

    from companion.care.web.application import build
    from companion.errors import CareError

    settings = config.care
    _clear_half_exports(config)
    running = uvicorn.Config(
        build(house),
        host=settings.host,
        port=settings.port,
        ssl_certfile=certificate[0] if certificate else None,
        ssl_keyfile=certificate[1] if certificate else None,
        log_level="error",
        access_log=False,  # addresses of pages say who looked at what
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_keep_alive=15,
    )
    try:
        listening = _listen(settings.host, settings.port)
    except OSError as error:
        raise CareError(
            f"cannot listen on {settings.host}:{settings.port}: it is in use or not ours; "
            "choose another with --port"
        ) from error
    with listening:
        try:
            uvicorn.Server(running).run(sockets=[listening])
        finally:
            house.store.close()


def _listen(host: str, port: int) -> socket.socket:
    kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # Named as TCP, asyncio sends each part at once; else every page waits 40 ms for an answer.
    listening = socket.socket(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except BaseException:
        listening.close()
        raise
    return listening


def _clear_half_exports(config: Config) -> None:
    """Remove what a download left behind when it was killed."""
    with suppress(OSError):
        for left in config.state_dir.glob(".care-export-*"):
            shutil.rmtree(left, ignore_errors=True)
