"""Decrypts raw pages as SQLCipher 4 writes them, free pages and the journal included."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from companion.storage.keys import Key

PAGE = 4096
RESERVE = 80
"""16 bytes IV, 64 bytes HMAC."""
WAL_HEADER, FRAME_HEADER = 32, 24


def plain_pages(path: Path, key: Key) -> bytes:
    """Return what every page of the file and of its WAL says, whether it is in use or not."""
    data = path.read_bytes()
    pages = [(data[at : at + PAGE], at == 0) for at in range(0, len(data), PAGE)]
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        data = wal.read_bytes()[WAL_HEADER:]
        step = FRAME_HEADER + PAGE
        for at in range(0, len(data) - step + 1, step):
            frame = data[at : at + step]
            first = int.from_bytes(frame[:4], "big") == 1
            pages.append((frame[FRAME_HEADER:], first))
    return b"".join(_plain(page, key, first) for page, first in pages)


def _plain(page: bytes, key: Key, first: bool) -> bytes:
    body, iv = page[16 * first : PAGE - RESERVE], page[PAGE - RESERVE : PAGE - RESERVE + 16]
    cipher = Cipher(algorithms.AES(key.raw), modes.CBC(iv)).decryptor()
    return cipher.update(body) + cipher.finalize()
