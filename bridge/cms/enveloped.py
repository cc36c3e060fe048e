"""EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083), read and written.

Reading is in two halves because the keys live elsewhere: `parse_enveloped` gives the RecipientInfos and, once somebody has the
content-encryption key (CEK), the content; `unwrapping.unwrap` or a card makes the CEK from one RecipientInfo.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asn1crypto import core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode_set
from bridge.cms.errors import DecryptionFailed, Malformed, UnsupportedAlgorithm
from bridge.cms.limits import check_asn1
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import CertificateRecipient, KekRecipient
from bridge.cms.structures import AlgorithmIdentifier, Attribute, GcmParameters, members, parameters_of, parse
from bridge.cms.unwrapping import (
    EcdhDerive,
    PrivateKey,
    RecipientInfo,
    RsaDecrypt,
    card_decrypt_plan,
    parse_recipient_info,
    unwrap,
    unwrap_or_reject,
    unwrap_with_kek,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.cms.algorithms import ContentAlgorithm
    from bridge.cms.recipients import Recipient

__all__ = [
    "CertificateRecipient",
    "EcdhDerive",
    "Enveloped",
    "KekRecipient",
    "PrivateKey",
    "RecipientInfo",
    "RsaDecrypt",
    "build_enveloped",
    "card_decrypt_plan",
    "parse_enveloped",
    "parse_recipient_info",
    "unwrap",
    "unwrap_or_reject",
    "unwrap_with_kek",
]

_NONCE_LENGTH = 12
_TAG_LENGTH = 16
_MAX_RECIPIENTS = 500


@dataclass(frozen=True)
class Enveloped:
    """A parsed EnvelopedData or AuthEnvelopedData.

    `auth_attributes` maps an attribute's OID to the DER of its one value; it is proved only once `decrypt` has returned.
    """

    kind: str  # "envelopedData" or "authEnvelopedData"
    content_type: str
    content_algorithm: ContentAlgorithm
    recipients: tuple[RecipientInfo, ...]
    auth_attributes: Mapping[str, bytes]
    initialization_vector: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    additional_data: bytes = field(repr=False)

    def decrypt(self, content_key: bytes) -> bytes:
        """The content. Raises `DecryptionFailed`, alike for every reason."""
        if len(content_key) != self.content_algorithm.key_length:
            raise DecryptionFailed
        if self.content_algorithm.mode == "gcm":
            return self._decrypt_gcm(content_key)
        return self._decrypt_cbc(content_key)

    def _decrypt_gcm(self, content_key: bytes) -> bytes:
        try:
            return AESGCM(content_key).decrypt(
                self.initialization_vector, self.ciphertext + self.tag, self.additional_data or None
            )
        except InvalidTag:
            raise DecryptionFailed from None

    def _decrypt_cbc(self, content_key: bytes) -> bytes:
        cipher = TripleDES(content_key) if self.content_algorithm.block_length == 8 else AES(content_key)  # noqa: PLR2004
        decryptor = Cipher(cipher, modes.CBC(self.initialization_vector)).decryptor()
        unpadder = PKCS7(self.content_algorithm.block_length * 8).unpadder()
        try:
            padded = decryptor.update(self.ciphertext) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            raise DecryptionFailed from None


def parse_enveloped(der: bytes) -> Enveloped:
    """Read a ContentInfo, DER or BER. Raises `Malformed`, `LimitExceeded` or `UnsupportedAlgorithm`."""
    check_asn1(der)
    content_info = _Fields(der, ber.read(der))
    content_type = content_info.oid()
    if content_type not in (algorithms.ID_ENVELOPED_DATA, algorithms.ID_AUTH_ENVELOPED_DATA):
        raise Malformed("neither EnvelopedData nor AuthEnvelopedData")
    is_auth = content_type == algorithms.ID_AUTH_ENVELOPED_DATA
    outer = _Fields(der, content_info.take(ber.CONTEXT_0))
    fields = _Fields(der, outer.take(ber.SEQUENCE))
    fields.take(ber.INTEGER)
    fields.optional(ber.CONTEXT_0)  # originatorInfo: only certificates of the originator, not used
    recipients = _recipients(der, fields.take(ber.SET))
    inner = _Fields(der, fields.take(ber.SEQUENCE))
    inner_type = inner.oid()
    algorithm, parameters = _content_algorithm(inner.raw(ber.SEQUENCE), is_auth=is_auth)
    ciphertext = inner.string(0x80)
    attributes, additional_data = _auth_attributes(der, fields.optional(ber.CONTEXT_1) if is_auth else None)
    if (
        is_auth
        and inner_type != algorithms.ID_DATA
        and attributes.get(algorithms.CONTENT_TYPE) != encode_oid(inner_type)
    ):
        raise Malformed("authenticated contentType missing or different")
    return Enveloped(
        kind="authEnvelopedData" if is_auth else "envelopedData",
        content_type=inner_type,
        content_algorithm=algorithm,
        recipients=recipients,
        auth_attributes=attributes,
        initialization_vector=parameters,
        ciphertext=ciphertext,
        tag=_tag(fields.string(ber.OCTET_STRING)) if is_auth else b"",
        additional_data=additional_data,
    )


def build_enveloped(
    content: bytes,
    recipients: Sequence[Recipient],
    *,
    content_algorithm: str = "aes-256-gcm",
    content_type: str = algorithms.ID_DATA,
    auth_attributes: Mapping[str, bytes] | None = None,
) -> bytes:
    """`content` for `recipients`: AuthEnvelopedData for a GCM algorithm, EnvelopedData for a CBC one.

    `auth_attributes` (GCM only) maps OIDs to the DER of their one value; contentType is added when there are any or when the
    content is not id-data (RFC 5083 §2.1).
    """
    algorithm = algorithms.content_algorithm(content_algorithm)
    if algorithm.degraded:
        raise UnsupportedAlgorithm(content_algorithm)
    key = os.urandom(algorithm.key_length)
    infos = encode_set(recipient.recipient_info(key) for recipient in recipients)
    if algorithm.mode == "gcm":
        return _build_auth_enveloped(content, key, algorithm, infos, content_type, dict(auth_attributes or {}))
    return _build_enveloped(
        content, key, algorithm, infos, content_type, only_ski=all(r.version_zero for r in recipients)
    )


def _build_auth_enveloped(
    content: bytes,
    key: bytes,
    algorithm: ContentAlgorithm,
    recipient_infos: bytes,
    content_type: str,
    attributes: dict[str, bytes],
) -> bytes:
    if attributes or content_type != algorithms.ID_DATA:
        attributes[algorithms.CONTENT_TYPE] = encode_oid(content_type)
    authenticated = encode_set(
        ber.encode(ber.SEQUENCE, encode_oid(oid), ber.encode(ber.SET, value)) for oid, value in attributes.items()
    )
    nonce = os.urandom(_NONCE_LENGTH)
    sealed = AESGCM(key).encrypt(nonce, content, authenticated if attributes else None)
    parameters = GcmParameters({"aes_nonce": nonce, "aes_icvlen": _TAG_LENGTH}).dump()
    return _content_info(
        algorithms.ID_AUTH_ENVELOPED_DATA,
        ber.encode(ber.INTEGER, b"\0"),
        recipient_infos,
        _encrypted_content(content_type, algorithm, parameters, sealed[:-_TAG_LENGTH]),
        ber.encode(ber.CONTEXT_1, authenticated[ber.read(authenticated).body :]) if attributes else b"",
        ber.encode(ber.OCTET_STRING, sealed[-_TAG_LENGTH:]),
    )


def _build_enveloped(
    content: bytes,
    key: bytes,
    algorithm: ContentAlgorithm,
    recipient_infos: bytes,
    content_type: str,
    *,
    only_ski: bool,
) -> bytes:
    vector = os.urandom(algorithm.block_length)
    padder = PKCS7(algorithm.block_length * 8).padder()
    encryptor = Cipher(AES(key), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    return _content_info(
        algorithms.ID_ENVELOPED_DATA,
        ber.encode(ber.INTEGER, b"\0" if only_ski else b"\2"),  # RFC 5652 §6.1
        recipient_infos,
        _encrypted_content(content_type, algorithm, ber.encode(ber.OCTET_STRING, vector), ciphertext),
    )


def _content_info(content_type: str, *parts: bytes) -> bytes:
    content = ber.encode(ber.CONTEXT_0, ber.encode(ber.SEQUENCE, *parts))
    return ber.encode(ber.SEQUENCE, encode_oid(content_type), content)


def _encrypted_content(content_type: str, algorithm: ContentAlgorithm, parameters: bytes, ciphertext: bytes) -> bytes:
    identifier = ber.encode(ber.SEQUENCE, encode_oid(algorithm.oid), parameters)
    return ber.encode(ber.SEQUENCE, encode_oid(content_type), identifier, ber.encode(0x80, ciphertext))


class _Fields:
    """The fields of one SEQUENCE, taken in order."""

    def __init__(self, data: bytes, parent: ber.Element) -> None:
        self._data = data
        self._children = list(ber.children(data, parent))

    def take(self, tag: int) -> ber.Element:
        if not self._children or self._children[0].tag != tag:
            raise Malformed("a field is missing or out of place")
        return self._children.pop(0)

    def optional(self, tag: int) -> ber.Element | None:
        return self._children.pop(0) if self._children and self._children[0].tag == tag else None

    def raw(self, tag: int) -> bytes:
        return ber.raw(self._data, self.take(tag))

    def oid(self) -> str:
        return str(parse(core.ObjectIdentifier, self.raw(ber.OBJECT_IDENTIFIER)).dotted)

    def string(self, tag: int) -> bytes:
        """An octet string under `tag`, primitive or constructed."""
        element = self.optional(tag | 0x20)
        return ber.octets(self._data, element or self.take(tag))


def _recipients(der: bytes, element: ber.Element) -> tuple[RecipientInfo, ...]:
    infos = tuple(parse_recipient_info(ber.raw(der, child)) for child in ber.children(der, element))
    if not infos or len(infos) > _MAX_RECIPIENTS:
        raise Malformed("no recipient, or too many")
    return infos


def _content_algorithm(der: bytes, *, is_auth: bool) -> tuple[ContentAlgorithm, bytes]:
    """The algorithm and its IV or nonce; a 12-byte nonce and a 16-byte tag are required (RFC 5084; security.md §3.2)."""
    identifier = parse(AlgorithmIdentifier, der)
    algorithm = algorithms.content_algorithm(identifier["algorithm"].dotted)
    if (algorithm.mode == "gcm") is not is_auth:
        raise UnsupportedAlgorithm(algorithm.name)
    parameters = parameters_of(identifier)
    if not is_auth:
        vector = bytes(parse(core.OctetString, parameters))
        if len(vector) != algorithm.block_length:
            raise Malformed("an initialisation vector of the wrong length")
        return algorithm, vector
    gcm = parse(GcmParameters, parameters)
    nonce = bytes(gcm["aes_nonce"])
    if len(nonce) != _NONCE_LENGTH or gcm["aes_icvlen"].native != _TAG_LENGTH:
        raise UnsupportedAlgorithm(f"{algorithm.name} with this nonce or tag length")
    return algorithm, nonce


def _tag(tag: bytes) -> bytes:
    if len(tag) != _TAG_LENGTH:
        raise UnsupportedAlgorithm("a tag that is not of 16 octets")
    return tag


def _auth_attributes(der: bytes, element: ber.Element | None) -> tuple[dict[str, bytes], bytes]:
    """Attributes by OID, and what GCM authenticates: their DER as a SET OF (RFC 5083 §2.2)."""
    if element is None:
        return {}, b""
    encoded = [ber.raw(der, child) for child in ber.children(der, element)]
    attributes: dict[str, bytes] = {}
    for attribute in (parse(Attribute, one) for one in encoded):
        oid, values = attribute["type"].dotted, attribute["values"]
        if oid in attributes or len(values) != 1:
            raise Malformed("an authenticated attribute twice, or without exactly one value")
        attributes[oid] = members(values)[0]
    return attributes, encode_set(encoded)
