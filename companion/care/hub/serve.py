"""Runs the hub: the broker's intake and the ward page in one process."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from companion.care.hub.accounts import Accounts
from companion.care.hub.intake import Intake
from companion.care.hub.store import Store
from companion.care.hub.web.app import Doors, build
from companion.errors import HubError


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the ward page is served."""

    host: str = "127.0.0.1"
    port: int = 8479
    certificate: Path | None = None
    """PEM; with ``key``, the page is served over TLS."""
    key: Path | None = None
    proxy: bool = False
    """A reverse proxy on this machine does TLS."""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.certificate is not None or self.proxy

    def check(self) -> None:
        """Look at it before anything starts.

        Raises:
            HubError: it would be reached from outside without TLS, or a file is missing.
        """
        if (self.certificate is None) != (self.key is None):
            raise HubError("a certificate needs its key: give --certificate and --key")
        for path in (self.certificate, self.key):
            if path is not None and not path.is_file():
                raise HubError(f"{path} is missing")
        if not _is_loopback(self.host) and self.certificate is None:
            raise HubError(
                f"the ward page is not served on {self.host} without TLS: give --certificate and "
                "--key, or listen on 127.0.0.1 behind a proxy (docs/hub.md)"
            )


def serve(store: Store, intake: Intake, where: Serving) -> None:
    """Serve until stopped.

    Raises:
        HubError: the address cannot be used.
    """
    import uvicorn

    where.check()

    def trouble() -> str:
        if intake.trouble:
            return f"Messages of devices are not stored just now: {intake.trouble}."
        if not intake.connected:
            why = f" ({intake.broker_trouble})" if intake.broker_trouble else ""
            return f"The broker cannot be reached: what you see may be old{why}."
        return ""

    app = build(Doors(store, Accounts(store), where.secure, trouble=trouble))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=where.host,
            port=where.port,
            ssl_certfile=where.certificate,
            ssl_keyfile=where.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=where.proxy,
            forwarded_allow_ips="127.0.0.1",
            timeout_keep_alive=10,
            limit_concurrency=100,
            h11_max_incomplete_event_size=32_768,
        )
    )
    intake.start()
    try:
        server.run()
    except SystemExit:
        raise HubError(f"cannot listen on {where.host}:{where.port}") from None
    finally:
        intake.stop()
        store.close()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
