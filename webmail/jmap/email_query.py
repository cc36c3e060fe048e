"""Email/query and /queryChanges (RFC 8621 §4.4): by folder, flag, time and size; a text filter has nothing to search."""

from typing import Any

from webmail.domain import messages
from webmail.domain.change import Kind
from webmail.domain.errors import NotFound
from webmail.domain.messages import MessageFilter, MessagePage, Viewer
from webmail.domain.work import Share
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import QUERY, arguments, identifier, state
from webmail.schema import (
    Optional,
    Record,
    SchemaError,
    Shape,
    anything,
    boolean,
    integer,
    moment,
    nullable,
    one_of,
    sequence,
    text,
)

keyword = text(255)
# The member of a FilterCondition: its shape, and the condition of the domain it becomes.
CONDITIONS: dict[str, tuple[Shape, str]] = {
    "inMailbox": (identifier, "in_folder"),
    "inMailboxOtherThan": (lambda value, path: frozenset(sequence(identifier, 100)(value, path)), "not_only_in"),
    "hasKeyword": (keyword, "has_keyword"),
    "notKeyword": (keyword, "not_keyword"),
    "after": (moment, "after"),
    "before": (moment, "before"),
    "minSize": (integer(), "min_size"),
    "maxSize": (integer(), "max_size"),
    "pli:work": (lambda value, path: Share(one_of(*Share)(value, path)), "share"),
}


def query(call: Call, wanted: Arguments) -> Answer:
    """Email/query, newest first unless asked otherwise."""
    if wanted["collapseThreads"]:
        raise MethodError("invalidArguments", arguments=["collapseThreads"])
    page = _page(call, wanted)
    answer = {
        "accountId": wanted["accountId"],
        "queryState": _query_state(wanted),
        "canCalculateChanges": False,
        "position": page.position,
        "ids": page.ids,
    }
    if wanted["calculateTotal"]:
        answer["total"] = page.total
    if wanted["limit"] is None or wanted["limit"] > messages.MAX_PAGE:
        answer["limit"] = messages.MAX_PAGE
    return answer


def _query_state(wanted: Arguments) -> str:
    """A share of the work changes with the work as well (RFC 8620 §5.5)."""
    state = state_of(wanted["accountId"], Kind.EMAIL)
    return f"{state}-{state_of(wanted['accountId'], Kind.WORK)}" if "pli:work" in (wanted["filter"] or {}) else state


def _page(call: Call, wanted: Arguments) -> MessagePage:
    try:
        return messages.query(
            wanted["accountId"],
            condition(wanted["filter"]),
            position=wanted["position"],
            anchor=wanted["anchor"],
            anchor_offset=wanted["anchorOffset"],
            limit=messages.MAX_PAGE if wanted["limit"] is None else wanted["limit"],
            ascending=_ascending(wanted["sort"]),
            scope=call.scope(),
            viewer=Viewer(call.person_id, call.account.reader),
        )
    except NotFound as error:
        raise MethodError("anchorNotFound") from error


def condition(wanted: dict[str, Any] | None) -> MessageFilter:
    """The domain's filter for a FilterCondition; raises `unsupportedFilter` for anything that would need content."""
    if not (wanted or {}).keys() <= CONDITIONS.keys():
        raise MethodError("unsupportedFilter")
    shape = Record({name: Optional(shape) for name, (shape, _) in CONDITIONS.items()})
    try:
        checked = shape(wanted or {}, "/filter")
    except SchemaError as error:
        raise MethodError("invalidArguments", arguments=[error.path]) from error
    given = {name: value for name, value in checked.items() if name in (wanted or {})}
    return MessageFilter(**{CONDITIONS[name][1]: value for name, value in given.items()})


def _ascending(sort: list[dict[str, Any]] | None) -> bool:
    match sort:
        case None | []:
            return False
        case [{"property": "receivedAt", **rest}] if rest.keys() <= {"isAscending", "collation"}:
            return bool(rest.get("isAscending", True))  # RFC 8620 §5.5: true unless said
    raise MethodError("unsupportedSort")


def query_changes(call: Call, wanted: Arguments) -> Answer:
    """Email/queryChanges: never calculated, as `canCalculateChanges` says (RFC 8620 §5.6)."""
    del call, wanted
    raise MethodError("cannotCalculateChanges")


QUERY_CHANGES = {
    **{name: QUERY[name] for name in ("accountId", "filter", "sort", "calculateTotal")},
    "sinceQueryState": state,
    "maxChanges": Optional(nullable(integer(1))),
    "upToId": Optional(anything),
    "collapseThreads": Optional(boolean, False),
}
METHODS = {
    "Email/query": Method(MAIL, arguments(QUERY, {"collapseThreads": Optional(boolean, False)}), query),
    "Email/queryChanges": Method(MAIL, arguments(QUERY_CHANGES), query_changes),
}
