"""The Web eID authentication token, format `web-eid:1.0` (web-eid-system-architecture-doc, token format).

The card signs hash(origin) ‖ hash(challenge); neither is in the token, the verifier rebuilds both from what it knows.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from bridge.pki.anchors import AnchorStore, Purpose
from bridge.pki.certificates import load_certificate, public_key
from bridge.pki.errors import TokenError
from bridge.pki.path import RevocationMode, ValidatedCertificate, validate_path

FORMAT = "web-eid:1.0"
MIN_CHALLENGE, MAX_CHALLENGE = 44, 128
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVE_HASH = {"secp256r1": "256", "secp384r1": "384", "secp521r1": "512"}
ALGORITHMS = frozenset(family + size for family in ("RS", "PS", "ES") for size in _HASHES)
_MEMBERS = {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}


def sign_input(origin: str, challenge: str, algorithm: str) -> bytes:
    """The bytes a card signs (the signature algorithm hashes them once more).

    `origin` has no trailing slash; `challenge` is the base64 text of at least 32 random bytes. Raises TokenError.
    """
    if algorithm not in ALGORITHMS:
        raise TokenError("This signature algorithm is not one of the token format.")
    if not MIN_CHALLENGE <= len(challenge) <= MAX_CHALLENGE:
        raise TokenError("A challenge has 44 to 128 characters.")
    digest = _HASHES[algorithm[2:]].name
    return hashlib.new(digest, origin.encode()).digest() + hashlib.new(digest, challenge.encode()).digest()


def verify_token(
    token: Mapping[str, Any],
    *,
    challenge: str,
    origin: str,
    anchors: AnchorStore,
    chain: Sequence[Any] = (),
    at: datetime,
    crls: Sequence[bytes] = (),
    ocsps: Callable[[x509.Certificate], Sequence[bytes]] = lambda _: (),
) -> ValidatedCertificate:
    """Verify a token against what the verifier knows; the path's errors pass through as they are.

    `ocsps` gives the OCSP responses at hand for the token's certificate.

    Raises TokenError for a malformed token or a signature over another origin or challenge, PathError for the certificate.
    """
    members = _checked_members(token)
    certificate = load_certificate(_base64(members["unverifiedCertificate"]))
    algorithm, signature = members["algorithm"], _base64(members["signature"])
    signed = sign_input(origin, challenge, algorithm)
    try:
        _verify_signature(public_key(certificate), algorithm, signature, signed)
    except InvalidSignature as error:
        raise TokenError("The token does not answer this challenge for this origin.") from error
    return validate_path(
        certificate,
        chain=chain,
        anchors=anchors,
        purpose=Purpose.CARD_AUTHENTICATION,
        at=at,
        crls=crls,
        ocsps=ocsps(certificate),
        revocation=RevocationMode.HARD,
    )


def _checked_members(token: Mapping[str, Any]) -> Mapping[str, str]:
    if not isinstance(token, Mapping) or set(token) - _MEMBERS or _MEMBERS - set(token) - {"appVersion"}:
        raise TokenError("The token has missing or unknown members.")
    if not all(isinstance(value, str) for value in token.values()):
        raise TokenError("The token's members are texts.")
    # Minor versions stay readable (format specification §2): `web-eid:1` or `web-eid:1.N`.
    if token["format"] != "web-eid:1" and not token["format"].startswith("web-eid:1."):
        raise TokenError("This token is of another format.")
    return token


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenError("A member of the token is not base64.") from error


def _verify_signature(public_key: object, algorithm: str, signature: bytes, signed: bytes) -> None:
    """One algorithm per key: an EC key takes only its curve's, an RSA key RS or PS (no algorithm confusion)."""
    family, size = algorithm[:2], algorithm[2:]
    if isinstance(public_key, rsa.RSAPublicKey) and family in ("RS", "PS"):
        public_key.verify(signature, signed, _rsa_padding(family, _HASHES[size]), _HASHES[size])
    elif isinstance(public_key, ec.EllipticCurvePublicKey) and algorithm == "ES" + _CURVE_HASH.get(
        public_key.curve.name, ""
    ):
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        public_key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_HASHES[size]))
    else:
        raise TokenError("The algorithm does not fit the certificate's key.")


def _rsa_padding(family: str, digest: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if family == "RS":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(digest), digest.digest_size)
