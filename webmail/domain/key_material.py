"""What a mailbox's holders need to open it: certificates, grants and the membership log, as they were signed."""

from collections import defaultdict

from django.db.models import Q, QuerySet
from django.utils import timezone

from webmail.domain.access import Account
from webmail.domain.caller import Caller
from webmail.domain.membership_log import membership_of
from webmail.models import Grant, GrantBody, LogEntry, MailboxKey, Membership, RecoveryPolicy, RecoveryRequest


def mailbox_keys(account_id: str) -> list[MailboxKey]:
    """The certified epochs of a mailbox, oldest first."""
    rows = MailboxKey.objects.filter(account_id=account_id).exclude(state=MailboxKey.State.PENDING)
    return list(rows.order_by("epoch"))


def grants_of(account: Account, caller: Caller) -> list[Grant]:
    """The grants that this caller may open now, oldest epoch first: his own, or the officers' in a recovery session."""
    now = timezone.now()
    ended = Q(not_after__lte=now) | Q(revoked_at__lte=now)
    own = _of_officers(account) if account.recovery else _of_person(account, caller)
    return list(own.filter(not_before__lte=now).exclude(ended).order_by("epoch", "id"))


def log_entries(account_id: str, since: int = 0) -> list[LogEntry]:
    """The membership log from entry `since` on."""
    return list(LogEntry.objects.filter(account_id=account_id, seq__gte=since).order_by("seq"))


def named_by(account_id: str, since: int = 0) -> tuple[dict[int, list[bytes]], dict[int, list[bytes]]]:
    """The bodies (grant bodies and recovery policies) and the bindings, DER, that each entry names, by its number."""
    bodies: dict[int, list[bytes]] = defaultdict(list)
    for rows, column in ((GrantBody.objects.all(), "body"), (RecoveryPolicy.objects.all(), "policy")):
        found = rows.filter(account_id=account_id, log_seq__gte=since).values_list("log_seq", column)
        for seq, der in found:
            bodies[seq].append(bytes(der))
    bindings: dict[int, list[bytes]] = defaultdict(list)
    for key in mailbox_keys(account_id):
        bindings[key.log_seq or 0].append(bytes(key.binding))
    return bodies, bindings


def _of_person(account: Account, caller: Caller) -> QuerySet[Grant]:
    """Without those that wait for a second manager. What has ended is no longer there, but for an owner's of older epochs."""
    pending = Membership.objects.filter(
        account_id=account.id, person_id=caller.person_id, state=Membership.State.PENDING
    )
    own = Grant.objects.filter(account_id=account.id, person_id=caller.person_id)
    return own.exclude(body_id__in=list(pending.values_list("id", flat=True)))


def _of_officers(account: Account) -> QuerySet[Grant]:
    """The grant of the policy that the session was opened by."""
    request = RecoveryRequest.objects.get(account_id=account.id, id=account.recovery)
    policies = membership_of(account.id).policies.values()
    names = [one.reference.hex() for one in policies if one.digest.hex() == request.policy_id]
    return Grant.objects.filter(account_id=account.id, holder_kind="officer", holder_reference__in=names)
