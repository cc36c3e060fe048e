"""Alice's mailbox, once per session, and OpenSSL as the peer."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.vectors.cast import NOW, Cast, Holding

OpenSsl = Callable[..., bytes]


@pytest.fixture(scope="session")
def cast() -> Cast:
    return Cast()


@pytest.fixture(scope="session")
def p256() -> Holding:
    return Holding.new(ec.generate_private_key(ec.SECP256R1()), "P-256")


@pytest.fixture(scope="session")
def p384() -> Holding:
    return Holding.new(ec.generate_private_key(ec.SECP384R1()), "P-384")


@pytest.fixture(scope="session")
def p521() -> Holding:
    return Holding.new(ec.generate_private_key(ec.SECP521R1()), "P-521")


@pytest.fixture(scope="session")
def ed25519() -> Holding:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ed25519")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return Holding(key, builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=9)).sign(key, None))


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    """Run `openssl cms`; bytes, certificates and keys among the arguments become files."""

    def run(*arguments: object) -> bytes:
        return subprocess.run(
            ["openssl", "cms", *(_argument(tmp_path, place, one) for place, one in enumerate(arguments))],
            check=True,
            capture_output=True,
        ).stdout

    return run


def _argument(folder: Path, place: int, value: object) -> str:
    if isinstance(value, str):
        return value
    path = folder / str(place)
    if isinstance(value, bytes):
        path.write_bytes(value)
    elif isinstance(value, x509.Certificate):
        path.write_bytes(value.public_bytes(Encoding.PEM))
    else:
        path.write_bytes(value.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # type: ignore[attr-defined]
    return str(path)
