"""What this server trusts: anchors, revocation answers, intermediates and its own authority, read from folders.

`PLI_ANCHORS/anchors.json` lists `[{"file", "purposes", "retired"?}]` as the bridge's policy file does; without it the file
names speak (`health-*.pem` for cards, `operator*.pem` for the operator, any other for mail). Intermediates are `*.pem` below
`PLI_ANCHORS/intermediates`. CRLs are read again when a file of theirs changes; OCSP responses have a file for each certificate.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from django.conf import settings

from bridge.pki.anchors import AnchorStore
from bridge.pki.certificates import certificate_sha256, load_certificates
from bridge.pki.fetched import says_revoked
from bridge.pki.issue import Authority


def anchors() -> AnchorStore:
    """The trust anchors with their purposes."""
    folder: Path = settings.PLI_ANCHORS
    return _anchors(folder, _stamp(folder.glob("*")))


def intermediates() -> list[x509.Certificate]:
    """Untrusted certificates that may stand between a card and an anchor; a Web eID token brings none."""
    folder: Path = settings.PLI_ANCHORS / "intermediates"
    return list(_intermediates(_stamp(folder.glob("*.pem"))))


def crls() -> list[bytes]:
    """The current revocation lists, DER."""
    folder: Path = settings.PLI_CRLS
    return list(_crls(_stamp(folder.glob("*.crl"))))


def operator() -> Authority:
    """The authority that certifies mailbox keys for addresses of this operator."""
    return _operator(settings.PLI_OPERATOR_CA)


def ocsps(certificates: Iterable[x509.Certificate]) -> list[bytes]:
    """The OCSP responses kept about these certificates, DER, each once; none about those nobody was asked about."""
    files = (answer_file(certificate) for certificate in dict.fromkeys(certificates))
    return [file.read_bytes() for file in files if file.exists()]


def relayed_version() -> str:
    """Another one whenever a revocation list, or a response about an authority, does not stand as it did."""
    files = (*settings.PLI_CRLS.glob("*.crl"), *map(answer_file, intermediates()))
    return hashlib.sha256(repr(_stamp(files)).encode()).hexdigest()[:32]


def answer_file(certificate: x509.Certificate) -> Path:
    """Where the response about a certificate is kept."""
    folder: Path = settings.PLI_OCSPS
    return folder / f"{certificate_sha256(certificate).hex()}.ocsp"


def revoked(certificate: x509.Certificate) -> bool:
    """Whether its issuer's list or a response names it; signatures are checked by whoever relies on them."""
    return _listed(certificate) or any(says_revoked(response, certificate) for response in ocsps([certificate]))


def _listed(certificate: x509.Certificate) -> bool:
    issuer = certificate.issuer.public_bytes()
    return any(
        crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        for crl in _revocation_lists(_stamp(settings.PLI_CRLS.glob("*.crl")))
        if crl.issuer.public_bytes() == issuer
    )


Stamp = tuple[tuple[str, int], ...]


def _stamp(files: Iterable[Path]) -> Stamp:
    """Names and modification times: the key under which a reading stays good."""
    return tuple(sorted((str(file), file.stat().st_mtime_ns) for file in files if file.is_file()))


@lru_cache(maxsize=4)
def _anchors(folder: Path, stamp: Stamp) -> AnchorStore:
    listed = folder / "anchors.json"
    if listed.exists():
        entries: list[dict[str, Any]] = json.loads(listed.read_text(encoding="utf-8"))
    else:
        names = [Path(file).name for file, _ in stamp if file.endswith(".pem")]
        entries = [{"file": name, "purposes": [_purpose(name)]} for name in names]
    return AnchorStore.load(entries, folder)


def _purpose(name: str) -> str:
    if name.startswith("health-"):
        return "health-card"
    return "operator" if name.startswith("operator") else "mail"


@lru_cache(maxsize=4)
def _intermediates(stamp: Stamp) -> tuple[x509.Certificate, ...]:
    return tuple(found for file, _ in stamp for found in load_certificates(Path(file).read_bytes()))


@lru_cache(maxsize=4)
def _crls(stamp: Stamp) -> tuple[bytes, ...]:
    return tuple(Path(file).read_bytes() for file, _ in stamp)


@lru_cache(maxsize=2)
def _revocation_lists(stamp: Stamp) -> tuple[x509.CertificateRevocationList, ...]:
    """Read once, however many cards are looked up."""
    return tuple(map(x509.load_der_x509_crl, _crls(stamp)))


@lru_cache(maxsize=2)
def _operator(folder: Path) -> Authority:
    return Authority.load(folder)
