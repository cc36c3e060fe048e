"""What an act changes for recovery: policies and their shares, released shares, and the printed code's login key."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from bridge.cms.grants import Grant, HolderKind
from bridge.cms.recovery_policy import RecoveryPolicy
from webmail.domain import log_people
from webmail.domain.act import CheckedAct
from webmail.domain.caller import Caller
from webmail.domain.change import AccountChange
from webmail.domain.errors import ActRefused
from webmail.models import Credential, RecoveryRequest, Share
from webmail.models import RecoveryPolicy as PolicyRow
from webmail.models.columns import new_identifier

POINT_LENGTH = 65  # an uncompressed P-256 point (SEC 1 §2.3.3)


def follow(caller: Caller, change: AccountChange, checked: CheckedAct) -> None:
    """Inside `acts.append`. Raises ActRefused: `shares-mismatch`, `request-unknown`, `login-key`."""
    account_id = change.mailbox.id
    if checked.act.policy:
        _keep_policy(account_id, checked)
    if checked.act.release is not None:
        _keep_release(caller, account_id, checked)
    if checked.act.login_key:
        _keep_login_key(checked)
    _forget_what_ended(account_id, checked)


def code_reference(login_key: bytes) -> str:
    """How the credential of a printed code is called: hex SHA-256 of its login key's point."""
    return hashlib.sha256(login_key).hexdigest()


def _keep_policy(account_id: str, checked: CheckedAct) -> None:
    policy, shares = RecoveryPolicy.from_der(checked.act.policy), checked.act.shares
    if len(shares) != len(policy.holders):
        raise ActRefused("shares-mismatch")
    PolicyRow.objects.create(
        account_id=account_id,
        id=policy.digest.hex(),
        policy=checked.act.policy,
        log_seq=checked.entry.entry.seq,
    )
    Share.objects.bulk_create(
        Share(
            account_id=account_id,
            policy_id=policy.digest.hex(),
            reference=holder.reference.hex(),
            person_id=log_people.find((holder.id_type, holder.id_value), checked.after) if holder.id_value else "",
            share=share,
        )
        for holder, share in zip(policy.holders, shares, strict=True)
    )


def _keep_release(caller: Caller, account_id: str, checked: CheckedAct) -> None:
    """The entry names the very request; the release is for whoever made it."""
    release = checked.act.release
    subject = (checked.entry.entry.subject or b"").hex()
    rows = RecoveryRequest.objects.select_for_update().filter(account_id=account_id, ended_at=None)
    row = rows.filter(id=release.request_id).first() if release else None
    if release is None or row is None or row.digest != subject:
        raise ActRefused("request-unknown")
    kept = {"personId": caller.person_id, "logSeq": checked.entry.entry.seq, "release": _text(release.release)}
    row.releases = [*row.releases, kept]
    row.save(update_fields=["releases"])


def _keep_login_key(checked: CheckedAct) -> None:
    codes = [grant for grant in checked.new_grants if grant.body.holder.kind is HolderKind.RECOVERY]
    reference = code_reference(checked.act.login_key)
    is_known = Credential.objects.filter(reference=reference).exists()
    if len(codes) != 1 or is_known or not _is_point(checked.act.login_key):
        raise ActRefused("login-key")
    _remember_code(checked, codes[0])


def _is_point(octets: bytes) -> bool:
    """Whether the octets are an uncompressed point on P-256 (SEC 1 §2.3.4)."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    except ValueError:
        return False
    return len(octets) == POINT_LENGTH


def _remember_code(checked: CheckedAct, code: Grant) -> None:
    body = code.body
    Credential.objects.create(
        id=new_identifier(),
        person_id=log_people.find(checked.after.member(code.body_hash).person, checked.after),
        kind=Credential.Kind.RECOVERY,
        reference=code_reference(checked.act.login_key),
        grant_reference=body.holder.reference.hex(),
        public_key=checked.act.login_key,
        created_at=timezone.now(),
    )


def _forget_what_ended(account_id: str, checked: CheckedAct) -> None:
    """Shares of a policy that opens nothing more, and codes whose grant is over."""
    living = {logged.digest.hex() for logged in checked.after.policies.values()}
    over = PolicyRow.objects.filter(account_id=account_id).exclude(id__in=living)
    Share.objects.filter(account_id=account_id, policy_id__in=over.values_list("id", flat=True)).delete()
    over.filter(spent_at=None).update(spent_at=timezone.now())
    _retire_codes(checked)


def _retire_codes(checked: CheckedAct) -> None:
    """Of the people of this mailbox alone: a key named here may be a copy of somebody's way into another."""
    living = {one.body.holder.reference for one in checked.after.active}
    codes = [one for one in checked.before.members if one.body.holder.kind is HolderKind.RECOVERY]
    over = {(one.body.holder.reference.hex(), one.person) for one in codes if one.body.holder.reference not in living}
    rows = Credential.objects.filter(kind=Credential.Kind.RECOVERY, retired_at=None)
    for reference, person in over:
        own = rows.filter(grant_reference=reference, person_id=log_people.find(person, checked.after))
        own.update(retired_at=timezone.now())


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
