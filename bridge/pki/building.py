"""Finding the paths between a certificate and the anchors, with a budget.

A message may bring certificates that all name one another. So an edge is walked only if the signature on it holds, and no more
than a fixed number of edges and paths are looked at, whatever was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from bridge.pki.certificates import comparable_name, extension

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path = tuple[x509.Certificate, ...]

MAX_DEPTH = 10  # certificates above the one in question
MAX_PATHS = 16
MAX_SIGNATURES = 256


def candidate_paths(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> Iterator[Path]:
    """Paths from a root to `certificate`, signatures verified and nothing else; the likeliest issuers first."""
    search = _Search(dict.fromkeys(roots), others)
    for count, path in enumerate(search.upwards((certificate,)), 1):
        yield path
        if count == MAX_PATHS:
            return


@dataclass
class _Search:
    roots: dict[x509.Certificate, None]
    others: Sequence[x509.Certificate]
    verified: dict[tuple[x509.Certificate, x509.Certificate], bool] = field(default_factory=dict)

    def upwards(self, path: Path) -> Iterator[Path]:
        """`path` begins with the highest certificate so far."""
        if path[0] in self.roots:
            yield path
            return
        if len(path) > MAX_DEPTH:
            return
        for issuer in self._issuers(path[0]):
            if issuer not in path and self._signed(path[0], issuer):
                yield from self.upwards((issuer, *path))

    def _issuers(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        name, key_identifier = comparable_name(certificate.issuer), _issuer_key_identifier(certificate)
        named = [one for one in (*self.roots, *self.others) if comparable_name(one.subject) == name]
        return sorted(named, key=lambda one: key_identifier is None or _key_identifier(one) != key_identifier)

    def _signed(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        edge = (certificate, issuer)
        if edge not in self.verified:
            if len(self.verified) >= MAX_SIGNATURES:
                return False
            self.verified[edge] = _signature_holds(certificate, issuer)
        return self.verified[edge]


def _signature_holds(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        key, digest = issuer.public_key(), certificate.signature_hash_algorithm
        parameters = certificate.signature_algorithm_parameters
        signed, signature = certificate.tbs_certificate_bytes, certificate.signature
        if isinstance(key, rsa.RSAPublicKey) and isinstance(parameters, padding.PKCS1v15 | padding.PSS) and digest:
            key.verify(signature, signed, parameters, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _key_identifier(certificate: x509.Certificate) -> bytes | None:
    found = extension(certificate, x509.SubjectKeyIdentifier)
    return None if found is None else found.digest


def _issuer_key_identifier(certificate: x509.Certificate) -> bytes | None:
    found = extension(certificate, x509.AuthorityKeyIdentifier)
    return None if found is None else found.key_identifier
