"""Who asks: a person, and what this session of his was opened with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from webmail.domain.errors import StepUpRequired
from webmail.models import Credential, Person, Tenant

PROOF_LIFETIME = timedelta(minutes=5)
PERSON, CREDENTIAL, PROVED_AT = "person_id", "credential", "proved_at"


@dataclass(frozen=True)
class Caller:
    """`credential` is the reference of the card, passkey or recovery code that opened the session; `kind` says which of them.

    `address` is the network address of the page, None where nobody on a network asked (a command of the operator).
    """

    person_id: str
    credential: str = ""
    kind: str = Credential.Kind.CARD.value
    address: str | None = None
    client_kind: str = "browser"
    proved_at: datetime | None = None

    @property
    def only_reads(self) -> bool:
        """A printed code reads, and does nothing else (DESIGN §4.10)."""
        return self.kind == Credential.Kind.RECOVERY.value

    def require_fresh_proof(self, at: datetime | None = None) -> None:
        """A card or passkey was shown in the last five minutes. Raises StepUpRequired."""
        moment = at or timezone.now()
        if self.only_reads or self.proved_at is None or moment - self.proved_at > PROOF_LIFETIME:
            raise StepUpRequired


def caller_of(session: Mapping[str, Any], address: str | None = None) -> Caller | None:
    """The caller of a stored login session; None once the credential is retired or the person has left.

    Asked anew for each request, so that a lost card ends its sessions at once.
    """
    person_id, reference = str(session.get(PERSON, "")), str(session.get(CREDENTIAL, ""))
    person = Person.objects.filter(id=person_id, left_at=None).first()
    if person is None:
        return None
    credential = Credential.objects.filter(reference=reference, person_id=person_id, retired_at=None).first()
    if credential is None or closed_way(person, credential.kind):
        return None
    proved = session.get(PROVED_AT)
    return Caller(
        person_id,
        reference,
        credential.kind,
        address,
        proved_at=datetime.fromisoformat(proved) if proved else None,
    )


def closed_way(person: Person, kind: str) -> str:
    """Why the person's establishment lets nobody log in by a credential of that kind: card-required, bridge-required, or "".

    Who logs in with a card has a bridge, which the card needs. With nothing but a passkey or a printed code the keys would be opened
    in the browser. Beside a card, in the bridge, both go on opening.
    """
    if kind == Credential.Kind.CARD or not person.tenant_id:
        return ""
    tenant = Tenant.objects.filter(id=person.tenant_id).first()
    if tenant is None:
        return ""
    if tenant.card_required and kind == Credential.Kind.PASSKEY:
        return "card-required"
    return "" if tenant.no_bridge_allowed else "bridge-required"
