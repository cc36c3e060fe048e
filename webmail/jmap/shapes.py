"""The shapes of RFC 8620's standard arguments, named as there (§1.2, §5)."""

from webmail.schema import Members, Optional, Record, anything, boolean, integer, mapping, nullable, sequence, text

identifier = text(255, r"[A-Za-z0-9_-]{1,255}")  # Id, RFC 8620 §1.2
reference = text(256, r"#?[A-Za-z0-9_-]{1,255}")  # an Id, or `#` and a creation id
state = text(64)
json_object = mapping(text(4096), anything, 10_000)
MANY = 10_000  # More than any announced limit: the limits answer with their own errors.

ACCOUNT: Members = {"accountId": identifier}
GET: Members = {
    **ACCOUNT,
    "ids": Optional(nullable(sequence(reference, MANY))),
    "properties": Optional(nullable(sequence(text(), 100))),
}
CHANGES: Members = {**ACCOUNT, "sinceState": state, "maxChanges": Optional(nullable(integer(1)))}
# The objects of a /set are checked one by one, since one that does not fit must not refuse the others.
SET: Members = {
    **ACCOUNT,
    "ifInState": Optional(nullable(state)),
    "create": Optional(nullable(mapping(identifier, json_object, MANY))),
    "update": Optional(nullable(mapping(reference, json_object, MANY))),
    "destroy": Optional(nullable(sequence(reference, MANY))),
}
QUERY: Members = {
    **ACCOUNT,
    "filter": Optional(nullable(json_object)),
    "sort": Optional(nullable(sequence(json_object, 8))),
    "position": Optional(integer(-(2**53) + 1), 0),
    "anchor": Optional(nullable(identifier)),
    "anchorOffset": Optional(integer(-(2**53) + 1), 0),
    "limit": Optional(nullable(integer())),
    "calculateTotal": Optional(boolean, False),
}


def arguments(*parts: Members) -> Record:
    """The shape of a method's arguments, from one or more of the tables above."""
    members: Members = {}
    for part in parts:
        members |= part
    return Record(members)
