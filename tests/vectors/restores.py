"""The vectors of restore/: what the operator states after it put back a backup, and what a reader makes of it."""

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms.algorithms import ID_RESTORE
from bridge.cms.restore import RestoreStatement, build_restore
from bridge.cms.statements import build_statement
from bridge.pki.certificates import certificate_sha256, der
from tests.vectors.cast import NOW, Cast, Holding
from tests.vectors.writing import b64, flip_last

_LAST = 1  # the entry with which the restored log ends
_SEEN = 3  # the entry that was seen before, and is lost
_STATED = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Restored:
    """A log of four entries, the operator that puts back its first two, and somebody who is no operator."""

    cast: Cast
    entries: list[bytes]
    operator: Holding = field(default_factory=lambda: Holding.new(ec.generate_private_key(ec.SECP256R1()), "Operator"))

    def statement(self, signer: Holding | None = None, **changes: Any) -> bytes:
        head = hashlib.sha256(self.entries[_LAST]).digest()
        stated = RestoreStatement(self.cast.mailbox_id, _LAST, head, _STATED)
        return build_restore(replace(stated, **changes), (signer or self.operator).signer)


def restore_vectors(cast: Cast) -> dict[str, Any]:
    """`entries` at hand by their places in the file's list; `restored` and `time` are what was remembered beside the head."""
    one = Restored(cast, cast.chain(_SEEN + 1))
    made, seen, before = one.statement(), [0, _LAST], moment(NOW)
    other = [b64(entry) for entry in cast.chain(_LAST + 1)]

    def facts(name: str, expect: str, statement: bytes = made, **changes: Any) -> dict[str, Any]:
        remembered = {"entries": seen, "restored": None, "time": before, "now": moment(_STATED + timedelta(hours=1))}
        return {"name": name, "statement": b64(statement), **remembered, **changes, "expect": expect}

    vectors = [
        facts("the log that was put back", "ok"),
        facts("what was done since goes on from it", "ok", entries=[0, 1, 2]),
        facts("a head whose times nobody remembered", "ok", time=None),
        facts("put back once before", "ok", restored=moment(_STATED - timedelta(seconds=1))),
        facts("a statement that served before", "rollback", restored=moment(_STATED)),
        facts("made before what would be forgotten", "rollback", time=moment(_STATED + timedelta(seconds=1))),
        facts("made at the moment of what would be forgotten", "ok", time=moment(_STATED)),
        facts("of tomorrow", "restore", now=moment(_STATED - timedelta(seconds=1))),
        facts("of another mailbox", "restore", one.statement(mailbox_id=os.urandom(16))),
        facts("another head", "fork", one.statement(head=bytes(32))),
        facts("a log that ends before it", "rollback", entries=[0]),
        facts("another log", "fork", entries=[len(one.entries), len(one.entries) + 1]),
        facts("no log", "rollback", entries=[]),
        facts("signed by somebody else", "restore", one.statement(signer=cast.outsider)),
        facts("signature altered", "restore", flip_last(made)),
        facts("a log entry in its place", "restore", one.entries[_LAST]),
        facts("signed at another time than it states", "restore", misdated(one)),
        facts("nothing that can be read", "restore", b"\x30\x00"),
    ]
    return {
        "mailboxId": cast.mailbox_id.hex(),
        "acceptedSigners": [b64(certificate_sha256(cast.card.certificate))],
        "authorities": [b64(hashlib.sha256(der(one.operator.certificate)).digest())],
        "entries": [*(b64(entry) for entry in one.entries), *other],
        "stated": {"seq": _LAST, "time": moment(_STATED)},
        "vectors": vectors,
    }


def misdated(one: Restored) -> bytes:
    head = hashlib.sha256(one.entries[_LAST]).digest()
    content = RestoreStatement(one.cast.mailbox_id, _LAST, head, _STATED).to_der()
    return build_statement(content, ID_RESTORE, _STATED + timedelta(minutes=1), one.operator.signer)


def moment(at: datetime) -> str:
    """RFC 3339."""
    return at.isoformat().replace("+00:00", "Z")
