"""The JMAP session object (RFC 8620 §2)."""

import hashlib
import json
from datetime import UTC
from typing import Any

from webmail.domain import access, administration, key_change, network_list, open_service
from webmail.domain.access import Account, Right
from webmail.domain.account_labels import Label, labels
from webmail.domain.caller import Caller
from webmail.jmap import capabilities
from webmail.models import Person


def session_object(caller: Caller, websocket_url: str) -> dict[str, Any]:
    """What a client needs to start: capabilities, the person's mailboxes, and where everything is."""
    accounts = access.accounts_of(caller)
    own = next((account.id for account in accounts if account.is_personal), None)
    person = Person.objects.get(id=caller.person_id)
    told, personal = labels(accounts), _personal(caller, person)
    return {
        "capabilities": capabilities.server_capabilities(websocket_url) | {capabilities.KEYS: personal},
        "accounts": {account.id: _account(account, told[account.id]) for account in accounts},
        "primaryAccounts": dict.fromkeys(_PRIMARY, own) if own else {},
        "username": person.name,
        "apiUrl": "/jmap/api",
        "downloadUrl": "/jmap/download/{accountId}/{blobId}?name={name}&accept={type}",
        "uploadUrl": "/jmap/upload/{accountId}",
        "eventSourceUrl": "",  # RFC 8887 takes its place
        "state": _state(accounts, personal),
    }


def session_state(caller: Caller) -> str:
    """What every answer says of the session object: the same, as long as the caller's mailboxes are and what waits for him beside them."""
    person = Person.objects.get(id=caller.person_id)
    return _state(access.accounts_of(caller), _personal(caller, person))


_PRIMARY = (capabilities.MAIL, capabilities.SUBMISSION, capabilities.KEYS)


def _personal(caller: Caller, person: Person) -> dict[str, Any]:
    """The keys capability says who is logged in, as the card or the passkey proved it, what establishment he administers, and which
    inboxes of its list wait for him to open them, and of which domains he may open any other.
    """
    tenant = administration.administered_by(caller, person)
    return {
        "person": {
            "name": person.name,
            "level": person.level,
            "rppsNumber": person.rpps_number,
            "profession": person.profession,
        },
        "administers": tenant.id if tenant else None,
        "awaitedInboxes": [
            {"address": one.address, "name": one.name, "kind": one.kind} for one in network_list.awaited_inboxes(person)
        ],
        "serviceDomains": open_service.domains_for(person),
    }


def _account(account: Account, label: Label) -> dict[str, Any]:
    return {
        "name": account.address,
        "isPersonal": account.is_personal,
        "isReadOnly": Right.WRITE not in account.rights,
        "accountCapabilities": _granted(account, label),
    }


def _granted(account: Account, label: Label) -> dict[str, Any]:
    """The capabilities; that of the keys says whose mailbox this is, what the caller is here, for how long, and whether the keys have
    to change.
    """
    granted = capabilities.account_capabilities(may_submit=Right.SEND in account.rights)
    reaches = account.scope().reaches
    folders = None if account.scope().all_folders else sorted({one for reach in reaches for one in reach.folders or ()})
    granted[capabilities.KEYS] = {
        "kind": account.kind,
        "role": account.role,
        "profile": account.profile,
        "folders": folders,
        "until": account.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if account.until else None,
        "keyChangeDue": key_change.is_due(account.id),
        "recovery": account.recovery or None,
        "perPersonUnread": bool(account.reader),
        "name": label.name,
        "members": label.members,
        "rules": label.rules,
        "delegationDays": label.delegation_days,
        "timeZone": label.timezone or None,
    }
    return granted


def _state(accounts: list[Account], personal: dict[str, Any]) -> str:
    told = [f"{one.id} {one.address} {one.role} {one.profile} {one.until}" for one in accounts]
    return hashlib.sha256(json.dumps([told, personal]).encode()).hexdigest()[:16]
