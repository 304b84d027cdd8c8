"""A file sealed by a passphrase: nobody can read it, and no change or cut goes unnoticed.

One line of JSON (the header), then chunks of AES-256-GCM. The key comes from the passphrase by
Argon2id (RFC 9106, second recommended option, as in ``keys``). Chunks are numbered and the last
is marked in their nonces (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar, 2015:
"Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"), so that none can be
dropped, moved or added; each is bound to the header.
"""

from __future__ import annotations

import hmac
import json
import os
import unicodedata
from typing import IO, TYPE_CHECKING, Any, Final

from companion.errors import KeyMissingError, StorageCorruptError, StorageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 1 << 20
_TAG: Final = 16
_PREFIX: Final = 7
_LONGEST_HEADER: Final = 4096
_TIME: Final = 3
_MEMORY_KIB: Final = 65_536
_LANES: Final = 4
_LIMITS: Final = {"time": (1, 64), "memory_kib": (8, 2_097_152), "lanes": (1, 16)}


class SealedWriter:
    """Seals what is written to it; ``close`` writes the end, without which nothing can be read.

    Args:
        out: where it goes; it stays open.
        passphrase: opens it again.
        about: more for the header, in plain text.
        cost: of Argon2id, for tests; by default the recommended one.
    """

    def __init__(
        self,
        out: IO[bytes],
        passphrase: str,
        about: dict[str, Any],
        cost: tuple[int, int, int] = (_TIME, _MEMORY_KIB, _LANES),
    ) -> None:
        header = {
            **about,
            "kdf": "argon2id",
            **dict(zip(("time", "memory_kib", "lanes"), cost, strict=True)),
            "salt": os.urandom(16).hex(),
            "nonce": os.urandom(_PREFIX).hex(),
        }
        secret = _secret(header, passphrase)
        header["check"] = _check(header, secret)
        self._head = json.dumps(header, sort_keys=True).encode() + b"\n"
        self._out = out
        self._cipher = _cipher(secret)
        self._prefix = bytes.fromhex(header["nonce"])
        self._count = 0
        self._rest = bytearray()
        out.write(self._head)

    def write(self, data: bytes) -> int:
        """Seal these bytes."""
        self._rest += data
        while len(self._rest) > CHUNK:
            self._seal(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Seal the end."""
        self._seal(bytes(self._rest), last=True)
        self._rest.clear()

    def _seal(self, data: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._count, last)
        self._out.write(self._cipher.encrypt(nonce, data, self._head))
        self._count += 1


class SealedReader:
    """Opens what ``SealedWriter`` wrote; only what is authentic comes out.

    Args:
        source: positioned at the start.
        passphrase: that it was sealed with.
        name: of the file, for errors.

    Raises:
        StorageCorruptError: it is not such a file.
        KeyMissingError: the passphrase is wrong.
    """

    def __init__(self, source: IO[bytes], passphrase: str, name: str) -> None:
        self.header, head = read_header(source, name)
        secret = _secret(self.header, passphrase)
        if not hmac.compare_digest(str(self.header.get("check", "")), _check(self.header, secret)):
            raise KeyMissingError(f"the passphrase does not open {name}")
        self._source = source
        self._name = name
        self._head = head
        self._cipher = _cipher(secret)
        self._prefix = bytes.fromhex(self.header["nonce"])
        self._count = 0
        self._next = source.read(CHUNK + _TAG)
        self._clear = bytearray()
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end.

        Raises:
            StorageCorruptError: it was cut or changed.
        """
        while not self._ended and (size < 0 or len(self._clear) < size):
            self._open()
        taken = bytes(self._clear if size < 0 else self._clear[:size])
        del self._clear[: len(taken)]
        return taken

    def _open(self) -> None:
        from cryptography.exceptions import InvalidTag

        sealed, self._next = self._next, self._source.read(CHUNK + _TAG)
        last = not self._next
        try:
            nonce = _nonce(self._prefix, self._count, last)
            self._clear += self._cipher.decrypt(nonce, sealed, self._head)
        except (InvalidTag, ValueError) as error:
            raise StorageCorruptError(
                f"{self._name} is damaged or not whole; nothing was changed: use another copy"
            ) from error
        self._count += 1
        self._ended = last


def read_header(source: IO[bytes], name: str) -> tuple[dict[str, Any], bytes]:
    """Return the header, and it as bytes.

    Raises:
        StorageCorruptError: there is none that could be used.
    """
    head = source.readline(_LONGEST_HEADER)
    broken = StorageCorruptError(
        f"{name} is not a backup of companion, or its beginning is damaged"
    )
    try:
        header = json.loads(head)
        salt, nonce = bytes.fromhex(header["salt"]), bytes.fromhex(header["nonce"])
        limits_kept = all(
            isinstance(header[key], int) and low <= header[key] <= high
            for key, (low, high) in _LIMITS.items()
        )
    except (ValueError, KeyError, TypeError) as error:
        raise broken from error
    known = header.get("kdf") == "argon2id" and limits_kept
    if not known or len(salt) < 8 or len(nonce) != _PREFIX or not head.endswith(b"\n"):
        raise broken
    return header, head


def _nonce(prefix: bytes, count: int, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])


def _cipher(secret: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(secret[:32])


def _check(header: dict[str, Any], secret: bytes) -> str:
    plain = {name: value for name, value in header.items() if name != "check"}
    return hmac.digest(secret[32:], json.dumps(plain, sort_keys=True).encode(), "sha256").hex()


def _secret(header: dict[str, Any], passphrase: str) -> bytes:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return hash_secret_raw(
            secret=unicodedata.normalize("NFKC", passphrase).encode(),
            salt=bytes.fromhex(header["salt"]),
            time_cost=header["time"],
            memory_cost=header["memory_kib"],
            parallelism=header["lanes"],
            hash_len=64,
            type=Type.ID,
        )
    except HashingError as error:
        raise StorageError("the passphrase cannot be checked: too little memory") from error


__all__ = ["SealedReader", "SealedWriter", "read_header"]
