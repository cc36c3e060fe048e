"""What a person logs in and opens with: looked at, added, named, and blocked the moment a card is lost."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from django.db.models import Q, QuerySet
from django.utils import timezone

from bridge.cms.card_proof import verify_card_proof
from bridge.cms.errors import CmsError
from bridge.pki.anchors import Purpose
from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError
from webmail import trust
from webmail.directory.listing import readable
from webmail.domain import authenticate, notices, trace
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing
from webmail.domain.errors import AccessDenied, InvalidProperties, NotFound
from webmail.domain.log_signers import card_identity, card_now
from webmail.domain.trace import Act
from webmail.models import Credential, Grant, Membership, Person, Share


@dataclass(frozen=True)
class GrantableCard:
    """A card that colleagues can grant to while its holder is away: DER, the chain nearest first."""

    person: Person
    certificate: bytes
    chain: tuple[bytes, ...]
    proof: bytes | None

    @property
    def ocsps(self) -> list[bytes]:
        """The OCSP responses kept about the certificate and its issuers."""
        return trust.ocsps(readable([self.certificate, *self.chain], None))


def own(caller: Caller) -> list[Credential]:
    """The caller's credentials, the blocked ones too, oldest first."""
    return list(Credential.objects.filter(person_id=caller.person_id).order_by("created_at", "id"))


def rename(caller: Caller, credential_id: str, name: str) -> None:
    """Call a credential something. Raises AccessDenied, NotFound."""
    _require_more_than_reading(caller)
    if not Credential.objects.filter(id=credential_id, person_id=caller.person_id).update(name=name):
        raise NotFound


def add_proof(caller: Caller, certificate: bytes, chain: Sequence[bytes], proof: bytes) -> Credential:
    """Keep what a card of the caller's proved of its unwrap key. Raises AccessDenied, InvalidProperties: `certificate`, `proof`."""
    _require_more_than_reading(caller)
    person = Person.objects.get(id=caller.person_id)
    has_own_key = _checked_certificate(person, certificate, chain)
    try:
        verified = verify_card_proof(proof, validate_signer=card_now)
    except (CmsError, PkiError) as error:
        raise InvalidProperties("proof") from error
    signer = verified.signer
    if (signer.id_type, signer.id_value) != (person.id_type, person.id_value) or not person.id_value:
        raise InvalidProperties("proof")
    if verified.proof.certificate != hashlib.sha256(certificate).digest():
        raise InvalidProperties("certificate")
    row = _card_of(caller, person, certificate, has_own_key=has_own_key)
    row.unwrap_certificate, row.unwrap_chain, row.proof = certificate, [_text(der) for der in chain], proof
    row.save(update_fields=["unwrap_certificate", "unwrap_chain", "proof"])
    return row


def grantable(*, rpps_number: str = "", reference: str = "") -> GrantableCard | None:
    """The card to grant to: of a number the one used last, or the very one of a grant holder's reference."""
    cards = Credential.objects.filter(kind=Credential.Kind.CARD, retired_at=None)
    if reference:
        rows = list(cards.filter(Q(reference=reference) | Q(grant_reference=reference)))
    else:
        people = Person.objects.filter(id_type="RPPS", id_value=rpps_number, left_at=None)
        rows = list(cards.filter(person_id__in=people.values("id")).order_by("-last_used_at", "-created_at"))
    proved = [row for row in rows if row.proof] or [row for row in rows if _opens_something(row)]
    return _grantable(proved[0]) if proved else None


def block(caller: Caller, credential_id: str) -> None:
    """A card is lost: it no longer logs in, its sessions end, its grants are served to nobody, and the keys it held change.

    Its holder may do it from any other of his credentials, and whoever holds a share of one of his mailboxes' recovery.
    Raises NotFound, StepUpRequired.
    """
    row = Credential.objects.filter(id=credential_id, retired_at=None).first()
    if row is None or not may_block(caller, row.person_id):
        raise NotFound
    _require_presence(caller)
    retire(caller, row)


def retire(caller: Caller, row: Credential) -> None:
    """What `block` does, for a caller of whom it was found that he may."""
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    held = _held_by(row).filter(revoked_at=None)
    for account_id in sorted(set(held.values_list("account_id", flat=True))):
        _take_back(caller, account_id, row)


def _require_more_than_reading(caller: Caller) -> None:
    if caller.only_reads:
        raise AccessDenied


def _held_by(row: Credential) -> QuerySet[Grant]:
    """What opens by it, and is this person's: a reference may be a copy of somebody else's."""
    references = {row.reference, row.grant_reference} - {""}
    return Grant.objects.filter(holder_reference__in=references, person_id=row.person_id)


def _take_back(caller: Caller, account_id: str, row: Credential) -> None:
    with changing(account_id) as change:
        mine = _held_by(row).filter(account_id=account_id)
        mine.update(revoked_at=timezone.now(), modseq=change.next(Kind.KEY))
        change.mark_loss()
        change.next(Kind.MEMBER)
        trace.record(account_id, Act.CREDENTIAL_BLOCKED, caller)
    notices.send(account_id, notices.Notice.CARD_BLOCKED)


def _require_presence(caller: Caller) -> None:
    """A page left open, or a script in it, locks nobody out: blocking cannot be undone. Who logged in by passkey because his card is
    lost has just shown one. A printed code cannot be asked for again, and its session ends within the hour.
    """
    if not caller.only_reads:
        caller.require_fresh_proof()


def may_block(caller: Caller, person_id: str) -> bool:
    """Whether a caller may say that somebody's way in is lost: his own, or of whose mailbox's recovery he holds a share."""
    if caller.person_id == person_id:
        return True
    if caller.only_reads:
        return False
    owned = Membership.objects.filter(person_id=person_id, role="owner", state="active").values("account_id")
    return Share.objects.filter(account_id__in=owned, person_id=caller.person_id).exists()


def _checked_certificate(person: Person, der: bytes, chain: Sequence[bytes]) -> bool:
    """Whether the card has a key of its own for opening; else it is the one that logs in (DESIGN §4.1).

    Raises InvalidProperties("certificate") for one that is not this person's, so that nobody names a colleague's card as his.
    """
    try:
        certificate, issuers = load_certificate(der), [load_certificate(member) for member in chain]
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        has_own_key = usage.key_encipherment or usage.key_agreement
        purpose = Purpose.CARD_ENCRYPTION if has_own_key else Purpose.CARD_AUTHENTICATION
        identity = card_identity(certificate, issuers, purpose)
    except (PkiError, x509.ExtensionNotFound) as error:
        raise InvalidProperties("certificate") from error
    if (identity.id_type, identity.id_value) != (person.id_type, person.id_value):
        raise InvalidProperties("certificate")
    return has_own_key


def _card_of(caller: Caller, person: Person, certificate: bytes, *, has_own_key: bool) -> Credential:
    """The credential of the card that proved itself. Raises InvalidProperties("certificate") for a blocked one."""
    reference = hashlib.sha256(certificate).hexdigest()
    if has_own_key:
        found = Credential.objects.filter(reference=caller.credential, kind=Credential.Kind.CARD).first()
        if found is not None:
            found.grant_reference = reference
            found.save(update_fields=["grant_reference"])
    else:
        found = authenticate.add_card(person, certificate)
    if found is None or found.person_id != person.id or found.retired_at is not None:
        raise InvalidProperties("certificate")
    return found


def _opens_something(row: Credential) -> bool:
    return Grant.objects.filter(holder_reference=row.reference, holder_kind="card").exists()


def _grantable(row: Credential) -> GrantableCard | None:
    person = Person.objects.filter(id=row.person_id, left_at=None).first()
    if person is None:
        return None
    chain = tuple(base64.b64decode(member) for member in row.unwrap_chain)
    return GrantableCard(person, bytes(row.unwrap_certificate or row.certificate), chain, bytes(row.proof) or None)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
