"""A certificate of our own, for a house without a name on the internet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from companion.errors import CareError
from companion.storage.disk import make_folder, write_private

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE: Final = "certificate.pem"
KEY: Final = "certificate.key"
_DAYS: Final = 825
"""Longer ones are refused by Apple's browsers."""
_RENEW_DAYS: Final = 30


def own_certificate(folder: Path, names: Iterable[str], now: float) -> tuple[Path, Path]:
    """Return our certificate and its key, made (ECDSA P-256) when missing or nearly over.

    Args:
        folder: made (0700) if missing; the key is readable by its owner only.
        names: host names and addresses it is for.
        now: seconds since 1970.

    Raises:
        CareError: the files cannot be written.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    try:
        make_folder(folder)
        if not (key.exists() and _is_good(certificate, now)):
            pem, secret = _make(names, now)
            write_private(key, secret, replace=True)
            write_private(certificate, pem, replace=True)
    except OSError as error:
        raise CareError(f"cannot keep a certificate in {folder}: {error.strerror}") from error
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate as browsers show it: ``AB:CD:...``.

    Raises:
        CareError: it cannot be read.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise CareError(f"{certificate} is not a certificate in PEM: {error}") from error
    return found.fingerprint(SHA256()).hex(":").upper()


def _is_good(certificate: Path, now: float) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    moment = datetime.fromtimestamp(now, UTC)
    ends = found.not_valid_after_utc - timedelta(days=_RENEW_DAYS)
    return found.not_valid_before_utc <= moment < ends


def _make(names: Iterable[str], now: float) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "companion")])
    moment = datetime.fromtimestamp(now, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName(list(map(_name, sorted(set(names))))), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret


def _name(text: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
