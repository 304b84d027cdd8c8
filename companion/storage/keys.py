"""The key of the database: made once, kept in a 0600 file, or handed in by systemd.

The file holds 64 hexadecimal digits, or, wrapped by a passphrase, a JSON object::

    {"format": "companion-key-1", "kdf": "argon2id", "time": 3, "memory_kib": 65536,
     "lanes": 4, "salt": "<hex>", "nonce": "<hex>", "sealed": "<hex>"}

Argon2id runs with the second recommended option of RFC 9106, section 4 (t=3, p=4, 64 MiB, 128-bit
salt, 256-bit tag), which a Raspberry Pi can afford; the key is sealed with AES-256-GCM.
"""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.errors import KeyMissingError, StorageError
from companion.storage.disk import write_private
from companion.storage.trouble import explain_os

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
CREDENTIAL: Final = "companion-key"
"""Name of the systemd credential (``LoadCredential=companion-key:...``)."""

SHORTEST_PASSPHRASE: Final = 8
"""Characters; NIST SP 800-63B asks for no fewer."""

_FORMAT: Final = "companion-key-1"
_TIME: Final = 3
_MEMORY_KIB: Final = 65_536
_LANES: Final = 4
_LIMITS: Final = {"time": (1, 64), "memory_kib": (8, 2_097_152), "lanes": (1, 16)}
"""Lowest and highest accepted from a file, so that a broken one cannot eat the machine."""


@dataclass(frozen=True, slots=True)
class Key:
    """A random 256-bit key; it never shows in a repr."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise KeyMissingError(f"a key has {KEY_BYTES} bytes, not {len(self.raw)}")

    @property
    def hex(self) -> str:
        """The key as 64 hexadecimal digits."""
        return self.raw.hex()


def derive(key: Key, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose (HKDF-SHA256, RFC 5869), independent of all others.

    Args:
        key: the database's key.
        purpose: such as ``audit`` or ``alert-links``.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"companion:" + purpose.encode()).derive(
        key.raw
    )


def load_key(
    path: Path,
    *,
    passphrase: str | None = None,
    create: bool = True,
    database_exists: bool = False,
) -> Key:
    """Return the key: from systemd's credential, else from the file, else a new one.

    Args:
        path: the key file.
        passphrase: opens a wrapped key; ignored for one that is not wrapped.
        create: whether a missing key is made.
        database_exists: whether something is already encrypted; then no new key is made, because
            it could never open what is there.

    Raises:
        KeyMissingError: there is no key, others can read it, or the passphrase is wrong.
        StorageFullError: a new key cannot be written.
        StorageError: the file cannot be read.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder:
        credential = Path(folder) / CREDENTIAL
        # systemd guards this folder itself and may show group bits for its access list.
        content = _read(credential, private=False)
        if content is not None:
            return _parse(content, str(credential), passphrase)
    content = _read(path)
    if content is None:
        if database_exists or not create:
            raise KeyMissingError(
                f"the key {path} is missing"
                + (", and without it the database cannot be read: put it back" * database_exists)
            )
        key = Key(os.urandom(KEY_BYTES))
        if write_private(path, key.hex.encode() + b"\n", replace=False):
            return key
        content = _read(path)  # another program was faster
        if content is None:
            raise KeyMissingError(f"the key {path} vanished while it was read")
    return _parse(content, str(path), passphrase)


def is_wrapped(path: Path) -> bool:
    """Return whether the key file needs a passphrase.

    Raises:
        KeyMissingError: there is no such file, or others can read it.
        StorageError: it cannot be read.
    """
    return _need(path).lstrip().startswith(b"{")


def wrap_key(path: Path, passphrase: str) -> None:
    """Lock the key file with a passphrase; from then on the key is useless without it.

    Raises:
        KeyMissingError: there is no key there, it is wrapped already, or the passphrase is short.
        StorageError: it cannot be written; the old file is untouched.
    """
    content = _need(path)
    if content.lstrip().startswith(b"{"):
        raise KeyMissingError(f"{path} has a passphrase already")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeyMissingError(f"a passphrase needs at least {SHORTEST_PASSPHRASE} characters")
    key = _parse(content, str(path), None)
    header: dict[str, str | int] = {
        "format": _FORMAT,
        "kdf": "argon2id",
        "time": _TIME,
        "memory_kib": _MEMORY_KIB,
        "lanes": _LANES,
        "salt": os.urandom(16).hex(),
        "nonce": os.urandom(12).hex(),
    }
    sealed = _cipher(header, passphrase).encrypt(
        bytes.fromhex(str(header["nonce"])), key.raw, _associated(header)
    )
    text = json.dumps({**header, "sealed": sealed.hex()}, indent=1)
    write_private(path, text.encode() + b"\n", replace=True)


def unwrap_key(path: Path, passphrase: str) -> None:
    """Take the passphrase off the key file.

    Raises:
        KeyMissingError: there is no key there, or the passphrase is wrong.
        StorageError: it cannot be written; the old file is untouched.
    """
    key = _parse(_need(path), str(path), passphrase)
    write_private(path, key.hex.encode() + b"\n", replace=True)


def _need(path: Path) -> bytes:
    content = _read(path)
    if content is None:
        raise KeyMissingError(f"the key {path} is missing")
    return content


def _read(path: Path, *, private: bool = True) -> bytes | None:
    """Return the content, or None when there is no such file."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if private and stat.S_IMODE(mode) & 0o077:
                raise KeyMissingError(f"others can read the key: run chmod 600 {path}")
            return file.read(65_536)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise KeyMissingError(f"the key {path} belongs to another user") from error
    except OSError as error:
        raise explain_os(error, str(path)) from error


def _parse(content: bytes, origin: str, passphrase: str | None) -> Key:
    if len(content) == KEY_BYTES:
        return Key(content)
    text = content.decode("ascii", errors="replace").strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return Key(bytes.fromhex(text))
    if not text.startswith("{"):
        raise KeyMissingError(f"{origin} is not a key: put the right one back")
    return Key(_open_sealed(text, origin, passphrase))


def _open_sealed(text: str, origin: str, passphrase: str | None) -> bytes:
    from cryptography.exceptions import InvalidTag

    broken = KeyMissingError(f"{origin} is a damaged key: put a good copy back")
    try:
        tree = json.loads(text)
        header: dict[str, str | int] = {
            name: tree[name]
            for name in ("format", "kdf", "time", "memory_kib", "lanes", "salt", "nonce")
        }
        sealed, nonce = bytes.fromhex(tree["sealed"]), bytes.fromhex(tree["nonce"])
    except (ValueError, KeyError, TypeError) as error:
        raise broken from error
    limits_kept = all(
        isinstance(value := header[name], int) and low <= value <= high
        for name, (low, high) in _LIMITS.items()
    )
    if header["format"] != _FORMAT or header["kdf"] != "argon2id" or not limits_kept:
        raise broken
    if passphrase is None:
        raise KeyMissingError(f"{origin} is locked: give its passphrase")
    try:
        return _cipher(header, passphrase).decrypt(nonce, sealed, _associated(header))
    except InvalidTag as error:
        raise KeyMissingError(f"the passphrase does not open {origin}") from error
    except ValueError as error:
        raise broken from error


def _associated(header: dict[str, str | int]) -> bytes:
    return json.dumps(header, sort_keys=True).encode()


def _cipher(header: dict[str, str | int], passphrase: str) -> AESGCM:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        secret = hash_secret_raw(
            # The same passphrase typed on another keyboard must give the same bytes.
            secret=unicodedata.normalize("NFKC", passphrase).encode(),
            salt=bytes.fromhex(str(header["salt"])),
            time_cost=int(header["time"]),
            memory_cost=int(header["memory_kib"]),
            parallelism=int(header["lanes"]),
            hash_len=KEY_BYTES,
            type=Type.ID,
        )
    except HashingError as error:
        raise StorageError("the passphrase cannot be checked: too little memory") from error
    return AESGCM(secret)
