"""The vault: the only process that sees opened private and storage keys (DESIGN §4). `python -m bridge.vault`.

It answers the listener over its standard streams, and nobody else: no core dump, no ptrace by processes of the same user.
No answer holds a private or storage key; the storage key leaves only as per-object keys.
"""

import ctypes
import os
import secrets
import sys
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.channel import serve
from bridge.cms import algorithms, structures
from bridge.cms.errors import AttributeRefused, CmsError
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    PasskeyRecipient,
    build_grant,
    open_grant,
    open_grant_with_prf,
    parse_grant,
)
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.objects import derive_object_key
from bridge.cms.oid import encode_oid
from bridge.cms.signed import software_signer
from bridge.cms.unwrapping import unwrap_or_reject
from bridge.pki.certificates import load_certificate, spki_sha256
from bridge.pki.requests import build_request

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_PR_SET_DUMPABLE = 4
_SIGNABLE = {algorithms.ID_DATA, algorithms.ID_LOG_ENTRY}
_MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


class HandleUnknown(Exception):
    """No keys are open under that handle."""


class Vault:
    """The calls of the listener. Binary values are bytes; errors carry no value."""

    def __init__(self) -> None:
        self._open: dict[str, MailboxKeys] = {}
        self._rejection = secrets.token_bytes(32)

    def make_keys(self, handle: str, address: str, encryption: str, signature: str) -> dict[str, bytes]:
        """New mailbox keys and a certificate request for each pair."""
        keys = MailboxKeys(_MAKERS[encryption](), _MAKERS[signature](), secrets.token_bytes(32))
        self._open[handle] = keys
        return {
            "encryption_request": build_request(keys.encryption_key, address),
            "signature_request": build_request(keys.signature_key, address),
        }

    def public_keys(self, handle: str) -> dict[str, bytes]:
        """SHA-256 of both SubjectPublicKeyInfos."""
        keys = self._keys(handle)
        found = (spki_sha256(keys.encryption_key.public_key()), spki_sha256(keys.signature_key.public_key()))
        return {"encryption_spki": found[0], "signature_spki": found[1]}

    def grant(self, handle: str, body: bytes, recipient: dict[str, Any]) -> bytes:
        """The keys sealed for one holder: `{certificate, algorithm}` or `{credential_id, prf}`."""
        return build_grant(GrantBody.from_der(body), self._keys(handle), _recipient(recipient))

    def open_with_content_key(self, handle: str, grant: bytes, content_key: bytes) -> None:
        """Open a grant with the content-encryption key a card unwrapped. Raises GrantRefused."""
        self._open[handle] = open_grant(parse_grant(grant), content_key)

    def open_with_prf(self, handle: str, grant: bytes, credential_id: bytes, prf: bytes) -> None:
        """Open a grant with a passkey's PRF value. Raises GrantRefused."""
        self._open[handle] = open_grant_with_prf(parse_grant(grant), credential_id, prf)

    def object_keys(self, handle: str, items: list[list[str]]) -> list[bytes]:
        storage_key = self._keys(handle).storage_key
        return [derive_object_key(storage_key, object_class, object_id) for object_class, object_id in items]

    def unwrap(self, handle: str, item_class: Any, items: list[dict[str, Any]]) -> list[bytes]:
        """One CEK-shaped answer per item, whatever the item is worth (no oracle)."""
        private_key = self._keys(handle).encryption_key
        return [
            unwrap_or_reject(
                item["recipientInfo"],
                private_key,
                content_algorithm=item["contentAlgorithm"],
                item_class=item_class,
                secret=self._rejection,
            )
            for item in items
        ]

    def sign(self, handle: str, signed_attributes: bytes) -> bytes:
        """The mailbox key's signature over the signedAttrs of a message or of a log entry, and over nothing else."""
        _check_signable(signed_attributes)
        return software_signer(self._keys(handle).signature_key)(signed_attributes)

    def forget(self, handle: str) -> None:
        self._open.pop(handle, None)

    def _keys(self, handle: str) -> MailboxKeys:
        if handle not in self._open:
            raise HandleUnknown
        return self._open[handle]


def _check_signable(signed_attributes: bytes) -> None:
    """A SET of signed attributes that names what it signs: a message's content or a log entry."""
    attributes = structures.parse(structures.Attributes, signed_attributes)
    values = {one["type"].dotted: structures.members(one["values"]) for one in attributes}
    content_types = values.get(algorithms.CONTENT_TYPE, [])
    if algorithms.MESSAGE_DIGEST not in values or content_types not in [[encode_oid(oid)] for oid in _SIGNABLE]:
        raise AttributeRefused("not the signedAttrs of a message or of a log entry")


def _recipient(recipient: dict[str, Any]) -> CardRecipient | PasskeyRecipient:
    if "certificate" in recipient:
        return CardRecipient(load_certificate(recipient["certificate"]), recipient["algorithm"])
    return PasskeyRecipient(recipient["credential_id"], recipient["prf"])


def _keep_private() -> None:
    """No core file, and on Linux no /proc/PID/mem or ptrace for other processes of this user."""
    if os.name != "posix":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def main() -> None:
    _keep_private()
    vault = Vault()
    names = [name for name in vars(Vault) if not name.startswith("_")]
    serve({name: getattr(vault, name) for name in names}, (CmsError, HandleUnknown))


if __name__ == "__main__":
    main()
