"""RecipientInfos as they stand in a message (RFC 5652 §6.2), read but not yet opened.

Read by hand: `key.unwrap` reads one for each message that is opened, and 64 for each page of a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bridge.cms import ber
from bridge.cms.errors import CmsError, Malformed
from bridge.cms.fields import Algorithm, Fields
from bridge.cms.limits import check_asn1
from bridge.pki.certificates import subject_key_identifier

if TYPE_CHECKING:
    from cryptography import x509

Kind = Literal["ktri", "kari", "kekri", "pwri", "ori"]

_MAX_NODES = 5_000  # one RecipientInfo: a kari may list 500 recipients
_CONTEXT_3 = 0xA3
_CONTEXT_4 = 0xA4
_KEY_IDENTIFIER = 0x80  # [0] IMPLICIT OCTET STRING


@dataclass(frozen=True)
class RecipientId:
    """Which key a RecipientInfo is for: issuer and serial number, a subjectKeyIdentifier, or a KEK's identifier; only one is set."""

    issuer: bytes = b""  # DER Name
    serial_number: int = 0
    subject_key_identifier: bytes = b""
    key_identifier: bytes = b""

    def matches(self, certificate: x509.Certificate) -> bool:
        """Whether `certificate` is the one named (RFC 5652 §6.2.1)."""
        if self.issuer:
            named = (self.issuer, self.serial_number)
            return named == (certificate.issuer.public_bytes(), certificate.serial_number)
        return bool(self.subject_key_identifier) and self.subject_key_identifier == subject_key_identifier(certificate)


def names_of(certificate: x509.Certificate) -> tuple[RecipientId, RecipientId]:
    """Both ways to name the key of `certificate`: of what `matches` it, one of them is equal to it."""
    by_issuer = RecipientId(issuer=certificate.issuer.public_bytes(), serial_number=certificate.serial_number)
    return by_issuer, RecipientId(subject_key_identifier=subject_key_identifier(certificate))


@dataclass(frozen=True)
class OriginatorKey:
    """The sender's ephemeral public key of a kari: the OID of its algorithm, its parameters (a curve) and the bits of the key."""

    algorithm: str
    parameters: bytes
    public_key: bytes


@dataclass(frozen=True)
class RecipientInfo:
    """One RecipientInfo: its encoding as received, for whom it is, and what opens it.

    `recipient_ids` and `encrypted_keys` go in pairs; a pwri and an ori name nobody, and an ori has neither.
    """

    kind: Kind
    der: bytes = field(repr=False)
    recipient_ids: tuple[RecipientId, ...]
    algorithm: Algorithm = field(repr=False)
    encrypted_keys: tuple[bytes, ...] = field(repr=False)
    originator: OriginatorKey | None = field(repr=False, default=None)
    ukm: bytes | None = field(repr=False, default=None)
    derivation: Algorithm | None = field(repr=False, default=None)

    @property
    def key_algorithm(self) -> str:
        """The OID of keyEncryptionAlgorithm; of an ori, its type."""
        return self.algorithm.oid

    def matches(self, certificate: x509.Certificate) -> bool:
        return any(rid.matches(certificate) for rid in self.recipient_ids)


def parse_recipient_info(der: bytes) -> RecipientInfo:
    """Read one RecipientInfo, DER or BER. Raises `Malformed` or `LimitExceeded`; unknown algorithms are fine here."""
    check_asn1(der, max_nodes=_MAX_NODES)
    return read_recipient_info(der)


def read_recipient_info(der: bytes) -> RecipientInfo:
    """As `parse_recipient_info`, for bytes that `check_asn1` has accepted."""
    element = ber.read(der)
    reader = _READERS.get(element.tag)
    if reader is None:
        raise Malformed("a RecipientInfo of no known kind")
    fields = Fields(der, element)
    info = reader(der, fields)
    fields.end()
    return info


def encrypted_key(recipient_info: bytes) -> bytes:
    """The encryptedKey octets (of a kari, all of them one after the other); the whole input where it does not parse."""
    try:
        return encrypted_key_of(parse_recipient_info(recipient_info))
    except CmsError:
        return recipient_info


def encrypted_key_of(info: RecipientInfo) -> bytes:
    return b"".join(info.encrypted_keys)


def read_identifier(fields: Fields, *, key_identifier_tag: int = _KEY_IDENTIFIER) -> RecipientId:
    """The next field, a RecipientIdentifier or SignerIdentifier (RFC 5652 §5.3, §6.2.1)."""
    named = fields.inside_optional(ber.SEQUENCE)
    if named is None:
        return RecipientId(subject_key_identifier=fields.octets(key_identifier_tag))
    return _issuer_and_serial_number(named)


def _issuer_and_serial_number(fields: Fields) -> RecipientId:
    rid = RecipientId(issuer=fields.definite(ber.SEQUENCE), serial_number=fields.integer())
    fields.end()
    return rid


def _ktri(der: bytes, fields: Fields) -> RecipientInfo:
    fields.integer()
    rid = read_identifier(fields)
    return RecipientInfo("ktri", der, (rid,), fields.algorithm(), (fields.octets(),))


def _kari(der: bytes, fields: Fields) -> RecipientInfo:
    fields.integer()
    originator = _originator(fields.explicit(ber.CONTEXT_0))
    explicit = fields.inside_optional(ber.CONTEXT_1)
    ukm = None if explicit is None else explicit.octets()
    if explicit is not None:
        explicit.end()
    algorithm = fields.algorithm()
    keys = [_recipient_encrypted_key(one) for one in fields.inside(ber.SEQUENCE).each(ber.SEQUENCE)]
    ids, encrypted_keys = zip(*keys, strict=True) if keys else ((), ())
    return RecipientInfo("kari", der, ids, algorithm, encrypted_keys, originator, ukm)


def _originator(fields: Fields) -> OriginatorKey | None:
    """None for a static key, named by its certificate."""
    key = fields.inside_optional(ber.CONTEXT_1)
    if key is None:
        return None
    algorithm = key.algorithm()
    public_key = key.whole_bits()
    key.end()
    return OriginatorKey(algorithm.oid, algorithm.parameters, public_key)


def _recipient_encrypted_key(fields: Fields) -> tuple[RecipientId, bytes]:
    key_identifier = fields.inside_optional(ber.CONTEXT_0)
    if key_identifier is None:
        rid = _issuer_and_serial_number(fields.inside(ber.SEQUENCE))
    else:  # RecipientKeyIdentifier, whose date and other attribute say nothing here
        rid = RecipientId(subject_key_identifier=key_identifier.octets())
    encrypted_key = fields.octets()
    fields.end()
    return rid, encrypted_key


def _kekri(der: bytes, fields: Fields) -> RecipientInfo:
    fields.integer()
    rid = RecipientId(key_identifier=fields.inside(ber.SEQUENCE).octets())
    return RecipientInfo("kekri", der, (rid,), fields.algorithm(), (fields.octets(),))


def _pwri(der: bytes, fields: Fields) -> RecipientInfo:
    fields.integer()
    implicit = fields.optional(ber.CONTEXT_0)
    derivation = None if implicit is None else _derivation(Fields(der, implicit))
    return RecipientInfo("pwri", der, (), fields.algorithm(), (fields.octets(),), derivation=derivation)


def _derivation(fields: Fields) -> Algorithm:
    oid = fields.oid()
    parameters = fields.raw(ber.SEQUENCE)
    fields.end()
    return Algorithm(oid, parameters)


def _ori(der: bytes, fields: Fields) -> RecipientInfo:
    kind = fields.oid()
    fields.all()
    return RecipientInfo("ori", der, (), Algorithm(kind, b""), ())


_READERS = {
    ber.SEQUENCE: _ktri,
    ber.CONTEXT_1: _kari,
    ber.CONTEXT_2: _kekri,
    _CONTEXT_3: _pwri,
    _CONTEXT_4: _ori,
}
