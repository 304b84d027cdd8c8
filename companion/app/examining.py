"""The doctor's rounds: measures the machine, the sound and the parts, and judges them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from companion.app.engines import load_engines
from companion.app.keeping import place_of
from companion.app.sending import health_path
from companion.app.zones import zone_of
from companion.config import Config
from companion.domain import SAMPLE_RATE, Pcm, Tone, TurnContext
from companion.errors import CompanionError, DeviceError, ModelError, StorageError
from companion.service.doctor import machine, running, sound
from companion.service.doctor.findings import Finding, fail, note, ok, warn
from companion.service.health import read as read_health
from companion.service.health import why_not_well

if TYPE_CHECKING:
    from companion.audio.microphone import Microphone
    from companion.audio.speaker import Speaker

ROOM_S: Final = 3.0
SWEEP_S: Final = 6.0
_TAIL_S: Final = 0.5
_UNITS: Final = (
    *("companion.service", "companion-care.service", "companion-post.service"),
    *("companion-summary.timer", "companion-sweep.timer", "companion-backup.timer"),
)
_WEEK_S: Final = 7 * 86_400.0
_WARN_DAYS: Final = 21
_QUESTION: Final = "Can you tell me why the sea tastes of salt?"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be looked at besides, and what may be done."""

    fix: bool = False
    sound: bool = True
    """Record some seconds of the room, in memory, and play a sweep."""
    speed: bool = True


def examine(config: Config, wishes: Wishes) -> Iterator[Finding]:
    """Yield what is found, quick things first.

    Args:
        config: settings.
        wishes: what may be done.
    """
    health = read_health(health_path(config))
    now = time.time()
    yield from _of_machine(config)
    yield from _of_keeping(config, wishes.fix)
    yield from _of_models(config, wishes.fix)
    yield from _of_channels(config)
    yield from _of_dashboard(config)
    yield from running.look_at_units(_units())
    yield from running.look_at_talk(health, now)
    busy = not why_not_well(health, now)
    if wishes.sound:
        yield from _guarded("microphone", lambda: _of_sound(config, busy))
    if wishes.speed:
        yield from _guarded("speed", lambda: _of_speed(config, busy))


def _guarded(about: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return look()
    except CompanionError as error:
        return [fail(about, str(error), "")]  # the error itself says what to do


# -- the machine -------------------------------------------------------------------------


def _of_machine(config: Config) -> Iterator[Finding]:
    place = config.state_dir
    while not place.exists() and place != place.parent:
        place = place.parent
    yield machine.look_at_disk(shutil.disk_usage(place).free, str(config.state_dir))
    zone = config.checkins.timezone or ""
    yield machine.look_at_clock(datetime.now(zone_of(config)), _synchronised(), zone)
    yield from machine.look_at_heat(machine.temperature(), machine.throttled_bits())


def _synchronised() -> bool | None:
    said = _systemctl("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return None if said is None or said not in ("yes", "no") else said == "yes"


def _systemctl(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() if done.returncode in (0, 1, 3, 4) else None
    return None


def _units() -> dict[str, tuple[str, str]]:
    found = {}
    for unit in _UNITS:
        said = _systemctl(
            "systemctl", "show", unit, "--property=ActiveState,UnitFileState,LoadState"
        )
        tree = dict(line.split("=", 1) for line in (said or "").splitlines() if "=" in line)
        if tree.get("LoadState") == "loaded":
            found[unit] = (tree.get("ActiveState", ""), tree.get("UnitFileState", ""))
    return found


# -- what is kept ------------------------------------------------------------------------


def _of_keeping(config: Config, fix: bool) -> Iterator[Finding]:
    place = place_of(config)
    for file in config.state_dir.glob("*.sock"):
        if fix and file.is_socket() and not _answers(file):
            file.unlink(missing_ok=True)
            yield ok("socket", f"{file.name} was left over and is removed")
    shared = config.state_dir.exists() and config.state_dir.stat().st_mode & 0o2000
    most = 0o660 if shared else 0o600
    kept = [(place.key_path, 0o640 if shared else 0o600)]
    kept += [(place.path, most)] if place.path is not None else []
    for finding in machine.look_at_modes(kept):
        if fix:
            path, mode = next((p, m) for p, m in kept if str(p) in finding.says)
            with suppress(OSError):
                path.chmod(path.stat().st_mode & mode)
                yield ok(finding.about, f"{path.name} may no longer be read by others")
                continue
        yield finding
    if place.path is not None and not place.path.exists():
        yield note("storage", "nothing is kept yet: there is no database", "it is made by the talk")
        return
    yield from _guarded("storage", lambda: _of_database(config))


def _answers(path: Path) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(1.0)
        try:
            one.connect(str(path))
        except OSError:
            return False
    return True


def _of_database(config: Config) -> list[Finding]:
    from companion.app.keeping import open_storage
    from companion.storage import audit
    from companion.storage.database import check

    database = open_storage(config)
    try:
        wrong = list(check(database))
        if wrong:
            restore = "companion data restore the newest backup; nothing was changed"
            return [fail("storage", f"the database is damaged: {wrong[0]}", restore)]
        with database.read() as connection:
            broken = audit.verify(connection)
        if broken is not None:
            says = f"the record of who did what was changed by hand, from row {broken} on"
            return [warn("storage.audit", says, "find out who had access to this machine")]
        return [ok("storage", "key and database open, and are whole")]
    finally:
        database.close()


# -- models, people, pages ---------------------------------------------------------------


def _of_models(config: Config, fix: bool) -> list[Finding]:
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    try:
        store = open_store(config)
        names = needed_models(config, store.catalogue).names
    except CompanionError as error:
        return [fail("models", str(error), "companion models list")]
    missing: list[str] = []
    damaged: list[str] = []
    for name in names:
        try:
            store.verify(name)
        except ModelError as error:
            if fix and _pulled(store.pull, name):
                continue
            gone = not store.has(name) or "missing" in str(error)
            (missing if gone else damaged).append(name)
    return running.look_at_models(missing, damaged, len(names))


def _pulled(pull: Callable[[str], Path], name: str) -> bool:
    try:
        pull(name)
    except CompanionError:
        return False
    return True


def _of_channels(config: Config) -> Sequence[Finding]:
    from sqlalchemy import func, select

    from companion.app.keeping import open_storage
    from companion.care.allowed import agrees, the_owner
    from companion.storage.alert import OPEN
    from companion.storage.people import contacts, list_people
    from companion.storage.tables import alerts, deliveries

    place = place_of(config)
    if place.path is not None and not place.path.exists():
        return [running.look_at_channels(0, 0, 0, 0, True)]
    try:
        database = open_storage(config)
    except CompanionError:
        return []  # said already
    try:
        with database.read() as connection:
            owner = the_owner(connection)
            failed = connection.scalar(
                select(func.count())
                .select_from(deliveries)
                .where(deliveries.c.ok.is_(False), deliveries.c.began_at > time.time() - _WEEK_S)
            )
            waiting = connection.scalar(
                select(func.count()).select_from(alerts).where(alerts.c.state.in_(OPEN))
            )
            ways = contacts(connection)
            people = [one for one in list_people(connection) if one.role != "owner"]
            agreed = owner is not None and agrees(connection, owner.id, "alerts")
            return [
                running.look_at_channels(len(ways), len(people), failed or 0, waiting or 0, agreed)
            ]
    except StorageError:
        return []  # said already
    finally:
        database.close()


def _of_dashboard(config: Config) -> list[Finding]:
    import socket

    from companion.care.tls import CERTIFICATE

    found = []
    host = config.care.host if config.care.host not in ("0.0.0.0", "::") else "127.0.0.1"
    try:
        socket.create_connection((host, config.care.port), 2.0).close()
        found.append(ok("dashboard", f"the dashboard answers on port {config.care.port}"))
    except OSError:
        found.append(note("dashboard", "the dashboard is not running", "companion care serve"))
    for path in (config.care.certificate, config.state_dir / "care" / CERTIFICATE):
        if path is not None and (days := _days_left(path)) is not None and days < _WARN_DAYS:
            says = f"the certificate of the dashboard ends in {days} days"
            found.append(warn("dashboard.certificate", says, f"renew {path}"))
    return found


def _days_left(path: Path) -> int | None:
    from cryptography import x509

    with suppress(OSError, ValueError):
        until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        return int((until.timestamp() - time.time()) // 86_400)
    return None


# -- sound -------------------------------------------------------------------------------


def _of_sound(config: Config, busy: bool) -> list[Finding]:
    from companion.audio.clock import WallClock
    from companion.audio.microphone import Microphone
    from companion.audio.speaker import Speaker

    async def look() -> list[Finding]:
        clock = WallClock()
        try:
            microphone = Microphone(config.audio.input, clock)
        except DeviceError as error:
            if busy:
                says = "the running talk holds the microphone, and hears"
                return [note("microphone", says, "stop it to have it looked at")]
            return [fail("microphone", str(error), "companion devices lists what there is")]
        try:
            room, _, _ = await _listen(microphone, ROOM_S)
            found = sound.look_at_microphone(room)
            if any(one.about == "microphone.silent" for one in found):
                return found
            try:
                speaker = Speaker(config.audio.output, clock)
            except DeviceError as error:
                return [*found, fail("speaker", str(error), "companion devices lists them")]
            try:
                speaker.write(sound.sweep(SWEEP_S, speaker.rate))
                near, far, left = await _listen(microphone, SWEEP_S + _TAIL_S, speaker)
            finally:
                speaker.close()
            found.append(ok("speaker", f"plays at {speaker.rate} Hz"))
            return [*found, *sound.look_at_echo(room, near, far, left[len(left) // 2 :])]
        finally:
            await microphone.close()

    return asyncio.run(look())


async def _listen(
    microphone: Microphone, seconds: float, speaker: Speaker | None = None
) -> tuple[Pcm, Pcm, Pcm]:
    """Return what was heard, what was played, and what is left once that is taken out."""
    from companion.audio.echo import EchoCanceller

    echo = EchoCanceller()
    near, far, left = [], [], []
    async for frame in microphone.frames():
        played = speaker.reference(frame.t) if speaker else np.zeros_like(frame.pcm)
        near.append(frame.pcm)
        far.append(played)
        left.append(echo.process(frame.pcm, played) if speaker else frame.pcm)
        if len(near) * len(frame.pcm) >= seconds * SAMPLE_RATE:
            break
    return np.concatenate(near), np.concatenate(far), np.concatenate(left)


# -- speed -------------------------------------------------------------------------------


def _of_speed(config: Config, busy: bool) -> list[Finding]:
    import soxr

    engines = load_engines(config)
    said = engines.voice.synthesize(_QUESTION, Tone.NEUTRAL)
    samples = soxr.resample(said.pcm.astype(np.float32) / 32768, said.rate, SAMPLE_RATE)
    times: list[tuple[float, float, float]] = []
    for _ in range(2):  # the first one warms up
        began = time.monotonic()
        engines.ears.transcribe(samples)
        words = time.monotonic()
        parts = engines.mind.reply(_QUESTION, TurnContext())
        next(iter(parts), None)
        thought = time.monotonic()
        engines.mind.abort()
        engines.voice.synthesize("I am here.", Tone.NEUTRAL)
        times.append((words - began, thought - words, time.monotonic() - thought))
    found = running.look_at_speed(*times[-1], len(samples) / SAMPLE_RATE)
    if busy and found[0].state != "ok":
        return [note("speed", f"{found[0].says}, while a talk was running", "look when it is not")]
    return found


def as_json(findings: Sequence[Finding]) -> str:
    """Return findings as one JSON object."""
    from companion.service.doctor.findings import EXIT_CODES, worst

    state = worst(findings)
    tree = {
        "state": state.value,
        "exit_code": EXIT_CODES[state],
        "findings": [one.data() for one in findings],
    }
    return json.dumps(tree, indent=2)


__all__ = ["ROOM_S", "SWEEP_S", "Wishes", "as_json", "examine"]
