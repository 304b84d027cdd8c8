"""What each locked distribution says of itself: licence and needs, fetched once and kept.

Kept in facts.json beside this file, so that the documents can be made and checked without network
and do not change when something newer is published.
"""

from __future__ import annotations

import email
import io
import json
import re
import tarfile
import zipfile
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
from packaging.utils import canonicalize_name

from supply.locks import Locked

INDEX = "https://pypi.org/simple"
STORE = Path(__file__).with_name("facts.json")
_PAGE = 1 << 16
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache-2": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "The MIT License (MIT)": "MIT",
    "BSD": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "LicenseRef-NVIDIA-Proprietary": "LicenseRef-NVIDIA-Proprietary",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
    "Other/Proprietary License": "LicenseRef-Proprietary",
}
"""Classifiers and free words -> SPDX. BSD without a number is taken for the three-clause one."""

_IN_FILE = "its LICENSE file"
_READ = {
    **{f"pyannote-{one}": ("MIT", _IN_FILE) for one in ("audio", "core", "database", "metrics")},
    "pyannote-pipeline": ("MIT", _IN_FILE),
    "pyannoteai-sdk": ("MIT", _IN_FILE),
    "pymicro-features": ("Apache-2.0", _IN_FILE),
    "sqlcipher3": ("Zlib", _IN_FILE),
    "torchcodec": ("BSD-3-Clause", _IN_FILE),
    "cuda-toolkit": ("LicenseRef-NVIDIA-Proprietary", "holds no file but names of NVIDIA's others"),
}
"""What the metadata does not say, and where we read it."""


class RemoteFile(io.RawIOBase):
    """A file on a server, of which only the parts that are read travel."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client, self._url, self._at = client, url, 0
        answer = client.head(url, follow_redirects=True)
        answer.raise_for_status()
        self.size = int(answer.headers["content-length"])

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def tell(self) -> int:
        """Return the byte that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fetch what fits; 0 at the end."""
        last = min(self._at + len(buffer), self.size) - 1
        if last < self._at:
            return 0
        answer = self._client.get(self._url, headers={"Range": f"bytes={self._at}-{last}"})
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            raise OSError(f"{self._url}: the server sends whole files only")
        buffer[: len(answer.content)] = answer.content
        self._at += len(answer.content)
        return len(answer.content)


def load() -> dict[str, dict[str, Any]]:
    """Return the kept facts: "name==version" -> licence, source, requires."""
    return json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}


def refresh(locked: list[Locked]) -> dict[str, dict[str, Any]]:
    """Fetch what is not known yet, drop what is no longer locked, keep the rest; return all.

    Raises:
        httpx.HTTPError: the index cannot be reached.
        LookupError: a distribution is not there, or says no licence that we can read.
    """
    old, new = load(), {}
    with httpx.Client(timeout=60.0, follow_redirects=True) as client:
        for one in locked:
            key = f"{one.name}=={one.version}"
            new[key] = old.get(key) or facts_of(_message(client, one))
    STORE.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n", "utf-8")
    return new


def facts_of(message: Message) -> dict[str, Any]:
    """Return the facts in a METADATA or PKG-INFO file.

    Raises:
        LookupError: it says no licence that we can read.
    """
    licence, source = _licence(message)
    return {
        "licence": licence,
        "source": source,
        "summary": " ".join((message["Summary"] or "").split()),
        "requires": sorted(message.get_all("Requires-Dist") or ()),
    }


def _licence(message: Message) -> tuple[str, str]:
    if known := _READ.get(canonicalize_name(message["Name"])):
        return known
    if expression := message["License-Expression"]:
        return expression.strip(), "expression"
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in message.get_all("Classifier") or ()
        if one.startswith("License :: ") and not one.endswith(":: OSI Approved")
    ]
    free = (message["License"] or "").strip()
    first = free.splitlines()[0].strip() if free else ""
    if re.fullmatch(r"[A-Za-z0-9.+-]+( (OR|AND|WITH) [A-Za-z0-9.+-]+)*", first) and (
        "-" in first or first in ("MIT", "ISC", "Zlib", "HPND")
    ):
        return _SPDX.get(first, first), "licence field"
    if first in _SPDX and not (first == "BSD" and classifiers):
        return _SPDX[first], "licence field"
    if classifiers:
        known = sorted({_SPDX.get(one, one) for one in classifiers})
        return " OR ".join(known), "classifier"
    raise LookupError(f"read the licence of {message['Name']}, then enter it in {__file__}")


def _message(client: httpx.Client, one: Locked) -> Message:
    try:
        here = metadata.distribution(one.name)
    except metadata.PackageNotFoundError:
        here = None
    if here is not None and here.version == one.version:
        return email.message_from_string(here.read_text("METADATA") or "")
    answer = client.get(
        f"{INDEX}/{one.name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    answer.raise_for_status()
    files = [f for f in answer.json()["files"] if f["hashes"].get("sha256") in one.hashes]
    files.sort(key=lambda f: (not f["filename"].endswith(".whl"), "x86_64" not in f["filename"]))
    if not files:
        raise LookupError(f"{one.name} {one.version} is not on {INDEX}")
    url = files[0]["url"]
    if files[0]["filename"].endswith(".whl"):
        with zipfile.ZipFile(io.BufferedReader(RemoteFile(client, url), _PAGE)) as wheel:
            inside = re.compile(r"[^/]+\.dist-info/METADATA")
            (name,) = filter(inside.fullmatch, wheel.namelist())
            return email.message_from_bytes(wheel.read(name))
    with tarfile.open(fileobj=io.BytesIO(client.get(url).content)) as sdist:
        (name,) = filter(re.compile("[^/]+/PKG-INFO").fullmatch, sdist.getnames())
        member = sdist.extractfile(name)
        assert member is not None
        return email.message_from_bytes(member.read())
