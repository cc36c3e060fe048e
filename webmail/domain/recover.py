"""Opening a mailbox by the holders of its recovery shares: asked for, released share by share, open for a while, for reading.

Officers and break-glass are one mechanism (DESIGN §4.10). Its owner is told at once, and the keys change afterwards.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bridge.cms.errors import CmsError
from bridge.cms.recovery import VerifiedRequest, verify_request
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy
from bridge.pki.errors import PkiError
from webmail.domain import access, notices, trace
from webmail.domain.access import Right
from webmail.domain.acts import FRESH
from webmail.domain.caller import Caller
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import AlreadyExists, InvalidProperties, NotFound
from webmail.domain.log_signers import card_now
from webmail.domain.trace import Act
from webmail.models import Address, Mailbox, Membership, Person, RecoveryRequest, Share
from webmail.models import RecoveryPolicy as PolicyRow

MAX_REASON = 200
LASTS = timedelta(days=7)  # an emergency that is over opens nothing: as long as a bridge releases shares to a request
_ABSENT = "0" * 32


@dataclass(frozen=True)
class Way:
    """A policy by which somebody may ask for a mailbox."""

    account_id: str
    address: str
    row: PolicyRow
    policy: RecoveryPolicy


def ways(caller: Caller, address: str) -> list[Way]:
    """The policies of an address that this caller may ask by; none, for a mailbox that is not his to ask for."""
    account_id = Address.objects.filter(address=address.lower()).values_list("account_id", flat=True).first()
    mailbox = Mailbox.objects.filter(id=account_id or _ABSENT, status=Mailbox.Status.OPEN).first()
    if mailbox is None or not _may_ask(caller, mailbox):
        return []
    rows = PolicyRow.objects.filter(account_id=mailbox.id, spent_at=None).order_by("-log_seq")
    newest: dict[PolicyKind, Way] = {}
    for row in rows:
        policy = RecoveryPolicy.from_der(bytes(row.policy))
        newest.setdefault(policy.kind, Way(mailbox.id, mailbox.address, row, policy))
    return list(newest.values())


def ask(caller: Caller, account_id: str, der: bytes) -> RecoveryRequest:
    """Take in a signed request; its owner is told. Raises NotFound, StepUpRequired, InvalidProperties("request"), AlreadyExists."""
    caller.require_fresh_proof()
    mailbox = Mailbox.objects.filter(id=account_id, status=Mailbox.Status.OPEN).first()
    if mailbox is None or not _may_ask(caller, mailbox):
        raise NotFound
    way, verified = _checked(caller, mailbox, der)
    with changing(account_id) as change:
        if RecoveryRequest.objects.filter(account_id=account_id, id=verified.request.request_id.hex()).exists():
            raise AlreadyExists
        row = RecoveryRequest.objects.create(
            account_id=account_id,
            id=verified.request.request_id.hex(),
            policy_id=way.row.id,
            requester_id=caller.person_id,
            request=der,
            digest=verified.digest.hex(),
            reason=verified.request.reason[:MAX_REASON],
            created_at=timezone.now(),
            message_limit=way.policy.messages,
        )
        change.next(Kind.MEMBER)
        act = Act.BREAK_GLASS if way.policy.kind is PolicyKind.BREAK_GLASS else Act.RECOVERY_REQUESTED
        trace.record(account_id, act, caller, object_id=row.id)
    notices.send(account_id, notices.of_request(_called(row)))
    transaction.on_commit(partial(_tell_holders, row))
    return row


def open_session(caller: Caller, account_id: str, request_id: str) -> RecoveryRequest:
    """Enough shares are released: the requester reads from now on, for the minutes of the policy, and the keys change after it.

    What else he has open of that mailbox by shares ends: this policy's limit and end are the ones that count.
    Raises NotFound for somebody else's request or one that is over, StepUpRequired, InvalidProperties("releases") as long as shares
    are missing.
    """
    caller.require_fresh_proof()
    with changing(account_id) as change:
        waiting = _open_request(account_id, request_id).filter(opened_at=None, created_at__gt=timezone.now() - LASTS)
        row = waiting.filter(requester_id=caller.person_id).first()
        policy_row = PolicyRow.objects.filter(account_id=account_id, id=row.policy_id if row else "").first()
        if row is None or policy_row is None or policy_row.spent_at is not None:
            raise NotFound
        policy = RecoveryPolicy.from_der(bytes(policy_row.policy))
        if len({release["personId"] for release in row.releases}) < policy.threshold:
            raise InvalidProperties("releases")
        _begin(change, row, policy_row, policy)
        trace.record(account_id, Act.RECOVERY_OPENED, caller, object_id=row.id)
    notices.send(account_id, notices.of_opening(_called(row), policy.minutes, policy.messages))
    return row


def close(caller: Caller, account_id: str, request_id: str) -> None:
    """End a request or its session: by who made it, or by who manages the mailbox. Raises NotFound."""
    with changing(account_id) as change:
        rows = _open_request(account_id, request_id)
        if not _manages(caller, account_id):
            rows = rows.filter(requester_id=caller.person_id)
        if not rows.update(ended_at=timezone.now()):
            raise NotFound
        change.next(Kind.MEMBER)


def requests_for(caller: Caller) -> list[RecoveryRequest]:
    """What this caller has to do with: his own requests, those to his shares, those about mailboxes he manages; newest first."""
    shares = Share.objects.filter(person_id=caller.person_id).values("account_id", "policy_id")
    condition = Q(requester_id=caller.person_id) | Q(account_id__in=_managed_by(caller))
    for share in shares:
        condition |= Q(account_id=share["account_id"], policy_id=share["policy_id"])
    return list(RecoveryRequest.objects.filter(condition).order_by("-created_at", "id"))


def shares_of(caller: Caller, account_id: str) -> list[tuple[Share, PolicyRow]]:
    """The caller's own shares of a mailbox, each with its policy."""
    policies = {row.id: row for row in PolicyRow.objects.filter(account_id=account_id)}
    own = Share.objects.filter(account_id=account_id, person_id=caller.person_id)
    return [(share, policies[share.policy_id]) for share in own]


def _called(row: RecoveryRequest) -> str:
    """The requester's name, with the number where there is one."""
    person = Person.objects.get(id=row.requester_id)
    return f"{person.name} (RPPS {person.rpps_number})" if person.rpps_number else person.name


def _tell_holders(row: RecoveryRequest) -> None:
    """Their pages hear of it at once, through the mailboxes they own: of the one asked for they need not be members.

    Never fails the request, which stands; a page that hears nothing asks when it next looks.
    """
    shares = Share.objects.filter(account_id=row.account_id, policy_id=row.policy_id).exclude(
        person_id=row.requester_id
    )
    own = Membership.objects.filter(
        role=Membership.Role.OWNER,
        state=Membership.State.ACTIVE,
        person_id__in=set(shares.values_list("person_id", flat=True)) - {""},
    )
    for account_id in sorted(set(own.values_list("account_id", flat=True)) - {row.account_id}):
        with suppress(NotFound, DatabaseError), changing(account_id) as change:
            change.next(Kind.MEMBER)


def _begin(change: AccountChange, row: RecoveryRequest, policy_row: PolicyRow, policy: RecoveryPolicy) -> None:
    now = timezone.now()
    others = RecoveryRequest.objects.filter(account_id=row.account_id, requester_id=row.requester_id, ended_at=None)
    others.exclude(opened_at=None).update(ended_at=now)
    row.opened_at, row.closes_at = now, now + timedelta(minutes=policy.minutes)
    row.save(update_fields=["opened_at", "closes_at"])
    policy_row.spent_at = now
    policy_row.save(update_fields=["spent_at"])
    change.mark_key_change(due=True)
    change.next(Kind.MEMBER)


def _checked(caller: Caller, mailbox: Mailbox, der: bytes) -> tuple[Way, VerifiedRequest]:
    """The request, by one of the policies in force, signed by the caller's card just now."""
    person = Person.objects.get(id=caller.person_id)
    for way in ways(caller, mailbox.address):
        try:
            verified = verify_request(der, way.policy, validate_signer=card_now)
        except (CmsError, PkiError):
            continue
        named = verified.request.requester
        is_his = (named.id_type, named.id_value) == (person.id_type, person.id_value)
        if is_his and abs(timezone.now() - verified.request.time) <= FRESH:
            return way, verified
    raise InvalidProperties("request")


def _may_ask(caller: Caller, mailbox: Mailbox) -> bool:
    """A holder of a share, a member, or somebody of the same establishment: the holders decide, but no stranger bothers them."""
    person = Person.objects.filter(id=caller.person_id, level=Person.Level.CARD).first()
    if person is None or caller.only_reads:
        return False
    members = Membership.objects.filter(account_id=mailbox.id, person_id=person.id).exclude(state="ended")
    shares = Share.objects.filter(account_id=mailbox.id, person_id=person.id)
    is_colleague = bool(mailbox.tenant_id) and mailbox.tenant_id == person.tenant_id
    return is_colleague or members.exists() or shares.exists()


def _manages(caller: Caller, account_id: str) -> bool:
    return account_id in _managed_by(caller)


def _managed_by(caller: Caller) -> Sequence[str]:
    return [account.id for account in access.accounts_of(caller) if Right.MANAGE in account.rights]


def _open_request(account_id: str, request_id: str) -> QuerySet[RecoveryRequest]:
    return RecoveryRequest.objects.filter(account_id=account_id, id=request_id, ended_at=None)
