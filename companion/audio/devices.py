"""Which microphones and speakers there are.

PortAudio is never loaded into this process: it prints to the terminal, caches its device list
and can hang when a sound server stops answering. A short-lived child asks it instead.

The child imports this module too, so it must stay free of numpy.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from companion.errors import DeviceError

Kind = Literal["input", "output"]

_LIST_TIMEOUT_S = 20.0
_WORDS: dict[Kind, str] = {"input": "microphone", "output": "speaker"}


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A microphone, a speaker, or both in one."""

    index: int
    name: str
    host: str
    """The sound system it belongs to, such as ALSA."""
    inputs: int
    """Channels it can capture."""
    outputs: int
    """Channels it can play."""
    rate: int
    """Hz it works at by default."""
    default_input: bool = False
    default_output: bool = False

    def can(self, kind: Kind) -> bool:
        """Return whether it captures (``input``) or plays (``output``)."""
        return (self.inputs if kind == "input" else self.outputs) > 0

    def is_default(self, kind: Kind) -> bool:
        """Return whether it is what is used when nothing is named."""
        return self.default_input if kind == "input" else self.default_output

    def to_json(self) -> dict[str, Any]:
        """Return the device as a JSON object."""
        return asdict(self)


def child_command(*arguments: str) -> list[str]:
    """Return the command line of the process that holds PortAudio."""
    return [sys.executable, "-m", "companion.audio.port_child", *arguments]


def list_devices() -> list[DeviceInfo]:
    """Return every device the sound system knows now; empty when there is none.

    Raises:
        DeviceError: the sound system does not answer, or PortAudio is not installed.
    """
    try:
        done = subprocess.run(
            child_command("list"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIST_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError("the sound system does not answer; restart it and try again") from error
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise DeviceError("the sound system cannot be asked for its devices") from error
    if "error" in answer:
        raise DeviceError(answer["error"])
    return [DeviceInfo(**device) for device in answer["devices"]]


def find_device(
    wanted: str | int | None, kind: Kind, devices: Sequence[DeviceInfo] | None = None
) -> DeviceInfo:
    """Return the device meant by a name, part of a name or an index; None is the default.

    Args:
        wanted: compared without regard to case; an exact name wins over a part of one.
        kind: what it must be able to do.
        devices: where to look; None asks the sound system.

    Raises:
        DeviceError: there is none, naming the nearest that exists.
    """
    usable = [d for d in (list_devices() if devices is None else devices) if d.can(kind)]
    word = _WORDS[kind]
    if not usable:
        raise DeviceError(f"no {word} found; plug one in, then see 'companion devices'")
    if wanted is None:
        return next((d for d in usable if d.is_default(kind)), usable[0])
    if isinstance(wanted, str) and wanted.strip().isdigit():
        wanted = int(wanted)
    if isinstance(wanted, int):
        for device in usable:
            if device.index == wanted:
                return device
        known = ", ".join(str(d.index) for d in usable)
        raise DeviceError(f"no {word} with index {wanted}; there are {known} (companion devices)")
    return _by_name(wanted, usable, word)


def _by_name(wanted: str, usable: Sequence[DeviceInfo], word: str) -> DeviceInfo:
    needle = wanted.strip().casefold()
    names = [d.name.casefold() for d in usable]
    tests = (str.__eq__, str.startswith, str.__contains__, _every_word)
    for test in tests:
        for device, name in zip(usable, names, strict=True):
            if test(name, needle):
                return device
    near = difflib.get_close_matches(needle, names, n=1, cutoff=0.0)
    nearest = usable[names.index(near[0])].name if near else usable[0].name
    raise DeviceError(f"no {word} named '{wanted}'; did you mean '{nearest}'? (companion devices)")


def _every_word(name: str, needle: str) -> bool:
    return all(part in name for part in needle.split())
