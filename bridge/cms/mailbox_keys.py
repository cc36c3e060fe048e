"""The secrets of a mailbox, epoch by epoch (docs/FORMATS.md, *Mailbox keys*). They exist opened in the vault only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from bridge.cms import ber, structures
from bridge.cms.ber import encode
from bridge.cms.errors import CmsError, GrantRefused
from bridge.cms.kdf import KEY_LENGTH
from bridge.cms.structures import parse_der

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.cms.unwrapping import PrivateKey


@dataclass(frozen=True)
class MailboxKeys:
    """The secrets of one epoch: two private keys and the 32-byte storage key. Never printed.

    `earlier` holds older epochs (number to keys) that the holder of one grant may open beyond the shared history.
    `confidential_key` (32 bytes) opens what its owners marked confidential; only their grants hold it.
    """

    encryption_key: PrivateKey = field(repr=False)
    signature_key: PrivateKey = field(repr=False)
    storage_key: bytes = field(repr=False)
    earlier: Mapping[int, MailboxKeys] = field(default_factory=dict, repr=False)
    confidential_key: bytes | None = field(default=None, repr=False)

    def to_der(self) -> bytes:
        encoded = [
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            for key in (self.encryption_key, self.signature_key)
        ]
        octets = [encode(ber.OCTET_STRING, value) for value in (*encoded, self.storage_key)]
        if self.earlier:
            octets.append(encode(ber.CONTEXT_0, encode_epochs(self.earlier)))
        if self.confidential_key is not None:
            octets.append(encode(ber.CONTEXT_1, encode(ber.OCTET_STRING, self.confidential_key)))
        return encode(ber.SEQUENCE, encode(ber.INTEGER, b"\1"), *octets)

    @classmethod
    def from_der(cls, der: bytes) -> MailboxKeys:
        """Raises `GrantRefused("key-invalid")`, also for a key whose numbers do not agree with one another."""
        try:
            native = parse_der(structures.MailboxKeys, der).native
            keys = cls(
                _load_key(native["encryption_key"]),
                _load_key(native["signature_key"]),
                native["storage_key"],
                _read_epochs(native["earlier"]) if native["earlier"] is not None else {},
                native["confidential_key"],
            )
        except (CmsError, ValueError, TypeError):
            raise GrantRefused("key-invalid") from None
        secrets = (keys.storage_key, *([] if keys.confidential_key is None else [keys.confidential_key]))
        if native["version"] != 1 or any(len(one) != KEY_LENGTH for one in secrets):
            raise GrantRefused("key-invalid")
        return keys


def encode_epochs(epochs: Mapping[int, MailboxKeys]) -> bytes:
    """DER SEQUENCE OF EpochKeys, the newest first."""
    ordered = sorted(epochs.items(), reverse=True)
    return structures.HistoryContent([{"epoch": epoch, "keys": keys.to_der()} for epoch, keys in ordered]).dump()


def decode_epochs(der: bytes) -> dict[int, MailboxKeys]:
    """The keys of each epoch. Raises `GrantRefused("key-invalid")`."""
    try:
        return _read_epochs(parse_der(structures.HistoryContent, der).native)
    except CmsError:
        raise GrantRefused("key-invalid") from None


def _read_epochs(native: list[dict[str, Any]]) -> dict[int, MailboxKeys]:
    """Descending epochs, each once, none with epochs of its own: nothing is nested, so nothing is deep."""
    numbers = [one["epoch"] for one in native]
    epochs = {one["epoch"]: MailboxKeys.from_der(one["keys"]) for one in native}
    if not numbers or numbers != sorted(epochs, reverse=True) or any(keys.earlier for keys in epochs.values()):
        raise GrantRefused("key-invalid")
    return epochs


def _load_key(pkcs8: bytes) -> PrivateKey:
    """Loading checks that p, q, d and the public numbers of an RSA key agree."""
    try:
        key = load_der_private_key(pkcs8, password=None)
    except UnsupportedAlgorithm as error:
        raise ValueError("a kind of key that is not read") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("neither an RSA nor an EC key")
    return key
