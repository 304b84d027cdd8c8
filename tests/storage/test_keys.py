"""The key is made once, kept from others, and never replaced by accident."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.errors import KeyMissingError, StorageFullError
from companion.storage.keys import Key, derive, is_wrapped, load_key, unwrap_key, wrap_key

PASSPHRASE = "four small wörds here"


def test_a_new_key_is_private_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "state" / "key"
    key = load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_key(path) == key
    assert load_key(tmp_path / "other") != key
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_a_key_never_shows_in_a_repr() -> None:
    key = Key(bytes(range(32)))
    assert key.hex not in repr(key)
    assert repr(key.raw) not in repr(key)


def test_no_new_key_is_made_beside_an_existing_database(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError, match="put it back"):
        load_key(tmp_path / "key", database_exists=True)
    with pytest.raises(KeyMissingError, match="missing"):
        load_key(tmp_path / "key", create=False)
    assert not (tmp_path / "key").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_key(path)
    for mode in (0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(KeyMissingError, match=f"chmod 600 {path}"):
            load_key(path)
    path.chmod(0o600)
    assert load_key(path) == key


def test_a_systemd_credential_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = tmp_path / "key"
    from_file = load_key(path)
    (tmp_path / "companion-key").write_bytes(b"\x07" * 32)
    assert load_key(path) == Key(b"\x07" * 32) != from_file
    (tmp_path / "companion-key").write_text("0a" * 32)
    assert load_key(path) == Key(b"\x0a" * 32)


def test_a_wrapped_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_key(path)
    wrap_key(path, PASSPHRASE)
    assert is_wrapped(path)
    assert key.hex not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyMissingError, match="give its passphrase"):
        load_key(path)
    with pytest.raises(KeyMissingError, match="does not open"):
        load_key(path, passphrase="another")
    assert load_key(path, passphrase=PASSPHRASE) == key
    # The same word typed with a combining accent.
    assert load_key(path, passphrase=PASSPHRASE.replace("ö", "o\u0308")) == key
    with pytest.raises(KeyMissingError, match="already"):
        wrap_key(path, PASSPHRASE)
    unwrap_key(path, PASSPHRASE)
    assert not is_wrapped(path)
    assert load_key(path) == key


def test_a_wrapped_key_names_the_rfc_9106_parameters(tmp_path: Path) -> None:
    path = tmp_path / "key"
    load_key(path)
    wrap_key(path, PASSPHRASE)
    tree = json.loads(path.read_text())
    assert (tree["kdf"], tree["time"], tree["memory_kib"], tree["lanes"]) == (
        "argon2id",
        3,
        65_536,
        4,
    )
    tree["lanes"] = 3
    path.write_text(json.dumps(tree))
    with pytest.raises(KeyMissingError):
        load_key(path, passphrase=PASSPHRASE)


def test_a_short_passphrase_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_key(path)
    with pytest.raises(KeyMissingError, match="8 characters"):
        wrap_key(path, "short")
    assert load_key(path) == key


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"ab" * 31,
        b"{",
        b"{}",
        b'{"format": "companion-key-1", "kdf": "argon2id", "time": 3, "memory_kib": 999999999,'
        b' "lanes": 4, "salt": "00", "nonce": "00", "sealed": "00"}',
        b'{"format": "companion-key-1", "kdf": "argon2id", "time": 1, "memory_kib": 64,'
        b' "lanes": 1, "salt": "0011223344556677", "nonce": "00", "sealed": "00"}',
        b'{"format": "companion-key-1", "kdf": "argon2id", "time": 1, "memory_kib": 64,'
        b' "lanes": 1, "salt": "00", "nonce": "zz", "sealed": "00"}',
        bytes(range(200, 256)),
    ],
)
def test_a_broken_key_file_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyMissingError, match=str(path)):
        load_key(path, passphrase=PASSPHRASE)
    assert path.read_bytes() == content


def test_programs_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_key(path), range(32)))
    assert len({key.raw for key in keys}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, full_disk) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "key"
    with full_disk(10), pytest.raises(StorageFullError, match="free some disk space"):
        load_key(path)
    assert list(tmp_path.iterdir()) == []
    key = load_key(path)
    with full_disk(100), pytest.raises(StorageFullError):
        wrap_key(path, PASSPHRASE)
    assert load_key(path) == key


def test_derived_keys_never_change_and_differ_by_purpose() -> None:
    key = Key(bytes(range(32)))
    assert derive(key, "audit") == derive(key, "audit")
    assert derive(key, "audit") != derive(key, "alert-links")
    assert derive(key, "audit") != derive(Key(bytes(32)), "audit")
    # Pinned: another value would orphan every database that exists.
    assert (
        derive(key, "database-salt").hex()
        == "8f7d4435bec449f4a267c5e483a17897d825f31171b259c512c64d609d9fa007"
    )
