"""Whether what an act gives keys to still counts as a way in here: no lost card, none that its issuer revoked, nobody who left."""

import hashlib
from collections.abc import Iterable

from django.db.models import Q

from bridge.cms.grants import Grant
from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError
from webmail import trust
from webmail.domain import log_people
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


def _known(grants: Iterable[tuple[Grant, str]]) -> list[tuple[Grant, Credential]]:
    """Each with its credential, of that person alone: who names a colleague's key as his own says nothing about the colleague."""
    held = {(one.body.holder.kind.value, one.body.holder.reference.hex(), person): one for one, person in grants}
    references = {reference for _, reference, _ in held}
    rows = Credential.objects.filter(Q(reference__in=references) | Q(grant_reference__in=references))
    named = [(row, reference) for row in rows for reference in {row.reference, row.grant_reference}]
    found = [(held.get((row.kind, reference, row.person_id)), row) for row, reference in named]
    return [(grant, row) for grant, row in found if grant is not None]


def _is_revoked(row: Credential, reference: bytes) -> bool:
    kept = [bytes(der) for der in (row.certificate, row.unwrap_certificate)]
    try:
        return any(trust.revoked(load_certificate(der)) for der in kept if hashlib.sha256(der).digest() == reference)
    except PkiError:
        return True
