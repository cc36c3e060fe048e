"""Whether what an act gives keys to still counts as a way in here: no lost card, none that its issuer revoked, nobody who left.

And whether what a manager leaves out of an owner's ways in no longer does: the log lets him leave one out where another stays, and
cannot know which of them is dead.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from django.db.models import Q, QuerySet
from django.utils import timezone

from bridge.cms.grants import Grant, HolderKind, Role
from bridge.cms.membership import Member
from bridge.pki.certificates import load_certificate
from webmail import trust
from webmail.domain import log_people, tenant_rules
from webmail.domain.act import CheckedAct
from webmail.domain.errors import ActRefused
from webmail.models import Credential, Membership, Person
from webmail.models import Grant as KeyGrant


def check(checked: CheckedAct) -> None:
    """Raises ActRefused: `holder-left`, `holder-blocked`, or `holder-revoked` for a new holder's card.

    Blocked is blocked for members of old too: what was reported lost between the reading of the log and a rotation gets no new keys.
    """
    people = [log_people.find(checked.after.member(one.body_hash).person, checked.after) for one in checked.grants]
    if Person.objects.filter(id__in=people, left_at__isnull=False).exists():
        raise ActRefused("holder-left")
    for grant, row in _known(zip(checked.grants, people, strict=True)):
        if row.retired_at is not None:
            raise ActRefused("holder-blocked")
        if grant in checked.new_grants and _is_revoked(row, grant.body.holder.reference):
            raise ActRefused("holder-revoked")


def check_left_out(checked: CheckedAct) -> None:
    """Raises ActRefused("owner-ended") where a manager would take a way in from an owner that still is one."""
    rights = checked.before.rights(checked.before.signer(checked.entry), checked.entry.signing_time)
    if rights is None or rights.role is Role.OWNER:
        return
    for member in map(checked.before.member, checked.entry.entry.ends):
        if member.body.role is Role.OWNER and member.person != checked.before.signer(checked.entry):
            _check_dead(checked, member)


def ended_cards(account_id: str) -> dict[str, datetime]:
    """Since when a member's card is past its end, or known as revoked, by the name of its grant's body (hex).

    The certificate is the one that the grant names, and a card of that member: no other card of his, and nobody else's, ends it.
    """
    people = dict(_standing(account_id).values_list("id", "person_id"))
    cards = Credential.objects.filter(kind=Credential.Kind.CARD, person_id__in=set(people.values()))
    kept = {(row.person_id, _digest(der).hex()): der for row in cards for der in _kept(row)}
    held = KeyGrant.objects.filter(account_id=account_id, body_id__in=people, holder_kind=HolderKind.CARD.value)
    named = [(grant.body_id, kept.get((people[grant.body_id], grant.holder_reference))) for grant in held]
    found = {body: _over_since(load_certificate(der)) for body, der in named if der}
    return {body: since for body, since in found.items() if since is not None}


def _standing(account_id: str) -> QuerySet[Membership]:
    return Membership.objects.filter(account_id=account_id, state=Membership.State.ACTIVE)


def _over_since(certificate: x509.Certificate) -> datetime | None:
    end, now = certificate.not_valid_after_utc, timezone.now()
    if end <= now:
        return end
    return now if trust.revoked(certificate) else None


def _check_dead(checked: CheckedAct, member: Member) -> None:
    holder, person_id = member.body.holder, log_people.find(member.person, checked.before)
    if holder.kind is HolderKind.PASSKEY and tenant_rules.closed_to_passkeys(member.body.mailbox_id.hex()):
        return
    reference = holder.reference.hex()
    rows = Credential.objects.filter(Q(reference=reference) | Q(grant_reference=reference), person_id=person_id)
    if not any(row.retired_at or _is_over(row, holder.reference) for row in rows.filter(kind=holder.kind.value)):
        raise ActRefused("owner-ended")


def _is_over(row: Credential, reference: bytes) -> bool:
    """Of a card: revoked, or past its end."""
    return row.kind == Credential.Kind.CARD and any(map(_over_since, _certificates(row, reference)))


def _known(grants: Iterable[tuple[Grant, str]]) -> list[tuple[Grant, Credential]]:
    """Each with its credential, of that person alone: who names a colleague's key as his own says nothing about the colleague."""
    held = {(one.body.holder.kind.value, one.body.holder.reference.hex(), person): one for one, person in grants}
    references = {reference for _, reference, _ in held}
    rows = Credential.objects.filter(Q(reference__in=references) | Q(grant_reference__in=references))
    named = [(row, reference) for row in rows for reference in {row.reference, row.grant_reference}]
    found = [(held.get((row.kind, reference, row.person_id)), row) for row, reference in named]
    return [(grant, row) for grant, row in found if grant is not None]


def _is_revoked(row: Credential, reference: bytes) -> bool:
    return any(map(trust.revoked, _certificates(row, reference)))


def _certificates(row: Credential, reference: bytes) -> list[x509.Certificate]:
    """The one that a grant names, where it is kept here; each was read before it was kept."""
    return [load_certificate(der) for der in _kept(row) if _digest(der) == reference]


def _kept(row: Credential) -> list[bytes]:
    return [bytes(der) for der in (row.certificate, row.unwrap_certificate)]


def _digest(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()
