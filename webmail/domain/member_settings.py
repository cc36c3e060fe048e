"""Who may say which folders and which profile a member has: this server's rules, which no signed log knows.

A member who renews his card brings no settings, or he would leave his folders and his roster by it. A manager of some folders gives
these and no others.
"""

from django.utils import timezone

from bridge.cms.log import LogKind
from webmail.domain import access
from webmail.domain.access import Right
from webmail.domain.act import CheckedAct
from webmail.domain.caller import Caller
from webmail.domain.errors import ActRefused
from webmail.domain.scope import Scope


def check(caller: Caller, account_id: str, checked: CheckedAct) -> None:
    """Raises ActRefused: `signer-not-manager`, `scope-above-signer`."""
    rights = checked.before.rights(checked.before.signer(checked.entry), timezone.now())
    if rights is None or not rights.manages:
        if checked.act.settings:
            raise ActRefused("signer-not-manager")
        return
    scope = access.require(caller, account_id, Right.READ).scope(Right.MANAGE)
    if not scope.all_folders and not all(_is_within(scope, checked, one.body_hash) for one in checked.grants):
        raise ActRefused("scope-above-signer")


def _is_within(scope: Scope, checked: CheckedAct, digest: bytes) -> bool:
    """Named folders are all within reach. None named is every folder, unless the body goes on with what was given before."""
    wanted = checked.act.settings.get(digest)
    if wanted is None:
        is_new = checked.after.member(digest).seq == checked.entry.entry.seq
        return not is_new or checked.entry.entry.kind is LogKind.CERT_CHANGE
    return bool(wanted.folders) and all(map(scope.holds_folder, wanted.folders))
