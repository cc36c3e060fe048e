"""The vectors of membership/: every kind of act as it may be and as it may not, in one mailbox or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.pki.certificates import certificate_sha256
from bridge.protocol import rfc3339
from bridge.validation import describe_identity
from tests.vectors.membership_cases import (
    endings,
    grants,
    history,
    officers,
    passkeys,
    renewals,
    rotations,
    times,
    two_managers,
)
from tests.vectors.membership_cases.cases import cases_of
from tests.vectors.writing import b64

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bridge.cms.membership import Membership
    from bridge.pki.health_identity import Identity
    from tests.vectors.cast import Cast
    from tests.vectors.registers import Register


FAMILIES = (grants, two_managers, endings, renewals, rotations, history, passkeys, times, officers)
CASES = {name: one for family in FAMILIES for name, one in cases_of(family).items()}


class _Pool:
    """Values that many logs share, written once; `place` is where one stands."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def place(self, value: bytes) -> int:
        text = b64(value)
        if text not in self.values:
            self.values.append(text)
        return self.values.index(text)


def membership_vectors(_cast: Cast) -> dict[str, Any]:
    return logs_as_data([(name, write(), expect) for name, (write, expect) in CASES.items()])


def logs_as_data(logs: Iterable[tuple[str, Register, str]]) -> dict[str, Any]:
    """Logs with their names and outcomes, as membership/membership.json holds them."""
    entries, bodies, bindings = _Pool(), _Pool(), _Pool()
    people: dict[bytes, Identity] = {}
    vectors = []
    for name, register, expect in logs:
        people |= register.people
        people |= {
            certificate_sha256(one.certificate): register.mailbox_identity for one in register.certificates.values()
        }
        vector: dict[str, Any] = {
            "name": name,
            "entries": [entries.place(one) for one in register.entries],
            "bodies": [bodies.place(one) for one in register.bodies],
            "bindings": [bindings.place(one) for one in register.bindings],
            "at": rfc3339(register.time),
            "expect": expect,
        }
        vectors.append(vector | (described(register.replay(), register.time) if expect == "ok" else {}))
    signers = [
        {"certificate": b64(digest), "identity": describe_identity(identity)} for digest, identity in people.items()
    ]
    pools = {"entries": entries.values, "bodies": bodies.values, "bindings": bindings.values}
    return {"signers": signers, **pools, "vectors": vectors}


def described(membership: Membership, at: datetime) -> dict[str, Any]:
    """What a replay has to find."""
    return {
        "logSeq": membership.head.seq,
        "logHead": b64(membership.head.hash),
        "epoch": membership.epoch,
        "historyFloor": membership.history_floor,
        "keyChangeDue": membership.key_change_due(at),
        "members": [
            {
                "bodyHash": b64(one.digest),
                "person": list(one.person),
                "role": one.body.role.value,
                "state": one.state.value,
                "seq": one.seq,
                "by": one.by.name,
            }
            for one in membership.members
        ],
        "managers": sorted(list(one) for one in membership.managers(at)),
        "policies": [
            {"kind": kind.value, "hash": b64(one.digest), "spent": one.spent}
            for kind, one in membership.policies.items()
        ],
    }
