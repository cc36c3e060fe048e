"""What an owner's older grant holds and a newer one may not: the confidential keys of the epochs before another's rotation.

Somebody who is not an owner cannot pass those keys on (docs/FORMATS.md, *Membership*); the server then keeps the owners' older
grants until one of them rotates. Such a grant, opened beside the newest, completes it and opens nothing else.
"""

from collections.abc import Sequence

from bridge.cms.acts import check_grant_listed
from bridge.cms.errors import GrantRefused
from bridge.cms.grants import Grant, HolderKind, Role, parse_grant
from bridge.cms.log import VerifiedEntry


def check_older(der: bytes, newest: Grant, entries: Sequence[VerifiedEntry]) -> Grant:
    """The older grant, if the log lists it for the same owner's same card, passkey or code.

    Raises `GrantRefused`: `malformed`, `not-older`; `ActRefused`: `grant-not-listed`, `mailbox-mismatch`.
    """
    older = parse_grant(der)
    check_grant_listed(older, entries)
    bodies = (older.body, newest.body)
    one_mailbox = len({body.mailbox_id for body in bodies}) == 1
    one_holder = len({(body.holder.kind, body.holder.reference) for body in bodies}) == 1
    owned = all(body.role is Role.OWNER for body in bodies) and newest.body.holder.kind is not HolderKind.OFFICER
    if not (one_mailbox and one_holder and owned and older.body.epoch < newest.body.epoch):
        raise GrantRefused("not-older")
    return older
