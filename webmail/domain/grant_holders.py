"""Whether what an act gives keys to still counts as a way in here: no lost card, none that its issuer revoked, nobody who left.

And whether what a manager leaves out of an owner's ways in no longer does: the log lets him leave one out where another stays, and
cannot know which of them is dead.
"""

import hashlib
from collections.abc import Iterable

from cryptography import x509
from django.db.models import Q
from django.utils import timezone

from bridge.cms.grants import Grant, HolderKind, Role
from bridge.cms.membership import Member
from bridge.pki.certificates import load_certificate
from webmail import trust
from webmail.domain import log_people, tenant_rules
from webmail.domain.act import CheckedAct
from webmail.domain.errors import ActRefused
from webmail.models import Credential, Person


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
    return row.kind == Credential.Kind.CARD and (_is_revoked(row, reference) or _has_expired(row, reference))


def _has_expired(row: Credential, reference: bytes) -> bool:
    return any(one.not_valid_after_utc <= timezone.now() for one in _certificates(row, reference))


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
    kept = [bytes(der) for der in (row.certificate, row.unwrap_certificate)]
    return [load_certificate(der) for der in kept if hashlib.sha256(der).digest() == reference]
