"""An authority of the stand-in's own, and what it has signed for the server and for the client."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_DAYS = 2
AUTHORITY = "stand-in authority"


@dataclass(frozen=True)
class Certificates:
    """PEM texts, and the files the server side has to read from disk."""

    authority: str
    server: str
    server_key: str
    client: str
    client_key: str
    authority_file: Path
    server_file: Path
    server_key_file: Path


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _signed(
    common_name: str,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
    names: tuple[x509.GeneralName, ...] = (),
) -> str:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def make_certificates(folder: Path, *, query_service_name: str, client_name: str) -> Certificates:
    """Certificates for `localhost` and the name under which the client looks for the query service."""
    authority_key, server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    names = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(query_service_name))
    certificates = Certificates(
        authority=_signed(AUTHORITY, authority_key, authority_key, is_authority=True),
        server=_signed("localhost", server_key, authority_key, names=names),
        server_key=_pem(server_key),
        client=_signed(client_name, client_key, authority_key),
        client_key=_pem(client_key),
        authority_file=folder / "authority.pem",
        server_file=folder / "server.pem",
        server_key_file=folder / "server.key",
    )
    certificates.authority_file.write_text(certificates.authority)
    certificates.server_file.write_text(certificates.server)
    certificates.server_key_file.write_text(certificates.server_key)
    return certificates
