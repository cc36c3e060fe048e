"""Mailbox/get, /changes, /query and /set (RFC 8621 §2). A JMAP Mailbox is a `Folder` here.

A folder without a role is named by a sealed object: its `name` is that object's id, and `pli:nameObjectId` says so.
"""

from typing import Any

from webmail.domain import folders
from webmail.domain.access import Account, Right
from webmail.domain.change import Kind
from webmail.domain.folders import FolderChange, FolderView
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import changes_method, require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError, SetError
from webmail.jmap.shapes import GET, QUERY, SET, arguments, reference
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, requested_ids, resolve
from webmail.models import Folder
from webmail.schema import Members, Optional, Record, boolean, integer, nullable

PROPERTIES = (
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
    "pli:nameObjectId",
)
VALUES: Members = {
    "pli:nameObjectId": reference,
    "parentId": Optional(nullable(reference)),
    "sortOrder": Optional(integer(0, 2**31 - 1), 100),
}
PATCH: Members = {
    "pli:nameObjectId": Optional(reference),
    "parentId": Optional(nullable(reference), "unchanged"),
    "sortOrder": Optional(integer(0, 2**31 - 1)),
}


def get(call: Call, wanted: Arguments) -> Answer:
    """Mailbox/get."""
    check_properties(wanted, PROPERTIES)
    account_id = wanted["accountId"]
    ids = requested_ids(call, wanted)
    found = (
        serialised(view, call.account) for view in folders.within(account_id, call.scope(), ids, call.account.reader)
    )
    return get_answer(wanted, state_of(account_id, Kind.FOLDER), ids, found)


def serialised(view: FolderView, account: Account) -> Object:
    """The Mailbox object. Threads are not counted apart: a list shows messages."""
    folder = view.folder
    return {
        "id": folder.id,
        "name": folder.role or folder.name_object_id,
        "parentId": folder.parent_id or None,
        "role": folder.role or None,
        "sortOrder": folder.sort_order,
        "totalEmails": view.total,
        "unreadEmails": view.unread,
        "totalThreads": view.total,
        "unreadThreads": view.unread,
        "myRights": _rights(view, account),
        "isSubscribed": True,
        "pli:nameObjectId": folder.name_object_id or None,
    }


def _rights(view: FolderView, account: Account) -> dict[str, bool]:
    """Someone with a right on some folders only leaves the folders themselves as they are."""
    scope = account.scope(Right.WRITE)
    write = scope.holds_folder(view.folder.id)
    shape = write and scope.all_folders
    return {
        "mayReadItems": view.within,
        "mayAddItems": write or folders.takes_copies(view.folder, scope),
        "mayRemoveItems": write,
        "maySetSeen": write,
        "maySetKeywords": write,
        "mayCreateChild": shape,
        "mayRename": shape and not view.folder.role,
        "mayDelete": shape and not view.folder.role,
        "maySubmit": Right.SEND in account.rights,
    }


def query(call: Call, wanted: Arguments) -> Answer:
    """Mailbox/query: by role and parent, in display order."""
    if wanted["sort"] and [item.get("property") for item in wanted["sort"]] != ["sortOrder"]:
        raise MethodError("unsupportedSort")
    if wanted["anchor"] is not None:
        raise MethodError("anchorNotFound")
    views = folders.within(wanted["accountId"], call.scope())
    found = [view.folder.id for view in views if _matches(view.folder, wanted["filter"] or {})]
    start = max(0, wanted["position"] + len(found) if wanted["position"] < 0 else wanted["position"])
    end = None if wanted["limit"] is None else start + wanted["limit"]
    return {
        "accountId": wanted["accountId"],
        "queryState": state_of(wanted["accountId"], Kind.FOLDER),
        "canCalculateChanges": False,
        "position": start,
        "ids": found[start:end],
        **({"total": len(found)} if wanted["calculateTotal"] else {}),
    }


def _matches(folder: Folder, condition: dict[str, Any]) -> bool:
    values = {
        "role": folder.role or None,
        "parentId": folder.parent_id or None,
        "hasAnyRole": bool(folder.role),
        "isSubscribed": True,
    }
    if not condition.keys() <= values.keys():
        raise MethodError("unsupportedFilter")
    return all(values[name] == value for name, value in condition.items())


def set_(call: Call, wanted: Arguments) -> Answer:
    """Mailbox/set: folders named by sealed objects."""
    account_id = wanted["accountId"]
    if not call.scope(Right.WRITE).all_folders:
        raise MethodError("forbidden")
    old_state = require_state(account_id, Kind.FOLDER, wanted["ifInState"])

    def create(values: Object) -> Object:
        checked = Record(VALUES)(values)
        folder = folders.create(
            account_id,
            name_object_id=resolve(call, checked["pli:nameObjectId"]),
            parent_id=resolve(call, checked["parentId"] or ""),
            sort_order=checked["sortOrder"],
        )
        return {"id": folder.id, "totalEmails": 0, "unreadEmails": 0, "role": None}

    def update(folder_id: str, patch: Object) -> None:
        folders.update(account_id, folder_id, _change(call, Record(PATCH)(patch)))

    run = SetRun(call, wanted)
    run.create(create)
    run.update(update)
    run.destroy(lambda folder_id: _destroy(account_id, folder_id, wanted["onDestroyRemoveEmails"]))
    return run.answer(old_state, state_of(account_id, Kind.FOLDER))


def _change(call: Call, patch: dict[str, Any]) -> FolderChange:
    parent = patch["parentId"]
    name = patch["pli:nameObjectId"]
    return FolderChange(
        parent_id=None if parent == "unchanged" else resolve(call, parent or ""),
        name_object_id=None if name is None else resolve(call, name),
        sort_order=patch["sortOrder"],
    )


def _destroy(account_id: str, folder_id: str, remove_emails: bool) -> None:
    """Messages are never lost with their folder: the client moves them first (RFC 8621 §2.5 leaves the refusal to us)."""
    if remove_emails:
        raise SetError("forbidden")
    folders.destroy(account_id, folder_id)


METHODS = {
    "Mailbox/get": Method(MAIL, arguments(GET), get),
    "Mailbox/changes": changes_method(MAIL, Kind.FOLDER, updatedProperties=None),
    "Mailbox/query": Method(
        MAIL,
        arguments(QUERY, {"sortAsTree": Optional(boolean, False), "filterAsTree": Optional(boolean, False)}),
        query,
    ),
    "Mailbox/set": Method(MAIL, arguments(SET, {"onDestroyRemoveEmails": Optional(boolean, False)}), set_, Right.WRITE),
}
