"""Opening a mailbox: the operator certifies two keys for an address, then the owner's genesis entry binds them.

Between the two steps the address is reserved for an hour to the credential that asked for it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from bridge.cms.acts import GenesisFacts, check_genesis
from bridge.cms.grants import Holder, HolderKind
from bridge.errors import PliError
from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError, RppsInvalid
from bridge.pki.health_identity import check_rpps
from webmail.domain import authenticate, folders, invitations, network_list, tenant_rules, trace
from webmail.domain.address_rules import local_part_of, may_be_opened, numbered
from webmail.domain.authenticate import Enrolment
from webmail.domain.caller import Caller
from webmail.domain.certified_keys import Certified, certified, told
from webmail.domain.change import Kind, changing
from webmail.domain.errors import NotFound, OpeningRefused
from webmail.domain.genesis import signer_rule
from webmail.domain.trace import Act
from webmail.models import Address, Grant, GrantBody, LogEntry, Mailbox, MailboxKey, Membership, Person, Tenant
from webmail.models.columns import new_identifier

RESERVATION = timedelta(hours=1)


def suggested_address(enrolment: Enrolment) -> str:
    """The one that a network's list keeps for this person; else a free one made of the name, `alice.martin@domain`, numbered if
    taken; "" if the name gives none.
    """
    kept = network_list.address_for(enrolment)
    local = local_part_of(enrolment.name)
    if kept or not local:
        return kept
    addresses = numbered(local, settings.PLI_DOMAINS[0])
    taken = set(Address.objects.filter(address__in=addresses).values_list("address", flat=True))
    return next((one for one in addresses if one not in taken and not network_list.is_kept(one)), "")


def certify(
    enrolment: Enrolment, address: str, *, encryption_request: bytes, signature_request: bytes, kind: str = "PER"
) -> Certified:
    """Reserve an address and certify its two keys (DER PKCS#10).

    Raises OpeningRefused: address-refused, address-taken, request-invalid, rpps-mismatch, card-required, bridge-required,
    not-listed, name-differs.
    """
    address = _checked_address(address)
    _check_number(enrolment)
    tenant = tenant_rules.of_address(address)
    if enrolment.passkey:
        tenant_rules.require_passkey_allowed(tenant)
    if kind == Mailbox.Kind.PER:
        network_list.require_listed(enrolment, address, tenant)
    key = certified(
        new_identifier(),
        1,
        address,
        encryption_request=encryption_request,
        signature_request=signature_request,
    )
    _reserve(enrolment, address, kind, key, tenant)
    return told(key, for_card=enrolment.passkey is None)


def complete(enrolment: Enrolment, mailbox_id: str, *, grant: bytes, binding: bytes, log_entry: bytes) -> Person:
    """Check the genesis act and open the mailbox; gives the owner's Person.

    Raises OpeningRefused: proof-invalid (the parts do not belong together), rpps-mismatch, address-taken (the
    reservation is over).
    """
    key = MailboxKey.objects.filter(account_id=mailbox_id, epoch=1, state=MailboxKey.State.PENDING).first()
    mailbox = Mailbox.objects.filter(id=mailbox_id, opened_by=enrolment.reference).first()
    if key is None or mailbox is None or mailbox.status != Mailbox.Status.OPENING:
        raise OpeningRefused("address-taken")
    facts = _checked_genesis(enrolment, mailbox, key, grant, binding, log_entry)
    with transaction.atomic():
        person = _person(enrolment)
        _open(person, mailbox_id, key, facts, grant=grant, binding=binding, log_entry=log_entry)
        trace.record(mailbox_id, Act.ACCOUNT_OPENED, Caller(person.id, enrolment.reference))
    if person.level != Person.Level.PASSKEY:
        network_list.arrive(person, mailbox.address)
        invitations.arrive(person)
    return person


def _checked_address(address: str) -> str:
    if not may_be_opened(address.lower()):
        raise OpeningRefused("address-refused")
    return address.lower()


def _check_number(enrolment: Enrolment) -> None:
    """The RPPS number passes its check digit and is not someone else's."""
    if enrolment.id_type != "RPPS":
        return
    try:
        check_rpps(enrolment.id_value)
    except RppsInvalid as error:
        raise OpeningRefused("rpps-mismatch") from error


def _reserve(enrolment: Enrolment, address: str, kind: str, key: MailboxKey, tenant: Tenant | None) -> None:
    now = timezone.now()
    try:
        with transaction.atomic():
            _release(address, enrolment.reference, now)
            Address.objects.create(address=address, account_id=key.account_id, reserved_until=now + RESERVATION)
            Mailbox.objects.create(
                id=key.account_id,
                address=address,
                kind=kind,
                created_at=now,
                opened_by=enrolment.reference,
                tenant_id=tenant.id if tenant else "",
            )
            key.save(force_insert=True)
    except IntegrityError as error:
        raise OpeningRefused("address-taken") from error


def _release(address: str, reference: str, now: datetime) -> None:
    """Give up a reservation of the same person, or one that is over."""
    held = Address.objects.filter(address=address, reserved_until__isnull=False).first()
    if held is None:
        return
    mailbox = Mailbox.objects.filter(id=held.account_id, status=Mailbox.Status.OPENING).first()
    if mailbox and held.reserved_until and (held.reserved_until < now or mailbox.opened_by == reference):
        MailboxKey.objects.filter(account_id=mailbox.id).delete()
        mailbox.delete()
        held.delete()


def _checked_genesis(
    enrolment: Enrolment, mailbox: Mailbox, key: MailboxKey, grant: bytes, binding: bytes, log_entry: bytes
) -> GenesisFacts:
    encryption, signature = (
        load_certificate(bytes(value)) for value in (key.encryption_certificate, key.signature_certificate)
    )
    rule = signer_rule(enrolment, signature)
    try:
        facts = check_genesis(log_entry, binding, grant, encryption, signature, rule)
    except (PliError, PkiError, ValueError) as error:
        raise OpeningRefused("proof-invalid") from error
    _compare(enrolment, mailbox, facts)
    return facts


def _compare(enrolment: Enrolment, mailbox: Mailbox, facts: GenesisFacts) -> None:
    """The act speaks of this mailbox, this person and this credential."""
    holder, identity = facts.grant.body.holder, facts.identity
    if (identity.id_type, identity.id_value) != (enrolment.id_type, enrolment.id_value):
        raise OpeningRefused("rpps-mismatch")
    fresh = abs(timezone.now() - facts.entry.signing_time) < 2 * RESERVATION
    same = (
        fresh
        and facts.binding.mailbox_id.hex() == mailbox.id
        and facts.binding.address == mailbox.address
        and facts.binding.epoch == 1
        and identity.level == enrolment.level
        and _is_for(holder, enrolment)
        and (holder.id_type, holder.id_value) == (enrolment.id_type, enrolment.id_value)
    )
    if not same:
        raise OpeningRefused("proof-invalid")


def _is_for(holder: Holder, enrolment: Enrolment) -> bool:
    """A card may have a key of its own for opening (DESIGN §4.1), so its grant names that certificate, not the login's."""
    if enrolment.id_value and holder.kind is HolderKind.CARD:
        return True  # same card-signed person: compared above and below by number
    return holder.reference.hex() == enrolment.reference


def _person(enrolment: Enrolment) -> Person:
    """The person of this enrolment, made if new."""
    person = None
    if enrolment.id_value:
        person = Person.objects.filter(id_type=enrolment.id_type, id_value=enrolment.id_value).first()
    if person is None:
        person = Person.objects.create(
            id=new_identifier(),
            level=enrolment.level,
            id_type=enrolment.id_type,
            id_value=enrolment.id_value,
            name=enrolment.name,
            profession=enrolment.profession,
            created_at=timezone.now(),
        )
    if enrolment.passkey:
        authenticate.add_passkey(person, enrolment.passkey)
    else:
        authenticate.add_card(person, enrolment.certificate)
    return person


def _open(
    person: Person,
    mailbox_id: str,
    key: MailboxKey,
    facts: GenesisFacts,
    *,
    grant: bytes,
    binding: bytes,
    log_entry: bytes,
) -> None:
    now, body = timezone.now(), facts.grant.body
    try:
        with changing(mailbox_id) as change:
            if change.mailbox.status != Mailbox.Status.OPENING:  # completed twice at once
                raise OpeningRefused("address-taken")
            change.mailbox.status = Mailbox.Status.OPEN
            change.mailbox.save(update_fields=["status"])
            if change.mailbox.kind == Mailbox.Kind.PER:
                Person.objects.filter(id=person.id, tenant_id="").update(tenant_id=change.mailbox.tenant_id)
            Address.objects.filter(account_id=mailbox_id).update(reserved_until=None)
            modseq = change.next(Kind.KEY)
            key.binding, key.log_seq, key.state, key.modseq = binding, 0, MailboxKey.State.CURRENT, modseq
            key.save(force_update=True)
            LogEntry.objects.create(
                account_id=mailbox_id,
                seq=0,
                entry=log_entry,
                head=facts.entry.head.hash,
                received_at=now,
                modseq=modseq,
            )
            Grant.objects.create(
                account_id=mailbox_id,
                id=body.grant_id.hex(),
                body_id=facts.grant.body_hash.hex(),
                epoch=body.epoch,
                person_id=person.id,
                holder_kind=body.holder.kind.value,
                holder_reference=body.holder.reference.hex(),
                role=body.role.value,
                grant=grant,
                log_seq=0,
                not_before=body.not_before,
                not_after=body.not_after,
                modseq=modseq,
            )
            digest = facts.grant.body_hash.hex()
            GrantBody.objects.create(account_id=mailbox_id, id=digest, body=facts.grant.body_der, log_seq=0)
            Membership.objects.create(
                account_id=mailbox_id,
                id=digest,
                person_id=person.id,
                role=body.role.value,
                not_before=min(now, body.not_before),
            )
            folders.create_defaults(change)
    except (NotFound, IntegrityError) as error:
        raise OpeningRefused("address-taken") from error
