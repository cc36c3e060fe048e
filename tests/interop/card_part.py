"""The card's part of a message in form E2h (docs/FORMATS.md), taken out and verified by itself."""

from asn1crypto import cms, x509
from layers import CmsTool, signed_parts

CARD_SIGNATURE = "2.25.273421815402683121003718430791159155241.2.2"


def verify_card_part(entity: bytes, tool: CmsTool) -> str:
    """Let `tool` verify the card's SignedData with the authorities it trusts; returns who signed. Raises PeerRefused."""
    content, signature = signed_parts(entity)
    card = _card_signature(signature)
    tool.verify(card.dump(), content)
    certificates = [one.chosen for one in card["content"]["certificates"]]
    return _holder(certificates, card["content"]["signer_infos"][0]["sid"].chosen["serial_number"].native)


def _card_signature(signature: bytes) -> cms.ContentInfo:
    """The one value of id-pli-aa-cardSignature."""
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    (attribute,) = [one for one in signer["signed_attrs"] if one["type"].dotted == CARD_SIGNATURE]
    (value,) = attribute["values"]
    return cms.ContentInfo.load(value.dump())


def _holder(certificates: list[x509.Certificate], serial: int) -> str:
    (certificate,) = [one for one in certificates if one.serial_number == serial]
    return str(certificate.subject.native["common_name"])
