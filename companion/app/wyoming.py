"""Serves ears, voice and mind to others in the house."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from companion import __version__
from companion.app.engines import load_ears, load_mind, load_voice
from companion.app.guarding import load_guard
from companion.config import Config


def serve_wyoming(config: Config, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve by the Wyoming protocol until interrupted.

    Nothing that is said is stored, and nobody is alerted: that is the talk's matter.

    Args:
        config: settings.
        host: where to listen; the protocol knows neither passwords nor encryption.
        port: 0 takes any.
        ready: told the port.

    Raises:
        CompanionError: a model is missing, or the address cannot be listened on.
    """
    from companion.service.needs import needed_models
    from companion.service.store import open_store
    from companion.service.wyoming.info import Offer, describe
    from companion.service.wyoming.server import Engines, WyomingServer
    from companion.service.wyoming.talks import Talks

    needs = needed_models(config, open_store(config).catalogue)
    offer = Offer(
        config.persona.name,
        __version__,
        config.hearing.language or config.persona.language,
        needs.whisper,
        needs.voice,
        needs.llm,
    )
    mind = load_mind(config)
    talks = Talks(mind, load_guard(config))
    engines = Engines(load_ears(config), load_voice(config), talks, describe(offer))

    async def serve() -> None:
        server = WyomingServer(engines, host, port)
        await server.start()
        ready(server.port)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, ValueError):
                loop.add_signal_handler(number, ended.set)
        await ended.wait()
        mind.abort()
        await server.close()

    try:
        asyncio.run(serve())
    finally:
        mind.close()


__all__ = ["serve_wyoming"]
