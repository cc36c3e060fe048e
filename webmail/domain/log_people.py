"""Whom a log means: its persons are numbers on cards or hashes of certificates, ours are rows."""

from django.db.models import Q
from django.utils import timezone

from bridge.cms.grants import GrantBody
from bridge.cms.log import VerifiedEntry
from bridge.cms.members import person_of_signer
from bridge.cms.membership import Membership
from bridge.cms.membership import Person as LoggedPerson
from webmail.models import Credential, Person
from webmail.models import Membership as MembershipRow
from webmail.models.columns import new_identifier

NOBODY = "officer"  # whoever puts the shares together is no person of the log
BY_CERTIFICATE = "certificate"


def find(person: LoggedPerson, membership: Membership) -> str:
    """The id of a person of the log; "" for officers and for somebody unknown here."""
    kind, value = person
    if kind == NOBODY:
        return ""
    if kind == BY_CERTIFICATE:
        return _by_reference(value) or _by_former_row(person, membership)
    found = Person.objects.filter(id_type=kind, id_value=value).values_list("id", flat=True).first()
    return str(found or "")


def signer_by_card(entry: VerifiedEntry) -> LoggedPerson:
    """Who signed, by the card alone: what counts for a holder of a share, who may be no member."""
    return person_of_signer(entry)


def find_or_make(person: LoggedPerson, membership: Membership, body: GrantBody) -> str:
    """The same for the holder of a grant; someone with a national number who never came gets a row to come to."""
    known = find(person, membership)
    if known or not body.holder.id_value or person[0] == NOBODY:
        return known
    made = Person.objects.create(
        id=new_identifier(),
        level=Person.Level.CARD,
        id_type=body.holder.id_type,
        id_value=body.holder.id_value,
        name=body.holder.name[:200],
        created_at=timezone.now(),
    )
    return made.id


def _by_reference(reference: str) -> str:
    """By a credential, or by the grants of somebody whose card has a key of its own for opening."""
    known = Credential.objects.filter(Q(reference=reference) | Q(grant_reference=reference))
    return str(known.values_list("person_id", flat=True).first() or "")


def _by_former_row(person: LoggedPerson, membership: Membership) -> str:
    own = [one.digest.hex() for one in membership.members if one.person == person]
    return str(MembershipRow.objects.filter(id__in=own).values_list("person_id", flat=True).first() or "")
