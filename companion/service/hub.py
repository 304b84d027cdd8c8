"""Downloads from the model hub: resumed, retried, hashed while they stream."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from companion.errors import ModelSourceError
from companion.service.fetch import CHUNK, check_hash, writing

if TYPE_CHECKING:
    from companion.service.catalogue import Model, ModelFile

HUB = "https://huggingface.co"
"""Where models are fetched from unless COMPANION_HUB names another base URL."""

TRIES = 5
"""Failures in a row, none of which brought a byte, before giving up."""

WAITS_S = (0.5, 1.0, 2.0, 4.0)
"""Pause before each further try."""

_TIMEOUT = httpx.Timeout(30.0, connect=15.0)


class _BrokenOffError(Exception):
    """The download broke in a way that may pass."""

    def __init__(self, reason: str, got: bool = False) -> None:
        super().__init__(reason)
        self.got = got


class Hub:
    """A hub of models behind HTTP, spoken to only while models are pulled or pinned."""

    def __init__(
        self, base: str | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Use ``base``, or COMPANION_HUB, or the public hub; HF_TOKEN opens gated models."""
        self.base = (base or os.environ.get("COMPANION_HUB") or HUB).rstrip("/")
        self._sleep = sleep
        token = os.environ.get("HF_TOKEN")
        headers = {"User-Agent": "companion", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=True)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def info(self, repo: str, revision: str) -> dict[str, Any]:
        """Return the hub's record of a repository: ``sha`` and ``siblings`` with sizes and hashes.

        Raises:
            ModelSourceError: the hub cannot be reached or has no such repository.
        """
        url = f"{self.base}/api/models/{quote(repo)}/revision/{quote(revision, safe='')}"
        try:
            answer = self._client.get(url, params={"blobs": "true"})
            self._refuse(answer, f"{repo} at {revision}")
            record = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._unreachable(error) from error
        if not isinstance(record, dict):
            raise ModelSourceError(f"{self.base} answered with something that is no model record")
        return record

    def read(self, repo: str, revision: str, file: str, limit: int) -> bytes:
        """Return a small file whole.

        Raises:
            ModelSourceError: the hub cannot be reached, has no such file, or it is larger than
                ``limit`` bytes.
        """
        data = b""
        try:
            with self._client.stream("GET", self._url(repo, revision, file)) as answer:
                self._refuse(answer, f"{repo}/{file}")
                answer.raise_for_status()
                for chunk in answer.iter_bytes(CHUNK):
                    data += chunk
                    if len(data) > limit:
                        raise ModelSourceError(f"{repo}/{file} is larger than expected")
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        return data

    def fetch(
        self, model: Model, file: ModelFile, target: Path, seen: Callable[[int], None]
    ) -> None:
        """Download a pinned file to ``target``, going on where an earlier try stopped.

        ``target.part`` holds what has come so far; ``target`` appears only when its hash is right.
        ``seen`` is told the bytes of this file that are here.

        Raises:
            ModelSourceError: no network, no such file, no room.
            ModelCorruptError: the file has the wrong hash.
        """
        part = target.with_name(target.name + ".part")
        failures = 0
        while True:
            try:
                digest = self._stream(model, file, part, seen)
                break
            except _BrokenOffError as error:
                failures = 1 if error.got else failures + 1
                if failures >= TRIES:
                    raise ModelSourceError(
                        f"{self.base} cannot be reached or keeps breaking off ({error}); what came "
                        f"of {model.name} is kept: run companion models pull {model.name} again"
                    ) from error
                self._sleep(WAITS_S[min(failures, len(WAITS_S)) - 1])
        try:
            check_hash(f"{file.path} of {model.name}", digest, file.sha256 or "")
        except Exception:
            part.unlink(missing_ok=True)
            raise
        part.replace(target)

    def _stream(
        self, model: Model, file: ModelFile, part: Path, seen: Callable[[int], None]
    ) -> str:
        total = file.size or 0
        digest = hashlib.sha256()
        have = _resume(part, total, digest)
        seen(have)
        if have == total:
            return digest.hexdigest()
        headers = {"Range": f"bytes={have}-"} if have else {}
        url = self._url(model.repo or "", model.revision or "", file.remote)
        start = have
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                self._refuse(answer, f"{model.repo}/{file.remote}")
                if answer.status_code == 416:
                    part.unlink(missing_ok=True)
                if answer.status_code not in (200, 206):
                    raise _BrokenOffError(f"HTTP {answer.status_code}")
                if have and not _continues(answer, have):
                    # The server does not know ranges: from the start again.
                    digest = hashlib.sha256()
                    have = start = 0
                with writing(model.name), part.open("ab" if have else "wb") as out:
                    for chunk in answer.iter_raw():
                        have += len(chunk)
                        if have > total:
                            break
                        out.write(chunk)
                        digest.update(chunk)
                        seen(have)
        except httpx.HTTPError as error:
            raise _BrokenOffError(_reason(error), got=have > start) from error
        if have > total:
            part.unlink(missing_ok=True)
            raise ModelSourceError(
                f"{model.repo}/{file.remote} is larger than the catalogue says; nothing was "
                f"installed; check it with companion models pin {model.name}"
            )
        if have < total:
            raise _BrokenOffError("the connection ended early", got=have > start)
        return digest.hexdigest()

    def _url(self, repo: str, revision: str, file: str) -> str:
        return f"{self.base}/{quote(repo)}/resolve/{quote(revision, safe='')}/{quote(file)}"

    def _refuse(self, answer: httpx.Response, what: str) -> None:
        if answer.status_code in (401, 403):
            raise ModelSourceError(
                f"{self.base} does not give {what} to everyone: accept its terms there and set "
                "HF_TOKEN to your own token"
            )
        if answer.status_code == 404:
            raise ModelSourceError(f"{self.base} has no {what}; check the catalogue entry")

    def _unreachable(self, error: Exception) -> ModelSourceError:
        return ModelSourceError(f"{self.base} cannot be reached ({_reason(error)})")


def _resume(part: Path, total: int, digest: hashlib._Hash) -> int:
    """Hash what an earlier try left and return its size; 0 when there is nothing usable."""
    if not part.exists():
        return 0
    have = part.stat().st_size
    if have > total:
        part.unlink()
        return 0
    with part.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return have


def _continues(answer: httpx.Response, have: int) -> bool:
    header = answer.headers.get("Content-Range", "")
    return answer.status_code == 206 and header.startswith(f"bytes {have}-")


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
