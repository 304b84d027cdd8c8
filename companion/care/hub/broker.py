"""The folder from which a Mosquitto broker runs, and who may do what on it.

::

    DIR/hub.json            the hub's own credentials
    DIR/authority.key       signs the broker's certificate; needed again only for a new one
    DIR/devices/NAME.json   credentials to be carried to a device, then to be deleted here
    DIR/broker/             all that Mosquitto reads; give it to its user
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Final

from companion.care.hub import pki
from companion.care.hub.credentials import HUB_USER, HubSecret, new_hub, write_hub
from companion.errors import HubError
from companion.storage.disk import make_folder, write_private

HUB_FILE: Final = "hub.json"
_AUTHORITY_KEY: Final = "authority.key"
_ROUNDS: Final = 101
"""PBKDF2 rounds as mosquitto_passwd takes them: passwords here are 256 random bits."""

_CONFIG: Final = """\
# Written by companion hub mosquitto-config. Run: mosquitto -c {folder}/mosquitto.conf
listener {port}
protocol mqtt
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server.key
tls_version tlsv1.2

allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
# A device cannot take the place of another, or of the hub, by naming itself so.
use_username_as_clientid true

persistence true
persistence_location {folder}/data/
autosave_interval 60
max_inflight_messages 200
max_queued_messages 20000
message_size_limit 65536
log_dest stderr
log_type error
log_type warning
"""

_ACL: Final = f"""\
# %u is the user name, which is the device's id. Nobody else may do anything.
user {HUB_USER}
topic read companion/v1/+/up
topic read companion/v1/+/state
topic write companion/v1/+/down

pattern write companion/v1/%u/up
pattern write companion/v1/%u/state
pattern read companion/v1/%u/down
"""


def write_broker(folder: Path, host: str, port: int, now: float) -> HubSecret:
    """Write everything a broker needs.

    Args:
        folder: new or empty.
        host: name or address by which devices reach the broker.
        port: such as 8883.
        now: seconds since 1970.

    Raises:
        HubError: something is there already; nothing was changed.
        StorageError: it cannot be written.
    """
    folder = folder.absolute()
    if (folder / HUB_FILE).exists():
        raise HubError(f"{folder} is set up already: devices would no longer be known; use another")
    if any(c.isspace() for c in str(folder)):
        raise HubError(f"mosquitto reads no folder with a space in its name: not {folder}")
    broker = folder / "broker"
    make_folder(broker / "data")
    authority = pki.new_authority(now)
    server = pki.new_certificate(authority, host, now)
    hub = new_hub(host, port)
    files = {
        folder / _AUTHORITY_KEY: authority.key,
        broker / "ca.pem": authority.certificate,
        broker / "server.pem": server.certificate,
        broker / "server.key": server.key,
        broker / "mosquitto.conf": _CONFIG.format(folder=broker, port=port).encode(),
        broker / "acl": _ACL.encode(),
        broker / "passwords": password_line(HUB_USER, hub.password).encode(),
    }
    for path, content in files.items():
        write_private(path, content, replace=True)
    # Last, so that a folder cut short is not taken for a whole one.
    write_hub(folder / HUB_FILE, hub)
    return hub


def ca_file(folder: Path) -> Path:
    """Return the certificate by which the broker is known."""
    return folder.absolute() / "broker" / "ca.pem"


def let_in(folder: Path, user: str, password: str) -> None:
    """Let a user in, in place of one of that name; the broker reads it on SIGHUP.

    Raises:
        HubError: the folder is not set up.
        StorageError: it cannot be written.
    """
    _rewrite(folder, user, password_line(user, password))


def shut_out(folder: Path, user: str) -> None:
    """Let a user in no more; the broker reads it on SIGHUP.

    Raises:
        HubError: the folder is not set up.
        StorageError: it cannot be written.
    """
    _rewrite(folder, user, "")


def password_line(user: str, password: str) -> str:
    """Return a line of mosquitto's password file (format 7: PBKDF2-HMAC-SHA512)."""
    salt = os.urandom(12)
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    salt64, made64 = base64.b64encode(salt).decode(), base64.b64encode(made).decode()
    return f"{user}:$7${_ROUNDS}${salt64}${made64}\n"


def _rewrite(folder: Path, user: str, line: str) -> None:
    path = folder / "broker" / "passwords"
    try:
        before, found = path.read_text(encoding="ascii"), path.stat()
    except OSError as error:
        raise HubError(
            f"{path} cannot be read ({error.strerror}): companion hub mosquitto-config makes it"
        ) from error
    kept = [one for one in before.splitlines(keepends=True) if not one.startswith(f"{user}:")]
    write_private(path, "".join([*kept, line]).encode(), replace=True)
    if os.geteuid() == 0:
        os.chown(path, found.st_uid, found.st_gid)
