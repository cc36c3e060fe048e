"""One operation of a card that gives a content-encryption key: of a grant, or of a share."""

from bridge.bench import Bench
from bridge.card.card import Mechanism
from bridge.cms.key_agreement import EcdhDerive
from bridge.cms.unwrapping import CardDecryptPlan
from bridge.desk import Caller, PresentCard
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError


def content_key_by_card(
    bench: Bench, caller: Caller, card: PresentCard, plan: CardDecryptPlan, purpose: Purpose
) -> bytes:
    """What the card's unwrap key opens. Raises RpcError CARD_UNSUPPORTED, ALG_UNSUPPORTED, what the card says; CardError, CmsError."""
    key = card.content.unwrap_key
    if key is None:
        raise RpcError("CARD_UNSUPPORTED")
    data = plan.public_point if isinstance(plan, EcdhDerive) else plan.ciphertext
    return plan.content_key(bench.desk.perform(caller, card, key, _mechanism(plan), data, purpose))


def _mechanism(plan: CardDecryptPlan) -> Mechanism:
    if plan.mechanism in ("rsa-pkcs1", "ecdh"):
        return Mechanism(plan.mechanism)
    if isinstance(plan, EcdhDerive) or plan.label or plan.hash_name != plan.mgf_hash_name:
        raise RpcError("ALG_UNSUPPORTED")
    if plan.hash_name not in ("sha1", "sha256"):
        raise RpcError("ALG_UNSUPPORTED")
    return Mechanism.RSA_OAEP_SHA1 if plan.hash_name == "sha1" else Mechanism.RSA_OAEP_SHA256
