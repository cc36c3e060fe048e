"""The card's part of a message in form E2h (docs/FORMATS.md), taken out and verified by OpenSSL with the health root alone."""

from collections.abc import Sequence
from pathlib import Path

from asn1crypto import cms
from layers import signed_parts
from openssl_peer import OpenSsl
from peer import PeerRefused, require, run

CARD_SIGNATURE = "2.25.273421815402683121003718430791159155241.2.2"


def verify_card_part(message: bytes, openssl: OpenSsl, health_roots: Sequence[Path]) -> str:
    """The subject of the card's certificate, as OpenSSL writes it. Raises PeerRefused."""
    content, signature = signed_parts(openssl.inside(message))
    signer, trust = openssl.file(suffix=".pem"), ["-CAfile", openssl.bundle(health_roots), "-purpose", "any"]
    detached = ["-inform", "DER", "-in", openssl.file(_card_signature(signature)), "-content", openssl.file(content)]
    verified = run(["openssl", "cms", "-verify", "-binary", *detached, *trust, "-signer", signer])
    if require(verified, "openssl verify (card)") != content:
        raise PeerRefused("openssl verify (card): other content")
    shown = run(["openssl", "x509", "-in", signer, "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"])
    return require(shown, "openssl x509").decode().strip()


def _card_signature(signature: bytes) -> bytes:
    """The one value of id-pli-aa-cardSignature, DER."""
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    (attribute,) = [one for one in signer["signed_attrs"] if one["type"].dotted == CARD_SIGNATURE]
    (value,) = attribute["values"]
    return bytes(value.dump())
