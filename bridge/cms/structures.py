"""ASN.1 structures: those of RFC 5652, 5083, 5753 and 4055 that Pli reads by its own rules, and Pli's own (docs/FORMATS.md).

Algorithms are kept generic (OID and raw parameters): what is supported is decided in `algorithms`, not by the parser.
"""

from __future__ import annotations

from typing import Any, TypeVar

from asn1crypto import core, x509

from bridge.cms import ber
from bridge.cms.errors import Malformed
from bridge.cms.limits import check_asn1


class AlgorithmIdentifier(core.Sequence):
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class AlgorithmIdentifiers(core.SetOf):
    _child_spec = AlgorithmIdentifier


class AnySet(core.SetOf):
    _child_spec = core.Any


class Attribute(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("values", AnySet)]


class Attributes(core.SetOf):
    _child_spec = Attribute


class IssuerAndSerialNumber(core.Sequence):
    _fields = [("issuer", x509.Name), ("serial_number", core.Integer)]


class RecipientIdentifier(core.Choice):
    _alternatives = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("subject_key_identifier", core.OctetString, {"implicit": 0}),
    ]


class KeyTransRecipientInfo(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("rid", RecipientIdentifier),
        ("key_encryption_algorithm", AlgorithmIdentifier),
        ("encrypted_key", core.OctetString),
    ]


class OriginatorPublicKey(core.Sequence):
    _fields = [("algorithm", AlgorithmIdentifier), ("public_key", core.BitString)]


class OriginatorIdentifierOrKey(core.Choice):
    _alternatives = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("subject_key_identifier", core.OctetString, {"implicit": 0}),
        ("originator_key", OriginatorPublicKey, {"implicit": 1}),
    ]


class OtherKeyAttribute(core.Sequence):
    _fields = [("key_attr_id", core.ObjectIdentifier), ("key_attr", core.Any, {"optional": True})]


class RecipientKeyIdentifier(core.Sequence):
    _fields = [
        ("subject_key_identifier", core.OctetString),
        ("date", core.GeneralizedTime, {"optional": True}),
        ("other", OtherKeyAttribute, {"optional": True}),
    ]


class KeyAgreeRecipientIdentifier(core.Choice):
    _alternatives = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("r_key_id", RecipientKeyIdentifier, {"implicit": 0}),
    ]


class RecipientEncryptedKey(core.Sequence):
    _fields = [("rid", KeyAgreeRecipientIdentifier), ("encrypted_key", core.OctetString)]


class RecipientEncryptedKeys(core.SequenceOf):
    _child_spec = RecipientEncryptedKey


class KeyAgreeRecipientInfo(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("originator", OriginatorIdentifierOrKey, {"explicit": 0}),
        ("ukm", core.OctetString, {"explicit": 1, "optional": True}),
        ("key_encryption_algorithm", AlgorithmIdentifier),
        ("recipient_encrypted_keys", RecipientEncryptedKeys),
    ]


class KekIdentifier(core.Sequence):
    _fields = [
        ("key_identifier", core.OctetString),
        ("date", core.GeneralizedTime, {"optional": True}),
        ("other", OtherKeyAttribute, {"optional": True}),
    ]


class KekRecipientInfo(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("kekid", KekIdentifier),
        ("key_encryption_algorithm", AlgorithmIdentifier),
        ("encrypted_key", core.OctetString),
    ]


class RecipientInfo(core.Choice):
    _alternatives = [
        ("ktri", KeyTransRecipientInfo),
        ("kari", KeyAgreeRecipientInfo, {"implicit": 1}),
        ("kekri", KekRecipientInfo, {"implicit": 2}),
    ]


class GcmParameters(core.Sequence):
    """RFC 5084 §3.2."""

    _fields = [("aes_nonce", core.OctetString), ("aes_icvlen", core.Integer, {"default": 12})]


class RsaesOaepParams(core.Sequence):
    """RFC 4055 §4.1; defaults (SHA-1, MGF1 with SHA-1, empty label) are applied by the reader."""

    _fields = [
        ("hash_algorithm", AlgorithmIdentifier, {"explicit": 0, "optional": True}),
        ("mask_gen_algorithm", AlgorithmIdentifier, {"explicit": 1, "optional": True}),
        ("p_source_algorithm", AlgorithmIdentifier, {"explicit": 2, "optional": True}),
    ]


class RsassaPssParams(core.Sequence):
    """RFC 4055 §3.1."""

    _fields = [
        ("hash_algorithm", AlgorithmIdentifier, {"explicit": 0, "optional": True}),
        ("mask_gen_algorithm", AlgorithmIdentifier, {"explicit": 1, "optional": True}),
        ("salt_length", core.Integer, {"explicit": 2, "default": 20}),
        ("trailer_field", core.Integer, {"explicit": 3, "default": 1}),
    ]


class EncapsulatedContentInfo(core.Sequence):
    _fields = [
        ("e_content_type", core.ObjectIdentifier),
        ("e_content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class SignerInfo(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("sid", RecipientIdentifier),
        ("digest_algorithm", AlgorithmIdentifier),
        ("signed_attrs", Attributes, {"implicit": 0, "optional": True}),
        ("signature_algorithm", AlgorithmIdentifier),
        ("signature", core.OctetString),
        ("unsigned_attrs", Attributes, {"implicit": 1, "optional": True}),
    ]


class SignerInfos(core.SetOf):
    _child_spec = SignerInfo


class SignedData(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("digest_algorithms", AlgorithmIdentifiers),
        ("encap_content_info", EncapsulatedContentInfo),
        ("certificates", AnySet, {"implicit": 0, "optional": True}),
        ("crls", AnySet, {"implicit": 1, "optional": True}),
        ("signer_infos", SignerInfos),
    ]


class SignedContentInfo(core.Sequence):
    """A ContentInfo that has to hold a SignedData."""

    _fields = [("content_type", core.ObjectIdentifier), ("content", SignedData, {"explicit": 0})]


class IssuerSerial(core.Sequence):
    _fields = [("issuer", x509.GeneralNames), ("serial_number", core.Integer)]


class EssCertIdV2(core.Sequence):
    """RFC 5035 §4; an absent hashAlgorithm is SHA-256."""

    _fields = [
        ("hash_algorithm", AlgorithmIdentifier, {"optional": True}),
        ("cert_hash", core.OctetString),
        ("issuer_serial", IssuerSerial, {"optional": True}),
    ]


class EssCertIdsV2(core.SequenceOf):
    _child_spec = EssCertIdV2


class SigningCertificateV2(core.Sequence):
    _fields = [("certs", EssCertIdsV2), ("policies", core.Any, {"optional": True})]


class MailboxKeys(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("encryption_key", core.OctetString),
        ("signature_key", core.OctetString),
        ("storage_key", core.OctetString),
    ]


class HolderKind(core.Enumerated):
    _map = {0: "card", 1: "passkey", 2: "recovery", 3: "officer", 4: "service"}


class Role(core.Enumerated):
    _map = {0: "reader", 1: "sender", 2: "manager", 3: "owner"}


class Holder(core.Sequence):
    _fields = [
        ("kind", HolderKind),
        ("reference", core.OctetString),
        ("id_type", core.UTF8String),
        ("id_value", core.UTF8String),
        ("name", core.UTF8String),
    ]


class GrantBody(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("grant_id", core.OctetString),
        ("mailbox_id", core.OctetString),
        ("address", core.UTF8String),
        ("epoch", core.Integer),
        ("encryption_spki", core.OctetString),
        ("signature_spki", core.OctetString),
        ("encryption_certificate", core.OctetString),
        ("signature_certificate", core.OctetString),
        ("holder", Holder),
        ("role", Role),
        ("history_from_epoch", core.Integer),
        ("not_before", core.GeneralizedTime),
        ("not_after", core.GeneralizedTime, {"explicit": 0, "optional": True}),
        ("log_seq", core.Integer),
        ("prev_log_hash", core.OctetString),
    ]


class IdentityLevel(core.Enumerated):
    _map = {0: "card", 1: "software", 2: "passkey"}


class Identity(core.Sequence):
    _fields = [
        ("level", IdentityLevel),
        ("id_type", core.UTF8String),
        ("id_value", core.UTF8String),
        ("name", core.UTF8String),
        ("profession", core.UTF8String),
    ]


class Binding(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("address", core.UTF8String),
        ("epoch", core.Integer),
        ("encryption_spki", core.OctetString),
        ("signature_spki", core.OctetString),
        ("not_before", core.GeneralizedTime),
        ("not_after", core.GeneralizedTime),
        ("identity", Identity),
    ]


class LogKind(core.Enumerated):
    _map = {0: "genesis", 1: "grant", 2: "revoke", 3: "rotate", 4: "certChange", 5: "recovery"}


class Hashes(core.SequenceOf):
    _child_spec = core.OctetString


class LogEntry(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("address", core.UTF8String),
        ("seq", core.Integer),
        ("prev_hash", core.OctetString),
        ("time", core.GeneralizedTime),
        ("kind", LogKind),
        ("grants", Hashes),
        ("bindings", Hashes),
    ]


class Delegation(core.Sequence):
    _fields = [("version", core.Integer), ("log_entry", core.OctetString), ("grant_body", core.OctetString)]


S = TypeVar("S", bound=core.Asn1Value)


def parse(structure: type[S], data: bytes, *, max_nodes: int = 50_000) -> S:
    """`data` as `structure`, every field visited. Raises `LimitExceeded` or `Malformed`."""
    check_asn1(data, max_nodes=max_nodes)
    try:
        value = structure.load(data, strict=True)
        _visit(value)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Malformed(f"not a {structure.__name__}") from error
    return value


def parse_der(structure: type[S], data: bytes) -> S:
    """As `parse`, and `data` is the one DER encoding of its value: what Pli hashes and signs has no second form."""
    value = parse(structure, data, max_nodes=2_000)
    if structure(value.native).dump() != data:
        raise Malformed(f"{structure.__name__} is not in DER")
    return value


def members(value: Any) -> list[bytes]:
    """The encodings of what a parsed SEQUENCE or SET holds, as they stand.

    asn1crypto's dump of an ANY is no use here: it takes a length that ends in 0x80 for the indefinite form.
    """
    contents: bytes = value.contents
    whole = ber.Element(ber.SEQUENCE, 0, 0, len(contents), len(contents))
    return [ber.raw(contents, child) for child in ber.children(contents, whole)]


def parameters_of(identifier: Any) -> bytes:
    """The encoded parameters of a parsed AlgorithmIdentifier; nothing where they are absent."""
    return b"".join(members(identifier)[1:])


def _visit(value: Any) -> None:
    """asn1crypto parses lazily; reading everything now keeps its errors in one place."""
    if isinstance(value, core.Any | core.OctetString | core.Void):
        return
    if isinstance(value, core.Choice):
        _visit(value.chosen)
    elif isinstance(value, core.Sequence):
        for field in value._fields:
            _visit(value[field[0]])
    elif isinstance(value, core.SequenceOf | core.SetOf):
        for child in value:
            _visit(child)
    else:
        value.native  # noqa: B018
