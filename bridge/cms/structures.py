"""ASN.1 structures of Pli's own (docs/FORMATS.md), and the few of RFC 5652 and 5035 that are not read by hand in `fields`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from asn1crypto import core, x509

from bridge.cms import ber
from bridge.cms.errors import Malformed
from bridge.cms.limits import check_asn1

if TYPE_CHECKING:
    from collections.abc import Iterator


class AlgorithmIdentifier(core.Sequence):
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class AnySet(core.SetOf):
    _child_spec = core.Any


class Attribute(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("values", AnySet)]


class Attributes(core.SetOf):
    _child_spec = Attribute


class IssuerAndSerialNumber(core.Sequence):
    _fields = [("issuer", x509.Name), ("serial_number", core.Integer)]


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


class EpochKeys(core.Sequence):
    _fields = [("epoch", core.Integer), ("keys", core.OctetString)]


class HistoryContent(core.SequenceOf):
    _child_spec = EpochKeys


class MailboxKeys(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("encryption_key", core.OctetString),
        ("signature_key", core.OctetString),
        ("storage_key", core.OctetString),
        ("earlier", HistoryContent, {"explicit": 0, "optional": True}),
        ("confidential_key", core.OctetString, {"explicit": 1, "optional": True}),
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
        ("holder_key", core.OctetString, {"explicit": 1, "optional": True}),
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
    _map = {
        0: "genesis",
        1: "grant",
        2: "revoke",
        3: "rotate",
        4: "certChange",
        5: "recovery",
        6: "confirm",
        7: "policy",
    }


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
        ("ends", Hashes, {"explicit": 0, "optional": True}),
        ("subject", core.OctetString, {"explicit": 1, "optional": True}),
    ]


class Utf8Strings(core.SequenceOf):
    _child_spec = core.UTF8String


class Delegation(core.Sequence):
    _fields = [("version", core.Integer), ("log_entry", core.OctetString), ("grant_body", core.OctetString)]


class PolicyKind(core.Enumerated):
    _map = {0: "officers", 1: "breakGlass"}


class ShareHolder(core.Sequence):
    _fields = [
        ("reference", core.OctetString),
        ("id_type", core.UTF8String),
        ("id_value", core.UTF8String),
        ("name", core.UTF8String),
        ("commitment", core.OctetString),
    ]


class ShareHolders(core.SequenceOf):
    _child_spec = ShareHolder


class RecoveryPolicy(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("kind", PolicyKind),
        ("threshold", core.Integer),
        ("grant_body", core.OctetString),
        ("minutes", core.Integer),
        ("messages", core.Integer),
        ("holders", ShareHolders),
    ]


class Share(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("index", core.Integer),
        ("value", core.OctetString),
    ]


class RecoveryRequest(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("request_id", core.OctetString),
        ("policy", core.OctetString),
        ("requester", Holder),
        ("request_key", core.OctetString),
        ("reason", core.UTF8String),
        ("time", core.GeneralizedTime),
    ]


class RestoreStatement(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("mailbox_id", core.OctetString),
        ("seq", core.Integer),
        ("head", core.OctetString),
        ("time", core.GeneralizedTime),
    ]


class CardProof(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("certificate", core.OctetString),
        ("algorithms", Utf8Strings),
        ("time", core.GeneralizedTime),
    ]


_LARGEST = 2**31 - 1

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
    """As `parse`, and `data` is the one DER encoding of its value: what Pli hashes and signs has no second form.

    Its integers count something: from 0 to 2^31 - 1, which every reader holds.
    """
    value = parse(structure, data, max_nodes=2_000)
    try:
        again = structure(value.native).dump()
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
        # asn1crypto reads fields that nobody declared, and some of its types (REAL, INSTANCE OF) have no value
        raise Malformed(f"not a {structure.__name__}") from error
    if again != data or not all(0 <= one <= _LARGEST for one in _integers(value.native)):
        raise Malformed(f"{structure.__name__} is not in DER")
    return value


def parse_version_1(structure: type[S], data: bytes) -> dict[str, Any]:
    """The members of what `parse_der` reads, without their version, which is 1. Raises as `parse_der`; Malformed for another version."""
    members: dict[str, Any] = parse_der(structure, data).native
    if members.pop("version") != 1:
        raise Malformed(f"a {structure.__name__} of another version")
    return members


def _integers(native: Any) -> Iterator[int]:
    if isinstance(native, int):
        yield native
    elif isinstance(native, dict):
        for one in native.values():
            yield from _integers(one)
    elif isinstance(native, list):
        for one in native:
            yield from _integers(one)


def members(value: Any) -> list[bytes]:
    """The encodings of what a parsed SEQUENCE or SET holds, as they stand.

    asn1crypto's dump of an ANY is no use here: it takes a length that ends in 0x80 for the indefinite form.
    """
    contents: bytes = value.contents
    whole = ber.Element(ber.SEQUENCE, 0, 0, len(contents), len(contents))
    return [ber.raw(contents, child) for child in ber.children(contents, whole)]


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
