"""Somebody's card is lost, and another reports it: a manager for one mailbox, an administrator or a holder of shares everywhere.

A manager reaches no further than the mailbox he manages: there the card's grants are served to nobody from this moment on, and
the keys are to be changed for cause. Whether it logs in is not his to say.
"""

from django.db.models import QuerySet
from django.utils import timezone

from webmail.domain import credentials, notices, trace
from webmail.domain.access import Account, Right
from webmail.domain.administration import administered_by
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing
from webmail.domain.errors import AccessDenied, NotFound
from webmail.domain.trace import Act
from webmail.models import Credential, Grant, Membership, Person


def block_member(caller: Caller, account: Account, body_id: str) -> bool:
    """Block what opens by this grant body; gives whether its login is blocked as well. May be repeated.

    Raises NotFound; AccessDenied: one's own (Credential/set is for that), or an owner's by somebody who is none.
    """
    grant = Grant.objects.filter(account_id=account.id, body_id=body_id).first()
    if grant is None:
        raise NotFound
    if grant.person_id == caller.person_id or (grant.role == Membership.Role.OWNER and Right.OWN not in account.rights):
        raise AccessDenied
    caller.require_fresh_proof()
    everywhere = _block_login(caller, grant)
    _take_back(caller, account, grant)
    return everywhere


def _block_login(caller: Caller, grant: Grant) -> bool:
    """Where this caller may say so: of the person's establishment an administrator, of his mailbox's recovery a holder of shares."""
    rows = Credential.objects.filter(person_id=grant.person_id, kind=grant.holder_kind)
    row = (rows.filter(reference=grant.holder_reference) | rows.filter(grant_reference=grant.holder_reference)).first()
    if row is None or not (_administers(caller, grant.person_id) or credentials.may_block(caller, grant.person_id)):
        return False
    if row.retired_at is None:
        credentials.retire(caller, row)
    return True


def _administers(caller: Caller, person_id: str) -> bool:
    tenant = administered_by(caller)
    return tenant is not None and Person.objects.filter(id=person_id, tenant_id=tenant.id).exists()


def _take_back(caller: Caller, account: Account, grant: Grant) -> None:
    """In this mailbox alone. The rows of its members follow: else the card still read what the server tells of it."""
    now, living = timezone.now(), _of_same_card(grant).filter(revoked_at=None)
    bodies = list(living.values_list("body_id", flat=True))
    if not bodies:
        return
    with changing(account.id) as change:
        living.update(revoked_at=now, modseq=change.next(Kind.KEY))
        rows = Membership.objects.filter(
            account_id=account.id, id__in=bodies, person_id=grant.person_id, revoked_at=None
        )
        rows.update(revoked_at=now)
        change.mark_loss()
        change.next(Kind.MEMBER)
        trace.record(account.id, Act.CREDENTIAL_BLOCKED, caller, account=account, object_id=bodies[0])
    notices.send(account.id, notices.Notice.CARD_BLOCKED)


def _of_same_card(grant: Grant) -> QuerySet[Grant]:
    return Grant.objects.filter(
        account_id=grant.account_id, person_id=grant.person_id, holder_reference=grant.holder_reference
    )
