"""Appending to a membership log: one act, one entry, one card signature, one transaction.

The server asks what every bridge asks (`bridge.cms.membership.replay`) before it stores anything, so that no member ever has to
refuse what was stored. Handing in the same entry again answers the same.
"""

import hashlib
from datetime import timedelta

from django.utils import timezone

from bridge.cms import errors as cms
from bridge.cms.grants import Grant, Role, parse_grant
from bridge.cms.log import LogKind, VerifiedEntry, verify_entry
from bridge.cms.membership import replay
from bridge.pki.errors import PkiError
from webmail.domain import (
    access,
    act_trace,
    grant_holders,
    invitations,
    log_people,
    member_settings,
    memberships,
    recovery_rules,
    rotate,
    tenant_rules,
)
from webmail.domain.access import Right
from webmail.domain.act import CheckedAct, NewAct
from webmail.domain.caller import Caller
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import AccessDenied, ActRefused, VersionMismatch
from webmail.domain.log_signers import card_now, of_mailbox
from webmail.domain.membership_log import membership_of
from webmail.models import Grant as StoredGrant
from webmail.models import GrantBody, LogEntry, Mailbox, Share

FRESH = timedelta(hours=1)  # a prompt may wait for a while, and clocks differ


def append(caller: Caller, account_id: str, act: NewAct) -> int:
    """Check and store an act; gives the number of its entry.

    Raises AccessDenied for a caller who is not its signer, VersionMismatch when the log has moved on, ActRefused, NotFound.
    """
    _check_known(caller, account_id)
    with changing(account_id) as change:
        known = LogEntry.objects.filter(account_id=account_id, head=hashlib.sha256(act.entry).digest()).first()
        if known is not None:
            return known.seq
        checked = _checked(account_id, act)
        _check_caller(caller, account_id, checked)
        _check_still_manages(checked)
        member_settings.check(caller, account_id, checked)
        _check_owned(change.mailbox, checked)
        tenant_rules.check(change.mailbox, checked)
        grant_holders.check(checked)
        grant_holders.check_left_out(checked)
        _store(caller, change, checked)
        return checked.entry.entry.seq


def _check_known(caller: Caller, account_id: str) -> None:
    """To anybody else the mailbox does not exist. Raises AccessDenied."""
    if not Share.objects.filter(account_id=account_id, person_id=caller.person_id).exists():
        access.require(caller, account_id, Right.READ)


def _checked(account_id: str, act: NewAct) -> CheckedAct:
    before = membership_of(account_id)
    try:
        entry = verify_entry(act.entry, validate_signer=of_mailbox(account_id, card_now))
        if (entry.entry.seq, entry.entry.prev_hash) != (before.head.seq + 1, before.head.hash):
            raise VersionMismatch
        if abs(timezone.now() - entry.signing_time) > FRESH:
            raise ActRefused("stale")
        grants = tuple(parse_grant(der) for der in act.grants)
        named = [*(grant.body_der for grant in grants), *([act.policy] if act.policy else [])]
        after = replay([entry], named, act.bindings, before)
    except (cms.ActRefused, cms.GrantRefused, cms.LogRefused, cms.ShareRefused) as error:
        raise ActRefused(error.reason) from error
    except (cms.CmsError, PkiError, ValueError) as error:
        raise ActRefused("malformed") from error
    _check_whole(act, entry, grants)
    return CheckedAct(act, entry, grants, before, after)


def _check_whole(act: NewAct, entry: VerifiedEntry, grants: tuple[Grant, ...]) -> None:
    """With each part that its entry names: no more, no fewer, in any order."""
    named = entry.entry
    begins = () if named.kind is LogKind.CONFIRM else named.grants
    bound = [hashlib.sha256(der).digest() for der in act.bindings]
    if sorted(grant.body_hash for grant in grants) != sorted(begins) or sorted(bound) != sorted(named.bindings):
        raise ActRefused("parts-mismatch")
    if bool(act.policy) != (named.kind is LogKind.POLICY) or bool(act.history) > (named.kind is LogKind.ROTATE):
        raise ActRefused("parts-mismatch")
    if bool(act.release) != (named.kind is LogKind.RECOVERY) or bool(act.shares) != bool(act.policy):
        raise ActRefused("parts-mismatch")


def _check_caller(caller: Caller, account_id: str, checked: CheckedAct) -> None:
    """Who hands an act in is who signed it. The log's own rules have said whether he may."""
    signer = checked.before.signer(checked.entry)
    if checked.entry.entry.kind is LogKind.RECOVERY:
        signer = log_people.signer_by_card(checked.entry)
    else:
        access.require(caller, account_id, Right.READ)
    if log_people.find(signer, checked.before) != caller.person_id or caller.only_reads:
        raise AccessDenied


def _check_still_manages(checked: CheckedAct) -> None:
    """The log compares dates with the time that its signer states; whose right ended a minute ago could state an earlier one."""
    entry, signer = checked.entry.entry, checked.before.signer(checked.entry)
    is_own = {checked.before.member(one).person for one in entry.ends} == {signer}
    if entry.kind is LogKind.RECOVERY or (entry.kind in (LogKind.REVOKE, LogKind.CERT_CHANGE) and is_own):
        return
    rights = checked.before.rights(signer, timezone.now())
    if rights is None or not rights.manages:
        raise ActRefused("signer-not-manager")


def _check_owned(mailbox: Mailbox, checked: CheckedAct) -> None:
    """The log wants somebody who manages; a personal mailbox stays its person's."""
    owned = any(one.body.role is Role.OWNER and not one.expired(timezone.now()) for one in checked.after.active)
    if mailbox.kind == Mailbox.Kind.PER and not owned:
        raise ActRefused("last-owner")


def _store(caller: Caller, change: AccountChange, checked: CheckedAct) -> None:
    account_id, entry = change.mailbox.id, checked.entry.entry
    modseq = change.next(Kind.KEY)
    LogEntry.objects.create(
        account_id=account_id,
        seq=entry.seq,
        entry=checked.act.entry,
        head=checked.entry.head.hash,
        received_at=timezone.now(),
        modseq=modseq,
    )
    GrantBody.objects.bulk_create(
        GrantBody(account_id=account_id, id=grant.body_hash.hex(), body=grant.body_der, log_seq=entry.seq)
        for grant in checked.grants
    )
    if entry.kind is LogKind.ROTATE:
        rotate.take_over(change, checked.act.bindings[0], checked.act.history, entry.seq, modseq)
    changed = memberships.follow(account_id, checked.after, checked.act.settings)
    new = [grant.body_hash.hex() for grant in checked.new_grants]
    invitations.complete(account_id, memberships.people_of(account_id, new))
    _keep_grants(account_id, checked, modseq)
    recovery_rules.follow(caller, change, checked)
    # What the server knows and no log says, as that a printed code was used, stays due until there is a new epoch.
    change.mark_key_change(due=checked.after.key_change_due(timezone.now()) or change.mailbox.key_change_due)
    change.next(Kind.MEMBER)
    act_trace.note(caller, account_id, checked, changed)


def _keep_grants(account_id: str, checked: CheckedAct, modseq: int) -> None:
    """Sealed parts are kept as long as their body gives something; the rest is forgotten at once.

    Only an owner can pass confidential keys on (FORMATS, *Membership*), so owners keep their older grants until one of them rotates.
    """
    living = {one.body.grant_id.hex() for one in (*checked.after.active, *checked.after.pending)}
    kept = StoredGrant.objects.filter(account_id=account_id)
    over = kept.exclude(id__in=living)
    if not _is_rotation_by_owner(checked):
        owners = {one.body.holder.reference.hex() for one in checked.after.active if one.body.role is Role.OWNER}
        over = over.exclude(role=Role.OWNER.value, holder_reference__in=owners, epoch__lt=checked.after.epoch)
    over.delete()
    new = [_stored(account_id, checked, grant, modseq) for grant in checked.grants]
    if len({row.id for row in new}) != len(new) or kept.filter(id__in=[row.id for row in new]).exists():
        raise ActRefused("grant-id")
    StoredGrant.objects.bulk_create(new)


def _is_rotation_by_owner(checked: CheckedAct) -> bool:
    rights = checked.before.rights(checked.before.signer(checked.entry), checked.entry.signing_time)
    return checked.entry.entry.kind is LogKind.ROTATE and rights is not None and rights.role is Role.OWNER


def _stored(account_id: str, checked: CheckedAct, grant: Grant, modseq: int) -> StoredGrant:
    body = grant.body
    return StoredGrant(
        account_id=account_id,
        id=body.grant_id.hex(),
        body_id=grant.body_hash.hex(),
        epoch=body.epoch,
        person_id=log_people.find(checked.after.member(grant.body_hash).person, checked.after),
        holder_kind=body.holder.kind.value,
        holder_reference=body.holder.reference.hex(),
        role=body.role.value,
        grant=checked.act.grants[checked.grants.index(grant)],
        log_seq=body.log_seq,
        not_before=body.not_before,
        not_after=body.not_after,
        modseq=modseq,
    )
