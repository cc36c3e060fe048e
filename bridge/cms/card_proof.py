"""Card proofs: what a card's unwrap key was seen to do, signed by the card's signature key (docs/FORMATS.md, *Card proof*).

The directory serves it, so that a colleague's mailbox can be wrapped for a card that is not there, by an algorithm that it can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cms import algorithms as oids
from bridge.cms import structures
from bridge.cms.errors import CmsError, ProofRefused
from bridge.cms.statements import build_statement, verify_statement
from bridge.cms.structures import parse_version_1
from bridge.pki.certificates import certificate_sha256
from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from bridge.cms.messages import Signer
    from bridge.cms.recipients import KeyAlgorithm
    from bridge.cms.statements import ValidateSigner
    from bridge.pki.health_identity import Identity

_HASH_LENGTH = 32
# The best first; a card proves what it can.
PREFERENCE: tuple[KeyAlgorithm, ...] = ("ecdh", "rsa-oaep-sha256", "rsa-oaep-sha1", "rsa-pkcs1")


@dataclass(frozen=True)
class CardProof:
    """`certificate` is the SHA-256 of the unwrap certificate; `algorithms` are those its key was probed with and did."""

    certificate: bytes
    algorithms: tuple[KeyAlgorithm, ...]
    time: datetime

    def to_der(self) -> bytes:
        return structures.CardProof({"version": 1, **vars(self), "algorithms": list(self.algorithms)}).dump()

    @classmethod
    def from_der(cls, der: bytes) -> CardProof:
        """Raises `ProofRefused("malformed")`, also for an algorithm that is not known, listed twice, or for none."""
        try:
            native = parse_version_1(structures.CardProof, der)
        except CmsError:
            raise ProofRefused("malformed") from None
        names = native["algorithms"]
        is_known = bool(names) and set(names) <= set(PREFERENCE) and len(set(names)) == len(names)
        if not is_known or len(native["certificate"]) != _HASH_LENGTH:
            raise ProofRefused("malformed")
        return cls(**native | {"algorithms": tuple(names)})


@dataclass(frozen=True)
class VerifiedCardProof:
    """A proof whose signature holds, and who signed it."""

    proof: CardProof
    signer: Identity

    def transport(self, certificate: x509.Certificate, holder: Identity) -> KeyAlgorithm:
        """How to wrap for the card of `certificate`, whose validated identity is `holder`. Raises `ProofRefused`.

        A proof of another certificate, or by another person's card, is none.
        """
        if certificate_sha256(certificate) != self.proof.certificate:
            raise ProofRefused("certificate-mismatch")
        if _person(self.signer) != _person(holder):
            raise ProofRefused("identity-mismatch")
        return min(self.proof.algorithms, key=PREFERENCE.index)


def build_card_proof(proof: CardProof, signer: Signer) -> bytes:
    """The signed ContentInfo; `signer` is the card's signature key."""
    return build_statement(proof.to_der(), oids.ID_CARD_PROOF, proof.time, signer)


def verify_card_proof(der: bytes, *, validate_signer: ValidateSigner) -> VerifiedCardProof:
    """Check signature and signer. Raises `ProofRefused`: `signature` or `malformed`."""
    try:
        stated = verify_statement(der, oids.ID_CARD_PROOF, validate_signer=validate_signer)
    except (CmsError, PkiError):
        raise ProofRefused("signature") from None
    proof = CardProof.from_der(stated.content)
    if proof.time != stated.signing_time or stated.signer.level == "passkey":
        raise ProofRefused("signature")
    return VerifiedCardProof(proof, stated.signer)


def _person(identity: Identity) -> tuple[str, ...]:
    """By national identifier; a card without one is compared by the name in its certificates."""
    if identity.id_value:
        return (identity.id_type, identity.id_value)
    return ("", "", identity.name)
