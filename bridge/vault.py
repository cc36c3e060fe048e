"""The vault: the only process that sees opened private and storage keys (DESIGN §4). `python -m bridge.vault`.

It answers the listener over its standard streams, and nobody else: no core dump, no ptrace by processes of the same user.
No answer holds a private or storage key; the storage key leaves only as per-object keys.
"""

import ctypes
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.channel import serve
from bridge.cms import algorithms, structures
from bridge.cms.errors import AttributeRefused, CmsError
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    HolderKeyRecipient,
    HolderKind,
    Recipient,
    build_grant,
    open_grant,
    open_grant_with_prf,
    open_grant_with_secret,
    parse_grant,
)
from bridge.cms.history import Keyring, open_keyring, seal_history
from bridge.cms.holder_keys import derive_holder_key, derive_login_key
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.objects import derive_object_key
from bridge.cms.oid import encode_oid
from bridge.cms.recovery import (
    RecoveryRequest,
    Share,
    VerifiedRequest,
    combine_shares,
    open_release,
    open_share,
    parse_sealed_share,
    release_share,
    seal_share,
    split_secret,
)
from bridge.cms.recovery_code import SECRET_LENGTH, format_code
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.cms.signed import software_signer
from bridge.cms.unwrapping import unwrap_or_reject
from bridge.cores import leave_no_core
from bridge.pki.certificates import load_certificate, spki, spki_sha256
from bridge.pki.health_identity import Identity
from bridge.pki.pkcs12 import encrypted_pkcs12
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


class EpochUnknown(Exception):
    """The handle opens no keys of that epoch."""


class OwnersOnly(Exception):
    """The handle has no confidential key for that epoch."""

    data: ClassVar = {"reason": "confidential"}


class Vault:
    """The calls of the listener. Binary values are bytes; errors carry no value."""

    def __init__(self) -> None:
        self._made: dict[str, MailboxKeys] = {}
        self._open: dict[str, Keyring] = {}
        self._dealt: dict[str, list[Share]] = {}
        self._asking: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._rejection = secrets.token_bytes(32)

    def make_keys(self, handle: str, address: str, encryption: str, signature: str) -> dict[str, bytes]:
        """New mailbox keys and a certificate request for each pair."""
        keys = MailboxKeys(_MAKERS[encryption](), _MAKERS[signature](), secrets.token_bytes(32))
        self._made[handle] = keys
        return {
            "encryption_request": build_request(keys.encryption_key, address),
            "signature_request": build_request(keys.signature_key, address),
        }

    def public_keys(self, handle: str) -> dict[str, bytes]:
        """SHA-256 of both SubjectPublicKeyInfos of keys that were made here."""
        if handle not in self._made:
            raise HandleUnknown
        keys = self._made[handle]
        found = (spki_sha256(keys.encryption_key.public_key()), spki_sha256(keys.signature_key.public_key()))
        return {"encryption_spki": found[0], "signature_spki": found[1]}

    def begin(self, handle: str, previous: str | None = None, confidential: bool = False) -> None:
        """Keys that were made here become the first epoch, or the one after all that `previous` opens. May be repeated."""
        if handle not in self._made:
            raise HandleUnknown
        keys = replace(self._made[handle], confidential_key=secrets.token_bytes(32) if confidential else None)
        self._open[handle] = Keyring(1, {1: keys}) if previous is None else self._ring(previous).next(keys)

    def history(self, handle: str, mailbox_id: bytes, floor: int) -> bytes | None:
        """The sealed older epochs from `floor` on, which every member may open; None where there is none."""
        ring = self._ring(handle)
        return seal_history(ring.shared(floor), ring.current.storage_key, mailbox_id, ring.epoch)

    def grant(self, handle: str, body: bytes, recipient: dict[str, Any], floor: int = 1) -> bytes:
        """One holder's keys, where the shared history begins at `floor`. Raises GrantRefused.

        `recipient`: `{certificate, algorithm}` or `{reference, public_key}`.
        """
        parsed, ring = GrantBody.from_der(body), self._ring(handle)
        keys = ring.keys_for(parsed.role, parsed.history_from_epoch, floor)
        return build_grant(parsed, keys, _recipient(recipient))

    def grants(self, handle: str, wanted: list[dict[str, Any]], floor: int) -> list[bytes]:
        """As `grant`, for each `{body, recipient}` of an act."""
        return [self.grant(handle, one["body"], one["recipient"], floor) for one in wanted]

    def open_with_content_key(self, handle: str, grant: bytes, content_key: bytes, **evidence: Any) -> None:
        """Open a grant with the content-encryption key a card unwrapped. Raises GrantRefused."""
        parsed = parse_grant(grant)
        self._keep(handle, parsed.body, open_grant(parsed, content_key), **evidence)

    def open_with_prf(self, handle: str, grant: bytes, credential_id: bytes, prf: bytes, **evidence: Any) -> None:
        """Open a grant with a passkey's PRF value, also one of the first kind (kekri). Raises GrantRefused."""
        parsed = parse_grant(grant)
        if parsed.body.holder_key is None:
            keys = open_grant_with_prf(parsed, credential_id, prf)
        else:
            keys = open_grant_with_secret(parsed, HolderKind.PASSKEY, prf)
        self._keep(handle, parsed.body, keys, **evidence)

    def open_with_recovery(self, handle: str, grant: bytes, secret: bytes, **evidence: Any) -> None:
        """Open a grant with the 32 octets of a recovery code. Raises GrantRefused."""
        parsed = parse_grant(grant)
        self._keep(handle, parsed.body, open_grant_with_secret(parsed, HolderKind.RECOVERY, secret), **evidence)

    # ---- recovery by code and by officers

    def make_recovery(self, mailbox_id: bytes) -> dict[str, Any]:
        """A new recovery code: what the sheet shows, and the public keys by which it opens this mailbox and logs in."""
        secret = secrets.token_bytes(SECRET_LENGTH)
        login = derive_login_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        key = self.holder_key(mailbox_id, HolderKind.RECOVERY.value, secret)
        return {"text": format_code(secret), "holder_key": key, "login_key": login}

    def deal(self, handle: str, mailbox_id: bytes, threshold: int, count: int) -> dict[str, Any]:
        """A new officer secret in shares: the public key it opens with, and a commitment to each share, in order."""
        secret = secrets.token_bytes(SECRET_LENGTH)
        shares = split_secret(secret, mailbox_id, threshold, count)
        self._dealt[handle] = shares
        key = self.holder_key(mailbox_id, HolderKind.OFFICER.value, secret)
        return {"holder_key": key, "commitments": [one.commitment for one in shares]}

    def seal_shares(self, handle: str, policy: bytes, recipients: list[dict[str, Any]]) -> list[bytes]:
        """What was dealt, each share for its card; then it is forgotten here."""
        agreed, shares = RecoveryPolicy.from_der(policy), self._dealt.pop(handle, [])
        if len(shares) != len(recipients):
            raise HandleUnknown
        cards = [CardRecipient(load_certificate(one["certificate"]), one["algorithm"]) for one in recipients]
        return [seal_share(share, agreed, card) for share, card in zip(shares, cards, strict=True)]

    def ask_for_shares(self, handle: str) -> bytes:
        """The public key (DER) of a new request."""
        self._asking[handle] = ec.generate_private_key(ec.SECP256R1())
        return spki(self._asking[handle].public_key())

    def release(self, sealed: bytes, content_key: bytes, policy: bytes, request: bytes, digest: bytes) -> bytes:
        """A share that its holder's card opened, sealed anew for a request that the listener verified. Raises ShareRefused."""
        agreed = RecoveryPolicy.from_der(policy)
        share = open_share(parse_sealed_share(sealed, agreed), content_key, agreed)
        return release_share(share, _verified(request, digest))

    def open_with_shares(
        self,
        handle: str,
        grant: bytes,
        asking: str,
        policy: bytes,
        request: bytes,
        digest: bytes,
        releases: list[bytes],
        **evidence: Any,
    ) -> None:
        """Open a grant with what officers released for a request of this vault. Raises ShareRefused, GrantRefused."""
        if asking not in self._asking:
            raise HandleUnknown
        agreed, asked, key = RecoveryPolicy.from_der(policy), _verified(request, digest), self._asking[asking]
        secret = combine_shares(agreed, (open_release(one, asked, key, agreed) for one in releases))
        parsed = parse_grant(grant)
        self._keep(handle, parsed.body, open_grant_with_secret(parsed, HolderKind.OFFICER, secret), **evidence)
        del self._asking[asking]  # used once

    def complete(self, handle: str, older: str) -> None:
        """Take over the confidential keys that an older grant of the same owner opened; `older` is forgotten."""
        ring, other = self._ring(handle), self._ring(older)
        kept = {epoch: keys.confidential_key for epoch, keys in other.epochs.items()}
        epochs = {
            epoch: replace(keys, confidential_key=keys.confidential_key or kept.get(epoch))
            for epoch, keys in ring.epochs.items()
        }
        self._open[handle] = replace(ring, epochs=epochs)
        self.forget(older)

    def epochs(self, handle: str) -> list[int]:
        """Which epochs the handle opens."""
        return sorted(self._ring(handle).epochs)

    def object_keys(self, handle: str, items: list[list[Any]]) -> list[bytes]:
        """Of `[class, object id, epoch or None for the current one]`. Raises EpochUnknown, OwnersOnly."""
        ring = self._ring(handle)
        return [
            derive_object_key(_secret_of(_keys_of(ring, epoch), object_class), object_class, object_id)
            for object_class, object_id, epoch in items
        ]

    def unwrap(self, handle: str, item_class: Any, items: list[dict[str, Any]]) -> list[bytes]:
        """One CEK-shaped answer per item, whatever the item is worth (no oracle): an epoch that is not open opens nothing."""
        ring = self._ring(handle)
        return [
            unwrap_or_reject(
                item["recipientInfo"],
                ring.epochs.get(item.get("epoch", ring.epoch), ring.current).encryption_key,
                content_algorithm=item["contentAlgorithm"],
                item_class=item_class,
                secret=self._rejection,
            )
            for item in items
        ]

    def sign(self, handle: str, signed_attributes: bytes) -> bytes:
        """The mailbox key's signature over the signedAttrs of a message or of a log entry, and over nothing else."""
        _check_signable(signed_attributes)
        return software_signer(self._ring(handle).current.signature_key)(signed_attributes)

    def holder_key(self, mailbox_id: bytes, kind: str, secret: bytes) -> bytes:
        """The public key (DER) that a passkey's or code's holder has for one mailbox."""
        return spki(derive_holder_key(secret, mailbox_id, kind).public_key())

    def export_keys(
        self,
        handle: str,
        epoch: int,
        encryption: bytes,
        signature: bytes,
        chain: list[bytes],
        name: str,
        passphrase: bytes,
    ) -> dict[str, bytes]:
        """Both keys of an epoch as PKCS#12 under a passphrase, for `pli-bridge export` alone. Raises GrantRefused, EpochUnknown."""
        keys = _keys_of(self._ring(handle), epoch)
        made = {"encryption": (keys.encryption_key, encryption), "signature": (keys.signature_key, signature)}
        return {
            use: encrypted_pkcs12(f"{name} {epoch} {use}", key, certificate, chain, passphrase)
            for use, (key, certificate) in made.items()
        }

    def forget(self, handle: str) -> None:
        self._open.pop(handle, None)
        self._made.pop(handle, None)
        self._dealt.pop(handle, None)
        self._asking.pop(handle, None)

    def _keep(
        self, handle: str, body: GrantBody, keys: MailboxKeys, spkis: list[list[Any]], history: bytes | None = None
    ) -> None:
        """`spkis`: of each epoch, the hashes of both public keys as the log's bindings name them."""
        named = {epoch: (encryption, signature) for epoch, encryption, signature in spkis}
        self._open[handle] = open_keyring(body, keys, history, named)

    def _ring(self, handle: str) -> Keyring:
        if handle not in self._open:
            raise HandleUnknown
        return self._open[handle]


def _verified(request: bytes, digest: bytes) -> VerifiedRequest:
    """A request whose signature the listener checked: here only its key and its hash count."""
    return VerifiedRequest(RecoveryRequest.from_der(request), Identity("card", "", "", "", ""), digest)


def _secret_of(keys: MailboxKeys, object_class: str) -> bytes:
    """What its owners marked confidential is under a key that no delegate's grant holds."""
    if object_class != "confidential":
        return keys.storage_key
    if keys.confidential_key is None:
        raise OwnersOnly
    return keys.confidential_key


def _keys_of(ring: Keyring, epoch: int | None) -> MailboxKeys:
    found = ring.epochs.get(ring.epoch if epoch is None else epoch)
    if found is None:
        raise EpochUnknown
    return found


def _check_signable(signed_attributes: bytes) -> None:
    """A SET of signed attributes that names what it signs: a message's content or a log entry."""
    attributes = structures.parse(structures.Attributes, signed_attributes)
    values = {one["type"].dotted: structures.members(one["values"]) for one in attributes}
    content_types = values.get(algorithms.CONTENT_TYPE, [])
    if algorithms.MESSAGE_DIGEST not in values or content_types not in [[encode_oid(oid)] for oid in _SIGNABLE]:
        raise AttributeRefused("not the signedAttrs of a message or of a log entry")


def _recipient(recipient: dict[str, Any]) -> Recipient:
    if "certificate" in recipient:
        return CardRecipient(load_certificate(recipient["certificate"]), recipient["algorithm"])
    return HolderKeyRecipient(recipient["reference"], recipient["public_key"])


def _keep_private() -> None:
    """No core file, and on Linux no /proc/PID/mem or ptrace for other processes of this user."""
    leave_no_core()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def main() -> None:
    _keep_private()
    vault = Vault()
    names = [name for name in vars(Vault) if not name.startswith("_")]
    serve({name: getattr(vault, name) for name in names}, (CmsError, HandleUnknown, EpochUnknown, OwnersOnly))


if __name__ == "__main__":
    main()
