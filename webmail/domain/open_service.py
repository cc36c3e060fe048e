"""Opening a mailbox that is no person's: a service, a practice, a program. Its first owner opens it, with his own card.

From there on it is a mailbox like any other; there is no shared password because there is nothing that a password would open.
"""

from django.conf import settings

from webmail.domain import network_list, open_account, tenant_rules
from webmail.domain.authenticate import Enrolment
from webmail.domain.caller import Caller
from webmail.domain.certified_keys import Certified
from webmail.domain.errors import AccessDenied, OpeningRefused
from webmail.models import Credential, Mailbox, Person

KINDS = tuple(kind.value for kind in Mailbox.Kind if kind is not Mailbox.Kind.PER)


def certify(
    caller: Caller, kind: str, address: str, *, encryption_request: bytes, signature_request: bytes
) -> Certified:
    """Reserve the address and certify its keys. Raises StepUpRequired, AccessDenied, and OpeningRefused as for an account;
    card-required for somebody who logged in without one.
    """
    enrolment = _enrolment(caller)
    if not _may_open(Person.objects.get(id=caller.person_id), address):
        raise AccessDenied
    return open_account.certify(
        enrolment, address, encryption_request=encryption_request, signature_request=signature_request, kind=kind
    )


def complete(caller: Caller, mailbox_id: str, *, grant: bytes, binding: bytes, log_entry: bytes) -> None:
    """Check the genesis act and open the mailbox. Raises as `certify`."""
    open_account.complete(_enrolment(caller), mailbox_id, grant=grant, binding=binding, log_entry=log_entry)
    network_list.inbox_opened(mailbox_id)


def domains_for(person: Person) -> list[str]:
    """Where this person may open such a mailbox at an address that no list keeps: nowhere without a national number."""
    return tenant_rules.service_domains(person, settings.PLI_DOMAINS) if person.id_value else []


def _may_open(person: Person, address: str) -> bool:
    """An address that a network's list keeps is opened by whom the list names; any other by the rules of its establishment."""
    if network_list.is_kept(address):
        return network_list.is_opener(person, address)
    return tenant_rules.may_open_service(person, address)


def _enrolment(caller: Caller) -> Enrolment:
    """The caller, as his card proved him."""
    caller.require_fresh_proof()
    person = Person.objects.get(id=caller.person_id)
    card = Credential.objects.filter(reference=caller.credential, kind=Credential.Kind.CARD).first()
    if card is None or not person.id_value:
        raise OpeningRefused("card-required")
    return Enrolment(
        level=person.level,
        id_type=person.id_type,
        id_value=person.id_value,
        name=person.name,
        profession=person.profession,
        certificate=bytes(card.certificate),
    )
