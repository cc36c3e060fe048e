"""The key that signs the access traces of this server: a certificate of the operator's authority that is good for nothing else.

It has no extended usage for mail, so that a file it signed never passes as a letter. Key and certificate stand in one file of
`PLI_DATA`, mode 0600, made when first needed.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from django.conf import settings

from bridge.cms import algorithms
from bridge.cms.errors import CmsError, SignatureInvalid
from bridge.cms.messages import Signer
from bridge.cms.signed import build_signed, software_signer
from bridge.cms.verification import verify_signed
from bridge.pki import issue
from bridge.pki.anchors import AnchorPurpose
from bridge.pki.certificates import load_certificate, pem
from bridge.pki.errors import PkiError
from webmail import trust

COMMON_NAME = "Access trace"
_FILE = "trace-key.pem"
_LIFETIME = timedelta(days=365 * 10)


def sign(content: bytes, at: datetime) -> bytes:
    """A SignedData (RFC 5652 §5) that encloses the content, with the certificates up to the operator's root."""
    signer = _signer(at)
    return build_signed(
        content,
        signer_certificate=signer.certificate,
        sign=signer.sign,
        algorithm=signer.signature_algorithm,
        signing_time=at,
        certificates=signer.chain,
    )


def verified(signed: bytes) -> bytes:
    """The content of what `sign` made here. Raises SignatureInvalid for anything else."""
    try:
        found = verify_signed(signed, content_type=algorithms.ID_DATA)
        certificate = found.unverified_certificate
        if _is_ours(certificate):
            return found.content
    except (CmsError, PkiError) as error:
        raise SignatureInvalid("not a signature of this server's trace") from error
    raise SignatureInvalid("not a signature of this server's trace")


def _is_ours(certificate: x509.Certificate) -> bool:
    names = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return names == [COMMON_NAME] and any(_issued(issuer, certificate) for issuer in _issuers())


def _issuers() -> list[x509.Certificate]:
    """The operator's authority, and the roots that speak for the operator: an authority may have been renewed."""
    roots = [one.certificate for one in trust.anchors().anchors if AnchorPurpose.OPERATOR in one.purposes]
    return [trust.operator().certificate, *trust.operator().chain, *roots]


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _signer(at: datetime) -> Signer:
    file: Path = settings.PLI_DATA / _FILE
    if not file.exists():
        _make(file, at)
    found = file.read_bytes()
    key, certificate = load_pem_private_key(found, password=None), load_certificate(found[found.index(_CERTIFICATE) :])
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 -- as _make writes it
    authority = trust.operator()
    return Signer(certificate, (authority.certificate, *authority.chain), software_signer(key))


_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def _make(file: Path, at: datetime) -> None:
    """Of two processes that make one at once, the first wins."""
    key, authority = ec.generate_private_key(ec.SECP256R1()), trust.operator()
    builder = issue.certificate_builder(
        authority,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)]),
        key.public_key(),
        not_before=at - timedelta(minutes=5),
        not_after=min(at + _LIFETIME, authority.certificate.not_valid_after_utc),
    ).add_extension(issue.key_usage("digital_signature"), critical=True)
    written = file.with_suffix(f".{os.getpid()}")
    written.touch(mode=0o600)
    written.write_bytes(issue.private_pem(key) + pem(issue.sign(builder, authority)))
    try:
        os.link(written, file)
    except FileExistsError:
        pass
    finally:
        written.unlink()
