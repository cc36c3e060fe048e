"""What an entry of each kind lists, and nothing besides (docs/FORMATS.md, *Membership*, *Shape*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.cms.errors import ActRefused
from bridge.cms.log import LogKind

if TYPE_CHECKING:
    from bridge.cms.log import LogEntry

_MANY = 1_000_000
_NONE, _ONE, _ANY, _SOME = (0, 0), (1, 1), (0, _MANY), (1, _MANY)
# How many grants, bindings, ends and subjects an entry of each kind lists.
_SHAPES = {
    LogKind.GENESIS: (_ONE, _ONE, _NONE, _NONE),
    LogKind.GRANT: (_SOME, _NONE, _ANY, _NONE),
    LogKind.REVOKE: (_NONE, _NONE, _SOME, _NONE),
    LogKind.ROTATE: (_SOME, _ONE, _ANY, _NONE),
    LogKind.CERT_CHANGE: (_SOME, _NONE, _SOME, _NONE),
    LogKind.RECOVERY: (_NONE, _NONE, _NONE, _ONE),
    LogKind.CONFIRM: (_SOME, _NONE, _NONE, _NONE),
    LogKind.POLICY: ((0, 1), _NONE, _ANY, _ONE),
}


def check_shape(entry: LogEntry) -> None:
    """Each kind lists what it is about and nothing else. Raises `ActRefused("malformed")`."""
    counts = (len(entry.grants), len(entry.bindings), len(entry.ends), int(entry.subject is not None))
    allowed = _SHAPES[entry.kind]
    is_within = all(least <= count <= most for count, (least, most) in zip(counts, allowed, strict=True))
    if not is_within or any(len(set(one)) != len(one) for one in (entry.grants, entry.ends)):
        raise ActRefused("malformed")
