"""Login with a printed recovery code: its login key signs the challenge, and the session that opens only reads."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bridge.cms.algorithms import INFO_RECOVERY_LOGIN
from webmail.domain import access, authenticate, notices
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing
from webmail.domain.errors import LoginRefused
from webmail.models import Address, Credential, Grant, Person

HALF = 32  # r and s of P-256, octets


def log_in(address: str, signature: bytes, *, challenge: str, session: str, origin: str) -> Credential:
    """The code of that mailbox which signed this session's challenge; its owner is told, and the keys change next.

    The challenge is spent whatever happens. Raises LoginRefused: challenge-expired; bridge-required for the right code
    where the establishment wants the bridge; or code-refused, which says no more.
    """
    authenticate.spend_challenge(session, challenge)
    signed = statement(origin, challenge)
    account_id = Address.objects.filter(address=address.lower()).values_list("account_id", flat=True).first() or ""
    for credential in _codes_of(account_id):
        if _verifies(bytes(credential.public_key), signature, signed):
            authenticate.require_open_way(Person.objects.get(id=credential.person_id), credential.kind)
            _use(credential, account_id)
            return credential
    raise LoginRefused("code-refused")


def statement(origin: str, challenge: str) -> bytes:
    """What the code signs: H(label, origin, challenge) of docs/PROTOCOL.md, each part in the octets of its text."""
    parts = [part.encode() for part in (INFO_RECOVERY_LOGIN, origin, challenge)]
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def _codes_of(account_id: str) -> list[Credential]:
    """Of whom the grant is for: somebody who named the same key in a mailbox of his own comes in nowhere by it."""
    held = Grant.objects.filter(
        account_id=account_id,
        holder_kind="recovery",
        revoked_at=None,
        holder_reference=OuterRef("grant_reference"),
        person_id=OuterRef("person_id"),
    )
    codes = Credential.objects.filter(Exists(held), kind=Credential.Kind.RECOVERY, retired_at=None)
    return list(codes.filter(person_id__in=Person.objects.filter(left_at=None).values("id")))


def _verifies(point: bytes, signature: bytes, signed: bytes) -> bool:
    if len(signature) != 2 * HALF:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:HALF], signature[HALF:]))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _use(credential: Credential, account_id: str) -> None:
    """It logs its person in, not to one mailbox: whoever found the sheet was shown all of them, and all of them get new keys."""
    Credential.objects.filter(id=credential.id).update(last_used_at=timezone.now())
    caller = Caller(credential.person_id, credential.reference, credential.kind)
    for one in sorted({account_id, *(account.id for account in access.accounts_of(caller))}):
        with changing(one) as change:
            change.mark_key_change(due=True)
            change.next(Kind.MEMBER)
    notices.send(account_id, notices.Notice.CODE_USED)
