"""Software-card folders for tests, of any key type (docs/PROTOCOL.md, *Policy file*)."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def write_card(
    folder: Path,
    *,
    serial: str,
    label: str,
    reader: str,
    pin: str,
    keys: Mapping[str, tuple[PrivateKey, x509.Certificate]],
    chain: Iterable[x509.Certificate] = (),
    tries: int = 3,
    always: Iterable[str] = (),
) -> None:
    """Write a card folder. `keys` by role: authentication, signature, encryption; `always`: roles that ask at each use."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (key, certificate) in keys.items():
        protection = serialization.BestAvailableEncryption(pin.encode())
        packed = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, protection)
        (folder / f"{name}.p12").write_bytes(packed)
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    (folder / "chain.pem").write_bytes(pem)
    facts = {
        "serial": serial,
        "label": label,
        "reader": reader,
        "tries": tries,
        "maximumTries": tries,
        "inserted": True,
    }
    (folder / "card.json").write_text(json.dumps({**facts, "always": list(always)}), "utf-8")
