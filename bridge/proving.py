"""`card.prove`: what a card's key can do, tried out and signed by the same card (DESIGN §4.1).

A directory keeps the proof, so that a colleague can wrap keys for somebody absent, and no server can talk him into a weaker way.
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from bridge.bench import Bench
from bridge.card.card import Mechanism
from bridge.card.errors import CardError
from bridge.card.roles import CardKey
from bridge.cms.card_proof import CardProof, build_card_proof
from bridge.cms.recipients import KeyAlgorithm
from bridge.desk import Caller, PresentCard
from bridge.holders import unwrap_certificate
from bridge.pki import certificates as pki
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError
from bridge.signing import card_signer
from bridge.validation import ders

_OAEP: Mapping[KeyAlgorithm, tuple[Mechanism, type[hashes.HashAlgorithm]]] = {
    "rsa-oaep-sha256": (Mechanism.RSA_OAEP_SHA256, hashes.SHA256),
    "rsa-oaep-sha1": (Mechanism.RSA_OAEP_SHA1, hashes.SHA1),
}
_PURPOSE = Purpose("prove")


def prove_card(bench: Bench, caller: Caller, card: str) -> dict[str, Any]:
    """The unwrap certificate, its issuers and the proof. Raises RpcError CARD_UNSUPPORTED, what the card says."""
    present = bench.desk.find(caller, card)
    algorithms = probe(bench, caller, card)
    certificate = unwrap_certificate(present)
    now = datetime.now(UTC).replace(microsecond=0)
    proof = CardProof(pki.certificate_sha256(certificate), algorithms, now)
    signed = build_card_proof(proof, card_signer(bench, caller, present, _PURPOSE))
    chain = bench.intermediates.chain_of(certificate)
    return {"certificate": pki.der(certificate), "chain": ders(chain), "proof": signed}


def probe(bench: Bench, caller: Caller, card: str) -> tuple[KeyAlgorithm, ...]:
    """How keys may come to a present card, the best first. Raises RpcError CARD_UNSUPPORTED where it opens nothing."""
    present = bench.desk.find(caller, card)
    key = present.content.unwrap_key
    if key is None:
        raise RpcError("CARD_UNSUPPORTED")
    return transports(bench, caller, present, key, _PURPOSE)


def transports(
    bench: Bench, caller: Caller, card: PresentCard, key: CardKey, purpose: Purpose
) -> tuple[KeyAlgorithm, ...]:
    """As `probe`. An authentication key does v1.5 only (it is not for keys by its certificate); modules differ about OAEP's hashes."""
    session = bench.desk.unlock(caller, card, purpose)
    if key.certificate_sha256 not in session.decrypts:
        raise RpcError("CARD_UNSUPPORTED")
    public_key = key.unverified_certificate.public_key()
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return ("ecdh",)
    return (*_working_oaep(bench, caller, card, key, purpose), "rsa-pkcs1")


def _working_oaep(
    bench: Bench, caller: Caller, card: PresentCard, key: CardKey, purpose: Purpose
) -> Iterator[KeyAlgorithm]:
    public_key = key.unverified_certificate.public_key()
    if not key.enciphers or not isinstance(public_key, rsa.RSAPublicKey):
        return
    for name, (mechanism, algorithm) in _OAEP.items():
        sample = secrets.token_bytes(32)
        block = public_key.encrypt(sample, padding.OAEP(padding.MGF1(algorithm()), algorithm(), None))
        try:
            works = bench.desk.perform(caller, card, key, mechanism, block, purpose) == sample
        except CardError:
            continue
        if works:
            yield name
